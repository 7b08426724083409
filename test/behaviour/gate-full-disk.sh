#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A full disk: nothing is answered that cannot be recorded. Allows go on into the reserve, then everything is denied as
# unavailable and told; with room again the gate answers as before, and no answer is missing from the journal.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20560
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

# A disk of a few segments. Only root can make one.
disk=$world/state-mintmark
mkdir -m 700 "$disk"
if ! mount -t tmpfs -o size=4m,mode=700 tmpfs "$disk" 2>"$world/null"; then
	echo "not run: no small disk can be mounted here"
	exit 77
fi
trap 'for pid in $running $mintmarkd_pid; do stop "$pid" 2>"$world/null"; done; mintmarkd_pid=; running=; umount "$disk"; clean_up' EXIT
start

alice=$(token)
form="token=$alice&client_id=dovecot&client_secret=$secret"
{
	printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nUser-Agent: load/@\r\n'
	printf 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %s\r\n\r\n%s' "${#form}" "$form"
} >"$world/request"

is_unready()
{
	[ "$(curl -s -o "$world/answer" -w '%{http_code}' --max-time 2 "$base/readyz")" = 503 ]
}

# ask SECONDS: load; its answers go behind those before.
ask()
{
	"$load" ask "$address" "$world/request" 4 "$1" >"$world/some" 2>"$world/err" || fail "the load failed"
	cut -d ' ' -f 2- "$world/some" | sort | uniq -c
	cat "$world/some" >>"$world/answers"
}

: >"$world/answers"
echo "== fill the disk"
tries=0
until is_unready; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || { fail "the disk did not get full"; break; }
	ask 1
done
grep -q ' 200 allow$' "$world/answers" || fail "nothing was allowed before"
if grep -v ' 200 allow$\| 503 deny$' "$world/answers"; then
	fail "an answer is neither an allow nor unavailable"
fi

echo "== full"
http 503 "/readyz says why" "$base/readyz"
body "the journal cannot record an allow"
http 503 "introspection is unavailable" -A full -d "$form" "$base/v1/introspect/mail"
body '{"active":false}'
http 503 "forward auth too" -A full -H "Authorization: Bearer $alice" "$base/v1/auth/mail"
no_header Mintmark-Subject
no_header WWW-Authenticate
http 200 "the gate lives" "$base/healthz"
metric 'mintmark_journal_ready 0'
curl -s "$base/metrics" | grep -q '^mintmark_decisions_total{service="mail",verdict="deny",reason="JOURNAL_UNAVAILABLE"}' ||
    fail "the reason is not counted"
is_told()
{
	grep -q 'alarm: no further journal segment can be made' "$world/log"
}
await 20 "mintmarkd tells it" is_told

echo "== denials that anybody can cause go on, and are counted"
http 200 "a forgery" -d "token=$(token --key KC1 --kid KC1)&client_id=dovecot&client_secret=$secret" "$base/v1/introspect/mail"
body '{"active":false}'

echo "== room again"
mount -o remount,size=64m "$disk"
await 30 "the gate gets ready by itself" is_ready || exit 1
http 200 "allowed again" -A again -d "$form" "$base/v1/introspect/mail"
member active true
ask 1
end 0

echo "checking: answers and records"
"$mintmark" decisions --dir "$journal" --json >"$world/records" 2>"$world/err" || fail "the journal is damaged"
python3 - "$world" <<'END' || fail "answers and records do not go together"
import json, sys
world = sys.argv[1]
allowed, again, denied = {}, False, 0
for line in open(f"{world}/records", encoding="utf-8"):
    record = json.loads(line)
    if record["kind"] == "folded":
        denied += record["count"] if record["reason"] == "KEY_REALM_MISMATCH" else 0
    if record["kind"] != "decision":
        continue
    assert record["user_agent"] != "full", "recorded when there was no room"
    again = again or record["user_agent"] == "again"
    denied += record["reason"] == "KEY_REALM_MISMATCH"
    if record["verdict"] == "allow":
        allowed[record["user_agent"]] = allowed.get(record["user_agent"], 0) + 1
answered = {}
for line in open(f"{world}/answers"):
    number, status, verdict = line.split()
    if verdict == "allow":
        answered[f"load/{number}"] = answered.get(f"load/{number}", 0) + 1
missing = [name for name in answered if allowed.get(name, 0) < answered[name]]
assert not missing, f"{len(missing)} allows are not recorded: {missing[:5]}"
assert again, "the first one after the room came"
assert denied == 1, f"the forgery was counted {denied} times"
print(f"  {sum(answered.values())} allowed, all recorded")
END
finish
