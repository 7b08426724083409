#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The journal's mode "durable": many threads, whose answers wait for the disk together, so that one sync serves several;
# every answer is recorded. It is also the gate with the most threads, which its sandbox must bear.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20570
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
sed -i 's/^journal_segment = .*/journal_segment = 16777216\njournal = "durable"/' "$config"
start

form="token=$(token)&client_id=dovecot&client_secret=$secret"
{
	printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nUser-Agent: load/@\r\n'
	printf 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %s\r\n\r\n%s' "${#form}" "$form"
} >"$world/request"
echo "checking: a load on both sockets"
"$load" ask "$address" "$world/request" 16 3 >"$world/tcp" 2>"$world/err" &
running=$!
"$load" ask "unix:$world/gate.sock" "$world/request" 16 3 >"$world/unix" 2>"$world/err2" || fail "the load failed"
wait "$running" || fail "the load failed"
running=
# Both sockets have answered, so that all threads of both are there.
threads=$(sed -n 's/^Threads:[^0-9]*//p' "/proc/$(gate_pid)/status")
[ "$threads" -ge 32 ] || fail "the gate has only $threads threads"
if cat "$world/tcp" "$world/unix" | grep -v ' 200 allow$'; then
	fail "an answer is no allow"
fi
answers=$(cat "$world/tcp" "$world/unix" | wc -l)
curl -s "$base/metrics" >"$world/metrics"
syncs=$(sed -n 's/^mintmark_journal_syncs_total //p' "$world/metrics")
echo "  $answers answers, $syncs syncs, $threads threads"
[ "$answers" -ge 100 ] || fail "only $answers answers"
[ "$syncs" -ge 1 ] || fail "nothing was synced"
[ "$syncs" -lt "$answers" ] || fail "a sync for each answer: they do not wait together"
end 0
"$mintmark" decisions --dir "$journal" --json >"$world/records" 2>"$world/err" || fail "the journal is damaged"
recorded=$(grep -c '"user_agent":"load/' "$world/records")
[ "$recorded" -eq "$answers" ] || fail "$answers answers, $recorded records"
finish
