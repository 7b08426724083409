#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGHUP gives a running gate another configuration, other callers and other keys, without one lost or wrong answer: the
# difference is told, a configuration that cannot be used leaves the old one, and storms of signals harm nothing.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by their names in arguments
set -eu
port=${MINTMARK_TEST_PORT:-21410}
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# Room for the whole load in few segments.
sed -i 's/^journal_segment = .*/journal_segment = 16777216/' "$config"
cp "$config" "$world/good.conf"
start
gate=$(gate_pid)

logged()
{
	grep -qF -- "$1" "$world/log"
}

# The epoch that the gate decides by.
epoch()
{
	sed -n 's/.*the gate decides by epoch \([0-9]*\)$/\1/p' "$world/log" | tail -n 1
}

newer_than()
{
	[ "$(epoch)" -gt "$1" ] 2>"$world/null"
}

# reload: SIGHUP, until the gate decides by what was read.
reload()
{
	before=$(epoch)
	kill -HUP "$mintmarkd_pid"
	await 20 "the gate decides by another epoch" newer_than "${before:-1}"
}

# refused TEXT: SIGHUP that must leave everything as it was, and say the text.
refused()
{
	: >"$world/log"
	kill -HUP "$mintmarkd_pid"
	await 20 "it says '$1'" logged "$1"
	await 20 "it says that the old one stays" logged 'the one before it stays in use'
	! logged 'the gate decides by epoch' || fail "a bad configuration was taken into use"
}

# told LINE: the log has this line of a difference.
told()
{
	logged "reload: $1" || fail "the log does not tell '$1'"
}

# asks STATUS TEXT WHAT RECIPE…: introspection at the service mail of a token of this recipe.
asks()
{
	wanted_status=$1
	text=$2
	what=$3
	shift 3
	http "$wanted_status" "$what" -u "dovecot:$secret" --data-urlencode "token=$(token "$@")" \
	    "$base/v1/introspect/mail"
	grep -qF "$text" "$world/answer" || fail "$what: the answer is not '$text'"
}

# without SECTION: the good configuration without a section, "tenant fabrikam".
without()
{
	sed "/^$1 {/,/^}/d" "$world/good.conf"
}

asks 200 '"active":true' "a tenant's token is accepted" --as bob
without "tenant fabrikam" >"$config"
reload
told "no longer allowed: tenant fabrikam of realm enterprise at mail, imap, drive (domain fabrikam.example)"
asks 200 '"active":false' "without its tenant it is refused" --as bob
recorded reason=TENANT_UNKNOWN
asks 200 '"active":true' "the others are accepted" --as alice
cp "$world/good.conf" "$config"
reload
told "newly allowed: tenant fabrikam of realm enterprise at mail, imap, drive (domain fabrikam.example)"
asks 200 '"active":true' "with its tenant it is accepted again" --as bob
[ "$(gate_pid)" = "$gate" ] || fail "the gate was started again"

echo "checking: callers' secrets"
echo another-secret-of-the-tests >"$world/dovecot.secret"
reload
asks 401 "" "the old secret is refused"
secret=another-secret-of-the-tests
asks 200 '"active":true' "the new one is accepted"

echo "checking: keys"
cp "$world/common.jwks" "$world/kept.jwks"
python3 - "$world/common.jwks" <<'END'
import json, sys
path = sys.argv[1]
document = json.load(open(path))
document["keys"] = [key for key in document["keys"] if key.get("kid") != "KE1"]
json.dump(document, open(path, "w"))
END
reload
asks 200 '"active":false' "a key that is not in its file any more"
recorded reason=KEY_UNKNOWN
cp "$world/kept.jwks" "$world/common.jwks"
reload
asks 200 '"active":true' "and is again"

# What cannot be used leaves everything as it was, and is told with its line and its mend.
sed 's/^service imap {/servise imap {/' "$world/good.conf" >"$config"
refused "mintmark.conf:"
sed 's|login.example/{tenant}|login.example/{tenant}/{tenant}|' "$world/good.conf" >"$config"
refused "realm enterprise"
cp "$world/good.conf" "$config"
printf '{"keys":[' >"$world/common.jwks"
refused "common.jwks"
cp "$world/kept.jwks" "$world/common.jwks"
mv "$world/dovecot.secret" "$world/away"
refused "dovecot.secret"
mv "$world/away" "$world/dovecot.secret"
mv "$config" "$world/away"
refused "mintmark.conf: cannot be read: No such file"
mv "$world/away" "$config"
# An epoch that is not on the disk could be given away again.
mkdir "$world/state-mintmark/epoch.new"
refused "the epoch cannot be written"
rmdir "$world/state-mintmark/epoch.new"
asks 200 '"active":true' "after all that the old one is in use"
[ "$(gate_pid)" = "$gate" ] || fail "the gate was started again"

echo "checking: settings of the start"
sed 's/^journal_segment = .*/journal_segment = 33554432/' "$world/good.conf" >"$config"
reload
told "changed: 'journal_segment' is 33554432 (was 16777216), from the next start on"
cp "$world/good.conf" "$config"

# Reloads, and storms of them, under load: fabrikam comes and goes, the others' answers never change.
seconds=30 # at most; it goes on until all of that is done
request()
{
	printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nUser-Agent: %s/@\r\n' "$2"
	printf 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %s\r\n\r\n%s' "${#1}" "$1"
}

credentials="client_id=dovecot&client_secret=$secret"
request "token=$(token --as alice)&$credentials" good >"$world/good"
request "token=$(token --key KC1 --kid KC1)&$credentials" bad >"$world/bad"
request "token=$(token --as bob)&$credentials" moving >"$world/moving"
for kind in good bad moving; do
	: >"$world/$kind-answers"
	"$load" ask "$address" "$world/$kind" 1 "$seconds" >"$world/$kind-answers" 2>"$world/err" &
	running="$running $!"
done
echo "checking: reloads under load"
round=0
while [ "$round" -lt 12 ]; do
	round=$((round + 1))
	without "tenant fabrikam" >"$config"
	reload
	cp "$world/good.conf" "$config"
	reload
done
echo "checking: a storm of SIGHUP under load"
count=0
while [ "$count" -lt 200 ]; do
	kill -HUP "$mintmarkd_pid"
	count=$((count + 1))
done
reload
are_enough()
{
	for kind in good bad moving; do
		[ "$(wc -l <"$world/$kind-answers")" -gt 100 ] || return 1
	done
}
await 60 "each kind is answered often enough" are_enough
for pid in $running; do
	kill "$pid"
	wait "$pid" || fail "the load failed"
done
running=
[ "$(gate_pid)" = "$gate" ] || fail "the gate was started again"
python3 - "$world" <<'END' || fail "an answer was lost or wrong"
import sys
world = sys.argv[1]
for kind, allowed in (("good", {"allow"}), ("bad", {"deny"}), ("moving", {"allow", "deny"})):
    numbers, verdicts = [], set()
    for line in open(f"{world}/{kind}-answers"):
        number, status, verdict = line.split()
        assert status == "200", line
        numbers.append(int(number))
        verdicts.add(verdict)
    print(f"  {kind}: {len(numbers)} answered, {' and '.join(sorted(verdicts))}")
    assert verdicts == allowed, verdicts
    assert len(numbers) > 100
    # Each number is one request: none is missing.
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "requests were lost"
END
end 0

if ! command -v openssl >"$world/null"; then
	echo "not run further: openssl is not installed"
	finish
	exit 0
fi
# certificate NAME: another one in the place of that which the gate has.
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
	    -keyout "$world/tls.key" -out "$world/tls.pem" 2>"$world/null"
	chmod 600 "$world/tls.key"
}

# shows NAME: the gate shows a certificate of this name.
shows()
{
	openssl s_client -connect "$address" </dev/null 2>&1 | grep -q "subject=CN *= *$1"
}

certificate first
sed "s|^listen = .*|listen = { \"tls:$address\" } tls_certificate = \"tls.pem\" tls_key = \"tls.key\"|" \
    "$world/good.conf" >"$config"
base=https://$address
: >"$world/log"
start -k
shows first || fail "the gate does not show its certificate"
echo "checking: another certificate"
certificate second
reload
told "changed: the TLS files, from the next start of mintmarkd or its gate on"
! logged "reload: nothing changed" || fail "it is told that nothing changed"
kill -KILL "$(gate_pid)"
await 20 "a gate that is started again shows the other certificate" shows second
end 0
finish
