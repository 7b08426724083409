#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark jose verify prints the payload of a JWS whose signature holds, as it stands, and nothing else: not with
# another key, another algorithm, a key that may not verify, or a header that changes what is signed.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

# RFC 8037 appendix A, RFC 7515 appendix A.3.
ed25519='{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
eddsa=eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc
eddsa=$eddsa.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
p256='"crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"'
es256=eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ
es256=$es256.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q
mixed=$world/mixed.jwks

# prints TEXT: the payload is this, to the byte, and nothing is said beside it.
prints()
{
	printf '%s' "$1" | cmp -s - "$world/out" || fail "$what: not this payload"
	[ ! -s "$world/err" ] || fail "$what: something is said"
}

# refused STATUS WHAT TEXT ARGUMENT…: no payload, and this is said.
refused()
{
	said=$3
	wanted_status=$1
	wanted_what=$2
	shift 3
	run "$wanted_status" "$wanted_what" jose verify "$@"
	says err "$said"
	[ ! -s "$world/out" ] || fail "$what: a payload is printed"
}

run 0 "EdDSA, a payload that is no JSON, the key as text" jose verify --key "$ed25519" "$eddsa"
prints 'Example of Ed25519 signing'
run 0 "the algorithm said too" jose verify --alg EdDSA --key "$ed25519" "$eddsa"
prints 'Example of Ed25519 signing'
printf ' %s\n' "$ed25519" >"$world/ed25519.jwk"
printf '%s\n' "$eddsa" >"$world/eddsa.jws"
run 0 "the key of a file, the JWS of standard input" jose verify --key "$world/ed25519.jwk" - <"$world/eddsa.jws"
prints 'Example of Ed25519 signing'
run 0 "ES256" jose verify --key "{\"kty\":\"EC\",$p256}" "$es256"
prints "$(printf '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}')"

# signed FILE KID KEY ALGORITHM: a payload signed so holds by the kid that names the key in the set.
signed()
{
	run 0 "$4" jose verify --jwks "$world/$1.jwks" \
	    "$(token --key "$3" --kid "$2" --alg "$4" --raw-payload "signed: $4")"
	prints "signed: $4"
}

signed algorithms RS256 A-RSA RS256
signed rs384 KEY A-RSA RS384
signed rs512 KEY A-RSA RS512
signed ps256 KEY A-RSA PS256
signed ps384 KEY A-RSA PS384
signed ps512 KEY A-RSA PS512
signed algorithms ES256 A-EC256 ES256
signed algorithms ES384 A-EC384 ES384
signed algorithms ES512 A-EC521 ES512
signed algorithms EdDSA A-ED25519 EdDSA
run 0 "an RSA key that states no algorithm" jose verify --jwks "$world/enterprise.jwks" --alg RS256 \
    "$(token --raw-payload '')"
prints ''

genuine=$(token)
refused 2 "the same without --alg" "--alg is needed" --jwks "$world/enterprise.jwks" "$genuine"
refused 1 "another algorithm than the header's" "another algorithm" --jwks "$world/enterprise.jwks" --alg PS256 "$genuine"
refused 1 "another key" "does not hold" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --key KC1 --kid KE1)"
refused 1 "a kid that the set has not" "no such key" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --kid KE9)"
refused 1 "no kid, and several keys" "names none" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --no-header kid)"
refused 1 "one kid on two keys" "several keys" --jwks "$world/twice.jwks" --alg RS256 "$genuine"
refused 1 "a revoked key" "revoked" --jwks "$world/common.jwks" --alg RS256 "$(token --key KE0)"
refused 1 "a signature of another length" "does not hold" --jwks "$world/enterprise.jwks" --alg RS256 \
    "$(token --signature short)"
refused 1 "a second spelling" "not a JWS" --key "$ed25519" "$eddsa="
refused 1 "nothing" "not a JWS" --key "$ed25519" ""

refused 1 "no algorithm" "never are" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --alg none --signature empty)"
refused 1 "HMAC by the public key" "never are" --jwks "$world/enterprise.jwks" --alg RS256 \
    "$(token --alg HS256 --signature hmac-pem)"
refused 2 "HMAC asked for" "no algorithm that is accepted" --key "$ed25519" --alg HS256 "$eddsa"
refused 1 "a symmetric key" "symmetric" --key '{"kty":"oct","k":"AAAA"}' "$eddsa"
refused 1 "a private key" "private" --key '{"kty":"EC","d":"AAAA",'"$p256}" "$es256"
refused 1 "a key for encryption" "not for verifying" --key '{"kty":"EC","use":"enc",'"$p256}" "$es256"
refused 1 "a point off its curve" "no point" \
    --key '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}' \
    "$es256"
refused 1 "a key of another type" "does not go with the key" --key "$ed25519" "$es256"
refused 1 "crit" "crit" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --more-header 'crit=["exp"]')"
refused 1 "b64" "b64" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --more-header 'b64=false')"
refused 1 "a header member twice" "strict JSON" --jwks "$world/enterprise.jwks" --alg RS256 "$(token --more-header 'alg="RS256"')"

# Keys that are not for us stand beside those that are.
{
	printf '{"keys":['
	printf '{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},'
	printf '%s]}\n' "$ed25519"
} >"$mixed"
run 0 "a set with one key for signatures" jose verify --jwks "$mixed" "$eddsa"
prints 'Example of Ed25519 signing'

refused 2 "no key" "--key or --jwks" "$eddsa"
refused 2 "two keys" "--key or --jwks" --key "$ed25519" --jwks "$mixed" "$eddsa"
refused 2 "no JWS" "one JWS" --key "$ed25519"
refused 2 "no such file" "No such file" --key "$world/absent.jwk" "$eddsa"
refused 2 "a key that is no JSON" "--key:" --key '{"kty":absent}' "$eddsa"
refused 2 "a set that is a key" "'keys'" --jwks "$world/ed25519.jwk" "$eddsa"
refused 2 "an unknown option" "unknown option" --insecure --key "$ed25519" "$eddsa"
run 2 "no verb" jose
run 2 "another verb" jose sign
run 0 "help" jose verify --help
says out "jose verify --key"
finish
