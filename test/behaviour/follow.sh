#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example doc/example/follow.c, built as its reader would build it, decides by the trust of a running mintmarkd:
# by each new one as soon as it is there, and again after mintmarkd was away.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=${MINTMARK_TEST_PORT:-21470}
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

socket=$world/trust.sock
sed -i "s|^state_dir|trust_socket = \"$socket\"\nstate_dir|" "$config"

echo "checking: the example is built with the public headers and the two libraries"
${MINTMARK_CC:-cc} -std=c17 -pedantic -Wall -Wextra -Werror -I"$MINTMARK_SOURCE/include" \
    -o "$world/follow" "$MINTMARK_SOURCE/doc/example/follow.c" \
    -L"$MINTMARK_BUILD/io" -L"$MINTMARK_BUILD/lib" -lmintmark-io -lmintmark -lpthread
LD_LIBRARY_PATH=$MINTMARK_BUILD/io:$MINTMARK_BUILD/lib
export LD_LIBRARY_PATH

mkfifo "$world/tokens"
"$world/follow" "$socket" imap <"$world/tokens" >"$world/decided" 2>"$world/followed" &
follower=$!
running=$follower
exec 3>"$world/tokens" # which mintmarkd must not hold open
lines=0

has_decided()
{
	[ "$(wc -l <"$world/decided")" -ge "$lines" ]
}

# decides WHAT TEXT TOKEN: the application answers with this line.
decides()
{
	lines=$((lines + 1))
	what=$1
	echo "checking: $what"
	printf '%s\n' "$3" >&3
	await 20 "$what" has_decided || return 0
	[ "$(tail -n 1 "$world/decided")" = "$2" ] || fail "$what: it says '$(tail -n 1 "$world/decided")', not '$2'"
}

said()
{
	grep -qF -- "$1" "$world/followed"
}

alice=$(token --as alice)
echo "checking: it starts before mintmarkd, and waits"
printf '%s\n' "$alice" >&3
lines=1
await 20 "it says that nobody is there" said "does mintmarkd run?"
[ ! -s "$world/decided" ] || fail "it decided without any trust"
start 3>&-
await 20 "it gets the first trust" said "epoch 1"
await 20 "it decides what was asked before" has_decided
[ "$(tail -n 1 "$world/decided")" = 5f0c7f0e-alice ] || fail "it denied: $(tail -n 1 "$world/decided")"
decides "a forged token is denied" "denied: the key belongs to another realm" "$(token --as alice --key KC1)"

echo "checking: a revocation reaches it as soon as mintmarkd has it"
cp "$config" "$world/good.conf"
cat >>"$config" <<-END
	revoke stolen {
	    realm = enterprise
	    subjects = { "5f0c7f0e-alice" }
	}
END
kill -HUP "$mintmarkd_pid"
await 20 "it gets the next trust" said "epoch 2"
decides "what is revoked is denied" "denied: the subject's tokens are revoked" "$alice"
decides "what is not stays allowed" 5f0c7f0e-bob "$(token --as alice --claim 'sub="5f0c7f0e-bob"')"

echo "checking: it decides on while mintmarkd is away"
end 0
await 20 "it says so" said "the connection to mintmarkd ended"
decides "the last trust still counts" "denied: the subject's tokens are revoked" "$alice"
cp "$world/good.conf" "$config"
start 3>&-
await 20 "it gets the trust of the next mintmarkd" said "epoch 3"
decides "what is no longer revoked is allowed" 5f0c7f0e-alice "$alice"

echo "checking: many epochs in a row"
for _ in 1 2 3 4 5 6 7 8; do
	"$mintmark" reload -c "$config" >"$world/null"
done
await 20 "it gets the last one" said "epoch 11"
decides "a decision afterwards" 5f0c7f0e-alice "$alice"

followers()
{
	[ "$("$mintmark" status -c "$config" --json | python3 -c \
	    'import json, sys; print(json.load(sys.stdin)["followers"]["connected"])')" = "$1" ]
}
await 20 "mintmarkd counts it" followers 1

echo "checking: it ends with its input"
exec 3>&-
status=0
wait "$follower" || status=$?
[ "$status" -eq 0 ] || fail "it ended with $status"
running=
await 20 "mintmarkd notices" followers 0
if grep -A 20 'Sanitizer:\|runtime error:' "$world/followed"; then
	fail "a sanitizer has something to say"
fi
finish
