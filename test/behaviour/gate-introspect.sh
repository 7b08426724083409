#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Token introspection: who may ask, what an answer holds, and that a bad token is 'inactive' and never an error.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20510
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

# A second caller, of the service mail alone, whose secret has what a form escapes.
odd_secret='another+secret%41 of:the&tests'
printf '%s\n' "$odd_secret" >"$world/postfix.secret"
chmod 600 "$world/postfix.secret"
sed -i '/^service mail/,/^}/s/"dovecot:dovecot.secret"/&, "postfix:postfix.secret"/' "$config"
start

mail=$base/v1/introspect/mail
alice=$(token)
consumer=$(token --key KC1 --kid KC1)

# inactive WHAT CURL-ARGUMENT…: the one answer to any bad token.
inactive()
{
	http 200 "$@"
	body '{"active":false}'
	header 'Content-Type: application/json'
	header 'Cache-Control: no-store'
}

active()
{
	http 200 "$@"
	member active true
	member username '"alice@contoso.example"'
}

# stranger WHAT CURL-ARGUMENT…: who is not authenticated as a caller of the service.
stranger()
{
	http 401 "$@"
	header 'WWW-Authenticate: Basic realm="mail", charset="UTF-8"'
}

echo "== what an active answer holds"
active "Alice's token" -u "dovecot:$secret" -d "token=$alice" "$mail"
member sub '"5f0c7f0e-alice"'
member client_id '"thunderbird"'
member tid '"aaaaaaaa-0000-4000-8000-00000000000a"'
header 'Content-Type: application/json'
header 'Cache-Control: no-store'
python3 - "$world/answer" <<'END' || fail "members beyond those of the design"
import json, sys, time
answer = json.load(open(sys.argv[1]))
known = {"active", "username", "sub", "client_id", "scope", "exp", "tid"}
sys.exit(bool(set(answer) - known) or not (time.time() < answer["exp"] <= time.time() + 3600))
END
recorded verdict=allow reason=OK facts=verified service=mail realm=enterprise kid=KE1 tenant=contoso \
    mailbox=alice@contoso.example caller=dovecot protocol=introspect source=127.0.0.1 subject=5f0c7f0e-alice

active "with the scope that the token has" -u "dovecot:$secret" -d "token=$(token --claim 'scope="imap smtp"')" "$mail"
member scope '"imap smtp"'
http 200 "a service without mailboxes" -u "dovecot:$secret" -d "token=$(token --claim 'aud="https://drive.example"' \
    --claim 'azp="drive-web"' --claim 'client_id="drive-web"' --claim 'scope="files.read"')" "$base/v1/introspect/drive"
member username '"5f0c7f0e-alice"'

echo "== who may ask"
active "the way Dovecot asks: in the field and in the form" -u "dovecot:$secret" \
    -d "token=$alice&client_id=dovecot&client_secret=$secret" "$mail"
active "in the form alone" -d "token=$alice&client_id=dovecot&client_secret=$secret" "$mail"
active "a client_id beside Basic, as some libraries send it" -u "dovecot:$secret" -d "token=$alice&client_id=dovecot" "$mail"
active "a secret as it is" -u "postfix:$odd_secret" -d "token=$alice" "$mail"
active "a secret form-encoded first (RFC 6749)" -u 'postfix:another%2Bsecret%2541+of%3Athe%26tests' -d "token=$alice" "$mail"
stranger "nobody" -d "token=$alice" "$mail"
stranger "a wrong secret" -u "dovecot:$secret.x" -d "token=$alice" "$mail"
stranger "an empty secret" -u "dovecot:" -d "token=$alice" "$mail"
stranger "another caller's secret" -u "postfix:$secret" -d "token=$alice" "$mail"
stranger "right in the field, wrong in the form" -u "dovecot:$secret" -d "token=$alice&client_id=dovecot&client_secret=x" "$mail"
stranger "wrong in the field, right in the form" -u "dovecot:x" -d "token=$alice&client_id=dovecot&client_secret=$secret" "$mail"
stranger "two callers at once" -u "postfix:$odd_secret" -d "token=$alice&client_id=dovecot&client_secret=$secret" "$mail"
stranger "two fields" -u "dovecot:$secret" -H 'Authorization: Basic eDp5' -d "token=$alice" "$mail"
stranger "the secret twice in the form" -d "token=$alice&client_id=dovecot&client_secret=$secret&client_secret=$secret" "$mail"
stranger "the token as its own credential" -H "Authorization: Bearer $alice" -d "token=$alice" "$mail"
http 401 "a caller of another service" -u "postfix:$odd_secret" -d "token=$alice" "$base/v1/introspect/imap"
http 401 "a bad token of a stranger" -d "token=x" "$mail"
metric 'mintmark_caller_refused_total{service="mail"} 11'
metric 'mintmark_caller_refused_total{service="imap"} 1'

echo "== a bad token is inactive"
inactive "the forgery of 2023" -u "dovecot:$secret" -d "token=$consumer" "$mail"
recorded verdict=deny reason=KEY_REALM_MISMATCH facts=claimed kid=KC1 subject=5f0c7f0e-alice mailbox=
inactive "no token" -u "dovecot:$secret" -d "token_type_hint=access_token" "$mail"
recorded verdict=deny reason=TOKEN_MISSING
inactive "an empty token" -u "dovecot:$secret" -d "token=" "$mail"
inactive "no body" -u "dovecot:$secret" -H 'Content-Type: application/x-www-form-urlencoded' -X POST "$mail"
inactive "the token twice" -u "dovecot:$secret" -d "token=$alice&token=$alice" "$mail"
recorded verdict=deny reason=TOKEN_MALFORMED subject=
inactive "the mailbox twice" -u "dovecot:$secret" -d "token=$alice&mailbox=alice@contoso.example&mailbox=alice@contoso.example" "$mail"
inactive "a form that cannot be read" -u "dovecot:$secret" -d "token=$alice&x=%zz" "$mail"
http 400 "the token in the query" -u "dovecot:$secret" -d "x=y" "$mail?token=$alice"
http 400 "a mailbox in the query, which must not be overlooked" -u "dovecot:$secret" -d "token=$alice" \
    "$mail?mailbox=bob@fabrikam.example"
inactive "a token with a NUL behind it" -u "dovecot:$secret" -d "token=$alice%00" "$mail"
recorded reason=TOKEN_MALFORMED
head -c 65536 /dev/zero | tr '\0' a >"$world/large"
inactive "a token of 64 KiB" -u "dovecot:$secret" --data-urlencode "token@$world/large" "$mail"
recorded reason=TOKEN_TOO_LARGE

echo "== the mailbox asked for"
active "Alice's own" -u "dovecot:$secret" --data-urlencode "token=$alice" --data-urlencode "mailbox=Alice@Contoso.example" "$mail"
recorded verdict=allow mailbox_asked=Alice@Contoso.example
inactive "a colleague's" -u "dovecot:$secret" -d "token=$alice" -d mailbox=dave@contoso.example "$mail"
recorded verdict=deny reason=MAILBOX_MISMATCH facts=verified mailbox_asked=dave@contoso.example
inactive "an empty one is not an absent one" -u "dovecot:$secret" -d "token=$alice" -d mailbox= "$mail"
recorded reason=MAILBOX_MISMATCH

echo "== what is no question"
http 405 "GET" -u "dovecot:$secret" "$mail?token=$alice"
header 'Allow: POST'
http 404 "a service that is not there" -u "dovecot:$secret" -d "token=$alice" "$base/v1/introspect/none"
http 404 "a service and more" -u "dovecot:$secret" -d "token=$alice" "$mail/x"
http 404 "an escaped NUL behind the service" -u "dovecot:$secret" -d "token=$alice" "$mail%00"
http 415 "JSON" -u "dovecot:$secret" -H 'Content-Type: application/json' -d "{\"token\":\"$alice\"}" "$mail"
active "a form with a charset" -u "dovecot:$secret" -H 'Content-Type: application/x-www-form-urlencoded; charset=utf-8' \
    -d "token=$alice" "$mail"

echo "== over the unix socket, and two on one connection"
active "unix socket" --unix-socket "$world/gate.sock" -u "dovecot:$secret" -d "token=$alice" "$mail"
recorded verdict=allow source=unix
curl -sv --max-time 20 -u "dovecot:$secret" -d "token=$alice" "$mail" "$mail" >"$world/answer" 2>"$world/err" || true
[ "$(grep -o '"active":true' "$world/answer" | wc -l)" -eq 2 ] || fail "two answers"
grep -q 'Re-using existing connection' "$world/err" || fail "the connection was not kept"

end 0
finish
