#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attack table's tokens through every door: each is refused there for the same reason, stands in the journal for it, and
# its answer names nobody. Then identity fields that a client forges, in every spelling, asked of the gate itself: what it
# answers comes from the token alone.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
port=20770
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
start

# ---- the doors: each asks about a token, and looks at the answer ----

no_identity()
{
	if tr -d '\r' <"$world/head" | grep -i '^mintmark'; then
		fail "$what: the answer names somebody"
	fi
}

at_introspect()
{
	http 200 "$1, at introspection" -u "dovecot:$secret" --data-urlencode "token@$world/token" "$base/v1/introspect/$service"
	body '{"active":false}'
}

# In a field of the head: what a field cannot hold is not sent.
as_bearer()
{
	printf 'header = "Authorization: Bearer %s"\n' "$(cat "$world/token")" >"$world/field"
}

at_auth()
{
	as_bearer
	http 401 "$1, at forward auth" -K "$world/field" "$base/v1/auth/$service"
}

at_ext_authz()
{
	as_bearer
	http 401 "$1, at Envoy's" -K "$world/field" "$base/v1/ext_authz/$service/api/x"
}

at_shadow()
{
	as_bearer
	http 204 "$1, in the shadow" -K "$world/field" "$base/v1/shadow/$service"
}

# row WHAT REASON RECIPE…: a token that no door takes, for this reason.
row()
{
	row_what=$1
	row_reason=$2
	shift 2
	printf %s "$(token "$@")" >"$world/token"
	refused
}

# literal WHAT REASON TEXT: the same of a text.
literal()
{
	row_what=$1
	row_reason=$2
	printf '%s' "$3" >"$world/token"
	refused
}

refused()
{
	for door in introspect auth ext_authz shadow; do
		"at_$door" "$row_what"
		no_identity
		recorded verdict=deny reason="$row_reason" protocol=$door service="$service"
	done
}

service=mail
echo "== the attack table"
row "1: the consumer key for the enterprise" KEY_REALM_MISMATCH --key KC1 --kid KC1
row "1b: its mirror" KEY_REALM_MISMATCH --as carol --key KE1 --kid KE1
row "2: a key whose window ended" KEY_RETIRED --as carol --key KC0 --kid KC0
row "5a: no tid" CLAIM_MISSING --no-claim tid
row "5c: A's id in another issuer" ISSUER_UNKNOWN \
    --claim 'iss="https://login.example/x/aaaaaaaa-0000-4000-8000-00000000000a/v2.0"'
row "5d: tid of B under A's issuer" TENANT_MISMATCH --claim 'tid="bbbbbbbb-0000-4000-8000-00000000000b"'
row "7: signed by another key" SIGNATURE_INVALID --key ATT --kid KE1
row "9d: another tenant's administrator names Alice" MAILBOX_MISMATCH --as bob --claim 'preferred_username="alice@contoso.example"'
row "10: a revoked key's" KEY_REVOKED --key KE0 --kid KE0
row "11: ten years" LIFETIME_EXCESS --claim 'exp={now+315360000}'
row "11: a time that is no number" CLAIM_MALFORMED --claim 'exp="{now+600}"'
row "11: expired" EXPIRED --claim 'iat={now-7200}' --claim 'nbf={now-7200}' --claim 'exp={now-3600}'
row "12: for another service" AUDIENCE_MISMATCH --claim 'aud="https://drive.example"'
row "14: bound, without a proof" BINDING_MISSING --bound-to-key D1
row "16: a kid that is a path" KEY_UNKNOWN --kid ../../etc/passwd

alice=$(token)
head=${alice%%.*}
rest=${alice#*.}
payload=${rest%%.*}
signature=${rest#*.}
literal "8: no algorithm and no signature" ALG_FORBIDDEN \
    "$(printf '{"typ":"at+jwt","alg":"none","kid":"KE1"}' | base64 -w0 | tr '+/' '-_' | tr -d '=').$payload."
literal "13: a fourth segment" TOKEN_MALFORMED "$alice.$signature"
literal "13: padding" TOKEN_MALFORMED "$alice="
literal "13: two dots alone" TOKEN_MALFORMED ".."
literal "13: a header and no more" TOKEN_MALFORMED "$head"
literal "16 KiB and more" TOKEN_TOO_LARGE "$head.$payload.$(printf '%020000d' 0)"
service=imap
row "1c: a consumer's at a service for the enterprise" REALM_FORBIDDEN --as carol
service=mail

echo "== and the good ones pass"
for door in auth/mail ext_authz/mail/api/x; do
	http 200 "Alice's token at $door" -H "Authorization: Bearer $alice" "$base/v1/$door"
done

echo "== forged identity fields: the gate's answer is the token's alone, or there is none"
# forge WHAT LINE…: with Alice's token. Refused, or answered with Alice.
forge()
{
	for path in auth/mail ext_authz/mail/api/x shadow/mail; do
		what="forged: $1, at $path"
		ask_with "$path" "$@"
	done
}

ask_with()
{
	path=$1
	shift 2
	{
		printf 'GET /v1/%s HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' "$path" "$alice"
		printf '%b\r\n' "$@"
		printf '\r\n'
	} | timeout 20 "$load" send "$address" >"$world/whole" 2>"$world/err" || fail "$what: no end"
	tr -d '\r' <"$world/whole" | sed '/^$/,$d' >"$world/head"
	if grep -qi forged "$world/head"; then fail "$what: the answer has it"; fi
	case $path-$(head -n 1 "$world/head") in
	shadow*'HTTP/1.1 204'* | *'HTTP/1.1 4'*) no_identity ;;
	shadow*) fail "$what: $(head -n 1 "$world/head")" ;;
	*'HTTP/1.1 200'*) alices_alone ;;
	*) fail "$what: $(head -n 1 "$world/head")" ;;
	esac
}

alices_alone()
{
	grep -i '^mintmark' "$world/head" | sort >"$world/named"
	printf '%s\n' 'Mintmark-Client: thunderbird' 'Mintmark-Mailbox: alice@contoso.example' 'Mintmark-Realm: enterprise' \
	    'Mintmark-Subject: 5f0c7f0e-alice' 'Mintmark-Tenant: contoso' | cmp -s - "$world/named" ||
	    fail "$what: the answer names somebody else: $(cat "$world/named")"
}

for name in Realm Tenant Subject Client Mailbox Scope Caller Client-Certificate; do
	upper=$(printf '%s' "$name" | tr "[:lower:]" "[:upper:]")
	forge "Mintmark-$name" "Mintmark-$name: forged"
	forge "MINTMARK-$upper" "MINTMARK-$upper: forged"
	forge "Mintmark_$name" "Mintmark_$name: forged"
	forge "Mintmark-$name, twice" "Mintmark-$name: forged" "mintmark-$name: forged too"
	forge "Mintmark-$name, empty" "Mintmark-$name:"
	forge "Mintmark-$name, blanks" "Mintmark-$name:   "
	forge "a blank before the colon of $name" "Mintmark-$name : forged"
	forge "a folded $name" "X: y\r\n Mintmark-$name: forged"
	forge "a NUL in $name" "Mintmark-$name\0000: forged"
	forge "a line feed before $name" "X: y\nMintmark-$name: forged"
done
forge "a certificate that would be Alice's" 'Mintmark-Client-Certificate: forged'
forge "a second token" 'Authorization: Bearer forged'
forge "what a proxy tells" 'X-Forwarded-Host: forged' 'X-Forwarded-Uri: /forged' 'X-Forwarded-For: forged'
forge "another address" 'X-Original-URL: /v1/auth/forged' 'X-Rewrite-URL: /v1/auth/forged' 'X-HTTP-Method-Override: forged'
http 200 "the gate is as it was" -H "Authorization: Bearer $alice" "$base/v1/auth/mail"
end 0
finish
