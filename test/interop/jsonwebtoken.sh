#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm's jsonwebtoken and Mintmark agree, algorithm by algorithm: what the one signs the other accepts, and neither
# accepts what was changed or signed by another key.
# shellcheck disable=SC2154 # world, mintmark, what and config are of command_world.sh
set -eu
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

npm=$world/npm
mkdir "$npm"
node_start "$npm"

# The claims of a genuine token, as JSON.
claims()
{
	token | cut -d . -f 2 | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d
}

# Another key of the same type, made now.
stranger()
{
	case $1 in
	ES256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
	ES384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 ;;
	ES512) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 ;;
	*) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>"$world/null" ;;
	esac
}

# agree ALG KEY KID CONFIG: in the world of this configuration the key signs with this algorithm.
agree()
{
	alg=$1
	private=$world/keys/$2.pem
	public=$npm/$2.public.pem
	openssl pkey -in "$private" -pubout -out "$public"
	stranger "$1" >"$world/keys/STRANGER.pem"

	claims | node_run jsonwebtoken sign "$private" "$alg" "$3" >"$npm/theirs"
	run 0 "$alg of npm's jsonwebtoken, the whole decision" verify -c "$world/$4.conf" -s imap --json - <"$npm/theirs"
	member alg "\"$alg\""
	claims | node_run jsonwebtoken sign "$world/keys/STRANGER.pem" "$alg" "$3" >"$npm/strangers"
	run 1 "$alg of npm's jsonwebtoken, by another key" verify -c "$world/$4.conf" -s imap --json - <"$npm/strangers"
	member reason '"SIGNATURE_INVALID"'

	token --key "$2" --kid "$3" --alg "$alg" >"$npm/ours"
	token --key STRANGER --kid "$3" --alg "$alg" >"$npm/ours-stranger"
	token --key "$2" --kid "$3" --alg "$alg" --signature short >"$npm/ours-short"
	token --key "$2" --kid "$3" --alg "$alg" --claim 'aud="https://drive.example"' >"$npm/ours-elsewhere"
	token --key "$2" --kid "$3" --alg none --signature empty >"$npm/ours-none"
	(cd "$npm" && node_folder=. node_run jsonwebtoken verify "$public" "$alg" ours ours-stranger ours-short \
	    ours-elsewhere ours-none) >"$npm/said" || fail "npm's jsonwebtoken does not run"
	echo "checking: npm's jsonwebtoken takes our $alg, and nothing that is damaged"
	[ "$(grep '^accepted' "$npm/said")" = "accepted ours" ] ||
	    fail "npm's jsonwebtoken says $(tr '\n' ';' <"$npm/said")"
}

agree RS256 KE1 KE1 mintmark
agree ES256 KE2 KE2 mintmark
agree RS384 A-RSA KEY rs384
agree RS512 A-RSA KEY rs512
agree PS256 A-RSA KEY ps256
agree PS384 A-RSA KEY ps384
agree PS512 A-RSA KEY ps512
agree ES384 A-EC384 ES384 algorithms
agree ES512 A-EC521 ES512 algorithms
finish
