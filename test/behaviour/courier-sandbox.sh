#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A running courier is in its sandbox: what somebody who took it over would do first kills it.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=21340
# shellcheck source=test/behaviour/courier_world.sh
. "$MINTMARK_SOURCE/test/behaviour/courier_world.sh"
inject=$MINTMARK_BUILD/test/behaviour/inject
"$MINTMARK_BUILD/test/maker/mintmark-maker" world "$world"
publish "$world/enterprise.jwks"
start_server

# start_fetching: a courier that has fetched once; its process in 'courier'.
start_fetching()
{
	start_courier
	source_of jwks 300 "$base/keys"
	say start
	wait_for 20 said_since 0 "status 0 new 0 " || fail "it does not fetch"
	courier=$(sed -n 's/^courier //p' "$world/said")
}

# status_is FIELD VALUE: what /proc says of it.
status_is()
{
	echo "checking: its $1 is $2"
	[ "$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$courier/status" | tr '\t' ' ')" = "$2" ] || fail "its $1 is not $2"
}

start_fetching
status_is Seccomp 2
status_is NoNewPrivs 1
status_is CapEff 0000000000000000
status_is CapPrm 0000000000000000
if [ "$(id -u)" = 0 ]; then
	status_is Uid "65534 65534 65534 65534"
	status_is Gid "65534 65534 65534 65534"
	status_is Groups ""
	echo "checking: it is not dumpable, and has nothing open but sockets"
	[ "$(stat -c %u "/proc/$courier/environ")" = 0 ] || fail "it is dumpable"
	for fd in "/proc/$courier/fd/"*; do
		case $(readlink "$fd") in
		socket:* | anon_inode:* | pipe:* | /dev/null | "$world"/*) ;;
		*) fail "it has $(readlink "$fd") open" ;;
		esac
	done
fi
say stop
end_courier
[ "$(id -u)" = 0 ] || {
	[ "$failures" -eq 0 ] || finish
	echo "not run further: only root can put calls into processes that are not dumpable"
	exit 77
}

# To wait for root's tracer it must be in a call; it is, in poll().
for call in execve ptrace mount bpf openat socket-packet; do
	start_fetching
	echo "checking: $call kills it"
	rc=0
	said=$("$inject" "$courier" "$call" 2>&1) || rc=$?
	if [ "$rc" = 77 ]; then
		say stop
		end_courier
		[ "$failures" -eq 0 ] || finish
		echo "not run further: this machine lets nobody put calls into processes"
		exit 77
	fi
	case $said in *"killed by SIGSYS"*) ;; *) fail "$call: $said" ;; esac
	end_courier
	[ "$ended" = "signal 31" ] || fail "$call: it ended with $ended"
done
finish
