#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The issuer with TLS: clients' certificates, by TLS and told by a trusted proxy, and cookies that only TLS carries.
set -eu
port=21404
realm="https://localhost:$port/r"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"

# certificate NAME SUBJECT [ISSUER]: NAME.pem and NAME.key, signed by ISSUER or by itself.
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$world/$1.key" \
	    -out "$world/$1.pem" -subj "$2" -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	    ${3:+-CA "$world/$3.pem" -CAkey "$world/$3.key"} 2>"$null" || fail "making the certificate $1"
}

certificate authority "/O=Contoso/CN=Authority"
certificate server "/CN=localhost" authority
certificate batch "/O=Contoso/OU=Night/CN=batch" authority
certificate stranger "/O=Contoso/OU=Night/CN=batch"

start tls "$world/server.pem" "$world/server.key" "$world/authority.pem"
base=https://localhost:$port
here=$base/r
ca="--cacert $world/authority.pem"
grant=grant_type=client_credentials

# shellcheck disable=SC2086 # options of curl
{
	http 200 "metadata over TLS" $ca "$here/.well-known/openid-configuration"
	member issuer "\"$here\""
	http 200 "a certificate that an authority vouches for" $ca --cert "$world/batch.pem" --key "$world/batch.key" \
	    -d "$grant&client_id=batch" "$here/token"
	asked "client_id=batch certificate trusted=1 subject=CN=batch,OU=Night,O=Contoso"
	http 200 "one that nobody vouches for" $ca --cert "$world/stranger.pem" --key "$world/stranger.key" \
	    -d "$grant&client_id=batch" "$here/token"
	asked "client_id=batch certificate trusted=0"
	http 401 "no certificate" $ca -d "$grant&client_id=batch" "$here/token"
	http 200 "the sign-in page" $ca "$here/authorize?client_id=mail-app&redirect_uri=https://app.example/cb&response_type=code&code_challenge=x&code_challenge_method=S256"
	header_has Set-Cookie "__Host-mintmark-test-form="
	header_has Set-Cookie "; Path=/; HttpOnly; SameSite=Lax; Secure"
	http 000 "without TLS" "http://localhost:$port/healthz"
	http 000 "TLS 1.1" $ca --tls-max 1.1 "$base/healthz"
}
end

start proxy 127.0.0.1
base=http://127.0.0.1:$port
here=$base/r
pem=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(open(sys.argv[1]).read()))' "$world/batch.pem")
http 200 "what a trusted proxy tells" -H "Mintmark-Client-Certificate: $pem" -H "X-Forwarded-For: 203.0.113.9, 192.0.2.7" \
    -d "$grant&client_id=batch" "$here/token"
asked "address=::ffff:192.0.2.7 client_id=batch certificate trusted=0"
http 200 "an address of IPv6" -u 'batch:s3cret%3A%2B+%25' -H "X-Forwarded-For: 2001:db8::7" -d "$grant" "$here/token"
asked "address=2001:db8::7 client_id=batch"
http 200 "an address that is none" -u 'batch:s3cret%3A%2B+%25' -H "X-Forwarded-For: mail.example" -d "$grant" "$here/token"
asked "address=::ffff:127.0.0.1 client_id=batch"
http 401 "a certificate that is none" -H "Mintmark-Client-Certificate: AAAA%" -d "$grant&client_id=batch" "$here/token"
http 401 "two certificates" -H "Mintmark-Client-Certificate: $pem" -H "Mintmark-Client-Certificate: $pem" \
    -d "$grant&client_id=batch" "$here/token"
end
finish
