#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hostile requests to the issuer: each gets the RFC's error, and none of them reaches the verifier as something else than
# what it is.
set -eu
port=21402
realm="http://127.0.0.1:$port/r"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"
# shellcheck disable=SC2119 # it takes what the driver takes: nothing here
start
here=$base/r
basic=batch:s3cret%3A%2B+%25
grant=grant_type=client_credentials
challenge="code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
place=redirect_uri=https%3A%2F%2Fapp.example%2Fcb
good="client_id=mail-app&$place&response_type=code&$challenge"

# refused STATUS ERROR WHAT CURL-ARGUMENT…: the token endpoint says so, and asks nobody.
refused()
{
	wanted_error=$2
	wanted_status=$1
	shift 2
	http "$wanted_status" "$@" "$here/token"
	error "$wanted_error"
	not_asked
}

long()
{
	head -c "$1" /dev/zero | tr '\0' a
}

echo "checking: the token endpoint"
refused 400 invalid_request "no body" -X POST
refused 400 invalid_request "no grant" -u "$basic" -d scope=mail
refused 400 unsupported_grant_type "an unknown grant" -u "$basic" -d grant_type=password
refused 400 invalid_request "a parameter twice" -u "$basic" -d "$grant&scope=a&scope=b"
refused 400 invalid_request "a grant twice" -u "$basic" -d "$grant&$grant"
refused 400 invalid_request "one of the two written otherwise" -u "$basic" -d "$grant&sc%6Fpe=a&scope=b"
refused 400 invalid_request "one of the two empty" -u "$basic" -d "$grant&scope=&scope=b"
refused 400 invalid_request "a secret twice" -d "$grant&client_id=batch&client_secret=a&client_secret=b"
refused 400 invalid_request "an assertion twice" -d "$grant&client_assertion=a.b.c&client_assertion=d.e.f"
refused 400 unsupported_grant_type "a grant in other letters" -u "$basic" -d grant_type=Client_Credentials
refused 400 unsupported_grant_type "a grant with a blank" -u "$basic" -d "grant_type=client_credentials%20"
refused 400 unsupported_grant_type "parts apart by semicolons" -u "$basic" -d "$grant;scope=a"
refused 400 unsupported_grant_type "an assertion as a grant" \
    -d "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c"
refused 400 invalid_target "two resources" -u "$basic" -d "$grant&resource=a&resource=b"
refused 400 invalid_request "JSON" -u "$basic" -H "Content-Type: application/json" -d '{"grant_type":"client_credentials"}'
refused 400 invalid_request "a form of parts" -u "$basic" -F "$grant"
refused 400 invalid_request "a broken escape" -u "$basic" -d "$grant&scope=%zz"
refused 400 invalid_request "a NUL" -u "$basic" -d "$grant&scope=a%00b"
refused 400 invalid_request "a line's end" -u "$basic" -d "$grant&scope=a%0d%0aSet-Cookie:x"
refused 400 invalid_request "what is no UTF-8" -u "$basic" -d "$grant&scope=%ff%fe"
refused 400 invalid_request "UTF-16" -u "$basic" -d "$grant&scope=%d8%00"
refused 400 invalid_request "an overlong form" -u "$basic" -d "$grant&scope=%c0%af"
refused 400 invalid_request "a scope that is too long" -u "$basic" -d "$grant&scope=$(long 2000)"
refused 400 invalid_request "an address with parameters" -u "$basic" -d "$grant" -G -X POST \
    -H "Content-Type: application/x-www-form-urlencoded"
http 405 "GET" -G -d "$grant" "$here/token"
header "Allow: POST"
http 405 "PUT" -X PUT -d "$grant" "$here/token"
http 405 "POST of what is read alone" -X POST "$here/jwks"
header "Allow: GET, HEAD"
for method in OPTIONS DELETE PATCH TRACE get; do
	http 405 "$method" -X "$method" "$here/token"
done
http 405 "HEAD of what people read" -I "$here/authorize"
header "Allow: GET, POST"
refused 400 invalid_request "a method that a field names" -X POST -H "X-HTTP-Method-Override: GET" -u "$basic"
http 413 "a body without end" -d "$(long 120000)" "$here/token"
http 404 "a path with an escaped letter" -d "$grant" "$base/r/%74oken"
http 404 "a path with dots" --path-as-is -d "$grant" "$base/r/x/../token"
http 404 "a path twice" -d "$grant" "$base//r/token"
http 404 "a path with a parameter" -d "$grant" "$base/r/token;x=1"
http 404 "a path in other letters" -d "$grant" "$base/R/token"
http 404 "a whole address as a path" --request-target "http://evil.example/r/jwks" "$base/"
http 404 "a path with a NUL" -d "$grant" "$base/r/token%00"

echo "checking: where the end of a request is"
# raw WHAT REQUEST: as it is, with \r and \n written so; it is answered, and with nothing but 400.
raw()
{
	what=$1
	echo "checking: $what"
	forget
	python3 -c '
import socket, sys
line = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
line.sendall(sys.argv[2].replace("\\r", "\r").replace("\\n", "\n").encode())
answer = b""
while part := line.recv(65536):
    answer += part
sys.stdout.write(answer.decode("latin-1"))' "$port" "$2" >"$world/answer"
	grep -q '^HTTP/1.1 400 ' "$world/answer" || fail "$what: it is no 400"
	! grep '^HTTP/1.1 ' "$world/answer" | grep -v ' 400 ' || fail "$what: there is another answer"
	not_asked
}
begin='POST /r/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n'
hidden='POST /r/revoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\ntoken=x'
raw "a length and chunks" "${begin}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden"
raw "two lengths" "${begin}Content-Length: 0\r\nContent-Length: 90\r\n\r\n$hidden"
raw "a length with a sign" "${begin}Content-Length: +5\r\n\r\na=b&c$hidden"
raw "chunks of another name" "${begin}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$hidden"

echo "checking: who the client is"
refused 401 invalid_client "nobody" -d "$grant"
header 'WWW-Authenticate: Basic realm="test", charset="UTF-8"'
refused 400 invalid_request "two ways" -u "$basic" -d "$grant&client_id=batch&client_secret=x"
refused 400 invalid_request "two others" -d "$grant&client_id=batch&client_secret=x&client_assertion=a.b.c"
refused 400 invalid_request "the field twice" -H "Authorization: Basic YTpi" -H "Authorization: Basic YTpi" -d "$grant"
refused 400 invalid_request "two names" -u "$basic" -d "$grant&client_id=other"
refused 400 invalid_request "a secret and an assertion" \
    -d "$grant&client_id=batch&client_secret=x&client_assertion=a.b.c" \
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
refused 400 invalid_request "the field and an assertion" -u "$basic" -d "$grant&client_assertion=a.b.c" \
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
refused 400 invalid_request "the field and a secret of the body that is the same" -u "$basic" -d "$grant" \
    --data-urlencode 'client_secret=s3cret:+ %'
refused 401 invalid_client "another scheme" -H "Authorization: Bearer x" -d "$grant"
refused 401 invalid_client "no base64" -H "Authorization: Basic !!!!" -d "$grant"
refused 401 invalid_client "no colon" -H "Authorization: Basic YWJj" -d "$grant"
refused 401 invalid_client "a broken escape in it" -u 'batch:%zz' -d "$grant"
refused 401 invalid_client "a NUL in it" -u 'batch%00:x' -d "$grant"
refused 401 invalid_client "no secret in it" -u 'batch:' -d "$grant"
refused 401 invalid_client "too long a name" -u "$(long 200):x" -d "$grant"
refused 401 invalid_client "too long a secret" -d "$grant&client_id=batch&client_secret=$(long 300)"
refused 401 invalid_client "an assertion of no type" -d "$grant&client_assertion=a.b.c"
refused 401 invalid_client "an assertion of another type" \
    -d "$grant&client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
refused 401 invalid_client "an assertion too long" \
    -d "$grant&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=$(long 9000)"
http 200 "two proofs: the verifier's to refuse" -u "$basic" -H "DPoP: a" -H "DPoP: b" -d "$grant" "$here/token"
asked "proofs=2 proof_len=0"
http 200 "a proof too long: as one too many" -u "$basic" -H "DPoP: $(long 9000)" -d "$grant" "$here/token"
asked "proofs=2 proof_len=0"
http 200 "a certificate and an address that a stranger tells of" -u "$basic" -d "$grant" \
    -H "Mintmark-Client-Certificate: AAAA" -H "X-Forwarded-For: 192.0.2.7" "$here/token"
asked "address=::ffff:127.0.0.1 client_id=batch secret"

echo "checking: what the grants want"
refused 400 invalid_request "no code" -d "client_id=mail-app&grant_type=authorization_code"
refused 400 invalid_grant "a code too long" -d "client_id=mail-app&grant_type=authorization_code&code=$(long 100)"
refused 400 invalid_request "no refresh token" -d "client_id=mail-app&grant_type=refresh_token"
refused 400 invalid_grant "a refresh token too long" \
    -d "client_id=mail-app&grant_type=refresh_token&refresh_token=$(long 100)"
refused 400 invalid_request "no device code" \
    -d "client_id=mail-app&grant_type=urn:ietf:params:oauth:grant-type:device_code"
refused 400 invalid_request "no subject token" -u "$basic" \
    -d "grant_type=urn:ietf:params:oauth:grant-type:token-exchange"
refused 400 invalid_target "two targets" -u "$basic" -d "grant_type=urn:ietf:params:oauth:grant-type:token-exchange" \
    -d "subject_token=x&subject_token_type=y&resource=https://a.example&audience=https://b.example"

echo "checking: other endpoints"
http 400 "revocation of nothing" -u "$basic" -X POST -H "Content-Type: application/x-www-form-urlencoded" "$here/revoke"
error invalid_request
not_asked
http 401 "introspection by nobody" -d token=x "$here/introspect"
error invalid_client
not_asked
http 400 "introspection of two tokens" -u "$basic" -d "token=x&token=y" "$here/introspect"
error invalid_request
http 401 "userinfo with a secret" -u "$basic" "$here/userinfo"
header 'WWW-Authenticate: Bearer realm="test"'
not_asked
http 401 "userinfo with a token in the address" "$here/userinfo?access_token=x"
not_asked
http 401 "userinfo with a token in the body" -d access_token=x "$here/userinfo"
not_asked
http 400 "userinfo with two tokens" -H "Authorization: Bearer x" -H "Authorization: Bearer y" "$here/userinfo"
not_asked
http 401 "userinfo with a token too long" -H "Authorization: Bearer $(long 17000)" "$here/userinfo"
not_asked
http 401 "userinfo with the longest of all fields" -H "Authorization: Bearer $(long 17000)" -H "DPoP: $(long 8192)" \
    -H "Mintmark-Client-Certificate: $(long 16384)" "$here/userinfo"
not_asked
http 431 "a head that has no room" -H "X: $(long 60000)" "$here/userinfo"
not_asked

# page STATUS WHAT QUERY: no redirect, whatever it says.
page()
{
	http "$1" "$2" "$here/authorize?$3"
	no_header Location
	header "Content-Type: text/html; charset=utf-8"
	header "X-Frame-Options: DENY"
}

echo "checking: the authorization endpoint leads nowhere that is not the client's"
page 400 "no client" "$place&response_type=code&$challenge"
not_asked
page 400 "no such client" "client_id=nobody&$place&response_type=code&$challenge"
page 400 "a client twice" "client_id=mail-app&$good"
not_asked
page 400 "a place twice" "$place&$good"
not_asked
page 400 "no place" "client_id=mail-app&response_type=code&$challenge"
page 400 "a place that is not its own" "client_id=mail-app&redirect_uri=https://evil.example/&response_type=code&$challenge"
for each in https://app.example/cb%2F..%2Fevil https://app.example/cb/ https://app.example/cb%23 HTTPS://app.example/cb \
    https://app.example:443/cb https://app.example%40evil.example/cb https://app.example/cb%3Fx=1 \
    https://app.example%5C.evil.example/cb javascript:alert%281%29 data:text/html,x %2F%2Fevil.example/cb \
    https://app.example/cb%20 https://xn--app-.example/cb "$(long 2000)" https://user%40app.example/cb \
    https://app.example./cb https://app.example/x/../cb https://app.example/%252e%252e/cb https://app.example//cb \
    https://app.example/%2563b http://app.example/cb https:app.example/cb %2F%2Fapp.example/cb https://app.example/CB \
    https://app.example/cb%3Bx https://app.example%252f@evil.example/cb http://127.0.0.1%40evil.example/cb \
    http://127.0.0.1.evil.example/cb http://2130706433/cb http://%5B::ffff:127.0.0.1%5D/cb; do
	page 400 "a place with a trick: $(printf '%s' "$each" | cut -c 1-50)" \
	    "client_id=mail-app&redirect_uri=$each&response_type=code&$challenge"
done
page 400 "a place with a line's end" "client_id=mail-app&redirect_uri=https://app.example/cb%0d%0aX:y&response_type=code"
not_asked
page 400 "a place with a NUL" "client_id=mail-app&redirect_uri=https://app.example/cb%00&response_type=code"
not_asked

# back ERROR WHAT QUERY: the client is told.
back()
{
	http 302 "$2" "$here/authorize?$3"
	header_has Location "https://app.example/cb?error=$1&"
	header_has Location "&iss="
}

back unsupported_response_type "another response type" "client_id=mail-app&$place&response_type=token&$challenge"
back unsupported_response_type "two of them" "client_id=mail-app&$place&response_type=code%20id_token&$challenge"
back invalid_request "no response type" "client_id=mail-app&$place&$challenge"
back invalid_request "no challenge" "client_id=mail-app&$place&response_type=code"
back invalid_request "a plain challenge" "client_id=mail-app&$place&response_type=code&code_challenge=x&code_challenge_method=plain"
back invalid_request "a challenge of no method" "client_id=mail-app&$place&response_type=code&code_challenge=x"
back invalid_request "a scope twice" "$good&scope=a&scope=b"
back invalid_request "a state twice" "$good&state=a&state=b"
if tr -d '\r' <"$world/head" | grep -i '^Location:' | grep -q 'state='; then
	fail "one of two states is given back"
fi
back invalid_target "two resources" "$good&resource=a&resource=b"
back invalid_request "a fragment" "$good&response_mode=fragment"
back invalid_request "a form" "$good&response_mode=form_post"
back request_not_supported "a request object" "$good&request=a.b.c"
back request_uri_not_supported "its address" "$good&request_uri=https://evil.example/"
back invalid_request "none and another prompt" "$good&prompt=none%20login"
back invalid_request "an age that is none" "$good&max_age=-1"
back invalid_request "a nonce too long" "$good&nonce=$(long 300)"
back invalid_request "a thumbprint that is none" "$good&dpop_jkt=x"
http 302 "a state that would be a header" "$here/authorize?client_id=mail-app&$place&response_type=token&state=a%20%26error%3Dx%23%22"
header_has Location "&state=a%20%26error%3Dx%23%22&"

back invalid_request "none, and none again, and login" "$good&prompt=none%20none%20login"
back invalid_request "an age with a sign" "$good&max_age=%2B5"
back invalid_request "an age of letters" "$good&max_age=1e3"
back invalid_request "an age that is too much" "$good&max_age=99999999999999999999"
back invalid_request "a thumbprint in the other alphabet" "$good&dpop_jkt=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw%2BcM"
back unsupported_response_type "a code in other letters" "client_id=mail-app&$place&response_type=CODE&$challenge"
back invalid_request "a challenge's method in other letters" \
    "client_id=mail-app&$place&response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=s256"
# RFC 9207: whose answer it is stands in each, as the metadata has it.
http 302 "the issuer in an error" "$here/authorize?client_id=mail-app&$place&response_type=token&$challenge"
header_has Location "&iss=http%3A%2F%2F127.0.0.1%3A$port%2Fr"
http 200 "the same issuer in the metadata, whatever host is asked" -H "Host: evil.example" \
    -H "X-Forwarded-Host: evil.example" -H "Forwarded: host=evil.example" "$here/.well-known/openid-configuration"
member issuer "\"$here\""
member authorization_response_iss_parameter_supported true
has_not evil.example

echo "checking: what our own forms have is nobody else's"
http 200 "a request that looks like one of them" \
    "$here/authorize?$good&purpose=device&user_code=BCDF-GHJK&username=mallory%40evil.example&password=x&decision=allow&seal=x"
has "to continue to"
has_not "to connect a device"
has_not mallory
has_not BCDF
asked "verify AUTHORIZE_CHECK"

echo "checking: pages show nothing of a stranger's as HTML"
for name in login_hint state nonce scope prompt resource; do
	http 200 "a stranger's $name" "$here/authorize?$good&$name=%3C%2Fp%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%26%22%27"
	has_not '<script'
	has_not '</p><'
done
http 200 "a name in the form" "$here/authorize?$good&login_hint=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
has '&quot;&gt;&lt;script&gt;'
has_not '<script'
http 200 "a state in the form" "$here/authorize?$good&state=%22%20autofocus%20onfocus%3Dalert(1)%20x%3D%22"
has 'value="&quot; autofocus onfocus=alert(1) x=&quot;"'
http 200 "a client that turns the writing around" "$here/authorize?$good&login_hint=%E2%80%AEmoc.evil"
has_not "$(printf '\342\200\256')"

http 200 "it is as it was" -u "$basic" -d "$grant" "$here/token"
end
finish
