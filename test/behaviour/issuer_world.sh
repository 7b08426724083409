# SPDX-License-Identifier: Apache-2.0
# For the tests of the issuer, sourced: a driver that plays mintmarkd, verifier and ledger (issuer_driver.c says who is
# known to it), a real issuer, and how to ask it. The test sets 'port' first (its own, of 21400 to 21499) and 'realm',
# the address of the realm. Tests end with 'finish'.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the tests use some of it, and set port and realm

world=$(mktemp -d)
base=http://127.0.0.1:$port
failures=0
driver_pid=
export LC_ALL=C.UTF-8
null=$world/null

clean_up()
{
	exec 4>&-
	if [ -n "$driver_pid" ]; then
		kill "$driver_pid" 2>"$null" || true
		wait "$driver_pid" 2>"$null" || true
	fi
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

chmod 755 "$world"
mkfifo "$world/commands"

fail()
{
	echo "FAILED: $1"
	[ ! -s "$world/answer" ] || sed 's/^/  answer: /' "$world/answer" | cut -c 1-300 | head -n 20
	tail -n 5 "$world/said" 2>"$null" | sed 's/^/  driver: /'
	[ ! -s "$world/log" ] || tail -n 5 "$world/log" | sed 's/^/  issuer: /'
	failures=$((failures + 1))
}

# await SECONDS WHAT COMMAND…: until the command succeeds; gives up, and fails, after so long.
await()
{
	tries=$(($1 * 50))
	what=$2
	shift 2
	until "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			fail "$what: it did not come to that"
			return 1
		fi
		sleep 0.02
	done
}

# said TEXT: the driver has printed a line that begins so, since 'forget'.
said()
{
	tail -n "+$((forgotten + 1))" "$world/said" | grep -qF -- "$1"
}

forget()
{
	forgotten=$(wc -l <"$world/said")
}

# start DRIVER-ARGUMENT…: the issuer, until it is ready.
start()
{
	: >"$world/said"
	forgotten=0
	"$MINTMARK_BUILD/test/behaviour/issuer_driver" "$MINTMARK_BUILD/daemon/issuer/mintmark-issuer" "$realm" "$port" \
	    "$@" <"$world/commands" >"$world/said" 2>>"$world/log" &
	driver_pid=$!
	exec 4>"$world/commands"
	await 20 "the issuer gets ready" said ready || exit 1
}

# say COMMAND: to the driver, until it has done it.
say()
{
	forget
	echo "$1" >&4
	await 20 "the driver takes '$1'" said "did $1" || exit 1
}

# end: stop the issuer, which must end well.
end()
{
	forget
	echo stop >&4
	await 20 "the issuer ends" said "end 0"
	wait "$driver_pid" || fail "the driver ended badly"
	driver_pid=
}

# http STATUS WHAT CURL-ARGUMENT…: ask with curl; the answer must have this status. Its head goes to the file head,
# its body to answer.
http()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	forget
	status=$(curl -s --max-time 25 -D "$world/head" -o "$world/answer" -w '%{http_code}' "$@") || true
	[ "$status" = "$wanted" ] || fail "$what: its status is $status instead of $wanted"
}

# header LINE: the head has exactly this line. no_header NAME: it has none of that name. header_has NAME TEXT: a field
# of that name has this text in it.
header()
{
	tr -d '\r' <"$world/head" | grep -qxiF -- "$1" || fail "$what: no header '$1'"
}

no_header()
{
	if grep -qi "^$1:" "$world/head"; then
		fail "$what: there is a header $1"
	fi
}

header_has()
{
	tr -d '\r' <"$world/head" | grep -i "^$1:" | grep -qF -- "$2" || fail "$what: no '$2' in $1"
}

# has TEXT: the answer has this text in it. has_not TEXT: it has it not.
has()
{
	grep -qF -- "$1" "$world/answer" || fail "$what: no '$1' in the answer"
}

has_not()
{
	if grep -qF -- "$1" "$world/answer"; then
		fail "$what: there is '$1' in the answer"
	fi
}

# member NAME TEXT: the answer, a JSON object, has this member, written as JSON. error CODE: that of an error.
member()
{
	python3 - "$world/answer" "$1" "$2" <<'END' || fail "$what: member $1 is not $2"
import json, sys
path, name, wanted = sys.argv[1:]
answer = json.load(open(path, encoding="utf-8"))
sys.exit(not (name in answer and answer[name] == json.loads(wanted)))
END
}

error()
{
	member error "\"$1\""
	header "Content-Type: application/json"
	header "Cache-Control: no-store"
}

# asked TEXT: the verifier was asked a question whose line has this text in it. not_asked: it was asked nothing.
asked()
{
	await 20 "$what: the verifier is asked" said "verify " || return 0
	tail -n "+$((forgotten + 1))" "$world/said" | grep '^verify ' | grep -qF -- "$1" || fail "$what: no '$1' was asked"
}

not_asked()
{
	if said "verify "; then
		fail "$what: the verifier was asked"
	fi
}

finish()
{
	if grep -A 20 'Sanitizer:\|runtime error:' "$world/log"; then
		fail "a sanitizer has something to say"
	fi
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
}
