#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The issuer, which parses the internet, is in its sandbox: it has nothing open but sockets, and a call that it has no
# business with kills it.
set -eu
port=21405
realm="http://127.0.0.1:$port/r"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"
inject=$MINTMARK_BUILD/test/behaviour/inject

[ "$(id -u)" = 0 ] || {
	echo "not run: only root can look into, and put calls into, processes that are not dumpable"
	exit 77
}

# status_is FIELD VALUE: what /proc says of the issuer.
status_is()
{
	echo "checking: its $1 is $2"
	[ "$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$issuer/status" | tr '\t' ' ')" = "$2" ] || fail "its $1 is another"
}

find_issuer()
{
	issuer=$(sed -n 's/^issuer //p' "$world/said" | tail -n 1)
}

# shellcheck disable=SC2119 # it takes what the driver takes: nothing here
start
find_issuer
status_is Uid "65534 65534 65534 65534"
status_is Gid "65534 65534 65534 65534"
status_is Groups ""
status_is CapEff 0000000000000000
status_is CapInh 0000000000000000
status_is NoNewPrivs 1
for task in "/proc/$issuer/task/"*; do
	grep -q '^Seccomp:[[:space:]]*2' "$task/status" || fail "thread ${task##*/} has no filter"
done
grep -q '^Max core file size *0  *0 ' "/proc/$issuer/limits" || fail "it could dump a core"
[ "$(stat -c %u "/proc/$issuer/environ")" = 0 ] || fail "it is dumpable"
echo "checking: it has no file open"
for fd in "/proc/$issuer/fd/"*; do
	case $(readlink "$fd") in
	/dev/null | socket:* | anon_inode:* | pipe:* | /dev/urandom | /dev/random | "$world"/said | "$world"/log | "$world"/commands) ;;
	*) fail "it has $(readlink "$fd") open" ;;
	esac
done

said=$("$inject" "$issuer" getpid 2>&1) || {
	[ $? -ne 77 ] || { echo "not run further: this machine lets nobody put calls into processes"; exit 77; }
}
[ "$said" = "returned $issuer" ] || fail "an allowed call: $said"
http 200 "it answers behind an allowed call" "$base/readyz"
for call in openat socket connect execve ptrace; do
	echo "checking: $call kills it"
	said=$("$inject" "$issuer" "$call" 2>&1) || true
	case $said in "killed by SIGSYS"*) ;; *) fail "$call: $said" ;; esac
	await 20 "the end is seen" said "end signal 31"
	exec 4>&-
	wait "$driver_pid" || true
	# shellcheck disable=SC2119 # as above
	start
	find_issuer
done
end
finish
