#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bound tokens behind a real nginx with the files of conf/nginx: the proof is for the address that the client asked nginx
# for, the certificate is the one that it showed to nginx, and what a client says of either itself counts for nothing.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
command -v nginx >/dev/null || { echo "not run: there is no nginx (package nginx-light)"; exit 77; }
command -v openssl >/dev/null || { echo "not run: openssl is not installed"; exit 77; }
port=20740
application_port=20741
nginx_port=20742
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# shellcheck source=test/behaviour/doors_world.sh
. "$MINTMARK_SOURCE/test/behaviour/doors_world.sh"
# shellcheck source=test/behaviour/nginx_server.sh
. "$MINTMARK_SOURCE/test/behaviour/nginx_server.sh"

# A service that demands nonces, and nginx at the unix socket as a trusted proxy.
sed -n '/^service mail {/,/^}/p' "$config" | sed 's/^service mail/service fresh/; s/^}/    binding = dpop\n    dpop_nonce = required\n}/' >"$world/fresh"
cat "$world/fresh" >>"$config"
sed -i 's|^journal_segment = .*|&\ntrusted_proxies = { "unix" }|' "$config"
start
application $application_port

# nginx over TLS, which asks its clients for certificates and takes any: what the token is bound to says which.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$world/site.key" -out "$world/site.pem" 2>"$world/null"
with_tls()
{
	sed -i "s|listen 127.0.0.1:$nginx_port;|listen 127.0.0.1:$nginx_port ssl; ssl_certificate $world/site.pem; ssl_certificate_key $world/site.key; ssl_verify_client optional_no_ca;|; s|server_name web.example;|server_name 127.0.0.1;|" \
	    "$world/nginx/snippets/example.conf"
}
nginx_answers()
{
	curl -s -o "$world/null" --max-time 2 --cacert "$world/site.pem" "https://127.0.0.1:$nginx_port/"
}
nginx_configure mail "$nginx_port" $application_port
with_tls
nginx_start
api=https://127.0.0.1:$nginx_port/api/x
alice=$(token --bound-to-key D1)

# proof RECIPE…: for Alice's token and the address that the client asks for.
proof()
{
	token --proof-of "$alice" --claim "htu=\"$api\"" "$@"
}

# ask STATUS WHAT PROOF CURL-ARGUMENT…
ask()
{
	ask_status=$1
	ask_what=$2
	ask_proof=$3
	shift 3
	http "$ask_status" "$ask_what" --cacert "$world/site.pem" -H "Authorization: DPoP $alice" -H "DPoP: $ask_proof" "$@" "$api"
}

echo "== DPoP"
one=$(proof)
ask 200 "a proof for nginx's address" "$one"
alice_came
ask 401 "the same again" "$one"
header 'WWW-Authenticate: DPoP realm="mail", error="invalid_token", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519"'
recorded reason=REPLAYED
http 200 "an address with a query" --cacert "$world/site.pem" -H "Authorization: DPoP $alice" -H "DPoP: $(proof)" "$api?a=b"
ask 200 "another method" "$(proof --claim 'htm="PUT"')" -X PUT
ask 401 "another address" "$(proof --claim 'htu="https://mail.example/inbox"')"
recorded reason=BINDING_MISMATCH
ask 401 "a client that says which address it asked for" "$(proof --claim 'htu="https://mail.example/inbox"')" \
    -H X-Forwarded-Proto:https -H X-Forwarded-Host:mail.example -H X-Forwarded-Uri:/inbox -H X-Forwarded-Method:GET
recorded reason=BINDING_MISMATCH
# Who was shown the token and a proof for his own address has nothing that opens this one.
elsewhere='htu="https://elsewhere.example/api/x"'
ask 401 "another host's proof, and a client that names that host" "$(proof --claim "$elsewhere")" -H Host:elsewhere.example
recorded reason=BINDING_MISMATCH
ask 401 "the same beside a whole address" "$(proof --claim "$elsewhere")" -H Host:elsewhere.example --request-target "$api"
recorded reason=BINDING_MISMATCH
http 401 "the token alone" --cacert "$world/site.pem" -H "Authorization: Bearer $alice" "$api"
recorded reason=BINDING_MISSING

echo "== certificates"
d1=$(token --bound-to-cert D1)
escaped=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(open(sys.argv[1]).read(), safe=""))' "$world/keys/D1.crt")
http 200 "its own" --cacert "$world/site.pem" --cert "$world/keys/D1.crt" --key "$world/keys/D1.pem" -H "Authorization: Bearer $d1" "$api"
alice_came
http 401 "another's" --cacert "$world/site.pem" --cert "$world/keys/D2.crt" --key "$world/keys/D2.pem" -H "Authorization: Bearer $d1" "$api"
recorded reason=BINDING_MISMATCH
http 401 "none" --cacert "$world/site.pem" -H "Authorization: Bearer $d1" "$api"
recorded reason=BINDING_MISSING
for name in Mintmark-Client-Certificate mintmark-client-certificate Mintmark_Client_Certificate; do
	http 401 "a client that only says so, in $name" --cacert "$world/site.pem" -H "Authorization: Bearer $d1" -H "$name: $escaped" "$api"
	recorded reason=BINDING_MISSING
	http 401 "and shows another" --cacert "$world/site.pem" --cert "$world/keys/D2.crt" --key "$world/keys/D2.pem" \
	    -H "Authorization: Bearer $d1" -H "$name: $escaped" "$api"
	recorded reason=BINDING_MISMATCH
done

echo "== nonces"
nginx_stop
nginx_configure fresh "$nginx_port" $application_port
with_tls
nginx_start
ask 401 "a proof without one" "$(proof)"
tr -d '\r' <"$world/head" | grep -q '^WWW-Authenticate: DPoP realm="fresh", error="use_dpop_nonce", algs="' ||
	fail "$what: the challenge does not ask for a nonce"
nonce=$(tr -d '\r' <"$world/head" | sed -n 's/^DPoP-Nonce: //ip')
[ ${#nonce} -eq 43 ] || fail "$what: the nonce did not come through nginx"
ask 200 "a proof with it" "$(proof --claim "nonce=\"$nonce\"")"
alice_came
tr -d '\r' <"$world/head" | grep -qi '^DPoP-Nonce: [A-Za-z0-9_-]\{43\}$' || fail "$what: no nonce for the next"

nginx_stop
end 0
finish
