#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Looking up names: a name server that says nothing delays only those who need it, and a file of the resolver that is
# replaced under the courier's sandbox makes it end, to be started anew.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by traps
set -eu

# In a network and with mounts of its own, so that a name server and the files of /etc can be the test's.
if [ -z "${MINTMARK_TEST_APART:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -m -n true 2>/dev/null; then
		echo "not run: only root can give a test a network and mounts of its own"
		exit 77
	fi
	MINTMARK_TEST_APART=1 exec unshare -m -n "$0"
fi
port=21365
# shellcheck source=test/behaviour/courier_world.sh
. "$MINTMARK_SOURCE/test/behaviour/courier_world.sh"
"$MINTMARK_BUILD/test/maker/mintmark-maker" world "$world"
publish "$world/enterprise.jwks"

# The loopback interface up, and a name server that takes questions; its port is one that only root has.
cat >"$world/mute.py" <<'END'
import fcntl, socket, struct, sys
lo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(lo, 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, b""))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
open(sys.argv[1], "w").close()
while True:
    server.recv(512)
    open(sys.argv[1], "a").write("asked\n")
END
python3 "$world/mute.py" "$world/questions" &
other_pids=$!
wait_for 20 test -e "$world/questions" || {
	echo "not run: no name server can be made here"
	exit 77
}
echo 'nameserver 127.0.0.1' >"$world/resolv.conf"
echo '127.0.0.1 localhost' >"$world/hosts"
chmod 644 "$world/resolv.conf" "$world/hosts"

# What is mounted from the folder of the test must go before it.
give_back()
{
	umount -l /etc/hosts /etc/hosts /etc/resolv.conf 2>>"$world/umount.log" || true
	clean_up
}
trap give_back EXIT
mount --bind "$world/resolv.conf" /etc/resolv.conf
mount --bind "$world/hosts" /etc/hosts
start_server
start_courier
source_of jwks 1 "$base/keys"
for name in one two three four; do
	source_of jwks 300 "https://$name.stalled.example/keys"
done
say start

echo "checking: names that nobody answers for are given up"
for number in 1 2 3 4; do
	wait_for 20 said_since 0 "status $number unreachable 1 [0-9]* Resolving timed out" || fail "$number is not given up"
done
[ -s "$world/questions" ] || fail "the name server was not asked"
echo "checking: the other was fetched again before the first of them was given up"
sed '/Resolving timed out/,$d' "$world/said" >"$world/before"
fetched=$(grep -c '^status 0 ' "$world/before" || true)
[ "$fetched" -ge 2 ] || fail "it was fetched $fetched times before"
has_fetched()
{
	[ "$(grep -c '^status 0 ' "$world/said")" -ge "$1" ]
}
wait_for 20 has_fetched 4 || fail "it is not fetched again and again"
fetched=$(grep -c '^status 0 same' "$world/said" || true)

echo "checking: it ends when a file of the resolver is replaced"
cp "$world/hosts" "$world/other-hosts"
mount --bind "$world/other-hosts" /etc/hosts
wait_for 20 grep -q '^end ' "$world/said" || {
	# Without Landlock it can read the new one as well.
	[ "$(grep -c '^status 0 same' "$world/said")" -gt "$fetched" ] || fail "it neither ends nor fetches"
	say stop
}
end_courier
[ "$ended" = 0 ] || fail "it ended with $ended"
finish
