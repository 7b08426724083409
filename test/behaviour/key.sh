#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark key asks what it is told to and says the answer in words; a stand-in of the desk answers.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

socket=$world/desk

# answers LINE: the next question gets this answer; the question is kept in asked.
answers()
{
	rm -f "$socket" "$world/ready"
	python3 - "$socket" "$world/asked" "$world/ready" "$1" <<'END' &
import socket, sys
path, asked, ready, answer = sys.argv[1:]
desk = socket.socket(socket.AF_UNIX)
desk.bind(path)
desk.listen(1)
open(ready, "w").close()
desk.settimeout(60)
peer = desk.accept()[0]
line = peer.makefile("rb").readline()
open(asked, "wb").write(line)
peer.sendall(answer.encode() + b"\n")
END
	desk=$!
	for _ in $(seq 600); do
		[ -e "$world/ready" ] && break
		sleep 0.05
	done
}

# asked JSON: the question was this one.
asked()
{
	wait "$desk" || :
	python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1])) != json.loads(sys.argv[2]))' \
	    "$world/asked" "$1" || fail "$what: it asks $(cat "$world/asked")"
}

# The last ten days of a mint, at 1800000000.
keys='{"done":true,"now":1800000000,
"realms":[{"realm":"enterprise","held_until":1800007200,"alarms":["rotation of its keys is held"]},
{"realm":"consumer","signer":"away","alarms":[]}],"keys":[
{"realm":"enterprise","kid":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","algorithm":"RS256","state":"retired","made":1},
{"realm":"enterprise","kid":"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB","algorithm":"RS256","state":"retiring",
"made":1798000000,"nbf":1798400000,"exp":1799990000,"tainted":1799980000,"next":"is retired","next_at":1800076400},
{"realm":"enterprise","kid":"CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC","algorithm":"RS256","state":"active",
"made":1798500000,"nbf":1799395200,"exp":1800604800,"next":"is replaced","next_at":1800000000},
{"realm":"enterprise","kid":"DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD","algorithm":"RS256","state":"prepared",
"made":1799400000,"next":"signs","next_at":1800172800}]}'
keys=$(printf '%s' "$keys" | tr -d '\n')

answers "$keys"
run 0 "the list" key list --socket "$socket"
asked '{"ask":"key-list"}'
says out "REALM KID ALG STATE AGE NEXT"
says out "enterprise BBBBBBBBBB RS256 retiring, tainted 18 days 12 h is retired in 21 h 13 min"
says out "enterprise CCCCCCCCCC RS256 active 7 days is replaced now"
says out "enterprise DDDDDDDDDD RS256 prepared 6 days 22 h signs in 2 days"
says out "and 1 retired or revoked: --all"
says out "! enterprise: rotation of its keys is held"
says out "enterprise: rotation goes on in 2 h"
says out "! consumer: its signer is away"
says_not out AAAAAAAAAA

answers "$keys"
run 0 "the list of all" key list --all --socket "$socket" enterprise
asked '{"ask":"key-list","realm":"enterprise"}'
says out "enterprise AAAAAAAAAA RS256 retired"

answers "$keys"
run 0 "the list for programs" key list --json --socket "$socket"
member now 1800000000

answers "$(printf '%s' '{"done":true,"now":1800000000,"realm":"r","kid":"CCCCCCCCCCCCCCCC","algorithm":"ES256","state":"active",
"made":1798500000,"nbf":1799395200,"exp":1800604800,"next":"is replaced","next_at":1800000000,"events":[
{"time":1798500000,"realm":"r","kid":"CCCC","event":"made"},
{"time":1798500001,"realm":"r","kid":"CCCC","event":"restored","uid":0,"by":"Bob","why":"it was a drill"}]}' | tr -d '\n')"
run 0 "one key" key show --socket "$socket" r CCCC
asked '{"ask":"key-show","realm":"r","kid":"CCCC"}'
says out "signs until 2027-01-22 08:00:00 UTC, in 7 days"
says out "restored, asked by user 0, approved by Bob: it was a drill"

answers '{"done":true,"realm":"r","event":"rotation asked","time":1800000000,"kid":"DDDD","signs_at":1800000010,"known_everywhere_at":1800100000}'
run 0 "a rotation at once" key rotate --now --why "stolen" --socket "$socket" r
asked '{"ask":"key-rotate","realm":"r","why":"stolen","now":true}'
says out "r: the key DDDD signs in 10 s"
says out "Verifiers that keep the key document refuse its tokens until they ask for it again"

answers '{"done":true,"realm":"r","event":"rotation held","time":1800000000,"until":1800086400}'
run 0 "a hold" key hold --socket "$socket" r
asked '{"ask":"key-hold","realm":"r"}'
says out "it goes on by itself in 1 day"

answers '{"done":true,"realm":"r","event":"restoration approved","time":1800000000,"kid":"DDDD"}'
run 0 "half a restoration" key restore --by Ann --socket "$socket" r DDDD
asked '{"ask":"key-restore","realm":"r","kid":"DDDD","by":"Ann"}'
says out "somebody else must approve within 24 hours"

answers '{"done":true,"realm":"r","event":"revoked","time":1800000000,"kid":"DDDD","state":"revoked"}'
run 0 "a revocation" key revoke --socket "$socket" r DDDD
asked '{"ask":"key-revoke","realm":"r","kid":"DDDD"}'
says out "r: the key DDDD is revoked"

answers '{"done":true,"realm":"r","event":"revoked","time":1800000000,"kid":"DDDD","state":"revoked","nothing_signs":true,"signs_next":"EEEE","signs_next_at":1800172800}'
run 0 "the revocation of the one that signed" key revoke --socket "$socket" r DDDD
says out "r: the key DDDD is revoked No key signs now, so that nothing is issued"
says out "r: the key EEEE signs next, in 2 days, when it was published for publish_before"
says out "'mintmark key rotate --now r' has it sign at once"

answers '{"done":true,"realm":"r","event":"revoked","time":1800000000,"kid":"DDDD","state":"revoked","rotation":{"realm":"r","time":1800000000,"kid":"EEEE","signs_at":1800000010,"known_everywhere_at":1800172800}}'
run 0 "a revocation, and a rotation" key revoke --rotate --socket "$socket" r DDDD
asked '{"ask":"key-revoke","realm":"r","kid":"DDDD","now":true}'
says out "r: the key DDDD is revoked r: the key EEEE signs in 10 s Verifiers that keep the key document"
says_not out "nothing is issued"

# Kids and token ids are base64url: each character may come first.
dashed=-cCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC
answers '{"done":true,"realm":"r","event":"tainted","time":1800000000,"kid":"'$dashed'","state":"active"}'
run 0 "a key that begins with '-'" key taint r $dashed --why stolen --socket "$socket"
asked '{"ask":"key-taint","realm":"r","kid":"'$dashed'","why":"stolen"}'
answers '{"done":true,"realm":"r","event":"tainted","time":1800000000,"kid":"'$dashed'","state":"active"}'
run 0 "as tables show it" key taint --socket "$socket" -bBBBBBBBB r
asked '{"ask":"key-taint","realm":"r","kid":"-bBBBBBBBB"}'
answers '{"state":"not_issued"}'
run 1 "a token id that does" ledger show -eEEEEEEEEEEEEEEEEEEEE --json --socket "$socket"
asked '{"ask":"ledger-show","token_id":"-eEEEEEEEEEEEEEEEEEEEE"}'
run 2 "a key of no realm" key taint $dashed
says err "which realm?"
run 2 "two keys" key taint r $dashed DDDD
says err "is one argument too many"
run 2 "an id where none belongs" ledger audit -eEEEEEEEEEEEEEEEEEEEE
says err "is one argument too many"

answers '{"error":"tokens that it signed are still valid","mend":"wait: it is retired by itself"}'
run 1 "a refusal" key retire --socket "$socket" r DDDD
asked '{"ask":"key-retire","realm":"r","kid":"DDDD"}'
says err "mintmark key: tokens that it signed are still valid wait: it is retired by itself"

run 2 "no word" key
run 2 "a word that is none" key destroy r k
says err "there is no 'destroy'"
run 2 "no realm" key rotate
says err "which realm?"
run 2 "no key" key taint r
says err "which key of the realm?"
run 2 "one too many" key rotate r k
run 2 "an option of another verb" key taint --now r k
says err "'taint' takes no option '--now'"
run 2 "an option of revoke alone" key taint --rotate r k
says err "'taint' takes no option '--rotate'"
run 2 "nobody approves" key restore r k
says err "who approves?"
run 2 "no time" key hold --until tomorrow r
says err "is no time"
run 1 "nobody there" key list --socket "$world/none"
run 2 "a tenant without its id" tenant add r t
says err "which id?"

answers '{"done":true,"tenants":[{"realm":"r","name":"contoso","id":"aaaa","domains":[],"admins":[],"configured":true,"disabled":false}]}'
run 0 "tenants" tenant list --socket "$socket" r
asked '{"ask":"tenant-list","realm":"r"}'
says out "contoso aaaa configuration"
answers '{"done":true,"realm":"r","name":"fabrikam","id":"bbbb","domains":["a.example"],"admins":[],"configured":false,"disabled":false}'
run 0 "a tenant more" tenant add --id bbbb --domain a.example --domain b.example --socket "$socket" r fabrikam
asked '{"ask":"tenant-add","realm":"r","name":"fabrikam","id":"bbbb","domains":"a.example b.example"}'
says out "domains a.example"
finish
