#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mint whose keys are in a PKCS #11 token: they are made there and cannot be read out; when the token goes away, issuing
# stops, readyz and the log say so, and deciding goes on; when it comes back, issuing goes on without a restart.
set -eu
mintmark=$MINTMARK_BUILD/cli/mintmark
# shellcheck source=test/behaviour/mint_server.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_server.sh"
module=
for each in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/lib64/softhsm/libsofthsm2.so; do
	[ ! -e "$each" ] || module=$each
done
if [ -z "$module" ] || ! command -v softhsm2-util >/dev/null; then
	echo "not run: there is no SoftHSM"
	exit 77
fi
scratch=$(mktemp -d)
trap 'mint_stop; rm -rf "$scratch"' EXIT

fail()
{
	echo "FAILED: $1"
	tail -n 30 "$scratch/log"
	exit 1
}

chmod 755 "$scratch"
mkdir "$scratch/tokens" "$scratch/mint"
cat >"$scratch/softhsm2.conf" <<-CONF
	directories.tokendir = $scratch/tokens
	objectstore.backend = file
	log.level = ERROR
CONF
export SOFTHSM2_CONF=$scratch/softhsm2.conf
# With letters: none of the numbers that a log has.
pin=tau-271828
softhsm2-util --module "$module" --init-token --free --label "mint keys" --pin $pin --so-pin 31415926 >/dev/null
(umask 077 && echo $pin >"$scratch/mint/pin")
[ "$(id -u)" -ne 0 ] || chown -R nobody "$scratch/tokens"
mint_configure "$scratch/mint" 21020 21021 21022
sed -i "s|algorithms = { \"ES256\" }|&\n    key_store = \"pkcs11:$module\"\n    key_store_token = \"mint keys\"\n    key_store_pin = \"pin\"\n    key_store_paths = { \"$scratch/softhsm2.conf\", \"$scratch/tokens\" }\n    key_store_environment = { \"SOFTHSM2_CONF=$scratch/softhsm2.conf\" }|" \
    "$scratch/mint/mintmark.conf"
"$mintmark" init -c "$scratch/mint/mintmark.conf" --root "$scratch/root.key" >/dev/null
mint_start "$scratch/mint" "$scratch/log"
secret=$("$mintmark" client add -c "$scratch/mint/mintmark.conf" --confidential --grant client_credentials \
    --scope mail.read --audience https://mail.example enterprise batch | sed -n 's/^secret, shown.*: //p')

ask_for_token()
{
	curl -s --max-time 15 -u "batch:$secret" -d grant_type=client_credentials -d scope=mail.read \
	    --data-urlencode resource=https://mail.example http://127.0.0.1:21022/token
}

gets_token()
{
	token=$(ask_for_token | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
	[ -n "$token" ]
}

gets_no_token()
{
	! ask_for_token | grep -q access_token
}

decides()
{
	curl -s --max-time 10 -u "dovecot:$(cat "$scratch/mint/dovecot.secret")" --data-urlencode "token=$1" \
	    http://127.0.0.1:21020/v1/introspect/imap | grep -q '"active":'
}

status_says()
{
	"$mintmark" status -c "$scratch/mint/mintmark.conf" >"$scratch/status" 2>&1 || true
	grep -qi -- "$1" "$scratch/status"
}

is_ready()
{
	[ "$(curl -s -o "$scratch/ready" -w '%{http_code}' --max-time 5 http://127.0.0.1:21022/readyz)" = 200 ]
}

log_says()
{
	grep -q -- "$1" "$scratch/log"
}

# await WHAT COMMAND…: for at least 60 s.
await()
{
	local what=$1 tries

	shift
	for tries in $(seq 600); do
		! "$@" || return 0
		sleep 0.1
	done
	fail "$what does not come about (after $tries tries)"
}

echo "checking: keys are made in the token, and tokens are signed by them"
await "a token" gets_token
[ ! -e "$scratch/mint/state/mint/enterprise/keys" ] || [ -z "$(ls "$scratch/mint/state/mint/enterprise/keys")" ] ||
	fail "there are sealed files"
if command -v pkcs11-tool >/dev/null; then
	pkcs11-tool --module "$module" --token-label "mint keys" --login --pin $pin --list-objects --type privkey \
	    >"$scratch/objects" 2>&1
	keys=$(grep -c 'mintmark enterprise ES256' "$scratch/objects")
	[ "$keys" -ge 2 ] || fail "the token has $keys keys of the realm"
	[ "$(grep -c 'never extractable' "$scratch/objects")" -eq "$keys" ] || fail "a key can be taken out"
	id=$(sed -n 's/^ *ID: *//p' "$scratch/objects" | head -n 1)
	pkcs11-tool --module "$module" --token-label "mint keys" --login --pin $pin --read-object --type privkey \
	    --id "$id" --output-file "$scratch/taken" >"$scratch/said" 2>&1 || true
	[ ! -s "$scratch/taken" ] || fail "a key was read out of the token"
else
	echo "not run: reading a key from outside: there is no pkcs11-tool"
fi
decides "$token" || fail "the gate does not answer"

echo "checking: the token goes away"
mv "$scratch/tokens" "$scratch/away"
await "the end of issuing" gets_no_token
await "a word in the log" log_says "the store of keys is away"
await "a word in the status" status_says "key store is away"
! is_ready || fail "readyz does not say it"
curl -s --max-time 5 http://127.0.0.1:21022/metrics | grep -qx 'mintmark_issuer_ready 0' || fail "metrics do not say it"
decides "$token" || fail "the gate does not decide any more"
signer=$(mint_process mintmark-signer | tr '\n' ' ')

echo "checking: it comes back"
mv "$scratch/away" "$scratch/tokens"
await "a token" gets_token
await "a word in the log" log_says "the store of keys is back"
await "a good state" is_ready
[ "$(mint_process mintmark-signer | tr '\n' ' ')" = "$signer" ] || fail "a signer was started anew"
! grep -q "$pin" "$scratch/log" || fail "the PIN stands in the log"
