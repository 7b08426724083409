#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Dovecot tells the gate of a login before it asks about the token: the journal then says where the client is, by which
# protocol he came and in which session. Nobody but a caller of the service can say so, it decides nothing, and what
# cannot be read is passed over. With a real Dovecot where there is one.
# shellcheck disable=SC2119,SC2154,SC2317 # functions take arguments or none; sourced files set the rest; the trap calls
set -eu
port=20760
imap_port=20761
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# A second caller of the same service, and a caller of another alone.
printf 'the-other-secret' >"$world/other.secret"
printf 'the-drive-secret' >"$world/drive.secret"
chmod 600 "$world/other.secret" "$world/drive.secret"
sed -i -e '/^service mail {/,/^}/ s|callers *= {|& "webmail:other.secret",|' \
    -e '/^service drive {/,/^}/ s|callers *= {|& "drive:drive.secret",|' "$config"
start

policy=$base/v1/dovecot-policy/mail
introspect=$base/v1/introspect/mail
alice=$(token)
as_dovecot="dovecot:$secret"

# policy STATUS WHAT CREDENTIALS JSON CURL-ARGUMENT…: a call as Dovecot makes it, before a login.
policy()
{
	policy_status=$1
	policy_what=$2
	credentials=$3
	json=$4
	shift 4
	http "$policy_status" "$policy_what" -u "$credentials" -H 'Content-Type: application/json' --data-binary "$json" \
	    "$@" "${at:-$policy}?command=${command:-allow}"
}

let_go()
{
	policy 200 "$@"
	body '{"status":0,"msg":""}'
	header 'Content-Type: application/json'
}

# ask WHAT CREDENTIALS NAME=TEXT…: introspection of Alice's token, whose record must be so.
ask()
{
	ask_what=$1
	ask_credentials=$2
	shift 2
	http 200 "$ask_what" -u "$ask_credentials" -d "token=$alice" "$introspect"
	member active true
	recorded "$@"
}

# told NAME REMOTE PROTOCOL SESSION: as JSON.
told()
{
	printf '{"login":"%s","pwhash":"00","remote":"%s","device_id":"","protocol":"%s","session_id":"%s","tls":false}' "$@"
}

alices=$(told alice@contoso.example 192.0.2.7 imap 'Zv8sM+abcdef/1')

echo "== before anything was told"
ask "Alice's token" "$as_dovecot" source=127.0.0.1 protocol=introspect login= caller=dovecot

echo "== told, and then asked"
let_go "Alice logs in" "$as_dovecot" "$alices"
ask "Alice's token" "$as_dovecot" source=192.0.2.7 protocol=imap login='Zv8sM+abcdef/1' caller=dovecot verdict=allow
let_go "in other letters, by IPv6" "$as_dovecot" "$(told ALICE@Contoso.example 2001:DB8:0::1 pop3 s2)"
ask "Alice's token" "$as_dovecot" source=2001:db8::1 protocol=pop3 login=s2
let_go "an odd session" "$as_dovecot" "$(told alice@contoso.example 192.0.2.8 pop3 'a b')"
ask "Alice's token" "$as_dovecot" source=192.0.2.8 protocol=pop3 login=
http 200 "where the caller names a mailbox, it is that login's" -u "$as_dovecot" -d "token=$alice" \
    -d mailbox=dave@contoso.example "$introspect"
recorded source=127.0.0.1 verdict=deny reason=MAILBOX_MISMATCH
let_go "Dave logs in" "$as_dovecot" "$(told dave@contoso.example 198.51.100.9 imap d1)"
http 200 "with Alice's token" -u "$as_dovecot" -d "token=$alice" -d mailbox=dave@contoso.example "$introspect"
body '{"active":false}'
recorded source=198.51.100.9 protocol=imap login=d1 verdict=deny reason=MAILBOX_MISMATCH
http 200 "a forgery that names Dave" -u "$as_dovecot" -d "token=$(token --key KC1 --kid KC1)" -d mailbox=dave@contoso.example \
    "$introspect"
recorded source=198.51.100.9 verdict=deny reason=KEY_REALM_MISMATCH
http 200 "forward auth is not asked for a login" -H "Authorization: Bearer $alice" "$base/v1/auth/mail"
recorded source=127.0.0.1 protocol=auth login=

echo "== nobody else's word"
let_go "Alice again" "$as_dovecot" "$alices"
strangers=$(told alice@contoso.example 203.0.113.66 imap forged)
for credentials in 'dovecot:wrong' 'nobody:x' "drive:the-drive-secret"; do
	policy 401 "a stranger: $credentials" "$credentials" "$strangers"
	tr -d '\r' <"$world/head" | grep -qi '^WWW-Authenticate: Basic realm="mail"' || fail "$what: no challenge"
done
http 401 "no credentials" --data-binary "$strangers" "$policy?command=allow"
http 401 "two" -u "$as_dovecot" -H "Authorization: Basic x" --data-binary "$strangers" "$policy?command=allow"
http 401 "a token is none" -H "Authorization: Bearer $alice" --data-binary "$strangers" "$policy?command=allow"
at=$base/v1/dovecot-policy/drive
let_go "another service's caller, at his own" "drive:the-drive-secret" "$strangers"
at=
let_go "another caller of this one" "webmail:the-other-secret" "$strangers"
ask "Alice's token" "$as_dovecot" source=192.0.2.7 protocol=imap
ask "asked by the other caller" "webmail:the-other-secret" source=203.0.113.66 caller=webmail

echo "== what is not kept"
command=report
let_go "a report" "$as_dovecot" "$strangers"
command=
http 200 "no command" -u "$as_dovecot" --data-binary "$strangers" "$policy"
body '{"status":0,"msg":""}'
long=$(printf '%0300d' 0)
for bad in '' '{' '[]' 'null' '{}' '{"login":null}' '{"login":7,"remote":"203.0.113.66"}' '{"login":"alice@contoso.example"}' \
    '{"login":"alice@contoso.example","remote":"203.0.113.66","remote":"203.0.113.66"}' \
    '{"login":"alice@contoso.example","Login":"x","remote":"203.0.113.66"}' \
    "$(told alice@contoso.example 203.0.113.66 shadow x)" "$(told alice@contoso.example 203.0.113.66 auth x)" \
    "$(told alice@contoso.example 203.0.113.66 '' x)" "$(told alice@contoso.example 203.0.113.66 IMAP x)" \
    "$(told alice@contoso.example 'forged' imap x)" "$(told alice@contoso.example '203.0.113.66 ' imap x)" \
    "$(told alice@contoso.example '203.0.113.066' imap x)" "$(told alice@contoso.example '' imap x)" \
    "$(told alice@contoso.example "$long" imap x)" "$(told "alice@contoso.example$long" 203.0.113.66 imap x)" \
    "$(told '' 203.0.113.66 imap x)" "$(told 'alice@contoso.example\u0000' 203.0.113.66 imap x)" \
    "$(told 'alice@contoso.example\ud800' 203.0.113.66 imap x)" "$strangers x" "$strangers$strangers" \
    "{\"x\":\"$(printf '%04096d' 0)\",$(printf '%s' "$strangers" | cut -c2-)"; do
	let_go "not kept: $(printf '%s' "$bad" | cut -c 1-60)" "$as_dovecot" "$bad"
done
ask "Alice's token, as it was told before" "$as_dovecot" source=192.0.2.7 protocol=imap login='Zv8sM+abcdef/1'
printf '%0140000d' 0 >"$world/long"
policy 413 "too long a body" "$as_dovecot" "@$world/long"
http 405 "GET" -u "$as_dovecot" "$policy?command=allow"
http 404 "a service that is not there" -u "$as_dovecot" -d '{}' "$base/v1/dovecot-policy/none"

echo "== a flood of logins takes nothing away but what is old"
for number in $(seq 3000); do
	[ "$number" -eq 1 ] || echo next
	printf 'url = "%s?command=allow"\nuser = "%s"\nsilent\noutput = "%s"\ndata-binary = "{\\"login\\":\\"u%s@contoso.example\\",\\"remote\\":\\"192.0.2.9\\",\\"protocol\\":\\"imap\\"}"\n' \
	    "$policy" "$as_dovecot" "$world/null" "$number"
done >"$world/flood"
timeout 120 curl --config "$world/flood" || fail "the flood"
let_go "Alice logs in" "$as_dovecot" "$alices"
ask "Alice's token" "$as_dovecot" source=192.0.2.7

if ! [ -x /usr/sbin/dovecot ]; then
	echo "not run: there is no /usr/sbin/dovecot (package dovecot-imapd)"
	end 0
	finish
	exit
fi

echo "== a real Dovecot"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"
dovecot=$world/dovecot
clean_up_all()
{
	dovecot_stop "$dovecot"
	clean_up
}
trap clean_up_all EXIT
mkdir -p "$dovecot"
sed -e "s|http://127.0.0.1:9080/v1/dovecot-policy/imap|$base/v1/dovecot-policy/imap|" \
    -e "s|CREDENTIALS|$(printf %s "$as_dovecot" | base64 -w 0)|" "$MINTMARK_SOURCE/conf/dovecot/mintmark-policy.conf" >"$dovecot/more.conf"
dovecot_start "$dovecot" $imap_port "$address" "$secret"
dovecot_deliver "$dovecot" alice@contoso.example "For Alice" "text"
logs_in()
{
	curl -s --max-time 20 --interface "$1" "imap://127.0.0.1:$imap_port/INBOX;MAILINDEX=1" \
	    --login-options AUTH=OAUTHBEARER --user "$2:" --oauth2-bearer "$3" >"$world/answer" 2>&1
}
session_there()
{
	"$mintmark" decisions --dir "$journal" --json -n 1 | grep -q '"login":"[A-Za-z0-9+/]\{8,\}"'
}
what="Alice reads her mail from 127.5.6.7"
echo "checking: $what"
logs_in 127.5.6.7 alice@contoso.example "$alice" || fail "$what"
grep -q 'Subject: For Alice' "$world/answer" || fail "$what: no message"
recorded verdict=allow source=127.5.6.7 protocol=imap caller=dovecot service=imap mailbox=alice@contoso.example
session_there || fail "$what: no session"
what="and another time from 127.5.6.8"
echo "checking: $what"
logs_in 127.5.6.8 Alice@Contoso.Example "$alice" || fail "$what"
recorded verdict=allow source=127.5.6.8 protocol=imap
what="a forgery opens nothing"
echo "checking: $what"
if logs_in 127.5.6.9 alice@contoso.example "$(token --key KC1 --kid KC1)"; then fail "$what"; fi
recorded verdict=deny reason=KEY_REALM_MISMATCH caller=dovecot
dovecot_stop "$dovecot"

echo "== with a wrong secret the gate learns nothing, and the token decides as ever"
sed -i "s|^auth_policy_server_api_header = .*|auth_policy_server_api_header = Authorization: Basic ZG92ZWNvdDp4|" "$dovecot/more.conf"
dovecot_start "$dovecot" $imap_port "$address" "$secret"
what="Dave from 127.5.6.10"
echo "checking: $what"
dovecot_deliver "$dovecot" dave@contoso.example "For Dave" "text"
logs_in 127.5.6.10 dave@contoso.example "$(token --as dave)" || fail "$what"
recorded verdict=allow source=127.0.0.1 protocol=introspect login= mailbox=dave@contoso.example
dovecot_stop "$dovecot"
end 0
finish
