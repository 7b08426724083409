#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark decisions: what the gate decided is printed, filtered, followed; what is only claimed is marked; what strangers
# wrote cannot touch the terminal; damage is told.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20300
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
start

# run STATUS WHAT ARGUMENT…: mintmark decisions must end so; output goes to out and err.
run()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	status=0
	timeout 60 "$mintmark" decisions "$@" >"$world/out" 2>"$world/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$what: it ended with $status instead of $wanted"
}

says()
{
	grep -qE -- "$2" "$world/$1" || { fail "$what: $1 does not say '$2'"; head -n 20 "$world/$1"; }
}

says_not()
{
	! grep -qE -- "$2" "$world/$1" || { fail "$what: $1 says '$2'"; head -n 20 "$world/$1"; }
}

lines()
{
	[ "$(wc -l <"$world/out")" -eq "$1" ] || { fail "$what: not $1 lines"; head -n 20 "$world/out"; }
}

ask()
{
	curl -s -o "$world/answer" --max-time 20 -A "$2" -H "Authorization: Bearer $1" "$base/v1/auth/mail"
}

ask "$(token)" genuine
ask "$(token --key KC1 --kid KC1)" forged
ask "$(token --key KC1 --kid KC1 --claim "sub=\"$(printf 'x')\\u001b[31m\\u202ered\"")" "$(printf 'evil\002agent')"
ask "$(token)" genuine-again

run 0 "by the configuration" -c "$config"
says out '^TIME \(UTC\) +SERVICE +WHAT +REASON'
says out ' mail +allow +OK .* alice@'
says out ' mail +deny +KEY_REALM_MISMATCH .*\?'
says out 'event: started'

run 0 "by the folder, denials only" --dir "$journal" --verdict deny
says_not out ' allow '
lines 3

run 0 "by reason and time" --dir "$journal" --reason OK --since 1h --until now
lines 3
run 0 "nothing is that old" --dir "$journal" --until yesterday
lines 0
run 0 "by service, kid and tenant" --dir "$journal" --service mail --kid KC1 --tenant "$(
    "$mintmark" decisions --dir "$journal" --json --kid KC1 -n 1 | sed 's/.*"tenant":"\([^"]*\)".*/\1/; t; s/.*"tenant_id":"\([^"]*\)".*/\1/')"
lines 3
run 0 "another service" --dir "$journal" --service nobody
lines 0
run 0 "the last one" --dir "$journal" -n 1 --verdict allow --json
says out '"user_agent":"genuine-again"'
lines 1

run 0 "every field as JSON" --dir "$journal" --json
python3 - "$world/out" <<'END' || fail "$what: the JSON is not as it should be"
import json, sys
records = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
decisions = [r for r in records if r["kind"] == "decision"]
assert len(decisions) == 4, len(decisions)
allow, deny = decisions[0], decisions[1]
assert allow["verdict"] == "allow" and allow["reason"] == "OK" and allow["facts"] == "verified", allow
assert deny["verdict"] == "deny" and deny["reason"] == "KEY_REALM_MISMATCH" and deny["facts"] == "claimed", deny
for name in ("time", "epoch", "proof", "latency_us", "service", "kid", "issuer", "subject", "source", "user_agent", "gate",
             "segment", "offset"):
    assert name in deny, name
assert "token" not in " ".join(k for k in allow if k != "token_id")
places = [(r["segment"], r["offset"]) for r in records]
assert places == sorted(set(places))
END

echo "checking: terminals of 40 to 200 columns"
for columns in 40 59 60 80 120 200; do
	TERM=dumb timeout 60 script -qec "stty cols $columns; '$mintmark' decisions --dir '$journal'" "$world/typescript" \
	    </dev/null >"$world/terminal" || fail "it cannot be printed on a terminal"
	python3 - "$world/terminal" "$columns" <<'END' || fail "it does not fit $columns columns"
import sys
text = open(sys.argv[1], encoding="utf-8").read().replace("\r\n", "\n")
assert "allow" in text and "KEY_REALM_MISMATCH" in text, text
assert not [c for c in text if c != "\n" and (ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or c == "\u202e")], "raw control characters"
wide = [line for line in text.split("\n") if len(line) > int(sys.argv[2])]
assert not wide, wide
END
done

echo "checking: following"
timeout 60 "$mintmark" decisions --dir "$journal" --follow -n 0 --json >"$world/followed" 2>"$world/followed-err" &
follower=$!
running=$follower
# Ask until the follower shows one: it may not stand at the end yet.
seen()
{
	ask "$(token)" follow-me
	grep -q '"user_agent":"follow-me"' "$world/followed"
}
await 20 "the follower shows a decision" seen || true
says_not followed '"user_agent":"genuine"'
stop "$follower" 2>"$world/null"
running=

run 2 "an unknown reason" --dir "$journal" --reason KEY_WRONG
says err KEY_WRONG
run 2 "no time" --dir "$journal" --since tomorrow
says err 'today, yesterday'
run 2 "the wrong way round" --dir "$journal" --since 1h --until 2h
run 1 "no such folder" --dir "$world/nowhere"
run 2 "no such configuration" -c "$world/nowhere.conf"

end 0
run 0 "whole after the end" --dir "$journal"
says out 'event: stopped'
python3 - "$journal" <<'END'
import glob, sys
path = sorted(glob.glob(sys.argv[1] + "/gate.*.journal"))[0]
with open(path, "r+b") as file:
    file.seek(700)
    file.write(b"damage")
END
run 1 "damaged" --dir "$journal"
says err '^mintmark decisions: gate.0000000001.journal: .*damaged.*segment 1 at offset [1-9]'
says out 'event: stopped'

spare=$journal/gate.0000000002.journal
[ -f "$spare" ] || fail "there is no spare"
cp "$journal/gate.0000000001.journal" "$world/kept"
: >"$journal/gate.0000000001.journal"
run 1 "cut off to nothing" --dir "$journal"
says err '^mintmark decisions: gate.0000000001.journal: .*damaged.*segment 1 at offset 0;'
lines 0
run 1 "cut off to nothing, the last lines" --dir "$journal" -n 5
[ "$(wc -l <"$world/err")" -eq 1 ] || fail "$what: it is not told once"
cp "$world/kept" "$journal/gate.0000000001.journal"
echo garbage >"$spare"
run 1 "something else behind the records" --dir "$journal" --since 1h
says err 'gate.0000000002.journal: .*segment 2 at offset 0;'
says out 'event: stopped'
finish
