#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An application at the trust socket gets the trust in use and each epoch after it, sealed; one that does not take it,
# or sends something, is cut; none of them is felt by others.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=${MINTMARK_TEST_PORT:-21440}
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"

sed -i 's|^state_dir|trust_socket = "'"$world"'/trust.sock"\nstate_dir|' "$config"
start_and_wait
check "the trust socket is for its group alone" test "$(stat -c %a "$world/trust.sock")" = 660

cat >"$world/follow.py" <<'END'
import fcntl, os, signal, socket, struct, sys, time

path, daemon, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
SEALS = 1 | 2 | 4 | 8  # against more seals, shrinking, growing, writing


def connect():
    follower = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    follower.settimeout(20)
    follower.connect(path)
    return follower


def take(follower):
    """The epoch of the next packet; what comes with it is checked."""
    data, fds, flags, _ = socket.recv_fds(follower, 100, 4)
    if not data:
        return None
    assert len(data) == 8 and len(fds) == 1, (data, fds)
    assert fcntl.fcntl(fds[0], 1034) & SEALS == SEALS, "it is not sealed"  # F_GET_SEALS
    snapshot = os.pread(fds[0], 1 << 26, 0)
    assert snapshot.startswith(b"MMTRUST"), snapshot[:16]
    os.close(fds[0])
    return struct.unpack("<Q", data)[0]


def told():
    lines = [line for line in open(log) if "the gate decides by epoch" in line]
    return int(lines[-1].split()[-1]) if lines else 1


def reload():
    """Another epoch, which it returns."""
    before, deadline = told(), time.monotonic() + 20
    os.kill(daemon, signal.SIGHUP)
    while told() == before:
        assert time.monotonic() < deadline, "no other epoch"
        time.sleep(0.01)
    return told()


def ended(follower):
    try:
        while follower.recv(100):
            pass
    except ConnectionResetError:
        pass
    return True


first, second = connect(), connect()
assert take(first) == 1 and take(second) == 1
print("the trust in use comes at once")
epoch = reload()
assert take(first) == epoch and take(second) == epoch
print("another epoch comes to all")
second.close()
epoch = reload()
assert take(first) == epoch
late = connect()
assert take(late) == epoch
print("who comes late begins with the one in use; one that went is not felt")
late.send(b"hello")
assert ended(late)
assert take(connect()) == epoch
print("who sends something is cut")
slow = connect()
take(slow)
for _ in range(20):
    epoch = reload()
    assert take(first) == epoch
got = 0
while take(slow) is not None:
    got += 1
assert 0 < got < 20, got
print(f"who does not take its packets is cut, after {got}")
many = [connect() for _ in range(150)]
answered = sum(take(one) is not None for one in many)
print(f"of 150 at once {answered} are served")
assert 100 < answered <= 128
begun = time.monotonic()
for _ in range(300):
    many.pop(0).close()
    many.append(connect())
    connect().close()
refusals = sum("the others are refused" in line for line in open(log))
print(f"a storm of applications fills no log: {refusals} lines")
assert 1 <= refusals <= 2 + (time.monotonic() - begun) / 10, refusals
for one in many:
    one.close()
epoch = reload()
assert take(first) == epoch
again = connect()
assert take(again) == epoch
print("when they went, others are served again")
os.kill(daemon, signal.SIGTERM)
assert take(first) is None
print("its end is seen")
END
status=0
python3 "$world/follow.py" "$world/trust.sock" "$daemon_pid" "$log" || status=$?
check "followers get what they shall" test "$status" = 0
[ "$status" = 0 ] || finish
status=0
wait "$daemon_pid" || status=$?
daemon_pid=
check "mintmarkd ends" test "$status" = 0
check "the trust socket is removed" test ! -e "$world/trust.sock"
finish
