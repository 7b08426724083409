#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where there are few descriptors, idle strangers can have those for connections, and no others: the gate still takes
# new journal segments, goes on answering who is connected already, and lives.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20580
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

# The smallest segments, so that some hundred records fill one.
sed -i 's/^journal_segment = .*/journal_segment = 65536/' "$config"
# shellcheck disable=SC3045 # dash has it, and Debian's sh is dash
ulimit -n 120
start
gate=$(gate_pid)

echo "checking: one client is answered while idle ones take every connection that there is"
alice=$(token)
python3 - "$port" "dovecot" "$secret" "$alice" <<'END' || fail "a client with a connection is not answered"
import http.client, socket, sys, time, urllib.parse
port, name, secret, token = int(sys.argv[1]), *sys.argv[2:]
client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
form = urllib.parse.urlencode({"token": token, "client_id": name, "client_secret": secret})
kind = {"Content-Type": "application/x-www-form-urlencoded"}
statuses = {}
idle = []
# Where the disk is slow, a segment is not always there in time: 503, and the client asks again a moment later.
until = time.monotonic() + 60
while statuses.get(200, 0) < 400 and time.monotonic() < until:
    if len(idle) < 108:
        stranger = socket.socket()
        stranger.setblocking(False)
        stranger.connect_ex(("127.0.0.1", port))
        idle.append(stranger)
    client.request("POST", "/v1/introspect/mail", form, kind)
    answer = client.getresponse()
    answer.read()
    statuses[answer.status] = statuses.get(answer.status, 0) + 1
    if answer.status == 503:
        time.sleep(0.01)
print("  ", statuses)
sys.exit(statuses.get(200, 0) < 400)
END
echo "checking: several segments were begun meanwhile"
[ "$(find "$journal" -name 'gate.*.journal' | wc -l)" -gt 3 ] || fail "there are too few segments"
echo "checking: it is the same gate"
[ "$(gate_pid)" = "$gate" ] || fail "the gate died"
await 20 "a new client is answered when the idle ones are gone" is_ready || true
end 0
finish
