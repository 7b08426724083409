# SPDX-License-Identifier: Apache-2.0
# For the tests of mintmarkd(8), sourced: the world of the attack table in a folder of its own, and a mintmarkd on it.
# The test sets 'port' before. It ends with 'finish'. What is started here is stopped at the end, by its process id.
# shellcheck shell=sh disable=SC2034,SC2154 # set for, and by, the test

mintmarkd=$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd
libexec=$MINTMARK_BUILD/daemon
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
world=$(mktemp -d)
config=$world/mintmark.conf
log=$world/log
state=$world/state-mintmark
url=http://127.0.0.1:$port
daemon_pid=
failures=0
export LC_ALL=C.UTF-8
# The sandbox forbids what looking for leaks needs.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:${ASAN_OPTIONS#detect_leaks=1:}}"

clean_up()
{
	[ -z "$daemon_pid" ] || kill -KILL "$daemon_pid" 2>/dev/null || true
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

"$maker" world "$world" --listen "127.0.0.1:$port"
: >"$log"

fail()
{
	echo "FAILED: $1"
	sed 's/^/  log: /' "$log" | tail -n 20
	failures=$((failures + 1))
}

# check WHAT COMMAND…: the command must succeed.
check()
{
	echo "checking: $1"
	what=$1
	shift
	"$@" || fail "$what"
}

# wait_for SECONDS COMMAND…: until it succeeds; fails when the time is over.
wait_for()
{
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# Whether the log has a line with this text; how many.
logged()
{
	grep -qF -- "$1" "$log"
}

count_logged()
{
	grep -cF -- "$1" "$log" || true
}

# Process ids of the gates of our mintmarkd.
gates()
{
	pgrep -P "$daemon_pid" -x mintmark-gate || true
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

answers()
{
	curl -sf -o "$world/body" --max-time 20 "$url/readyz"
}

# start ARGUMENT…: a mintmarkd in the background.
start()
{
	: >"$log"
	"$mintmarkd" -c "$config" --libexec "$libexec" "$@" >"$world/out" 2>>"$log" &
	daemon_pid=$!
}

start_and_wait()
{
	start "$@"
	wait_for 20 logged "answers, epoch" || {
		fail "mintmarkd does not start"
		finish
	}
}

# stop: end it by SIGTERM; its exit status in 'status'.
stop()
{
	status=0
	kill -TERM "$daemon_pid"
	wait "$daemon_pid" || status=$?
	daemon_pid=
}

# run STATUS WHAT TEXT ARGUMENT…: a mintmarkd that must end by itself, so, and say the text.
run()
{
	wanted=$1
	what=$2
	text=$3
	shift 3
	echo "checking: $what"
	log=$world/run.log
	status=0
	timeout -k 5 60 "$mintmarkd" -c "$config" --libexec "$libexec" "$@" >"$world/out" 2>"$log" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$what: it ended with $status instead of $wanted"
	logged "$text" || fail "$what: it does not say '$text'"
	log=$world/log
}

token()
{
	"$maker" token "$world" "$@"
}

finish()
{
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
	exit 0
}
