# SPDX-License-Identifier: Apache-2.0
# For the tests of the gate, sourced: the world of the attack table, a mintmarkd over it, and how to ask its gate.
# The test sets 'port' first (its own, of 20510 to 20599). Tests end with 'finish'.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the tests use some of it, and set port

mintmark=$MINTMARK_BUILD/cli/mintmark
mintmarkd=$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
load=$MINTMARK_BUILD/test/behaviour/load
world=$(mktemp -d)
config=$world/mintmark.conf
journal=$world/state-mintmark/journal
address=127.0.0.1:$port
base=http://$address
secret=a-secret-of-the-tests-alone
failures=0
mintmarkd_pid=
running=
export LC_ALL=C.UTF-8
# The sandbox forbids what looking for leaks needs.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:${ASAN_OPTIONS#detect_leaks=1:}}"

# stop PID: ask a process that we started to end, and wait until it did.
stop()
{
	kill "$1" 2>"$world/null" || true
	wait "$1" || true
}

clean_up()
{
	for pid in $running $mintmarkd_pid; do
		stop "$pid" 2>"$world/null"
	done
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

chmod 755 "$world"
"$maker" world "$world" --listen "$address"
: >"$world/log"

# token RECIPE…: a token of the world.
token()
{
	"$maker" token "$world" "$@"
}

fail()
{
	echo "FAILED: $1"
	[ ! -s "$world/answer" ] || sed 's/^/  answer: /' "$world/answer" | cut -c 1-300 | head -n 20
	[ ! -s "$world/log" ] || tail -n 5 "$world/log" | sed 's/^/  mintmarkd: /'
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

is_ready()
{
	[ "$(curl -s -o "$world/null" -w '%{http_code}' --max-time 10 "$@" "$base/readyz")" = 200 ]
}

# is_there: the gate answers. One without any key does, and is not ready.
is_there()
{
	curl -sf -o "$world/null" --max-time 10 "$base/healthz"
}

# How many gates mintmarkd has known to be ready.
known_gates()
{
	grep -c 'the gate (process [0-9]*) answers' "$world/log" || true
}

knows_another()
{
	[ "$(known_gates)" -gt "$1" ]
}

# start CURL-OPTION…: mintmarkd over the configuration, until its gate is ready, and mintmarkd knows that: of one that was
# killed before, it would say that it did not start.
start()
{
	known=$(known_gates)
	"$mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon" >>"$world/log" 2>&1 &
	mintmarkd_pid=$!
	await 20 "the gate gets ready" is_ready "$@" || exit 1
	await 20 "mintmarkd knows it" knows_another "$known" || exit 1
}

# end STATUS: stop mintmarkd, which must end so.
end()
{
	kill "$mintmarkd_pid"
	status=0
	wait "$mintmarkd_pid" || status=$?
	mintmarkd_pid=
	[ "$status" -eq "$1" ] || fail "mintmarkd ended with $status instead of $1"
}

# logs TEXT: the log comes to have it: what a gate has to tell goes to mintmarkd first.
has_logged()
{
	grep -qF -- "$1" "$world/log"
}

logs()
{
	await 20 "the log says '$1'" has_logged "$1" || true
}

# The process of the gate, or nothing while there is none.
gate_pid()
{
	pgrep -P "$mintmarkd_pid" -x mintmark-gate || true
}

# http STATUS WHAT CURL-ARGUMENT…: ask with curl; the answer must have this status. Its head goes to the file head,
# its body to answer.
http()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	status=$(curl -s --max-time 20 -D "$world/head" -o "$world/answer" -w '%{http_code}' "$@") || true
	[ "$status" = "$wanted" ] || fail "$what: its status is $status instead of $wanted"
}

# body TEXT: the answer is exactly this.
body()
{
	[ "$(cat "$world/answer")" = "$1" ] || fail "$what: the answer is not '$1'"
}

# header LINE: the head has exactly this line. no_header NAME: it has none of that name.
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

# member NAME TEXT: the answer, a JSON object, has this member, written as JSON.
member()
{
	python3 - "$world/answer" "$1" "$2" <<'END' || fail "$what: member $1 is not $2"
import json, sys
path, name, wanted = sys.argv[1:]
answer = json.load(open(path, encoding="utf-8"))
sys.exit(not (name in answer and answer[name] == json.loads(wanted)))
END
}

# recorded NAME=TEXT…: the last decision in the journal has these members; NAME= alone: it has none of that name.
recorded()
{
	"$mintmark" decisions --dir "$journal" --json >"$world/records" 2>"$world/null" || fail "$what: the journal cannot be read"
	python3 - "$world/records" "$@" <<'END' || fail "$what: the record is not so: $*"
import json, sys
last = None
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    if record["kind"] == "decision":
        last = record
for wanted in sys.argv[2:]:
    name, text = wanted.split("=", 1)
    if (last or {}).get(name, "") != text:
        print(f"  {name} is {last and last.get(name)}")
        sys.exit(1)
END
}

# metric LINE: /metrics has this line.
metric()
{
	curl -s --max-time 20 "$base/metrics" >"$world/metrics"
	grep -qxF -- "$1" "$world/metrics" || fail "no metric '$1'"
}

finish()
{
	if grep -A 20 'Sanitizer:\|runtime error:' "$world/log"; then
		fail "a sanitizer has something to say"
	fi
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
}
