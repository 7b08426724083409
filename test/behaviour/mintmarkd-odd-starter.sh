#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What mintmarkd inherits from who started it does not change what it does: an ignored SIGCHLD, closed descriptors,
# a limit of the size of files.
# shellcheck disable=SC2317 # functions are called by their names in arguments
set -eu
port=20450
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"

# started WHAT COMMAND…: the mintmarkd in daemon_pid has started when the command succeeds.
started()
{
	doing=$1
	shift
	wait_for 20 "$@" || {
		fail "$doing: mintmarkd does not start"
		finish
	}
}

# Whether there is a gate, and it is another than the one before.
is_replaced()
{
	now=$(gates)
	[ -n "$now" ] && [ "$now" != "$gate" ]
}

# Whether descriptor $1 of mintmarkd leads nowhere.
leads_nowhere()
{
	[ "$(readlink "/proc/$daemon_pid/fd/$1")" = /dev/null ]
}

(
	trap '' CHLD
	exec "$mintmarkd" -c "$config" --libexec "$libexec"
) >"$world/out" 2>>"$log" &
daemon_pid=$!
# Only a gate that mintmarkd knows to be ready is replaced; it answers a moment before.
started "with SIGCHLD ignored" logged "answers, epoch"
gate=$(gates)
# shellcheck disable=SC2086 # there is one
kill -KILL $gate
check "with SIGCHLD ignored a gate that died is replaced" wait_for 20 is_replaced
check "and the new one answers" wait_for 20 answers
stop
check "and mintmarkd ends with status 0" test "$status" -eq 0

"$mintmarkd" -c "$config" --libexec "$libexec" 0<&- 1>&- 2>&- &
daemon_pid=$!
started "without standard descriptors" answers
for fd in 0 1 2; do
	check "no file of mintmarkd's stands in for the closed descriptor $fd" leads_nowhere "$fd"
done
stop
check "and mintmarkd ends with status 0" test "$status" -eq 0

# 256 KiB in blocks of 512 bytes: the trust fits, a segment of the journal does not.
rm -r "$state/journal"
(
	ulimit -f 512
	run 1 "a limit of the size of files is told" "no journal segment can be opened or made in $state/journal: File too large"
	[ "$failures" -eq 0 ]
) || failures=$((failures + 1))
check "no half segment is left behind" test -z "$(find "$state/journal" -name '*.new')"
finish
