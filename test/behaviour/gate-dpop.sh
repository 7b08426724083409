#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# DPoP at the gate (RFC 9449): a bound token passes with a proof of its key for this very request, once; from a client that
# asks itself, through a trusted proxy, an authenticated caller and by introspection. Nobody else's word counts.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20541
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"

# A service that demands bound tokens, and one that demands nonces too; a trusted proxy at 127.77.0.1.
sed -i 's|^journal_segment = .*|&\ntrusted_proxies = { "127.77.0.0/24", "unix" }|' "$config"
for name in bound fresh; do
	sed -n '/^service mail {/,/^}/p' "$config" | sed "s/^service mail/service $name/; s/^}/    binding = dpop\n}/" >"$world/$name"
	cat "$world/$name" >>"$config"
done
sed -i '$ s/^}/    dpop_nonce = required\n}/' "$config"
start

alice=$(token --bound-to-key D1)
plain=$(token)

# proof RECIPE…: a new proof for Alice's token.
proof()
{
	token --proof-of "$alice" "$@"
}

# auth STATUS WHAT PROOF SERVICE CURL-ARGUMENT…: forward auth from the client itself, unless the arguments say otherwise.
auth()
{
	auth_status=$1
	auth_what=$2
	auth_proof=$3
	auth_service=$4
	shift 4
	http "$auth_status" "$auth_what" -H "Authorization: DPoP $alice" -H "DPoP: $auth_proof" "$@" "$base/v1/auth/$auth_service"
}

# ---- a client that asks the gate itself ----

here=$base/v1/auth/mail
one=$(proof --claim "htu=\"$here\"")
auth 200 "a proof for this request" "$one" mail
header "Mintmark-Mailbox: alice@contoso.example"
recorded verdict=allow reason=OK
auth 401 "the same proof again" "$one" mail
header 'WWW-Authenticate: DPoP realm="mail", error="invalid_token", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519"'
no_header DPoP-Nonce
recorded verdict=deny reason=REPLAYED
auth 401 "another address" "$(proof)" mail
recorded reason=BINDING_MISMATCH
auth 401 "another method" "$(proof --claim "htu=\"$here\"" --claim 'htm="POST"')" mail
recorded reason=BINDING_MISMATCH
auth 200 "the method that it is" "$(proof --claim "htu=\"$here\"" --claim 'htm="POST"')" mail -X POST
auth 200 "a query does not count" "$(proof --claim "htu=\"$here?a=b\"")" mail
auth 401 "another key's proof" "$(proof --key D2 --claim "htu=\"$here\"")" mail
recorded reason=BINDING_MISMATCH
auth 401 "another token's proof" "$(token --proof-of "$plain" --claim "htu=\"$here\"")" mail
recorded reason=BINDING_MISMATCH
auth 401 "a proof of yesterday" "$(proof --claim "htu=\"$here\"" --claim 'iat={now-86400}')" mail
recorded reason=BINDING_MISMATCH
auth 401 "two proofs" "$(proof --claim "htu=\"$here\"")" mail -H "DPoP: $(proof --claim "htu=\"$here\"")"
recorded reason=BINDING_MISMATCH
http 401 "an empty proof" -H "Authorization: DPoP $alice" -H "DPoP;" "$here"
recorded reason=BINDING_MISSING
http 401 "a bound token without proof" -H "Authorization: DPoP $alice" "$here"
recorded reason=BINDING_MISSING
# RFC 9449 section 7.2
http 401 "a bound token as a bearer's" -H "Authorization: Bearer $alice" -H "DPoP: $(proof --claim "htu=\"$here\"")" "$here"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
recorded reason=BINDING_MISSING
http 200 "a token that is not bound" -H "Authorization: Bearer $plain" "$here"
http 401 "a token that is not bound, sent as bound" -H "Authorization: DPoP $plain" "$here"
recorded reason=BINDING_MISMATCH
http 401 "and with a proof" -H "Authorization: DPoP $plain" -H "DPoP: $(token --proof-of "$plain" --claim "htu=\"$here\"")" "$here"
recorded reason=BINDING_MISMATCH

# ---- services that demand it ----

http 401 "no token, at a service for bound ones" "$base/v1/auth/bound"
tr -d '\r' <"$world/head" | grep -q '^WWW-Authenticate: DPoP realm="bound", algs="' || fail "$what: no challenge of DPoP"
http 401 "a token that is not bound, at a service for bound ones" -H "Authorization: Bearer $plain" "$base/v1/auth/bound"
recorded reason=BINDING_MISSING
auth 200 "a bound one there" "$(proof --claim "htu=\"$base/v1/auth/bound\"")" bound
no_header DPoP-Nonce

there=$base/v1/auth/fresh
auth 401 "a proof without a nonce, where one is demanded" "$(proof --claim "htu=\"$there\"")" fresh
tr -d '\r' <"$world/head" | grep -q '^WWW-Authenticate: DPoP realm="fresh", error="use_dpop_nonce", algs="' ||
	fail "$what: the challenge does not ask for a nonce"
recorded reason=BINDING_MISMATCH
nonce=$(tr -d '\r' <"$world/head" | sed -n 's/^DPoP-Nonce: //ip')
[ ${#nonce} -eq 43 ] || fail "$what: the nonce has ${#nonce} characters"
auth 200 "a proof with it" "$(proof --claim "htu=\"$there\"" --claim "nonce=\"$nonce\"")" fresh
tr -d '\r' <"$world/head" | grep -qi '^DPoP-Nonce: [A-Za-z0-9_-]\{43\}$' || fail "$what: no nonce for the next"
auth 401 "a made-up nonce" "$(proof --claim "htu=\"$there\"" --claim 'nonce="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"')" fresh
recorded reason=BINDING_MISMATCH

# ---- through a proxy ----

# The client's request as a proxy tells of it.
told="-H X-Forwarded-Method:GET -H X-Forwarded-Proto:https -H X-Forwarded-Host:mail.example -H X-Forwarded-Uri:/inbox?a=b"
# shellcheck disable=SC2086 # words
auth 401 "who is no trusted proxy is not believed" "$(proof)" mail $told
recorded reason=BINDING_MISMATCH
three=$(proof)
# shellcheck disable=SC2086
auth 200 "a trusted proxy is" "$three" mail --interface 127.77.0.1 $told
# Each listener has threads of its own.
# shellcheck disable=SC2086
auth 401 "the same proof at another thread" "$three" mail --unix-socket "$world/gate.sock" $told
recorded reason=REPLAYED
# shellcheck disable=SC2086
auth 200 "a new one there" "$(proof)" mail --unix-socket "$world/gate.sock" $told
# shellcheck disable=SC2086
auth 401 "the client's request, not the proxy's, counts" "$(proof --claim "htu=\"$here\"")" mail --interface 127.77.0.1 $told
recorded reason=BINDING_MISMATCH
# shellcheck disable=SC2086
auth 401 "a field that stands twice says nothing" "$(proof)" mail --interface 127.77.0.1 $told -H X-Forwarded-Uri:/inbox
recorded reason=BINDING_MISMATCH
auth 401 "a trusted proxy that tells nothing" "$(proof --claim "htu=\"$here\"")" mail --interface 127.77.0.1
recorded reason=BINDING_MISMATCH
for host in mail.example/inbox mail.example/inbox? mail.example/inbox%23 user@mail.example; do
	auth 401 "a host that is more than one: $host" "$(proof --claim 'htu="https://mail.example/inbox"')" mail \
	    --interface 127.77.0.1 -H X-Forwarded-Method:GET -H X-Forwarded-Proto:https \
	    -H "X-Forwarded-Host: $(printf '%s' "$host" | sed 's/%23/#/')" -H X-Forwarded-Uri:/other
	recorded reason=BINDING_MISMATCH
done
basic=$(printf 'dovecot:%s' "$secret" | base64 -w 0)
# shellcheck disable=SC2086
auth 200 "an authenticated caller is believed" "$(proof)" mail -H "Mintmark-Caller: Basic $basic" $told
# shellcheck disable=SC2086
auth 401 "a wrong one is refused" "$(proof)" mail -H "Mintmark-Caller: Basic eDp5" $told
tr -d '\r' <"$world/head" | grep -q 'error="invalid_request"' || fail "$what: another error"

# ---- introspection ----

# introspect WHAT ACTIVE PROOF CURL-ARGUMENT…
introspect()
{
	introspect_what=$1
	introspect_active=$2
	introspect_proof=$3
	shift 3
	http 200 "introspection: $introspect_what" -u "dovecot:$secret" -d "token=$alice" -d "dpop=$introspect_proof" "$@" "$base/v1/introspect/mail"
	member active "$introspect_active"
}

two=$(proof)
introspect "a proof" true "$two" -d http_method=GET --data-urlencode http_url=https://mail.example/inbox
introspect "the same again" false "$two" -d http_method=GET --data-urlencode http_url=https://mail.example/inbox
recorded reason=REPLAYED
introspect "another address" false "$(proof)" -d http_method=GET --data-urlencode http_url=https://mail.example/
recorded reason=BINDING_MISMATCH
introspect "no address" false "$(proof)" -d http_method=GET
recorded reason=BINDING_MISMATCH
introspect "two proofs" false "$(proof)" -d "dpop=$(proof)" -d http_method=GET --data-urlencode http_url=https://mail.example/inbox
recorded reason=TOKEN_MALFORMED
http 200 "introspection: a bound token alone" -u "dovecot:$secret" -d "token=$alice" "$base/v1/introspect/mail"
body '{"active":false}'
recorded reason=BINDING_MISSING
http 200 "introspection: a nonce is wanted" -u "dovecot:$secret" -d "token=$alice" -d "dpop=$(proof)" -d http_method=GET \
	--data-urlencode http_url=https://mail.example/inbox "$base/v1/introspect/fresh"
body '{"active":false}'
tr -d '\r' <"$world/head" | grep -qi '^DPoP-Nonce: [A-Za-z0-9_-]\{43\}$' || fail "$what: no nonce to hand on"

echo "checking: the metrics"
metric 'mintmark_proofs_total{outcome="used"} 3'
metric 'mintmark_proofs_total{outcome="without_room"} 0'

end 0
finish
