#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys that are fetched: a running gate gets another key within a moment, an unknown kid has it fetched at most once in
# its cool-down, a start without network goes by what was kept, and the death of courier or compiler stops nothing.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by their names in arguments
set -eu
for program in openssl python3; do
	command -v $program >/dev/null || {
		echo "not run: $program is not installed"
		exit 77
	}
done
port=${MINTMARK_TEST_PORT:-21420}
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
keys_port=$((port + 1))
state=$world/state-mintmark
server=

# ---- a key server of the test, with a certificate of an authority of the test ----

new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
# shellcheck disable=SC2086 # several arguments
openssl req -x509 $new_key -days 2 -subj /CN=ca -keyout "$world/ca.key" -out "$world/ca.pem" 2>"$world/openssl.log"
# shellcheck disable=SC2086
openssl req $new_key -subj /CN=localhost -keyout "$world/good.key" -out "$world/good.csr" 2>>"$world/openssl.log"
echo 'subjectAltName=DNS:localhost' >"$world/good.ext"
openssl x509 -req -in "$world/good.csr" -CA "$world/ca.pem" -CAkey "$world/ca.key" -days 2 -extfile "$world/good.ext" \
    -out "$world/good.pem" 2>>"$world/openssl.log"

start_server()
{
	rm -f "$world/ready"
	python3 "$MINTMARK_SOURCE/test/behaviour/key_server.py" "$world" "$keys_port" >"$world/server.log" 2>&1 &
	server=$!
	running=$server
	await 20 "the key server listens" test -e "$world/ready"
}

stop_server()
{
	kill -KILL "$server"
	wait "$server" 2>"$world/null" || true
	running=
}

# publish JWKS: what is served from now on.
publish()
{
	cp "$1" "$world/keys.jwks.new"
	mv "$world/keys.jwks.new" "$world/keys.jwks"
}

requests()
{
	grep -c ' /keys ' "$world/requests" || true
}

# ---- what is asked ----

logged()
{
	grep -qF -- "$1" "$world/log"
}

child()
{
	pgrep -P "$mintmarkd_pid" -f "^mintmark-$1" || true
}

# is_accepted RECIPE…: whether introspection at mail says that the token is active.
is_accepted()
{
	curl -s --max-time 20 -o "$world/answer" -u "dovecot:$secret" --data-urlencode "token=$(token "$@")" \
	    "$base/v1/introspect/mail" && grep -q '"active":true' "$world/answer"
}

is_refused()
{
	! is_accepted "$@"
}

epoch()
{
	cat "$state/epoch"
}

child_runs()
{
	pgrep -P "$mintmarkd_pid" -x "$1" >"$world/null"
}

another_courier()
{
	now=$(child courier)
	[ -n "$now" ] && [ "$now" != "$killed" ]
}

# fetch_now: an operator has the realm's keys fetched; the answer is in the file fetched.
fetch_now()
{
	python3 - "$state/control" >"$world/fetched" <<'END'
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(20)
connection.connect(sys.argv[1])
connection.sendall(b'{"ask":"fetch","realm":"enterprise"}\n')
while chunk := connection.recv(65536):
    sys.stdout.buffer.write(chunk)
END
}

# without KID: the world's keys without one.
without()
{
	python3 - "$world/common.jwks" "$1" <<'END'
import json, sys
document = json.load(open(sys.argv[1]))
document["keys"] = [key for key in document["keys"] if key.get("kid") != sys.argv[2]]
json.dump(document, sys.stdout)
END
}

cp "$world/common.jwks" "$world/all.jwks"
without KE1 >"$world/fewer.jwks"
times="refresh = 86400\n    refresh_cool_down = 2"
sed -i "s|keys = \"file:common.jwks\"|keys = \"jwks:https://localhost:$keys_port/keys\"\n    $times|
    s|^state_dir|ca_certificates = \"ca.pem\"\nstate_dir|" "$config"

# The programs, of which one is replaced below.
mkdir "$world/libexec"
for name in compiler courier desk gate; do
	ln -s "$MINTMARK_BUILD/daemon/$name/mintmark-$name" "$world/libexec/mintmark-$name"
done
start()
{
	"$mintmarkd" -c "$config" --libexec "$world/libexec" >>"$world/log" 2>&1 &
	mintmarkd_pid=$!
	await 20 "the gate answers" is_there || exit 1
}

# ---- a first start ----

echo "checking: a first start without network serves, and refuses"
start
gate=$(gate_pid)
is_refused --as alice || fail "a token is accepted without a key"
curl -s --max-time 2 -o "$world/readiness" -w '%{http_code}\n' "$base/readyz" >"$world/status"
grep -qx 503 "$world/status" || fail "it is ready without a key"
grep -q '^realm enterprise: no good key is known' "$world/readiness" || fail "it does not say why it is not ready"
await 20 "it says so" logged "nothing is kept of jwks:https://localhost:$keys_port/keys"
await 20 "and that the server cannot be reached" logged "unreachable"

echo "checking: keys come to the running gate"
publish "$world/fewer.jwks"
start_server
await 30 "the courier fetches again by itself" logged "has other keys"
await 20 "another key of the document is good" is_accepted --as carol
is_ready || fail "it is not ready with a key"
is_refused --as alice || fail "a token is accepted before its key is published"

echo "checking: an unknown kid has the source fetched"
publish "$world/all.jwks"
await 20 "a new key is good, asked for by its first tokens" is_accepted --as alice
[ "$(gate_pid)" = "$gate" ] || fail "the gate was started again"

echo "checking: at most once in the cool-down"
before=$(requests)
begun=$(date +%s)
count=0
while [ "$count" -lt 100 ]; do
	is_refused --as alice --kid "nobody-$count" || fail "an unknown kid is accepted"
	count=$((count + 1))
done
took=$(($(date +%s) - begun + 1))
asked=$(($(requests) - before))
# Two realms share the document, and each may ask once in two seconds; alice's is one of them.
[ "$asked" -le $((took / 2 + 2)) ] || fail "100 unknown kids in $took s led to $asked fetches"

# ---- deaths ----

echo "checking: the courier is killed"
killed=$(child courier)
kill -KILL "$killed"
await 20 "another one is started" another_courier
is_accepted --as alice || fail "the death of the courier is felt"
echo "checking: the desk is killed"
killed=$(child desk)
kill -KILL "$killed"
await 20 "it is told" logged "alarm: the desk (process $killed) was killed by SIGKILL"
is_accepted --as alice || fail "the death of the desk is felt"

# compiler PROGRAM: what mintmarkd finds as its compiler.
compiler()
{
	ln -s "$1" "$world/libexec/new"
	mv "$world/libexec/new" "$world/libexec/mintmark-compiler"
}

echo "checking: a compiler that dies leaves everything as it was"
compiler /bin/false
publish "$world/fewer.jwks"
epoch=$(epoch)
is_newer()
{
	[ "$(epoch)" -gt "$epoch" ]
}
fetch_now
grep -q '"done":true' "$world/fetched" || fail "an operator's fetch: $(cat "$world/fetched")"
await 20 "it is told" logged "alarm: keys that were fetched cannot be taken into use: it is tried again"
is_accepted --as alice || fail "the death of the compiler is felt"

echo "checking: one that hangs holds nothing up"
printf '#!/bin/sh\nexec sleep 600\n' >"$world/libexec/hanging"
chmod 755 "$world/libexec/hanging"
compiler hanging
await 30 "it is started" child_runs sleep
killed=$(gate_pid)
kill -KILL "$killed"
another_gate()
{
	now=$(gate_pid)
	[ -n "$now" ] && [ "$now" != "$killed" ] && is_ready
}
await 20 "a gate that dies meanwhile is started again" another_gate
is_accepted --as alice || fail "a compiler that hangs is felt"
gate=$(gate_pid)
is_newer && fail "something was compiled"

echo "checking: what came is in use in the end"
compiler "$MINTMARK_BUILD/daemon/compiler/mintmark-compiler"
kill -KILL "$(pgrep -P "$mintmarkd_pid" -x sleep)"
await 40 "a document comes into use" is_newer
is_accepted --as carol || fail "the others are felt"
[ "$(gate_pid)" = "$gate" ] || fail "the gate was started again"

# ---- a cold start without network ----

publish "$world/all.jwks"
echo "checking: keys that cannot be kept on the disk are used all the same"
mkdir "$state/keys/new"
epoch=$(epoch)
fetch_now
await 20 "all keys are in use again" is_newer
await 20 "it is told" logged "cannot be kept on the disk"
is_accepted --as alice || fail "they are not used"
rmdir "$state/keys/new"
fetch_now
await 20 "they are kept as soon as they can be" logged "are kept on the disk again"
await 20 "alice is accepted" is_accepted --as alice
end 0
stop_server
: >"$world/log"
echo "checking: a start without network goes by what was kept"
start
is_accepted --as alice || fail "what was kept is not used"

echo "checking: a kept document that is damaged is set aside"
end 0
kept=$(find "$state/keys" -name '*.jwks')
[ "$(echo "$kept" | wc -l)" = 1 ] || fail "not one document is kept: $kept"
rm "$kept"
mkdir "$kept"
start
await 20 "it is told" logged "it is set aside as"
[ -d "$kept.bad" ] || fail "it is not set aside"
is_refused --as alice || fail "a token is accepted without a key"
end 0

# ---- many sources ----

echo "checking: many sources are read anew under a small limit of descriptors"
count=0
while [ "$count" -lt 60 ]; do
	source="jwks:https://localhost:$keys_port/keys?$count"
	printf 'realm more%d {\n    issuer = "https://more%d.example"\n    keys = "%s"\n}\n' "$count" "$count" "$source"
	name=$(printf '%s' "$source" | sha256sum | cut -d ' ' -f 1)
	echo '{"keys":[]}' >"$state/keys/$name.jwks"
	count=$((count + 1))
done >>"$config"
# shellcheck disable=SC3045 # not of POSIX, but Debian's sh has it
ulimit -S -n 64
: >"$world/log"
start
epoch=$(epoch)
kill -HUP "$mintmarkd_pid"
await 20 "they are in use" is_newer
logged "the one before it stays in use" && fail "they cannot be read anew"
end 0
finish
