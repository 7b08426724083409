#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A configuration that is read anew reaches the processes of mints: a service, a realm more, a realm less. What cannot be
# used changes nothing. Tokens of before are accepted all the while.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21540

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

answers()
{
	curl -sf -o "$world/said" --max-time 5 "http://127.0.0.1:$1/readyz"
}

reloads()
{
	run reload >"$world/reloaded" 2>&1
}

world_start
check "a token is made" is_made
first=$made
expect "and accepted" robots OK "$first"

# ---- a service more: what needs it is started anew, what does not is not ----
signer=$(process consumer/signer)
{
	world_service guests deny required | sed "s|$audience|https://guests.example|"
} >>"$config"
check "a service more: reload" reloads
check "its tokens are made" await 20 eval 'run client change enterprise robot --audience "$audience" --audience https://guests.example >"$world/said" 2>&1'
check "for its audience" await 20 eval 'made=$(curl -sS --max-time 20 -u "robot:$secret" -d grant_type=client_credentials -d resource=https://guests.example "$issuer/token" | member access_token); [ -n "$made" ]'
check "and accepted" await 20 is_decided guests OK "$made"
expect "by nobody else" robots AUDIENCE_MISMATCH "$made"
check "a token of before is accepted" await 20 is_decided robots OK "$first"
check "the other realm's signer is the same process" [ "$(process consumer/signer)" = "$signer" ]

# ---- a realm more ----
cp "$config" "$world/without"
cat >>"$config" <<CONF
realm sts {
    issuer     = "http://127.0.0.1:$((port + 3))"
    keys       = "mint"
    listen     = { "127.0.0.1:$((port + 3))" }
    algorithms = { "EdDSA" }
}
tenant fabrikam {
    realm   = sts
    domains = { "fabrikam.example" }
    admins  = { "security@fabrikam-irm.example" }
}
service apart {
    audience = "https://apart.example"
    realms   = { "sts" }
    mailbox  = none
    callers  = { "dovecot:dovecot.secret" }
    mark     = required
    ledger   = required
}
CONF
check "a realm more, without init: refused" eval '! reloads'
check "with what to do" grep -q "run 'mintmark init'" "$world/reloaded"
expect "nothing has changed" robots OK "$first"
check "init makes what is missing" run init
# Other processes have both of its addresses.
sed -i "s|    listen     = { \"127.0.0.1:$((port + 3))\" }|    listen     = { \"127.0.0.1:$((port + 3))\", \"unix:$world/sts.sock\" }|" "$config"

# take ADDRESS: a process that listens there; its id goes to thief.
take()
{
	rm -f "$world/taken"
	python3 -c 'import socket, sys, time
address = sys.argv[1]
taken = socket.socket(socket.AF_INET if address.isdigit() else socket.AF_UNIX)
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", int(address)) if address.isdigit() else address)
taken.listen()
print("taken", flush=True)
time.sleep(600)' "$1" >"$world/taken" &
	thief=$!
	world_pids="$world_pids $thief"
	await 20 grep -qs taken "$world/taken"
}

give_back()
{
	kill "$1"
	wait "$1" 2>"$world/null"
}

answers_at_socket()
{
	curl -sf -o "$world/said" --max-time 5 --unix-socket "$world/sts.sock" http://sts/healthz
}

check "a port is taken" take $((port + 3))
port_thief=$thief
check "and a socket" take "$world/sts.sock"
check "a realm more: reload" reloads
check "that its issuer cannot be reached is an alarm" await 20 grep -q "alarm: realm sts: its issuer cannot listen on unix:$world/sts.sock: another process listens there" "$log"
check "of each address" grep -q "alarm: realm sts: its issuer cannot listen on 127.0.0.1:$((port + 3)): Address already in use" "$log"
check "status is not well" eval '! run status >"$world/said"'
check "and says why" grep -q "! issuer of realm sts: cannot listen on 127.0.0.1:$((port + 3)), which is tried again: Address" "$world/said"
check "and nothing answers" eval '! answers_at_socket'
give_back "$thief"
check "it answers where it can" await 30 answers_at_socket
give_back "$port_thief"
check "its issuer answers" await 30 answers $((port + 3))
check "as ever elsewhere" answers_at_socket
check "which is told" grep -q "realm sts: its issuer has all of its addresses" "$log"
check "a client of the new realm" await 30 add_robot sts https://apart.example
apart=$added
check "its tokens are made" await 20 eval 'made=$(curl -sS --max-time 20 -u "robot:$apart" -d grant_type=client_credentials -d resource=https://apart.example "http://127.0.0.1:$((port + 3))/token" | member access_token); [ -n "$made" ]'
check "and accepted" await 20 is_decided apart OK "$made"
check "the others' too" await 20 is_decided robots OK "$first"

# ---- and taken away ----
cp "$world/without" "$config"
check "a realm less: reload" reloads
check "its issuer is gone" await 20 eval '! answers $((port + 3))'
expect "the others stay" robots OK "$first"
check "tokens are made" await 20 is_made
check "and accepted" await 20 is_decided robots OK "$made"
# A ledger that ends for the reload may have ordered a key that it does not record any more: the next one tells of it.
check "no other alarm" eval '! grep "alarm:" "$log" | grep -v "its issuer cannot listen\|a key that is on no record"'
finish
