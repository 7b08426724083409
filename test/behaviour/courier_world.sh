# SPDX-License-Identifier: Apache-2.0
# For the tests of mintmark-courier, sourced: a key server that can be bad, with certificates of a CA of the test, and
# how to talk to a courier through its driver. The test sets 'port' before; the ports up to port + 9 are the server's.
# What is started here is stopped at the end, by its process id.
# shellcheck shell=sh disable=SC2034,SC2154 # set for, and by, the test

for program in openssl python3; do
	command -v $program >/dev/null || {
		echo "not run: $program is not installed"
		exit 77
	}
done
world=$(mktemp -d)
chmod 755 "$world"
server_pid=
driver_pid=
other_pids= # whatever else a test starts
failures=0
sources=0
export LC_ALL=C.UTF-8
base=https://localhost:$port

clean_up()
{
	for pid in $driver_pid $server_pid $other_pids; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail()
{
	echo "FAILED: $1"
	failures=$((failures + 1))
}

finish()
{
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
	exit 0
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

# ---- certificates ----

new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

# authority NAME: one that signs others.
authority()
{
	# shellcheck disable=SC2086 # several arguments
	openssl req -x509 $new_key -days 2 -subj "/CN=$1" -keyout "$world/$1.key" -out "$world/$1.pem" 2>>"$world/openssl.log"
}

# certificate NAME HOST AUTHORITY ARGUMENT…: for that host, good for two days unless the arguments say otherwise.
certificate()
{
	name=$1
	host=$2
	signer=$3
	shift 3
	# shellcheck disable=SC2086
	openssl req $new_key -subj "/CN=$host" -keyout "$world/$name.key" -out "$world/$name.csr" 2>>"$world/openssl.log"
	printf 'subjectAltName=DNS:%s\n' "$host" >"$world/$name.ext"
	openssl x509 -req -in "$world/$name.csr" -CA "$world/$signer.pem" -CAkey "$world/$signer.key" -days 2 \
	    -extfile "$world/$name.ext" -out "$world/$name.pem" "$@" 2>>"$world/openssl.log"
}

make_certificates()
{
	authority ca
	authority other-ca
	certificate good localhost ca
	certificate elsewhere keys.example ca
	certificate unknown localhost other-ca
	certificate expired localhost ca -days -1
	certificate old localhost ca
	# shellcheck disable=SC2086
	openssl req -x509 $new_key -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -keyout "$world/selfsigned.key" -out "$world/selfsigned.pem" 2>>"$world/openssl.log"
}

# ---- the server ----

start_server()
{
	rm -f "$world/ready"
	python3 "$MINTMARK_SOURCE/test/behaviour/key_server.py" "$world" "$port" "$@" >"$world/server.log" 2>&1 &
	server_pid=$!
	wait_for 20 test -e "$world/ready" || {
		cat "$world/server.log"
		fail "the key server does not start"
		finish
	}
}

stop_server()
{
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=
}

# publish FILE: what the honest server serves from now on.
publish()
{
	cp "$1" "$world/keys.jwks.new"
	mv "$world/keys.jwks.new" "$world/keys.jwks"
}

# Requests to a path so far.
requests()
{
	grep -c -- " $1 " "$world/requests" || true
}

# ---- the courier ----

# start_courier: reads commands from descriptor 7; what it says is in 'said'.
start_courier()
{
	rm -f "$world/commands"
	mkfifo "$world/commands"
	: >"$world/said"
	sources=0
	"$MINTMARK_BUILD/test/behaviour/courier_driver" "$MINTMARK_BUILD/daemon/courier/mintmark-courier" \
	    "$world/ca.pem" "$world" <"$world/commands" >"$world/said" 2>"$world/courier.log" &
	driver_pid=$!
	exec 7>"$world/commands"
}

say()
{
	echo "$@" >&7
}

# source KIND REFRESH ADDRESS WORD…: its number is in 'sources', less one.
source_of()
{
	say source "$@"
	sources=$((sources + 1))
}

# said_since LINE TEXT: whether the courier said a line that begins so, behind a line number.
said_since()
{
	tail -n "+$(($1 + 1))" "$world/said" | grep -q -- "^$2"
}

lines()
{
	wc -l <"$world/said"
}

# end_courier: its exit status in 'ended', as the driver tells it.
end_courier()
{
	exec 7>&-
	wait_for 20 grep -q '^end ' "$world/said" || fail "the courier does not end"
	wait "$driver_pid" || true
	driver_pid=
	ended=$(sed -n 's/^end //p' "$world/said")
}

make_certificates
