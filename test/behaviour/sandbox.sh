#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The running processes are in their sandboxes, and a forbidden call that is put into one of them kills it; what that
# kills is told and started again.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=20440
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"
inject=$MINTMARK_BUILD/test/behaviour/inject
compiler=$MINTMARK_BUILD/daemon/compiler/mintmark-compiler

# status_is PID FIELD VALUE: what /proc says of a process.
status_is()
{
	test "$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status")" = "$3"
}

another_gate()
{
	test "$(gates | wc -w)" = 1 && test "$(gates)" != "$gate"
}

# injected TARGET CALL TEXT…: the injector says so.
injected()
{
	target=$1
	call=$2
	shift 2
	# shellcheck disable=SC2086 # two arguments, for the compiler
	said=$("$inject" $target "$call" 2>&1) || {
		rc=$?
		echo "$said"
		[ "$rc" -ne 77 ] || not_run=1
		[ "$rc" -ne 77 ]
		return
	}
	case $said in "$*"*) ;; *)
		echo "  $call: $said"
		return 1
		;;
	esac
}

start_and_wait
gate=$(gates)
gate=${gate% }
for pid in "$daemon_pid" "$gate"; do
	name=$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -d' ' -f1)
	name=${name##*/}
	check "$name: it has a filter of system calls" status_is "$pid" Seccomp 2
	check "$name: it can get no new privileges" status_is "$pid" NoNewPrivs 1
	for task in "/proc/$pid/task/"*; do
		grep -q '^Seccomp:[[:space:]]*2' "$task/status" || fail "$name: thread ${task##*/} has no filter"
	done
	check "$name: it inherits no capability" status_is "$pid" CapInh 0000000000000000
done
check "the gate has no capability" status_is "$gate" CapEff 0000000000000000
check "the gate has no secret in its arguments" test "$(tr '\0' ' ' <"/proc/$gate/cmdline")" = "mintmark-gate "

if [ "$(id -u)" != 0 ]; then
	[ "$failures" -eq 0 ] || finish
	echo "not run further: only root can look into, and put calls into, processes that are not dumpable"
	exit 77
fi

nobody="65534	65534	65534	65534"
check "the gate is another user than root" status_is "$gate" Uid "$nobody"
check "and of no other group" status_is "$gate" Gid "$nobody"
check "and of no further groups" test -z "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$gate/status" | tr -d ' ')"
# chown, dac_override, kill, setgid, setuid, net_bind_service; fewer, where this root has fewer.
kept=$(sed -n 's/^CapPrm:[[:space:]]*//p' "/proc/$daemon_pid/status")
check "mintmarkd keeps at most six capabilities of root's" test $((0x$kept & ~0x4e3)) -eq 0
for pid in "$daemon_pid" "$gate"; do
	check "process $pid: no core dumps" grep -q '^Max core file size *0  *0 ' "/proc/$pid/limits"
	# /proc of a process that is not dumpable belongs to root, whoever it runs as.
	check "process $pid: it is not dumpable" test "$(stat -c %u "/proc/$pid/environ")" = 0
done
case $(tr '\0' ' ' <"/proc/$gate/environ") in
"TZ=UTC0 "*) ;;
*) fail "the gate's environment is not its own" ;;
esac
for fd in "/proc/$gate/fd/"*; do
	case $(readlink "$fd") in
	/dev/null | socket:* | anon_inode:* | "$log" | "$state"/journal/* | pipe:*) ;;
	/dev/urandom | /dev/random) ;;
	*) fail "the gate has $(readlink "$fd") open" ;;
	esac
done

# The injector itself: what it puts into a process without a sandbox returns.
sleep 60 &
sleeper=$!
not_run=
wait_for 20 status_is "$sleeper" Name sleep && wait_for 20 status_is "$sleeper" State "S (sleeping)"
check "the injector: getpid in an unconfined process" injected "$sleeper" getpid "returned $sleeper"
if [ -n "$not_run" ]; then
	kill "$sleeper"
	echo "not run further: this machine lets nobody put calls into processes"
	exit 77
fi
check "the injector: openat in an unconfined process returns" injected "$sleeper" openat "returned -14"
check "the injector: socket in an unconfined process returns" injected "$sleeper" socket "returned "
kill "$sleeper"

check "the compiler: an allowed call returns" injected "--compiler $compiler" getpid "returned "
for call in openat socket connect execve ptrace; do
	check "the compiler: $call kills it" injected "--compiler $compiler" "$call" "killed by SIGSYS"
done

check "the gate: an allowed call returns" injected "$gate" getpid "returned $gate"
check "and it answers afterwards" answers
for call in openat socket connect execve ptrace; do
	gate=$(gates)
	gate=${gate% }
	check "the gate: $call kills it" injected "$gate" "$call" "killed by SIGSYS"
	check "the gate: mintmarkd tells why" wait_for 20 logged "alarm: the gate (process $gate) was killed by SIGSYS"
	wait_for 20 another_gate || fail "no gate is started again"
	wait_for 20 answers || fail "the next gate does not answer"
done

gate=$(gates)
gate=${gate% }
check "mintmarkd: an allowed call returns" injected "$daemon_pid" getpid "returned $daemon_pid"
check "mintmarkd: a socket of TCP is its business" injected "$daemon_pid" socket "returned "
victim=$daemon_pid
check "mintmarkd: a packet socket kills it" injected "$victim" socket-packet "killed by SIGSYS"
wait "$victim" 2>/dev/null || true
daemon_pid=
check "mintmarkd: and its gate dies with it" wait_for 20 is_gone "$gate"
for call in ptrace mount bpf; do
	start_and_wait
	victim=$daemon_pid
	gate=$(gates)
	gate=${gate% }
	check "mintmarkd: $call kills it" injected "$victim" "$call" "killed by SIGSYS"
	wait "$victim" 2>/dev/null || true
	daemon_pid=
	# The next one cannot listen where this one's gate still does.
	check "mintmarkd: after $call, too, its gate dies with it" wait_for 20 is_gone "$gate"
done
finish
