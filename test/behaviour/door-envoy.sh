#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Envoy's external authorization over HTTP, asked as Envoy's documentation says that it asks: the client's method, path
# behind a prefix, Host, Authorization, and the fields that conf/envoy/envoy.yaml lets through. There is no Envoy in
# Debian, so curl asks in its place.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
port=20735
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# Envoy comes through the unix socket and is believed; curl over TCP is not.
sed -i 's|^journal_segment = .*|&\ntrusted_proxies = { "unix" }|' "$config"
start

mail=$base/v1/ext_authz/mail
alice=$(token)
bearer="Authorization: Bearer $alice"
caller="Mintmark-Caller: Basic $(printf 'dovecot:%s' "$secret" | base64 -w0)"

# envoy STATUS WHAT URL CURL-ARGUMENT…: as Envoy asks: with the client's Host and a length of 0.
envoy()
{
	status=$1
	about=$2
	url=$3
	shift 3
	http "$status" "$about" --path-as-is -H 'Host: web.example' -H 'Content-Length: 0' "$@" "$url"
}

echo "== allowed: the facts"
envoy 200 "Alice's token" "$mail/api/x" -H "$bearer"
header 'Mintmark-Realm: enterprise'
header 'Mintmark-Tenant: contoso'
header 'Mintmark-Subject: 5f0c7f0e-alice'
header 'Mintmark-Client: thunderbird'
header 'Mintmark-Mailbox: alice@contoso.example'
no_header Mintmark-Scope
no_header WWW-Authenticate
recorded verdict=allow protocol=ext_authz caller= service=mail
for method in HEAD POST PUT DELETE PATCH OPTIONS TRACE REPORT; do
	[ $method = HEAD ] && how=-I || how="-X $method"
	# shellcheck disable=SC2086 # one or two words
	envoy 200 "$method" "$mail/api/x" $how -H "$bearer"
done

echo "== whatever path the client has, the service is the prefix's"
for path in / // /. '/..' '/../drive/' '/../../auth/drive' '/%2e%2e/drive' '/x?a=b' '/?' '/v1/ext_authz/drive/' '/%00' '/a%2fb'; do
	envoy 200 "the path $path" "$mail$path" -H "$bearer"
	recorded service=mail verdict=allow
done
envoy 404 "a service that is not there" "$base/v1/ext_authz/none/x" -H "$bearer"
envoy 404 "a path that only continues the name" "${mail}x/y" -H "$bearer"
envoy 404 "no service" "$base/v1/ext_authz/" -H "$bearer"

echo "== denied"
envoy 401 "no token" "$mail/api/x"
header 'WWW-Authenticate: Bearer realm="mail"'
recorded reason=TOKEN_MISSING protocol=ext_authz
envoy 401 "the forgery of 2023" "$mail/api/x" -H "Authorization: Bearer $(token --key KC1 --kid KC1)"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
no_header Mintmark-Subject
recorded reason=KEY_REALM_MISMATCH facts=claimed
envoy 401 "two tokens" "$mail/api/x" -H "$bearer" -H "$bearer"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
envoy 401 "a token in the query" "$mail/api/x?access_token=$alice"
token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' --claim 'client_id="drive-web"' --claim 'scope="files"' >"$world/t"
envoy 403 "a scope too few" "$base/v1/ext_authz/drive/api/x" -H "Authorization: Bearer $(cat "$world/t")"
header 'WWW-Authenticate: Bearer realm="drive", error="insufficient_scope", scope="files.read"'

echo "== requests without what Envoy sends"
invalid()
{
	header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
	no_header Mintmark-Subject
	recorded reason=TOKEN_MALFORMED protocol=ext_authz
}
envoy 401 "no path" "$mail" -H "$bearer"
invalid
http 401 "no Host" -0 -H 'Host:' -H "$bearer" "$mail/api/x"
invalid
http 401 "an empty Host" -H 'Host;' -H "$bearer" "$mail/api/x"
invalid

echo "== the mailbox is named by an authenticated caller, or not at all"
envoy 200 "Alice's own" "$mail/x" -H "$caller" -H 'Mintmark-Mailbox: alice@contoso.example' -H "$bearer"
recorded verdict=allow caller=dovecot mailbox_asked=alice@contoso.example
envoy 401 "a colleague's" "$mail/x" -H "$caller" -H 'Mintmark-Mailbox: dave@contoso.example' -H "$bearer"
recorded reason=MAILBOX_MISMATCH
envoy 401 "a target of nobody" "$mail/x" -H 'Mintmark-Mailbox: alice@contoso.example' -H "$bearer"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
envoy 401 "a wrong secret" "$mail/x" -H 'Mintmark-Caller: Basic ZG92ZWNvdDp4' -H "$bearer"
envoy 401 "a certificate that nobody vouches for" "$mail/x" -H 'Mintmark-Client-Certificate: x' -H "$bearer"
metric 'mintmark_caller_refused_total{service="mail"} 3'
metric 'mintmark_http_answers_total{endpoint="ext_authz",status="4xx"} 15'

echo "== bound tokens: the client's request is Envoy's own"
bound=$(token --bound-to-key D1)
# dpop STATUS REASON WHAT PATH PROOF CURL-ARGUMENT…
dpop()
{
	status=$1
	reason=$2
	about=$3
	path=$4
	proof=$5
	shift 5
	envoy "$status" "$about" "$mail$path" -H "Authorization: DPoP $bound" -H "DPoP: $proof" "$@"
	recorded reason="$reason" protocol=ext_authz
}
proof()
{
	token --proof-of "$bound" "$@"
}
socket="--unix-socket $world/gate.sock -H X-Forwarded-Proto:https"
api='htu="https://web.example/api/x"'
one=$(proof --claim "$api")
# shellcheck disable=SC2086 # words
{
	dpop 200 OK "a proof for it" '/api/x?y=z' "$one" $socket
	dpop 401 REPLAYED "again" '/api/x?y=z' "$one" $socket
	dpop 200 OK "another method's" /api/x "$(proof --claim "$api" --claim 'htm="PUT"')" $socket -X PUT
	dpop 401 BINDING_MISMATCH "that method, and another request" /api/x "$(proof --claim "$api" --claim 'htm="PUT"')" $socket
	dpop 401 BINDING_MISMATCH "another path" /api/y "$(proof --claim "$api")" $socket
	dpop 401 BINDING_MISMATCH "another host" /api/x "$(proof --claim 'htu="https://evil.example/api/x"')" $socket
	dpop 401 BINDING_MISMATCH "another scheme" /api/x "$(proof --claim 'htu="http://web.example/api/x"')" $socket
	dpop 401 BINDING_MISMATCH "no scheme" /api/x "$(proof --claim "$api")" --unix-socket "$world/gate.sock"
	dpop 401 BINDING_MISMATCH "two schemes" /api/x "$(proof --claim "$api")" $socket -H X-Forwarded-Proto:https
	dpop 401 BINDING_MISMATCH "what nginx would tell does not count" /other "$(proof --claim "$api")" $socket \
	    -H X-Forwarded-Method:GET -H X-Forwarded-Host:web.example -H X-Forwarded-Uri:/api/x
	dpop 200 OK "and takes nothing away" /api/x "$(proof --claim "$api")" $socket \
	    -H X-Forwarded-Method:PUT -H X-Forwarded-Host:evil.example -H X-Forwarded-Uri:/other
}
dpop 401 BINDING_MISMATCH "who is no trusted proxy is not believed" /api/x "$(proof --claim "$api")" -H X-Forwarded-Proto:https
dpop 200 OK "a caller is" /api/x "$(proof --claim "$api")" -H X-Forwarded-Proto:https -H "$caller"
end 0
finish
