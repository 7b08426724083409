#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A gate that dies is told and started again, with growing pauses and never beside another; clients wait meanwhile,
# and what was answered stays in the journal.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=20430
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"
mintmark=$MINTMARK_BUILD/cli/mintmark

ask()
{
	curl -s -o "$world/body" -w '%{http_code}' --max-time 20 -H "Authorization: Bearer $token" "$url/v1/auth/imap"
}

one_gate()
{
	test "$(gates | wc -w)" = 1
}

another_gate()
{
	one_gate && test "$(gates)" != "$gate"
}

start_and_wait
token=$(token)
check "a token is allowed" test "$(ask)" = 200

# A watcher that would see two gates at once; it ends with mintmarkd.
python3 - "$daemon_pid" "$world/seen" <<'END' &
import sys, time
path = f"/proc/{sys.argv[1]}/task/{sys.argv[1]}/children"
most = 0


def is_gate(pid):
    try:
        name, rest = open(f"/proc/{pid}/stat").read().rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return False  # it ended meanwhile
    return name.endswith("(mintmark-gate") and rest.split()[0] != "Z"


try:
    while True:
        most = max(most, sum(is_gate(pid) for pid in open(path).read().split()))
        time.sleep(0.002)
except (FileNotFoundError, ProcessLookupError):
    pass
open(sys.argv[2], "w").write(str(most))
END
watcher=$!

answered=1
for death in 1 2 3; do
	gate=$(gates)
	kill -KILL "$gate"
	check "death $death: a client that asks at once is answered by the next gate" test "$(ask)" = 200
	answered=$((answered + 1))
	check "death $death: there is one gate, another one" wait_for 20 another_gate
	check "death $death: an alarm says how it died" logged "alarm: the gate (process ${gate% }) was killed by SIGKILL"
done
check "each pause was twice the one before" test \
	"$(sed -n 's/.*started again in \([0-9]*\) ms.*/\1/p' "$log" | tr '\n' ' ')" = "100 200 400 "

# A gate that is stopped does not hold the end up for ever; nor does one that is told to end by somebody else.
gate=$(gates)
kill -TERM "$gate"
check "somebody else's SIGTERM does not end a gate" answers
check "it is the same" test "$(gates)" = "$gate"

stop
check "mintmarkd ends with status 0" test "$status" = 0
wait "$watcher" || fail "the watcher"
check "there were never two gates at once" test "$(cat "$world/seen")" = 1

check "every answer is in the journal, over all deaths" test \
	"$("$mintmark" decisions --json -c "$config" 2>"$world/err" | grep -c '"verdict":"allow"')" = "$answered"
check "and the next start goes on with it" start_and_wait
check "a token is allowed" test "$(ask)" = 200

# A gate that does not stop when it is asked to is killed after ten seconds.
gate=$(gates)
kill -STOP "$gate"
stop
check "with a gate that hangs, mintmarkd still ends" test "$status" = 0
check "and says so" logged "did not stop: it is killed"
check "the gate is gone" is_gone "$gate"
finish
