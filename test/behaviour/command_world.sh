# SPDX-License-Identifier: Apache-2.0
# For the tests of mintmark(1), sourced: the world of the attack table in a folder of its own, and how to ask about it.
# Tests end with 'finish'.
# shellcheck shell=sh

mintmark=$MINTMARK_BUILD/cli/mintmark
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
# shellcheck disable=SC2034 # the tests use it
config=$world/mintmark.conf
failures=0
export LC_ALL=C.UTF-8

"$maker" world "$world"

# token RECIPE…: a token of the world.
token()
{
	"$maker" token "$world" "$@"
}

fail()
{
	echo "FAILED: $1"
	[ ! -s "$world/out" ] || sed 's/^/  out: /' "$world/out" | head -n 40
	[ ! -s "$world/err" ] || sed 's/^/  err: /' "$world/err" | head -n 10
	failures=$((failures + 1))
}

# run STATUS WHAT ARGUMENT…: run mintmark on our standard input; it must end so. Output goes to out and err.
run()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	status=0
	"$mintmark" "$@" >"$world/out" 2>"$world/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$what: it ended with $status instead of $wanted"
}

# says FILE TEXT: the output has this text; white space at line ends and breaks counts as one blank.
says()
{
	tr -s '\n ' '  ' <"$world/$1" | grep -qF -- "$2" || fail "$what: $1 does not say '$2'"
}

says_not()
{
	if tr -s '\n ' '  ' <"$world/$1" | grep -qF -- "$2"; then
		fail "$what: $1 says '$2'"
	fi
}

# member NAME TEXT: the JSON object on standard output has this member, written as JSON; 'absent': it has not.
member()
{
	python3 - "$world/out" "$1" "$2" <<'END' || fail "$what: member $1 is not $2"
import json, sys
path, name, wanted = sys.argv[1:]
answer = json.load(open(path, encoding="utf-8"))
if wanted == "absent":
    sys.exit(name in answer)
sys.exit(not (name in answer and answer[name] == json.loads(wanted)))
END
}

finish()
{
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
}
