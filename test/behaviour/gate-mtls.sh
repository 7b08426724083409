#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Certificate-bound tokens at the gate (RFC 8705): the certificate of the gate's own TLS, or the one that a trusted proxy
# or an authenticated caller tells of. A client that writes the proxy's field itself is refused.
set -eu
port=20542
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
command -v openssl >"$world/null" || {
	echo "not run: openssl is not installed"
	exit 77
}

# certificate NAME CN: a key and a certificate of its own.
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$2" \
	    -addext subjectAltName=IP:127.0.0.1 -keyout "$world/$1.key" -out "$world/$1.pem" 2>"$world/null"
	chmod 600 "$world/$1.key"
}

certificate gate localhost
# D1 and D2 are clients of the world with certificates of their own; only D1's is one that the gate believes.
sed -i "s|^listen = .*|listen = { \"tls:$address\", \"unix:$world/gate.sock\" }\ntls_certificate = \"gate.pem\"\ntls_key = \"gate.key\"\ntls_client_certificates = \"clients.pem\"\ntrusted_proxies = { \"unix\" }|" "$config"
cp "$world/keys/D1.crt" "$world/clients.pem"
sed -n '/^service mail {/,/^}/p' "$config" | sed 's/^service mail/service bound/; s/^}/    binding = mtls\n}/' >"$world/bound"
cat "$world/bound" >>"$config"
base=https://$address
start --cacert "$world/gate.pem"

d1=$(token --bound-to-cert D1)
d2=$(token --bound-to-cert D2)
plain=$(token)

# auth STATUS WHAT TOKEN SERVICE CURL-ARGUMENT…
auth()
{
	auth_status=$1
	auth_what=$2
	auth_token=$3
	auth_service=$4
	shift 4
	http "$auth_status" "$auth_what" --cacert "$world/gate.pem" -H "Authorization: Bearer $auth_token" "$@" "$base/v1/auth/$auth_service"
}

# by NAME: curl's arguments for a client with this key and certificate.
by()
{
	echo "--cert $world/keys/$1.crt --key $world/keys/$1.pem"
}

# ---- the gate's own TLS ----

# shellcheck disable=SC2046 # words
auth 200 "its own certificate" "$d1" mail $(by D1)
header "Mintmark-Mailbox: alice@contoso.example"
recorded verdict=allow
auth 401 "no certificate" "$d1" mail
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
recorded reason=BINDING_MISSING
# shellcheck disable=SC2046
auth 401 "another token's certificate" "$(token --bound-to-cert D2)" mail $(by D1)
recorded reason=BINDING_MISMATCH
# shellcheck disable=SC2046
auth 401 "a certificate that nobody vouches for is none" "$d2" mail $(by D2)
recorded reason=BINDING_MISSING
auth 200 "a token that is not bound, without one" "$plain" mail
# shellcheck disable=SC2046
auth 200 "a token that is not bound, with one" "$plain" mail $(by D1)
# shellcheck disable=SC2046
auth 401 "at a service for bound ones" "$plain" bound $(by D1)
recorded reason=BINDING_MISSING
# shellcheck disable=SC2046
auth 200 "a bound one there" "$d1" bound $(by D1)

# ---- what a proxy tells ----

# $ssl_client_escaped_cert of nginx, and DER in base64.
escaped=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(open(sys.argv[1]).read(), safe=""))' "$world/keys/D2.crt")
plain_der=$(openssl x509 -in "$world/keys/D2.crt" -outform DER | base64 -w 0)
proxy="--unix-socket $world/gate.sock"

# told STATUS WHAT TOKEN CERTIFICATE CURL-ARGUMENT…: at the unix socket, whose peers are trusted.
told()
{
	told_status=$1
	told_what=$2
	told_token=$3
	told_field=$4
	shift 4
	# shellcheck disable=SC2086
	http "$told_status" "$told_what" $proxy -H "Authorization: Bearer $told_token" -H "Mintmark-Client-Certificate: $told_field" \
	    "$@" http://gate/v1/auth/mail
}

told 200 "a trusted proxy tells of it" "$d2" "$escaped"
told 200 "in base64" "$d2" "$plain_der"
told 401 "of another" "$d1" "$escaped"
recorded reason=BINDING_MISMATCH
# shellcheck disable=SC2086
http 401 "of none" $proxy -H "Authorization: Bearer $d2" http://gate/v1/auth/mail
recorded reason=BINDING_MISSING
# shellcheck disable=SC2086
http 401 "of an empty one" $proxy -H "Authorization: Bearer $d2" -H "Mintmark-Client-Certificate;" http://gate/v1/auth/mail
recorded reason=BINDING_MISSING
told 401 "of two" "$d2" "$escaped" -H "Mintmark-Client-Certificate: $escaped"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
told 401 "of something else" "$d2" "no certificate"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
told 401 "of two in one" "$d2" "$escaped$escaped"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'

auth 401 "a client that tells of one itself" "$d2" mail -H "Mintmark-Client-Certificate: $escaped"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
# shellcheck disable=SC2046
auth 401 "whatever it showed" "$d1" mail $(by D1) -H "Mintmark-Client-Certificate: $escaped"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
auth 401 "even with a token that is not bound" "$plain" mail -H "mintmark-client-certificate: $escaped"
basic=$(printf 'dovecot:%s' "$secret" | base64 -w 0)
auth 200 "an authenticated caller is believed" "$d2" mail -H "Mintmark-Client-Certificate: $escaped" -H "Mintmark-Caller: Basic $basic"

# ---- introspection ----

thumbprint=$(openssl x509 -in "$world/keys/D2.crt" -outform DER | openssl dgst -sha256 -binary | base64 -w 0 | tr '+/' '-_' | tr -d '=')
http 200 "introspection with a thumbprint" --cacert "$world/gate.pem" -u "dovecot:$secret" -d "token=$d2" \
    -d "certificate_thumbprint=$thumbprint" "$base/v1/introspect/mail"
member active true
http 200 "introspection without" --cacert "$world/gate.pem" -u "dovecot:$secret" -d "token=$d2" "$base/v1/introspect/mail"
body '{"active":false}'
recorded reason=BINDING_MISSING
http 200 "introspection with another's" --cacert "$world/gate.pem" -u "dovecot:$secret" -d "token=$d1" \
    -d "certificate_thumbprint=$thumbprint" "$base/v1/introspect/mail"
body '{"active":false}'
recorded reason=BINDING_MISMATCH
http 200 "introspection with one that is none" --cacert "$world/gate.pem" -u "dovecot:$secret" -d "token=$plain" \
    -d "certificate_thumbprint=abc" "$base/v1/introspect/mail"
body '{"active":false}'
recorded reason=TOKEN_MALFORMED

end 0
finish
