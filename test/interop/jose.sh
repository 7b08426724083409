#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm's jose and Mintmark agree, algorithm by algorithm: what the one signs the other accepts, and neither accepts what
# was changed, cut or signed by another key. They give a key the same thumbprint.
# shellcheck disable=SC2154 # world, mintmark and what are of command_world.sh
set -eu
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

npm=$world/npm
mkdir "$npm"
node_start "$npm"
algorithms="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"

# ---- from npm's jose ----

node_run jose sign "$npm"
cat >"$npm/npm.conf" <<-END
	state_dir = "state"
	realm npm { issuer = "https://npm.example" keys = "file:npm.jwks" }
	tenant npm { realm = npm domains = { "npm.example" } }
	service imap {
	    audience = "https://mail.example"
	    realms = { "npm" }
	    mailbox_claim = "preferred_username"
	}
END

prints_payload()
{
	cmp -s "$npm/$1.payload" "$world/out" || fail "$what: another payload"
}

# refuses FILE WHAT OPTION…: no payload comes out, and the signature is why.
refuses()
{
	file=$1
	named=$2
	shift 2
	run 1 "$named" jose verify "$@" - <"$npm/$file"
	[ ! -s "$world/out" ] || fail "$what: a payload is printed"
	[ -s "$world/err" ] || fail "$what: nothing is said"
}

for alg in $algorithms; do
	run 0 "$alg of npm's jose, by its key" jose verify --key "$npm/$alg.jwk" - <"$npm/$alg.jws"
	prints_payload "$alg"
	run 0 "$alg of npm's jose, by the set of all keys" jose verify --jwks "$npm/npm.jwks" - <"$npm/$alg.jws"
	prints_payload "$alg"
	for damaged in changed flipped cut stranger; do
		refuses "$alg.$damaged" "$alg, $damaged" --key "$npm/$alg.jwk"
		says err "does not hold"
	done
	run 0 "$alg of npm's jose, the whole decision" verify -c "$npm/npm.conf" -s imap --json - <"$npm/$alg.jws"
	member alg "\"$alg\""
	member mailbox '"zoe@npm.example"'
	member thumbprint "\"$(cat "$npm/$alg.thumbprint")\""
	run 1 "$alg, flipped, the whole decision" verify -c "$npm/npm.conf" -s imap --json - <"$npm/$alg.flipped"
	member reason '"SIGNATURE_INVALID"'
done
refuses unsecured.jws "what is not signed" --key "$npm/RS256.jwk"
refuses symmetric.jws "HMAC by the public key" --key "$npm/RS256.jwk"
says err "never are"

# ---- to npm's jose ----

# The keys of the tests' world: one set for these five, one for each of the others.
set_of()
{
	case $1 in
	RS256 | ES256 | ES384 | ES512 | EdDSA) echo "algorithms $1" ;;
	*) echo "$(echo "$1" | tr '[:upper:]' '[:lower:]') KEY" ;;
	esac
}

key_of()
{
	case $1 in
	ES256) echo A-EC256 ;;
	ES384) echo A-EC384 ;;
	ES512) echo A-EC521 ;;
	EdDSA) echo A-ED25519 ;;
	*) echo A-RSA ;;
	esac
}

# another_of ALG: another key, of the same type where there is one.
another_of()
{
	case $1 in
	ES256) echo KE2 ;;
	ES384 | ES512 | EdDSA) echo ATT ;;
	*) echo KE1 ;;
	esac
}

# make ALG SET KID: the set, a token of our maker, and damaged ones.
make()
{
	key=$(key_of "$1")
	cp "$world/$2.jwks" "$npm/$1.jwks"
	token --key "$key" --kid "$3" --alg "$1" >"$npm/$1.ours"
	token --key "$(another_of "$1")" --kid "$3" --alg "$1" >"$npm/$1.ours-stranger"
	token --key "$key" --kid "$3" --alg "$1" --signature short >"$npm/$1.ours-short"
	token --key "$key" --kid "$3" --alg "$1" --signature empty >"$npm/$1.ours-empty"
	token --key "$key" --kid "$3" --alg "$1" --claim 'aud="https://drive.example"' >"$npm/$1.ours-elsewhere"
}

hears()
{
	grep -qxF "$1" "$npm/said" || fail "npm's jose does not say '$1', but $(tr '\n' ';' <"$npm/said")"
}

for alg in $algorithms; do
	# shellcheck disable=SC2046 # a set and a kid
	make "$alg" $(set_of "$alg")
done
# shellcheck disable=SC2086 # names are meant to be split
node_run jose verify "$npm" $algorithms >"$npm/said" || fail "npm's jose does not run"
for alg in $algorithms; do
	echo "checking: npm's jose takes our $alg, and nothing that is damaged"
	hears "accepted $alg.ours"
	for damaged in stranger short empty; do
		hears "refused $alg.ours-$damaged ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
	done
	hears "refused $alg.ours-elsewhere ERR_JWT_CLAIM_VALIDATION_FAILED"
done
finish
