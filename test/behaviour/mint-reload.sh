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
check "a token of before is accepted" await 10 is_decided robots OK "$first"
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
check "a realm more: reload" reloads
check "its issuer answers" await 30 answers $((port + 3))
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
check "and accepted" await 10 is_decided robots OK "$made"
check "no alarm" eval '! grep "alarm:" "$log"'
finish
