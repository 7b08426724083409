#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The gate is killed under load, again and again: every decision that was answered is in the journal with the same
# verdict, none was answered that was not decided, the chain holds, and mintmarkd starts the next gate each time.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20550
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# Room for the whole load in few segments.
sed -i 's/^journal_segment = .*/journal_segment = 16777216/' "$config"
start

rounds=5
seconds=150 # at most; the load goes on until the last death was seen
alice=$(token)
form="token=$alice&client_id=dovecot&client_secret=$secret"
bad_form="token=$(token --key KC1 --kid KC1)&client_id=dovecot&client_secret=$secret"

# request FORM: a file with a request for load, which puts a number in place of the sign.
request()
{
	printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nUser-Agent: %s/@\r\n' "$2"
	printf 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %s\r\n\r\n%s' "${#1}" "$1"
}

request "$form" good >"$world/good"
request "$bad_form" bad >"$world/bad"
: >"$world/good-answers" # a load that has not begun yet has no answer
: >"$world/bad-answers"
"$load" ask "$address" "$world/good" 4 "$seconds" >"$world/good-answers" 2>"$world/err" &
good=$!
"$load" ask "unix:$world/gate.sock" "$world/bad" 2 "$seconds" >"$world/bad-answers" 2>"$world/bad-err" &
bad=$!
running="$good $bad"

another_gate()
{
	now=$(gate_pid)
	[ -n "$now" ] && [ "$now" != "$killed" ] && is_ready
}

# answered MORE: the load has more answers than that.
answered()
{
	[ "$(wc -l <"$world/good-answers")" -gt "$1" ]
}

killed=
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	echo "checking: the gate is killed, time $round of $rounds"
	before=$(wc -l <"$world/good-answers")
	await 20 "the load is answered" answered "$before"
	killed=$(gate_pid)
	kill -9 "$killed"
	await 20 "another gate answers" another_gate
done
# Of what the last gate answered nothing may be missing, not even what it only counted.
last=$(wc -l <"$world/bad-answers")
are_enough()
{
	[ "$(wc -l <"$world/good-answers")" -gt 100 ] && [ "$(wc -l <"$world/bad-answers")" -gt $((last + 100)) ]
}
before=$(wc -l <"$world/good-answers")
await 20 "the load is answered at the end" answered "$before"
await 60 "each kind is answered often enough" are_enough
for pid in $good $bad; do
	kill "$pid"
	wait "$pid" || fail "the load failed"
done
running=
end 0

"$mintmark" decisions --dir "$journal" --json >"$world/records" 2>"$world/err" || fail "the journal is damaged"
[ ! -s "$world/err" ] || { fail "the journal's reader complains"; cat "$world/err"; }
echo "checking: answers and records"
python3 - "$world" "$rounds" "$last" <<'END' || fail "answers and records do not go together"
import json, sys
world, rounds, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
recorded, folded, starts = {}, 0, 0
for line in open(f"{world}/records", encoding="utf-8"):
    record = json.loads(line)
    starts += record["kind"] == "event" and record["text"].startswith("gate started")
    folded += record["count"] if record["kind"] == "folded" else 0
    if record["kind"] == "decision":
        assert record["user_agent"] not in recorded, "recorded twice: " + record["user_agent"]
        recorded[record["user_agent"]] = record["verdict"]
bad = 0
for kind, expected in (("good", "allow"), ("bad", "deny")):
    answers = 0
    for line in open(f"{world}/{kind}-answers"):
        number, status, verdict = line.split()
        answers += 1
        assert status == "200", line
        assert verdict == expected, line
        # Denials that anybody can cause are only counted beyond 100 a second.
        found = recorded.get(f"{kind}/{number}")
        if found is None and kind == "bad":
            bad += answers > last
            continue
        assert found == verdict, f"answered {verdict}, recorded {found}: {kind}/{number}"
    print(f"  {kind}: {answers} answered")
    assert answers > 100, kind
unanswered = sum(1 for name in recorded if name.startswith("good/")) - sum(1 for _ in open(f"{world}/good-answers"))
print(f"  {len(recorded)} recorded, {folded} folded, {unanswered} recorded whose answer was cut off, {starts} starts")
# Each death cuts off one answer a connection at most.
assert 0 <= unanswered <= 4 * (rounds + 1), "recorded without a question"
assert starts == rounds + 1, "starts"
# What was only counted may be lost in the second before a death, of which the last gate had none.
assert bad == 0 or folded > 0, "counted denials are missing"
END
metrics_alarms=$(grep -c 'alarm: the gate (process [0-9]*) was killed by SIGKILL' "$world/log" || true)
[ "$metrics_alarms" -eq "$rounds" ] || fail "mintmarkd told $metrics_alarms of $rounds deaths"
finish
