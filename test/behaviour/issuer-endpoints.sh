#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The issuer's endpoints for programs: each answers as its RFC says, and hands the verifier what was presented.
set -eu
port=21400
realm="http://127.0.0.1:$port/{tenant}/v2.0"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"
# shellcheck disable=SC2119 # it takes what the driver takes: nothing here
start
here=$base/contoso/v2.0
basic=batch:s3cret%3A%2B+%25

# answers STATUS URL: whether it does.
answers()
{
	[ "$(curl -s --max-time 5 -o "$null" -w '%{http_code}' "$2")" = "$1" ]
}

http 503 "no answer before anybody said which tenants there are" "$here/.well-known/openid-configuration"
error temporarily_unavailable
header "Retry-After: 1"
http 503 "no page either" "$here/authorize?client_id=mail-app"
has "Signing in is not possible"
http 503 "and it is not ready" "$base/readyz"
has "the realm's tenants have not come yet"
say "tenants fabrikam contoso aaaaaaaa-0000-4000-8000-00000000000a"
await 20 "the tenants are known" answers 200 "$base/readyz"

http 200 "metadata at the issuer's address" "$here/.well-known/openid-configuration"
member issuer "\"$here\""
member token_endpoint "\"$here/token\""
member code_challenge_methods_supported '["S256"]'
member id_token_signing_alg_values_supported '["ES256"]'
header "Cache-Control: public, max-age=300"
http 200 "metadata where RFC 8414 has it" "$base/.well-known/oauth-authorization-server/contoso/v2.0"
member issuer "\"$here\""
http 200 "metadata of no tenant in particular" "$base/common/v2.0/.well-known/openid-configuration"
member issuer "\"$base/{tenantid}/v2.0\""
member token_endpoint "\"$base/common/v2.0/token\""
# What there is not, and what there is no more, is told in the same words; and nobody else is asked.
http 200 "a tenant's keys while it is there" "$base/fabrikam/v2.0/jwks"
say "tenants contoso aaaaaaaa-0000-4000-8000-00000000000a"
await 20 "a tenant is disabled" answers 404 "$base/fabrikam/v2.0/jwks"
for tenant in fabrikam nobody contos contosoo CONTOSO Common; do
	forget
	for path in "/$tenant/v2.0/.well-known/openid-configuration" \
	    "/.well-known/oauth-authorization-server/$tenant/v2.0" "/$tenant/v2.0/jwks" "/$tenant/v2.0/introspect"; do
		http 404 "nothing at $path" "$base$path"
		error invalid_request
		has "the address names a tenant that this issuer does not have, or no more"
		grep -vi '^date:' "$world/head" | cat - "$world/answer" >"$world/$tenant"
		[ "$tenant" = fabrikam ] || cmp -s "$world/fabrikam" "$world/$tenant" ||
			fail "$what: another answer than that of a tenant that was disabled"
	done
	for path in authorize device logout; do
		http 404 "no page at $tenant/$path" "$base/$tenant/v2.0/$path?client_id=mail-app"
		has "There is no organisation at this address"
		header_has Content-Type text/html
	done
	http 404 "no token at $tenant" -u "$basic" -d grant_type=client_credentials "$base/$tenant/v2.0/token"
	error invalid_request
	not_asked
done
http 200 "a tenant by its number" "$base/aaaaaaaa-0000-4000-8000-00000000000a/v2.0/jwks"
http 404 "no metadata of a tenant that is no word" "$base/a.b/v2.0/.well-known/openid-configuration"
http 404 "nothing beside the realm's path" "$base/token"

http 200 "the keys" "$here/jwks"
header "Content-Type: application/jwk-set+json"
header "Cache-Control: public, max-age=3600"
has_not '"state"'
etag=$(tr -d '\r' <"$world/head" | sed -n 's/^[Ee][Tt]ag: //p')
http 304 "the keys that are known already" -H "If-None-Match: W/\"x\", $etag" "$here/jwks"
header "ETag: $etag"

http 200 "client credentials with a form-encoded secret" -u "$basic" -d grant_type=client_credentials \
    -d scope=mail -d resource=https://mail.example "$here/token"
asked "verify CLIENT_CREDENTIALS method=1 get=0 address=::ffff:127.0.0.1 client_id=batch secret=s3cret:+ % tenant=contoso"
member token_type '"Bearer"'
member expires_in 3600
member scope '"mail"'
header "Cache-Control: no-store"
header "Content-Type: application/json"
http 200 "the secret in the body" -d client_id=batch --data-urlencode 'client_secret=s3cret:+ %' \
    -d grant_type=client_credentials "$here/token"
asked "method=2"
http 200 "an assertion, which names the client itself" -d grant_type=client_credentials -d client_assertion=a.b.c \
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer "$here/token"
asked "method=3"
asked "assertion_len=5"
http 200 "a token that is bound to a key" -u "$basic" -H "DPoP: a.b.c" -d grant_type=client_credentials "$here/token"
asked "proofs=1 proof_len=5"
member token_type '"DPoP"'
header "DPoP-Nonce: nonce-of-the-verifier"
http 400 "a proof without a nonce" -u "$basic" -H "DPoP: n.o.n" -d grant_type=client_credentials "$here/token"
error use_dpop_nonce
header "DPoP-Nonce: nonce-of-the-verifier"
no_header WWW-Authenticate
http 200 "an exchange" -u "$basic" -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    -d subject_token=t.o.k -d subject_token_type=urn:ietf:params:oauth:token-type:access_token \
    -d audience=https://calendar.example "$here/token"
asked "token=t.o.k types=1,0 actor=0 target=https://calendar.example"
member issued_token_type '"urn:ietf:params:oauth:token-type:access_token"'
http 401 "a wrong secret" -u batch:wrong -d grant_type=client_credentials "$here/token"
error invalid_client
header 'WWW-Authenticate: Basic realm="test", charset="UTF-8"'

http 200 "a device begins" -d client_id=mail-app -d scope=mail "$here/device_authorization"
member user_code '"BCDF-GHJK"'
member verification_uri "\"$here/device\""
member verification_uri_complete "\"$here/device?user_code=BCDF-GHJK\""
member interval 5
member expires_in 600
http 400 "and asks before its user has decided" -d client_id=mail-app -d device_code=x \
    -d grant_type=urn:ietf:params:oauth:grant-type:device_code "$here/token"
error authorization_pending

http 200 "a token is revoked" -u "$basic" -d token=abc -d token_type_hint=refresh_token "$here/revoke"
asked "token=abc hint=2"
[ ! -s "$world/answer" ] || fail "a revocation's answer has a body"
http 200 "introspection of an active token" -u "$basic" -d token=abc "$here/introspect"
member active true
member token_type '"DPoP"'
member iss "\"$here\""
member jti '"id-of-the-token"'
member exp 4600
http 200 "introspection of one that is not" -u "$basic" -d token=dead "$here/introspect"
[ "$(cat "$world/answer")" = '{"active":false}' ] || fail "more is told of a token that is not active"
http 401 "introspection by a stranger" -u batch:wrong -d token=abc "$here/introspect"
error invalid_client

http 200 "userinfo" -H "Authorization: Bearer abc" "$here/userinfo"
member sub '"alice"'
member preferred_username '"alice@contoso.example"'
member name '"Alice \"A\" Example"'
asked "USERINFO method=0 get=1"
http 200 "userinfo by POST" -X POST -H "Authorization: DPoP abc" -H "DPoP: p" "$here/userinfo"
asked "USERINFO method=0 get=0"
http 401 "userinfo without a token" "$here/userinfo"
header 'WWW-Authenticate: Bearer realm="test"'
not_asked
http 401 "userinfo with a bad token" -H "Authorization: Bearer dead" "$here/userinfo"
header 'WWW-Authenticate: Bearer realm="test", error="invalid_token"'
http 401 "userinfo with a bad token that is bound" -H "Authorization: DPoP dead" -H "DPoP: p" "$here/userinfo"
header_has WWW-Authenticate 'DPoP realm="test", error="invalid_token", algs="'
http 401 "userinfo with a proof without a nonce" -H "Authorization: DPoP abc" -H "DPoP: n.o.n" "$here/userinfo"
header_has WWW-Authenticate 'DPoP realm="test", error="use_dpop_nonce", algs="'
header "DPoP-Nonce: nonce-of-the-verifier"

http 200 "it is healthy" "$base/healthz"
http 200 "it is ready" "$base/readyz"
http 200 "its metrics" "$base/metrics"
has 'mintmark_issuer_answers_total{endpoint="token",status="4xx"} 9'
has 'mintmark_issuer_tokens_made_total 5'
has 'mintmark_issuer_ready 1'
has 'mintmark_issuer_trouble{cause="record"} 0'
http 200 "HEAD" -I "$base/healthz"

end
finish
