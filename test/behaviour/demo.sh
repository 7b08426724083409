#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# script/demo shows what it says, leaves nothing behind, and with --keep leaves what it says, to be stopped as it says.
# Its careless validator is in nothing else.
set -eu
cd "$MINTMARK_SOURCE"
[ -x /usr/sbin/dovecot ] || { echo "not run: there is no /usr/sbin/dovecot (package dovecot-imapd)"; exit 77; }
scratch=$(mktemp -d)
# The demo's Dovecot comes through it as another user.
chmod 711 "$scratch"
stop=''
clean_up()
{
	[ -z "$stop" ] || sh "$stop"
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail()
{
	echo "FAILED: $1"
	cat "$scratch/out"
	exit 1
}

# Folders of our demos: others may run beside them, with folders elsewhere.
left_behind()
{
	find "$scratch" -maxdepth 1 -name 'mintmark-demo.*'
}

echo "checking: the demo, to its end"
export TMPDIR="$scratch"
script/demo >"$scratch/out" 2>&1 || fail "it ended with $?"
for text in "Dovecot: OK Logged in" "This token was issued" "deny KEY_REALM_MISMATCH" "of realm consumer" \
	"ACCEPTED: the signature holds under key" "NO [AUTHENTICATIONFAILED]" "deny MARK_INVALID" "ever issued it" \
	"retiring, tainted" "Where to look next" "Stopped."; do
	grep -qF -- "$text" "$scratch/out" || fail "it does not show '$text'"
done
[ -z "$(left_behind)" ] || fail "it leaves a folder: $(left_behind)"

echo "checking: with --keep the servers go on"
script/demo --keep >"$scratch/out" 2>&1 || fail "it ended with $?"
stop=$(sed -n 's/^ *stop it  *sh \(.*\)$/\1/p' "$scratch/out")
[ -n "$stop" ] || fail "it does not say how to stop it"
gate=$(sed -n 's|^ *gate  *\(http://[0-9.:]*\) .*|\1|p' "$scratch/out")
curl -sf --max-time 5 "$gate/readyz" >"$scratch/ready" || fail "the gate at $gate does not answer"
echo "checking: and are stopped as it says"
sh "$stop"
stop=''
! curl -s --max-time 5 "$gate/readyz" >"$scratch/ready" || fail "the gate at $gate still answers"
[ -z "$(left_behind)" ] || fail "it leaves a folder: $(left_behind)"

echo "checking: nothing else is built from the careless validator, and it is not installed"
found=$(grep -rl 'signature_only' --include=meson.build . | grep -v '^./demo/meson.build$' || true)
[ -z "$found" ] || fail "$found builds it too"
! grep -q 'install *: *true' demo/meson.build || fail "it is installed"
echo "passed"
