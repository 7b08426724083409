#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mintmark init, key, ledger, user, client and tenant, as a newcomer uses them: what is right works at once, what is wrong
# says how to mend it, and nothing is lost by it.
# shellcheck disable=SC2317,SC2086 # functions are called by check; addresses are words
set -eu
port=21640
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"

# run_and_find PATTERN COMMAND…: whether the command says so.
run_and_find()
{
	local pattern=$1

	shift
	run "$@" | grep -q -- "$pattern"
}

# ---- the example ----

mkdir "$world/example"
cp "$MINTMARK_SOURCE/conf/mint.conf" "$world/example/"
(umask 077 && printf 'a-secret-of-the-tests-alone' >"$world/example/dovecot.secret")
check "conf/mint.conf is good" says "configuration is good" "$mintmark" check-config -c "$world/example/mint.conf"

# ---- init ----

# A mint of many tenants, besides.
issuer[many]=http://127.0.0.1:$((port + 3))/common
audience[many]=https://mail.example
cat >"$world/more.conf" <<-END_OF_CONF
	realm many {
	    issuer = "http://127.0.0.1:$((port + 3))/{tenant}"  keys = "mint"  listen = { "127.0.0.1:$((port + 3))" }
	    algorithms = { "EdDSA" }
	}
	service many_mail {
	    audience = "https://mail.example"  realms = { "many" }  mailbox_claim = "preferred_username"
	    callers = { "dovecot:dovecot.secret" }  mark = required  ledger = required
	}
END_OF_CONF
mint_configure "$world" $port $((port + 1)) $((port + 2))
check "without its secrets a mint does not start, and says what to do" refuses "mintmark init" \
    timeout 20 "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon"
check "init says where the root is" says "$world/root.key" mint_init "$world"
check "the root is its owner's alone" [ "$(stat -c %a "$world/root.key")" = 600 ]
before=$(sha256sum "$world/state/mint/root.pub")
check "a second init says that all is there" says "nothing was changed" mint_init "$world"
check "and changes nothing" [ "$(sha256sum "$world/state/mint/root.pub")" = "$before" ]
mint_start "$world" "$log" || { fail "the mint does not start"; finish; }

# ---- users ----

check "adding a user" mint_add_user enterprise $alice "$password"
check "not twice" refuses "" mint_add_user enterprise $alice "$password"
check "not of a domain that no tenant has" refuses "" mint_add_user enterprise alice@elsewhere.example "$password"
check "not to a realm that is no mint" refuses "" mint_add_user nowhere $alice "$password"
check "the list has her" says $alice run user list enterprise
check "also as JSON" says "\"$alice\"" run user list enterprise --json
check "and no hash" refuses "" run_and_find '[$]y[$]' user list enterprise --json
mint_add_client enterprise mail --grant code --redirect "$redirect" \
    --scope "openid mail.read offline_access" --audience "${audience[enterprise]}"
check "the client's list has it" says "$redirect" run client show enterprise mail
token=$(sign_in enterprise $alice)
decides "she signs in" imap OK "$token"
check "disabling her" run user disable enterprise $alice
check "then she cannot sign in" refuses "" sign_in enterprise $alice
check "enabling her" run user change enterprise $alice --enable
decides "what she had before is not good any more" imap SUBJECT_REVOKED "$token"
token=$(sign_in enterprise $alice)
decides "then she can, at once" imap OK "$token"

# ---- keys and ledger ----

check "the list of keys says what happens next" says "active" run key list
check "and has both mints" says "consumer" run key list
kid=$(mint_kid "$token")
check "a key shows itself" says "$kid" run key show enterprise "$kid"
check "a key with live tokens is not retired" refuses "" run key retire enterprise "$kid"
check "rotating" run key rotate enterprise --now
another_signs()
{
	local signs

	signs=$(mint_kid "$(sign_in enterprise $alice)")
	[ -n "$signs" ] && [ "$signs" != "$kid" ]
}
check "another one signs soon" await 30 another_signs
decides "what the older one signed is still good" imap OK "$token"
check "the history has it" says "${kid:0:10}" run key history enterprise
check "holding the rotation" run key hold enterprise --why "to try it"
check "is told" says "is held" run key list enterprise
check "a token is shown" says "$alice" run ledger show "$token"
check "one that never was is not" refuses "ever issued" run ledger show AAAAAAAAAAAAAAAAAAAAAA
check "nor one that begins with -, before options" refuses "ever issued" run ledger show -eAAAAAAAAAAAAAAAAAAAA --json
check "the audit ends well" says "" run ledger audit

# ---- tenants ----

check "adding a tenant while it runs" run tenant add many fabrikam --id bbbbbbbb-0000-4000-8000-00000000000b \
    --domain fabrikam.example --admin security@fabrikam-irm.example
check "the list has it" says fabrikam run tenant list many
check "a domain belongs to one" refuses "" run tenant add many other --id cccccccc-0000-4000-8000-00000000000c \
    --domain fabrikam.example
check "its users can be added" await 20 mint_add_user many bob@fabrikam.example "$password"
mint_add_client many mail --grant code --redirect "$redirect" --scope mail.read --audience "${audience[many]}"
bobs=$(sign_in_again many bob@fabrikam.example) || fail "its user cannot sign in"
check "his token is his tenant's" [ "$(mint_claims "$bobs" | mint_member tid)" = bbbbbbbb-0000-4000-8000-00000000000b ]
becomes "the gate takes it" many_mail OK "$bobs"

# ---- what is wrong ----

for command in "key shout" "user add" "client add enterprise" "ledger show" "tenant add" "backup"; do
	status=0
	# shellcheck disable=SC2086 # words
	run $command >"$world/said" 2>&1 </dev/null || status=$?
	check "'mintmark $command' says how it is used" [ $status -eq 2 ]
done
finish
