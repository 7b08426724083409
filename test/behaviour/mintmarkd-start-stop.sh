#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmarkd starts a gate, tells systemd, answers what is in flight when it stops, and leaves nothing behind.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=20410
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"

# A stand-in for systemd's socket: writes every message to a file.
cat >"$world/notify.py" <<'END'
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
listener.settimeout(60)
with open(sys.argv[2], "w", buffering=1) as out:
    while "STOPPING=1" not in (text := listener.recv(4096).decode()):
        out.write(text + "\n")
    out.write(text + "\n")
END
python3 "$world/notify.py" "$world/notify.sock" "$world/notified" &
notify_pid=$!
wait_for 20 test -S "$world/notify.sock"

export NOTIFY_SOCKET="$world/notify.sock"
start_and_wait
unset NOTIFY_SOCKET
check "systemd is told that it is ready" wait_for 20 grep -qx 'READY=1' "$world/notified"
check "and how it stands" grep -q 'STATUS=.*epoch 1.*127.0.0.1' "$world/notified"
check "it answers over TCP" answers
check "it answers over a unix socket" \
	curl -sf -o "$world/body" --max-time 20 --unix-socket "$world/gate.sock" http://gate/readyz
check "which is for its group alone" test "$(stat -c %a "$world/gate.sock")" = 660
check "the state folder was made for itself, and to be passed through by its group" \
	test "$(stat -c %a "$state")" = 710
check "its journal for itself, and to be read by its group" \
	test "$(stat -c %a "$state/journal" "$state/journal/gate.0000000001.journal" | paste -sd ' ')" = '750 640'
check "the control socket is for the group" test "$(stat -c %a "$state/control")" = 660
check "the epoch is kept" test "$(cat "$state/epoch")" = 1
check "the first segment of the journal and a spare are there" \
	test "$(find "$state/journal" -name 'gate.*.journal' | wc -l)" = 2

run 1 "a second mintmarkd on the same state folder is refused" "held by another mintmarkd"
check "and the first one still answers" answers

start_pid=$daemon_pid
check "SIGHUP does not stop it" kill -HUP "$daemon_pid"
check "but gives what is read anew the next epoch" wait_for 20 logged "the gate decides by epoch 2"
check "it answers afterwards" answers

# A request whose head the gate has read before the stop ("100 Continue" says so), and whose body comes after it.
gate=$(gates)
T=$(token) python3 - "$port" "$(cat "$world/dovecot.secret")" "$daemon_pid" "$log" <<'END' || fail "what was in flight is not answered"
import base64, os, signal, socket, sys, time
port, secret, pid, log = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
body = "token=" + os.environ["T"]
credentials = base64.b64encode(b"dovecot:" + secret.strip().encode()).decode()
connection = socket.create_connection(("127.0.0.1", port), timeout=15)
connection.sendall((f"POST /v1/introspect/imap HTTP/1.1\r\nHost: gate\r\nAuthorization: Basic {credentials}\r\n"
    f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    "Expect: 100-continue\r\n\r\n").encode())
if b" 100 " not in connection.recv(1024):
    sys.exit("the head is not read")
os.kill(pid, signal.SIGTERM)
deadline = time.monotonic() + 20
while "stopping" not in open(log).read():
    if time.monotonic() > deadline:
        sys.exit("SIGTERM is not heard")
    time.sleep(0.01)
connection.sendall(body.encode())
answer = b""
while chunk := connection.recv(65536):
    answer += chunk
sys.exit(b" 200 " not in answer.splitlines()[0] or b'"active":true' not in answer)
END
status=0
wait "$start_pid" || status=$?
daemon_pid=
check "SIGTERM ends it with status 0" test "$status" = 0
check "the gate has ended too" is_gone "$gate"
check "the unix socket is removed" test ! -e "$world/gate.sock"
check "and the control socket" test ! -e "$state/control"
check "systemd is told that it stops" wait_for 20 grep -qx 'STOPPING=1' "$world/notified"
wait "$notify_pid" || fail "the stand-in for systemd"

# What a killed mintmarkd leaves behind does not stop the next one.
start_and_wait
check "the next start has the next epoch" test "$(cat "$state/epoch")" = 3
gate=$(gates)
kill -KILL "$daemon_pid"
wait "$daemon_pid" 2>/dev/null || true
check "a gate dies with its mintmarkd" wait_for 20 is_gone "$gate"
check "the socket was left behind" test -S "$world/gate.sock"
start_and_wait
check "it takes over the stale socket" \
	curl -sf -o "$world/body" --max-time 20 --unix-socket "$world/gate.sock" http://gate/readyz
stop
check "and stops again" test "$status" = 0

# Paths and folders that are not ours to take.
echo precious >"$world/gate.sock"
run 1 "a file where the socket should be is left alone" "no socket has this path"
check "it is whole" grep -qx precious "$world/gate.sock"
rm "$world/gate.sock"
python3 - "$world/gate.sock" "$world/listens" <<'END' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
open(sys.argv[2], "w").close()
s.accept()
END
other=$!
wait_for 20 test -e "$world/listens"
run 1 "a socket on which another process listens is left alone" "another process listens"
check "it is still there" test -S "$world/gate.sock"
wait "$other" || true
rm "$world/gate.sock"
echo 12x >"$state/epoch"
run 1 "a damaged epoch is not guessed" "'epoch' of state_dir is damaged"
rm "$state/epoch"
mkfifo "$state/epoch.new"
run 1 "a pipe in the epoch's way holds nobody up" "the epoch cannot be written to state_dir"
rm "$state/epoch.new"

# A journal whose only begun segment lost its first bytes: a spare lies behind it.
first=$state/journal/gate.0000000001.journal
cp "$first" "$world/kept"
: >"$first"
run 1 "a journal segment of no length is told by its name, and what to do" \
	"$first is no journal segment, or its first bytes are damaged: move it away"
check "it is left as it is" test -f "$first" -a ! -s "$first"
rm "$first"
mkfifo "$first"
run 1 "so is a pipe in its place" "$first is no journal segment"
rm "$first"
start_and_wait
check "with it out of the way the next segment is gone on with" answers
check "and a spare is made behind that" wait_for 20 test -e "$state/journal/gate.0000000003.journal"
check "not in its place" test ! -e "$first"
stop
check "and it stops" test "$status" = 0
rm "$state"/journal/*
mv "$world/kept" "$first"

# Something else has the number of the next segment, and bytes that no gate wrote are in the one after it.
mkdir "$state/journal/gate.0000000002.journal"
start_and_wait
check "what stands in the way of the next segment is told by its name" wait_for 20 logged \
	"$state/journal/gate.0000000002.journal is no journal segment that can be used: its number is passed over"
check "and the next number is taken" wait_for 20 test -f "$state/journal/gate.0000000003.journal"
stop
check "and it stops" test "$status" = 0
printf x | dd of="$state/journal/gate.0000000003.journal" bs=1 seek=5000 conv=notrunc 2>/dev/null
start_and_wait
check "a spare with bytes in it is passed over too" wait_for 20 test -f "$state/journal/gate.0000000004.journal"
stop
rmdir "$state/journal/gate.0000000002.journal"

chmod o+w "$state"
run 1 "a state folder that others can write is refused" "can be written by others"
chmod o-w "$state"
for mode in g+w o+w; do
	chmod "$mode" "$state/journal"
	run 1 "so is a folder of the journal with $mode" "state_dir $state/journal can be written by others"
	chmod go-w "$state/journal"
done
if [ "$(id -u)" = 0 ]; then
	chown nobody "$state/journal"
	run 1 "and one that is another user's" "chown 0 $state/journal"
	chown root "$state/journal"
fi
python3 - "$port" "$world/listens2" <<'END' &
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
open(sys.argv[2], "w").close()
s.settimeout(100)
s.accept()
END
other=$!
wait_for 20 test -e "$world/listens2"
run 1 "a port in use is told" "cannot listen on 127.0.0.1:$port: Address already in use"
check "no socket is left behind" test ! -e "$world/gate.sock"
kill "$other" 2>/dev/null || true
wait "$other" 2>/dev/null || true
finish
