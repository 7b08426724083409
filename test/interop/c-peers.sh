#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The classes of failure that token libraries have had, shown to Debian's C libraries and to Mintmark: doc/peers.md is
# what they answer, and Mintmark refuses each for its reason. And libjwt and Mintmark take each other's genuine tokens.
# shellcheck disable=SC2154 # world, mintmark, what and config are of command_world.sh
set -eu
peers=$MINTMARK_BUILD/test/interop/c-peers
[ -x "$peers" ] || { echo "not run: built without libjwt, cjose, jose and rhonabwy"; exit 77; }
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

for key in KE1 KE2; do
	openssl pkey -in "$world/keys/$key.pem" -pubout -out "$world/keys/$key.public.pem"
done

# class TEXT KEY REASON RECIPE…: a token of this class for the libraries, with the type that libjwt wants, and what
# Mintmark says of the same recipe.
: >"$world/questions"
: >"$world/classes"
class()
{
	text=$1
	key=$2
	reason=$3
	shift 3
	number=$((${number:-0} + 1))
	echo "$number $key $(token --typ JWT "$@")" >>"$world/questions"
	echo "$text" >>"$world/classes"
	run "$([ "$reason" = OK ] && echo 0 || echo 1)" "$text" verify -c "$config" -s mail --json \
	    --mailbox alice@contoso.example - <<-END
		$(token "$@")
	END
	member reason "\"$reason\""
	echo "$reason" >>"$world/reasons"
}

class "genuine, RS256" KE1 OK
class "genuine, ES256" KE2 OK --key KE2
class "HMAC by the public key's PEM" KE1 ALG_FORBIDDEN --alg HS256 --signature hmac-pem
class "HMAC by an empty key" KE1 ALG_FORBIDDEN --alg HS256 --signature hmac-empty
class "no signature, 'none'" KE1 ALG_FORBIDDEN --alg none --signature empty
class "the key's algorithm in lower case" KE1 ALG_FORBIDDEN --header 'alg="rs256"'
class "another algorithm of the key's type" KE1 ALG_FORBIDDEN --alg PS256
class "ES256 of 80 bytes" KE2 SIGNATURE_INVALID --key KE2 --signature 80-bytes
class "ES256 with bytes behind it" KE2 SIGNATURE_INVALID --key KE2 --signature long
class "ES256 in DER" KE2 SIGNATURE_INVALID --key KE2 --signature der
class "ES256 of zeroes (psychic)" KE2 SIGNATURE_INVALID --key KE2 --signature all-zero
class "RS256 plus the modulus" KE1 SIGNATURE_INVALID --signature plus-modulus
class "unused bits set in the text of the header" KE1 TOKEN_MALFORMED --spell header-unused-bits
class "unused bits set in the text of the payload" KE1 TOKEN_MALFORMED --spell payload-unused-bits
class "unused bits set in the text of the signature" KE2 TOKEN_MALFORMED --key KE2 --spell signature-unused-bits
class "padding behind the payload" KE1 TOKEN_MALFORMED --spell payload-padded
class "padding behind the signature" KE1 TOKEN_MALFORMED --spell signature-padded
class "a fourth segment" KE1 TOKEN_MALFORMED --spell fourth-segment
class "an empty fourth segment" KE1 TOKEN_MALFORMED --spell empty-fourth-segment
class "a critical member that nobody knows" KE1 HEADER_FORBIDDEN --header 'crit=["x"]' --header x=1
class "a payload that is said not to be encoded" KE1 HEADER_FORBIDDEN --header b64=false --header 'crit=["b64"]'
class "zip" KE1 HEADER_FORBIDDEN --header 'zip="DEF"'
class "a key in the header" KE1 HEADER_FORBIDDEN --header 'jwk={"kty":"oct","k":"AA"}'
class "a claim twice" KE1 CLAIM_DUPLICATE --more-claim 'tid="{B}"'
class "another realm's kid" KE1 KEY_REALM_MISMATCH --kid KC1
class "no kid" KE1 KID_MISSING --no-header kid
class "exp a string" KE1 CLAIM_MALFORMED --claim 'exp="x"'
class "exp of 1e300" KE1 CLAIM_MALFORMED --claim exp=1e300
class "no exp" KE1 CLAIM_MISSING --no-claim exp
class "expired" KE1 EXPIRED --claim 'exp={now-4000}' --claim 'iat={now-7000}' --claim 'nbf={now-7000}'
class "not before an hour from now" KE1 NOT_YET_VALID --claim 'nbf={now+3600}'
class "another audience" KE1 AUDIENCE_MISMATCH --claim 'aud="https://drive.example"'

# ---- what the libraries say ----

"$peers" verify "$world/common.jwks" "$world/keys" <"$world/questions" >"$world/answers" 2>"$world/err" ||
    fail "the libraries cannot be asked"
cut -d ' ' -f 2- "$world/answers" | sed 's/[a-z]*=//g; s/ / | /g' >"$world/cells"
paste -d '|' "$world/classes" "$world/cells" "$world/reasons" | sed 's/|\([^ ]\)/ | \1/g; s/^/| /; s/$/ |/' >"$world/table"
[ "$(wc -l <"$world/table")" -eq "$number" ] || fail "$number classes, but $(wc -l <"$world/table") answers"

versions=$(dpkg-query -W -f '${source:Version} ' libjwt-dev libcjose-dev libjose-dev librhonabwy-dev)
echo "checking: doc/peers.md is what these say: $versions"
sed -n '/^| genuine, RS256/,/^$/p' "$MINTMARK_SOURCE/doc/peers.md" | sed '/^$/d' >"$world/documented"
diff -u "$world/documented" "$world/table" || fail "doc/peers.md is not what the libraries say"

# ---- both ways with libjwt, which writes the type JWT ----

sed 's/^\( *\)issuer *=.*/&\n\1token_types = { "JWT" }/' "$config" >"$world/jwt.conf"
for pair in "RS256 KE1" "ES256 KE2"; do
	key=${pair#* }
	token --key "$key" | cut -d . -f 2 | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' |
	    base64 -d >"$world/claims"
	"$peers" sign "$world/keys/$key.pem" "${pair% *}" "$key" <"$world/claims" >"$world/signed"
	run 0 "libjwt's ${pair% *}, the whole decision" verify -c "$world/jwt.conf" -s mail --json \
	    --mailbox alice@contoso.example - <"$world/signed"
	member kid "\"$key\""
	sed 's/\.\(....\)\([^.]*\)\./.\2\1./' "$world/signed" >"$world/damaged"
	run 1 "libjwt's ${pair% *}, damaged" verify -c "$world/jwt.conf" -s mail --json - <"$world/damaged"
done
for number in 1 2; do
	grep -q "^$number libjwt=accepts" "$world/answers" || fail "libjwt refuses our token $number"
done
finish
