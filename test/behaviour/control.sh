#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The control socket: status, reload, fetch, decisions and autopsies for whom they are for; idle, rude and many
# clients; a desk that is killed, and a mintmarkd that is gone.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=${MINTMARK_TEST_PORT:-21460}
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

control=$world/state-mintmark/control
as_root=$(test "$(id -u)" -eq 0 && echo yes || echo no)

# command STATUS WHAT ARGUMENT…: mintmark must end so; its output goes to out and err.
command()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	status=0
	timeout -k 5 60 "$mintmark" "$@" -c "$config" >"$world/out" 2>"$world/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$what: it ended with $status instead of $wanted: $(head -c 300 "$world/out" "$world/err")"
}

# says FILE TEXT: a line has it.
says()
{
	grep -qF -- "$2" "$world/$1" || fail "$what: $1 does not say '$2': $(head -c 300 "$world/$1")"
}

# raw TEXT: what the desk answers to these bytes, to answer; it must close the connection within 20 seconds.
raw()
{
	python3 - "$control" "$1" >"$world/answer" <<'END' || fail "$what: the connection was not closed"
import socket, sys
desk = socket.socket(socket.AF_UNIX)
desk.settimeout(20)
desk.connect(sys.argv[1])
try:
    desk.sendall(sys.argv[2].encode("utf-8", "surrogateescape"))
except BrokenPipeError:
    pass
answer = b""
try:
    while True:
        more = desk.recv(65536)
        if not more:
            break
        answer += more
except ConnectionResetError:
    pass
print(answer.decode(), end="")
END
}

desk_pid()
{
	pgrep -P "$mintmarkd_pid" -x mintmark-desk || true
}

answers_status()
{
	"$mintmark" status -c "$config" --json >"$world/out" 2>"$world/err"
}

start
await 20 "the desk answers" answers_status

# ---- what it tells ----

command 0 "status of what is well" status
says out "nothing is wrong"
says out "keys           consumer, enterprise: file"
command 0 "status as JSON" status --json
python3 - "$world/out" "$mintmarkd_pid" <<'END' || fail "$what: it is not what doc/PROTOCOL.control says"
import json, sys
status = json.load(open(sys.argv[1], encoding="utf-8"))
assert status["pid"] == int(sys.argv[2]) and status["epoch"] == 1
assert [p["name"] for p in status["processes"] if p["running"]] == ["gate", "desk"]
assert status["sources"][0]["realms"] == ["consumer", "enterprise"] and status["sources"][0]["kind"] == "file"
assert status["gates"][0]["epoch"] == 1 and "reload" not in status["configuration"]
END

command 0 "a reload of the same" reload
says out "nothing changed"
says out "in use, epoch 2"
cp "$config" "$world/good.conf"
sed 's/^service imap {/service imap {\n    clients = { "thunderbird" }/' "$world/good.conf" >"$config"
what="what a reload would do, beforehand"
echo "checking: $what"
timeout 60 "$mintmark" check-config -c "$config" --against "$world/good.conf" >"$world/out" || fail "$what: it is not good"
says out "no longer allowed: clients other than thunderbird at imap"
command 0 "a reload that shuts out" reload
says out "no longer allowed: clients other than thunderbird at imap"
cp "$world/good.conf" "$config"
command 0 "a reload that lets in, as JSON" reload --json
python3 - "$world/out" <<'END' || fail "$what: it is not what doc/PROTOCOL.control says"
import json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
assert answer["done"] is True and answer["epoch"] == 4 and answer["problems"] == []
assert answer["difference"] == ["newly allowed: clients other than thunderbird at imap"]
END

echo 'service broken {' >>"$config"
command 1 "a reload that is refused" reload
says err "the section that begins here never ends"
says err "everything stays as it was, at epoch 4"
command 1 "status while the file is broken" status
says out "! the last reload"
says out "never ends"
cp "$world/good.conf" "$config"
command 0 "a reload after mending" reload
command 0 "status after mending" status

command 1 "a fetch of keys that are in a file" fetch enterprise
says err "file"
command 1 "a fetch for no realm" fetch nowhere
command 2 "a fetch without a realm" fetch

# ---- the journal ----

ask()
{
	curl -s -o "$world/null" -u "dovecot:$secret" -d "token=$1" "$base/v1/introspect/imap"
}

ask "$(token --as alice)"
ask "$(token --as alice --key KE1 --claim 'aud="elsewhere"')" || true
"$mintmark" decisions --dir "$journal" --json >"$world/files"
command 0 "decisions through the socket are those of the files" decisions --control --json
cmp -s "$world/out" "$world/files" || fail "$what: they differ"
"$mintmark" decisions --dir "$journal" >"$world/files"
command 0 "the same for people" decisions --socket "$control"
cmp -s "$world/out" "$world/files" || fail "$what: they differ"
for filter in "-n 1" "-n 0" "-n 2 --verdict deny" "--reason OK" "--service imap -n 1" "--since 1h" "--until 1h" "--tenant contoso"; do
	# shellcheck disable=SC2086 # words
	"$mintmark" decisions --dir "$journal" --json $filter >"$world/files"
	# shellcheck disable=SC2086
	command 0 "decisions $filter" decisions --control --json $filter
	cmp -s "$world/out" "$world/files" || fail "$what: they differ"
done
command 0 "autopsies, of which there are none" autopsies --control
[ ! -s "$world/out" ] || fail "$what: there is one"
command 2 "files and socket at once" decisions --dir "$journal" --control

has_line()
{
	grep -qF -- "$1" "$world/followed"
}

echo "checking: decisions --follow through the socket gives what comes"
"$mintmark" decisions --control --follow --json -n 0 -c "$config" >"$world/followed" 2>"$world/follow-err" &
follower=$!
running=$follower
subjects=0
# The follower may begin behind the first of them.
followed()
{
	subjects=$((subjects + 1))
	ask "$(token --as alice --claim "sub=\"follow-$subjects\"")"
	has_line follow-
}
await 20 "a follower is told" followed || true

# ---- who may ----

if [ "$as_root" = yes ]; then
	group=$(stat -c %g "$control")
	user=$(python3 -c 'import pwd, sys; print(pwd.getpwnam(sys.argv[1]).pw_uid)' \
	    "$(sed -n 's/^user = "\(.*\)"/\1/p' "$config")")

	# as_user UID GID WHAT STATUS TEXT QUESTION
	as_user()
	{
		what=$3
		echo "checking: $what"
		status=0
		setpriv --reuid "$1" --regid "$2" --clear-groups timeout 60 "$mintmark" "$6" --socket "$control" \
		    >"$world/out" 2>&1 || status=$?
		[ "$status" -eq "$4" ] || fail "$what: it ended with $status instead of $4"
		grep -qF -- "$5" "$world/out" || fail "$what: it does not say '$5': $(head -c 300 "$world/out")"
	}

	as_user "$user" "$group" "the service's user may have it read anew" 0 "in use" reload
	as_user 54321 "$group" "a member of its group may look" 0 "nothing is wrong" status
	as_user 54321 "$group" "a member of its group sees the journal" 0 "imap       allow" decisions
	as_user 54321 "$group" "a member of its group may not change anything" 1 "not change anything" reload
	as_user 54321 54321 "others do not reach the socket" 1 "Permission denied" status
	chmod 711 "$world/state-mintmark"
	chmod 666 "$control"
	as_user 54321 54321 "others who reach the socket are turned away" 1 "you may not ask here" status
	as_user 54321 54321 "others do not see the journal" 1 "you may not ask here" decisions
	chmod 660 "$control"
	what="a member by a second group may look"
	echo "checking: $what"
	setpriv --reuid 54321 --regid 54321 --groups "$group" "$mintmark" status --socket "$control" >"$world/out" ||
	    fail "$what"
fi

# ---- idle, rude and many clients ----

what="what is no question"
for garbage in x '{}
' '{"ask":"sleep"}
' '{"ask":"status"}
more
' '{"ask":"status","ask":"status"}
' '{"ask":"decisions","last":-1}
'; do
	echo "checking: '$garbage' is refused"
	raw "$garbage"
	grep -q '^{"error":"' "$world/answer" || fail "$what: it is not refused: $(cat "$world/answer")"
done
echo "checking: a question of 120 kB is cut"
raw "$(head -c 120000 /dev/zero | tr '\0' 'x')"
command 0 "status after all that" status

echo "checking: many idle clients are turned away, and cut in the end"
python3 - "$control" <<'END' || fail "idle clients"
import json, socket, sys, time
def connect():
    desk = socket.socket(socket.AF_UNIX)
    desk.settimeout(30)
    desk.connect(sys.argv[1])
    return desk
idle, turned_away = [connect() for _ in range(60)], 0
begun = time.monotonic()
more = [connect() for _ in range(20)]
for desk in more:
    turned_away += b"too many" in desk.recv(4096)
assert turned_away >= 10, turned_away
for desk in idle:
    answer = b""
    while b"\n" not in answer:
        got = desk.recv(4096)
        if not got:
            break
        answer += got
    assert json.loads(answer)["error"] in ("no question came", "too many ask at once"), answer
assert time.monotonic() - begun < 25
END
command 0 "status when they are gone" status

echo "checking: one who does not read his answer stays nobody's concern"
python3 - "$control" >"$world/null" 2>&1 <<'END' &
import socket, sys, time
desk = socket.socket(socket.AF_UNIX)
desk.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
desk.connect(sys.argv[1])
desk.sendall(b'{"ask":"decisions","follow":true}\n')
time.sleep(600)
END
running="$running $!"
command 0 "status beside him" status

# ---- deaths ----

echo "checking: a desk that is killed comes again, and nobody else feels it"
gate=$(gate_pid)
kill -KILL "$(desk_pid)"
await 20 "the desk answers again" answers_status
[ "$(gate_pid)" = "$gate" ] || fail "the gate is another one"
is_ready || fail "the gate is not ready"
await 20 "the follower ends" sh -c "! kill -0 $follower 2>/dev/null"
status=0
wait "$follower" || status=$?
[ "$status" -eq 1 ] || fail "the follower ended with $status"
grep -qF "the answer ended before its end" "$world/follow-err" || fail "the follower does not say why it ended"

echo "checking: a desk that is stopped does not hold mintmarkd up"
pid=$(desk_pid)
kill -STOP "$pid"
ask "$(token --as alice)" || fail "the gate does not answer"
end 0
command 1 "status of no mintmarkd" status
says err "is mintmarkd running"
command 1 "reload of no mintmarkd" reload
says err "is mintmarkd running"
finish
