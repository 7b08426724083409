#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark hunt finds a planted theft in synthetic logs of every packing, and what real samples show; it tells what it
# could not read, writes nothing beside the logs, and nothing hostile reaches the terminal.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"
data=${MINTMARK_DATA:-$MINTMARK_SOURCE/../shared/data}
rules=$MINTMARK_SOURCE/test/behaviour/stix_rules.py
reports="findings.csv findings.json messages.csv report.html stix.json"
thief=d47f7b1c-3a0e-4c6f-9a55-0c1de5c0ffee
logs=$world/logs
chmod 755 "$world"

# json NAME: a fact of the JSON on standard output, by a Python expression on 'answer' that must be true.
json()
{
	python3 - "$world/out" "$2" <<'END' || fail "$what: $1"
import json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(not eval(sys.argv[2]))
END
}

# state FOLDER: what can be seen of a folder and its files, but for the times of reading.
state()
{
	find "$1" -printf '%p %i %s %m %T@ %C@\n' | sort
	find "$1" -type f -exec sha256sum {} + | sort
}

# lone NAME COMMAND…: its output as a log of that name, alone in a folder; run hunt over it.
lone()
{
	rm -rf "$world/lone"
	mkdir "$world/lone"
	python3 -c "$2" >"$world/lone/$1"
}

mkdir "$logs" "$logs/inner"
"$MINTMARK_BUILD/test/maker/mintmark-log-maker" --out "$logs/audit.csv" --form csv --records 6000 --people 200 \
    --tenants 30 --stolen-mailboxes 44 --stolen-messages 528 --sign-ins "$logs/inner/entra" --truth "$world/truth"
python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.compress(open(sys.argv[1], "rb").read(), mtime=0))' \
    "$logs/audit.csv" >"$logs/audit.log"
mv "$logs/audit.csv" "$world/audit.csv"
printf '%s imap-login: Info: Login: user=<alice@contoso.example>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, session=<a>\n' \
    'Jun 10 10:00:00' >"$logs/dovecot.txt"
state "$logs" >"$world/before"

# ---- usage ----

run 2 "no log" hunt
says err "which logs?"
run 2 "a file that is not there" hunt "$world/nowhere"
says err "No such file or directory"
run 0 "one file of two that is not there" hunt "$world/audit.csv" "$world/nowhere" --until 2023-05-15 --json
json "it has a digest" '[("sha256" in i, i["read"]) for i in answer["inputs"]] == [(True, "whole"), (False, "in-part")]'
run 2 "a folder without files" hunt "$(mktemp -d -p "$world")"
run 2 "a time that is none" hunt --since yesterdy "$logs"
run 2 "times the wrong way round" hunt --since 2023-06-02 --until 2023-06-01 "$logs"
run 2 "--resume without --out" hunt --resume "$logs"
says err "needs --out"
run 2 "no number of threads" hunt --threads 17 "$logs"
run 2 "a pivot that is none" hunt --pivot user=x "$logs"
says err "mailbox=ADDR"
run 2 "two pivots" hunt --pivot app=x --pivot ip=192.0.2.1 "$logs"
run 2 "no address" hunt --pivot ip=192.0.2 "$logs"
run 2 "a network of no size that addresses count by" hunt --pivot ip=192.0.2.0/25 "$logs"
run 2 "an unknown tenant" hunt --tenant nobody.example "$logs"
says err "no record of these logs names this tenant"

# ---- the theft ----

run 1 "the planted theft, of gzip, CSV, JSON lines and text in folders" hunt "$logs"
says out "strong application $thief at least 22 organisations, 4"
says out "access-without-sign-in"
says_not out "NOT WHOLE"
says_not err reading
[ "$(head -n 1 "$world/out" | cut -c 1-6)" = "FOUND:" ] || fail "the verdict does not stand first"
[ "$(wc -l <"$world/out")" -le 40 ] || fail "the summary is longer than two screens"
if awk 'length > 80 { found = 1 } END { exit !found }' "$world/out"; then fail "the summary is wider than 80 columns"; fi
run 1 "the same as JSON" hunt --json "$logs"
python3 - "$world/out" "$world/truth" <<'END' || fail "$what: the numbers are not those of the truth"
import json, sys
answer, truth = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
theft = [one for one in answer["answers"] if one["subject"]["id"] == truth["application"]]
assert len(theft) == 1 and theft[0]["class"] == "strong"
assert theft[0]["organisations"]["at_least"] == truth["organisations"]
# The first and the last hours are not covered by sign-ins: what is certain is a bound, what is on record is all of it.
for name in ("mailboxes", "messages", "records"):
    found, real = theft[0][name], truth["seen_" + name] if name != "mailboxes" else truth[name]
    assert real * 9 // 10 <= found["at_least"] <= real == found["on_record"], (name, found, real)
strangers = [one for one in answer["answers"] if one["class"] in ("strong", "proof")
             and one["subject"]["kind"] == "application" and one is not theft[0]]
assert not strangers, strangers
END
run 0 "a log that --signins names without sign-ins in it" hunt "$logs/inner/entra" --signins "$logs/dovecot.txt"
says err "no sign-in was found in it"
run 1 "sign-ins named for themselves" hunt "$world/audit.csv" --signins "$logs/inner/entra"
says_not err "no sign-in"

# ---- narrowing ----

run 1 "the thread of an application" hunt "$logs" --pivot app=$thief
says out "Only what is about application $thief."
says out "mailboxes "
run 0 "a time before the theft" hunt "$logs" --until 2023-05-15
says out "Nothing of class proof or strong was found"
run 0 "a thread that no record is of" hunt "$logs" --pivot ip=203.0.113.77
says out "which no mail access is of"
run 1 "a tenant by its domain, in capitals" hunt "$logs" --tenant TENANT0.example --json
json "other tenants are told of" 'len({one["tenant"] for one in answer["findings"] if one["class"] == "strong" and "tenant" in one}) == 1'
run 0 "a tenant that nothing was stolen from" hunt "$logs" --tenant tenant29.example

# ---- reports ----

run 1 "reports" hunt "$logs" --out "$world/case" --threads 1
for report in $reports; do
	[ -f "$world/case/$report" ] || fail "there is no $report"
done
[ "$(stat -c %a "$world/case")" = 700 ] || fail "others may look into the folder"
[ -z "$(find "$world/case" -type f -perm /077)" ] || fail "others may read a report"
[ "$(find "$world/case" -mindepth 1 | wc -l)" -eq 6 ] || fail "something is left beside the reports"
run 1 "reports again, with two threads" hunt "$logs" --out "$world/again" --threads 2
for report in $reports; do
	cmp "$world/case/$report" "$world/again/$report" || fail "$report differs from run to run"
done
run 1 "JSON on standard output" hunt "$logs" --json
cmp -s "$world/out" "$world/case/findings.json" || fail "--json prints something else than findings.json"
what="the rules of STIX"
echo "checking: $what"
last=$(python3 -c 'import json, sys; print(max(one["last"] for one in json.load(open(sys.argv[1]))["inputs"])[:19])' \
    "$world/case/findings.json")
python3 "$rules" "$world/case/stix.json" "$last.000Z" >"$world/out" || fail "$what"
grep -q "software:name = '$thief'" "$world/case/stix.json" || fail "no indicator has the thief's application"
run 1 "reports over reports of ours" hunt "$logs" --out "$world/case" --pivot app=$thief
run 1 "resuming where there is nothing" hunt "$logs" --out "$world/case" --resume
says err "begins at the beginning"
run 1 "resuming is the same" hunt "$logs" --out "$world/case" --resume
cmp -s "$world/case/findings.json" "$world/again/findings.json" || fail "a resumed run says something else"

mkdir "$world/foreign"
echo precious >"$world/foreign/findings.csv"
run 2 "reports over somebody else's" hunt "$logs" --out "$world/foreign"
says err "did not write it"
[ "$(cat "$world/foreign/findings.csv")" = precious ] || fail "somebody else's report is gone"
run 2 "reports in a folder of logs" hunt "$logs" --out "$logs"
says err "lies within a folder of logs"
run 2 "reports below a folder of logs" hunt "$logs" --out "$logs/inner/report"
run 2 "reports beside a log" hunt "$logs/audit.log" --out "$logs"
says err "nothing is written beside them"
run 2 "reports beside a folder of logs" hunt "$logs" --out "$world"
ln -s "$logs" "$world/link"
run 2 "reports among logs, by another name" hunt "$logs" --out "$world/link/inner"

# Limits of file sizes stand for a full disk.
what="a full disk"
echo "checking: $what"
status=0
(
	trap '' XFSZ
	ulimit -f 8
	exec "$mintmark" hunt "$logs" --out "$world/again"
) >"$world/out" 2>"$world/err" || status=$?
[ "$status" -eq 2 ] || fail "$what: it ended with $status"
says err "File too large"
[ -z "$(find "$world/again" -name '*.part')" ] || fail "$what: something half written is left"
run 1 "a whole disk" hunt "$logs" --out "$world/case"
for report in $reports; do
	cmp "$world/case/$report" "$world/again/$report" || fail "$report was damaged by a full disk"
done

# ---- nothing beside the logs ----

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
    setpriv --reuid=65534 --regid=65534 --clear-groups "$mintmark" --version >/dev/null 2>&1; then
	mkdir -m 777 "$world/open"
	what="as somebody who can only read"
	echo "checking: $what"
	status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$mintmark" hunt "$logs" --out "$world/open/case" >"$world/out" 2>"$world/err" || status=$?
	[ "$status" -eq 1 ] || fail "$what: it ended with $status"
else
	echo "not checked, there is nobody else to be here: as somebody who can only read"
fi
state "$logs" >"$world/after"
cmp "$world/before" "$world/after" || fail "something was written beside the logs"

# ---- bad input ----

record='{"Id":"%s","RecordType":50,"CreationTime":"2023-06-01T10:00:00","Operation":"MailItemsAccessed","OrganizationId":"11111111-2222-4333-8444-555555555555","Workload":"Exchange","UserId":"%s","ClientIPAddress":"192.0.2.1","ClientAppId":"%s","MailboxOwnerUPN":"%s","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}]}'
one="record = '''$record''' % ('00000000-0000-4000-8000-00000000000' + '1', 'a@x.example', 'app', 'a@x.example')"

lone cut.gz "import gzip, sys; $one
sys.stdout.buffer.write(gzip.compress((record + '\n').encode() * 9)[:-30])"
run 0 "gzip that was cut, among good logs" hunt "$world/lone" "$world/audit.csv" --until 2023-05-15
says out "NOT WHOLE: 1 of 2 files"
says out "cut.gz: the file ends early"
# What lies beside logs is no log; what may be a damaged one is not taken for that.
lone LICENSE "print('Permission is hereby granted, free of charge,\n\nto any person obtaining a copy of this')"
run 0 "a licence among logs" hunt "$world/lone" "$world/audit.csv" --until 2023-05-15
says out "NO LOG: 1 of 2 files is no log that is known"
says out "LICENSE: "
says_not out "NOT WHOLE"
lone empty.json ""
run 0 "an empty file among logs" hunt "$world/lone" "$world/audit.csv" --until 2023-05-15
says out "NO LOG: 1 of 2 files"
says out "empty.json: the file is empty"
lone damaged.gz "import gzip, sys; $one
sys.stdout.buffer.write(b'XX' + gzip.compress((record + '\n').encode() * 9)[2:])"
run 0 "gzip whose beginning is damaged, among logs" hunt "$world/lone" "$world/audit.csv" --until 2023-05-15
says out "NOT WHOLE: 1 of 2 files"
says_not out "NO LOG"
lone utf16 "import sys; $one
sys.stdout.buffer.write(('\ufeff' + record + '\r\n').encode('utf-16-le'))"
run 0 "UTF-16" hunt "$world/lone"
says out "read 1 file, 1 record "
says_not out "NOT WHOLE"
lone bomb "import gzip, sys
sys.stdout.buffer.write(gzip.compress(b' ' * 90000000, 1) * 1 + gzip.compress(b' ' * 90000000, 9))"
run 2 "a bomb" hunt "$world/lone"
says err "bomb: "
lone long "$one
print(record.replace('MailItems', 'Mail' + 'x' * 8000000)); print(record.replace('0001', '0002'))"
run 0 "a record of 8 MB" hunt "$world/lone"
says out "1 file, 2 records"
lone columns "print(','.join('c%d' % i for i in range(10000))); print(','.join('1' * 10000))"
run 2 "ten thousand columns of nothing known" hunt "$world/lone"
says err "columns: "
lone deep "$one
print('{\"a\":' * 100000 + '1' + '}' * 100000); print(record)"
run 0 "deep JSON" hunt "$world/lone"
says out "deep: a record nests deeper than 64 levels"
says out "1 of its records were read"
lone hostile "
import json
bad = '\x1b[2J\x1b]0;x\x07\u202e\u200b<script>=1+1\x9b1m\x7f\r\n,\"\\\\\\\\ \x00'
record = json.loads('''$record''' % ('00000000-0000-4000-8000-000000000001', 'u', 'a', 'm'))
def spoil(value):
    return [spoil(one) for one in value] if isinstance(value, list) else bad if isinstance(value, str) else value
for name in list(record):
    if name not in ('Id', 'CreationTime', 'Operation', 'OperationProperties', 'Workload', 'RecordType'):
        record[name] = spoil(record[name])
print(json.dumps(record)); print(json.dumps(record, ensure_ascii=False)); print(bad[:-1])"
mv "$world/lone/hostile" "$world/lone/$(printf 'a\033[2Jb')"
for option in "" --json "--pivot app=a" "--out $world/hostile"; do
	# shellcheck disable=SC2086 # words
	run 0 "hostile strings, $option" hunt "$world/lone" $option
	if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$world/out"; then fail "$what: a raw control on stdout"; fi
	if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$world/err"; then fail "$what: a raw control on stderr"; fi
done
python3 "$rules" "$world/hostile/stix.json" 2023-06-01T10:00:00.000Z >"$world/out" || fail "hostile strings: STIX"
run 2 "a file of the wrong kind" hunt "$mintmark"
says err "the file is no log that is known"

# ---- terminals and pipes ----

what="a pipe that nobody reads"
echo "checking: $what"
"$mintmark" hunt "$logs" --json 2>"$world/err" | head -c 10 >/dev/null || fail "$what"
what="progress on a terminal"
echo "checking: $what"
python3 - "$mintmark" "$logs" "$world/audit.csv" "$world/ended" >"$world/out" 2>&1 <<'END' || fail "$what"
import os, pty, signal, sys, time
mintmark, logs, audit, out = sys.argv[1:]

def start(*arguments):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.environ["NO_COLOR"] = "1"
        signal.signal(signal.SIGINT, signal.SIG_DFL) # a shell's background job has it ignored
        os.execv(mintmark, [mintmark, "hunt", *arguments])
    return pid, fd

def read(fd, until=None):
    shown = b""
    while until is None or until not in shown:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
    return shown

# Held up at its first line for longer than the tenth of a second after which it tells a rate: a fast machine would have
# read all of it before.
pid, fd = start(logs, *[audit] * 60)
shown = read(fd, b"reading")
os.kill(pid, signal.SIGSTOP)
time.sleep(0.2)
os.kill(pid, signal.SIGCONT)
shown += read(fd)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
for word in (b"reading  [", b" %", b"B/s"):
    assert word in shown, (word, shown[:400])
assert b"\x1b" not in shown, "NO_COLOR"
# The bar is wiped before the summary begins.
assert b" \rFOUND:" in shown, shown[-2000:]

# Ended in the middle: by that signal, with the line ended, and with what --resume needs. There is so much to read that
# it is not done before the signal comes on a busy machine.
pid, fd = start("--out", out, *[audit] * 1000)
read(fd, b"reading")
os.kill(pid, signal.SIGINT)
shown = read(fd)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
assert shown.endswith(b"\r\n"), shown[-200:]
assert not [name for name in os.listdir(out) if name.endswith(".part")]
END

# ---- a thief who writes more than there is room for ----

lone flood.json '
import json
tenant, thief = "75243ab2-44f8-435c-a7a6-b479385df6d4", "d47f7b1c-3a0e-4c6f-9a55-0c1de5c0ffee"
def sign_in(number, hour):
    print(json.dumps({"id": "s%d" % number, "createdDateTime": "2023-06-%02dT%02d:00:00Z" % (1 + number * 20, hour),
        "userPrincipalName": "a@contoso.example", "appId": "aaaaaaaa-0000-4000-8000-000000000001",
        "resourceTenantId": tenant, "uniqueTokenIdentifier": "%08x-0000-4000-8000-000000000001" % number,
        "isInteractive": True, "status": {"errorCode": 0}}))
def access(number, **more):
    print(json.dumps({"CreationTime": "2023-06-10T%02d:%02d:00" % (number // 60 % 20, number % 60),
        "Id": "%08x-0000-4000-8000-000000000002" % number, "Operation": "MailItemsAccessed", "OrganizationId": tenant,
        "RecordType": 50, "Workload": "Exchange", "UserId": "a@contoso.example",
        "AppAccessContext": {"UniqueTokenId": "%08x-0000-4000-8000-000000000003" % number}, **more}))
sign_in(0, 0)
sign_in(1, 23)
for number in range(16500):
    access(number, ClientInfoString="Client=REST;d" + "".join(chr(97 + int(digit)) for digit in str(number)))
access(20000, ClientAppId=thief)
'
run 1 "a theft behind more leads than there is room for" hunt "$world/lone"
says out "strong application $thief"
[ "$(sed -n 2p "$world/out" | cut -c 1-7)" = "NO ROOM" ] || fail "the second line does not tell of what found no room"

# ---- real samples ----

if [ -d "$data/otrf-simuland-goldensaml" ]; then
	golden=$data/otrf-simuland-goldensaml
	run 1 "golden SAML, as in the manual" hunt "$golden/AADAuditEvents.json" "$golden/OfficeActivityEvents.json"
	says out "strong application 5a95e683-08ad-424e-a441-1d1aec52c02c at least 1 mailbox, 6 messages, 1 record"
	says out "(mail-after-grant)"
	run 1 "the application's thread" hunt "$golden/AADAuditEvents.json" "$golden/OfficeActivityEvents.json" \
	    --pivot app=5a95e683-08ad-424e-a441-1d1aec52c02c
	says out "pgustavo@simulandlabs.com: 6 messages, 2021-08-02 13:32:07 UTC"
	# What is said of the sign-ins changes the log between its being read and its messages' being counted.
	what="a log that changes meanwhile"
	echo "checking: $what"
	mkdir "$world/changing"
	cp "$golden/AADAuditEvents.json" "$golden/OfficeActivityEvents.json" "$world/changing"
	chmod u+w "$world/changing"/*
	status=0
	"$mintmark" hunt "$world/changing" --signins "$logs/dovecot.txt" --out "$world/changed" >"$world/out" \
	    2>>"$world/changing/OfficeActivityEvents.json" || status=$?
	[ "$status" -eq 1 ] || fail "$what: it ended with $status"
	grep -q "messages are missing" "$world/changing/OfficeActivityEvents.json" || fail "$what: that was not said"
	for report in $reports; do
		[ -f "$world/changed/$report" ] || fail "$what: there is no $report"
	done
	grep -q '"records_without_their_messages":1' "$world/changed/findings.json" ||
	    fail "$what: findings.json does not say what is missing"
	for report in findings.json findings.csv stix.json report.html; do
		grep -q "Could not be judged: .*An application read mail" "$world/changed/$report" ||
		    fail "$report says of a gap what reads as a finding"
	done
	run 1 "its whole folder" hunt "$golden"
	says out "WindowsEvents.json: a record is of no kind that is known, 38 times"
	says out "gaps 1 first-seen-application: Could not be judged: An application"
	says out "NO LOG: 3 of 6 files are no logs that are known"
else
	echo "not run: 3 checks of golden SAML, which is not in MINTMARK_DATA"
fi
if [ -d "$data/det-eng-samples/dataset" ]; then
	run 1 "samples of administrators' changes" hunt "$data/det-eng-samples/dataset"
	says out "audit-off"
	says_not out "NOT WHOLE"
else
	echo "not run: 1 check of det-eng-samples, which are not in MINTMARK_DATA"
fi
finish
