#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The keys of two running mints, while tokens are issued and one signer is ended again and again by signals that make
# cores: none of their bytes is in another process of Mintmark, in what the mint keeps, in its log, or in a core. Issuing
# goes on with the next signer.
set -eu
program=$MINTMARK_BUILD/test/behaviour/key_secrecy
mintmark=$MINTMARK_BUILD/cli/mintmark
# shellcheck source=test/behaviour/mint_server.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_server.sh"
if [ "$(id -u)" -ne 0 ]; then
	echo "not run: only root may look into the memory of processes"
	exit 77
fi
scratch=$(mktemp -d)
load_pids=
cleanup()
{
	touch "$scratch/enough"
	# shellcheck disable=SC2086 # these are several numbers
	[ -z "$load_pids" ] || wait $load_pids 2>/dev/null || true
	mint_stop
	rm -rf "$scratch"
}
trap cleanup EXIT

fail()
{
	echo "FAILED: $1"
	tail -n 30 "$scratch/searched/log"
	exit 1
}

chmod 755 "$scratch"
mkdir "$scratch/searched" "$scratch/cores"
chmod 1777 "$scratch/cores"
ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -H -c)"
cd "$scratch/cores"
mint=$scratch/searched/mint
mkdir "$mint"
chmod 755 "$scratch/searched" "$mint"
mint_configure "$mint" 21010 21011 21012
"$mintmark" init -c "$mint/mintmark.conf" --root "$scratch/root.key" >/dev/null
mint_start "$mint" "$scratch/searched/log"
secret=$("$mintmark" client add -c "$mint/mintmark.conf" --confidential --grant client_credentials --scope mail.read \
    --audience https://mail.example enterprise batch | sed -n 's/^secret, shown.*: //p')
[ -n "$secret" ] || fail "there is no client"

gets_token()
{
	curl -s --max-time 10 -u "batch:$secret" -d grant_type=client_credentials -d scope=mail.read \
	    --data-urlencode resource=https://mail.example http://127.0.0.1:21012/token | grep -q '"access_token"'
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

# The signer that holds the keys of a realm: by its memory, which must show them.
signer_of()
{
	local realm=$1 pid

	for pid in $(mint_process mintmark-signer); do
		if ! "$program" search "$mint/state/mint/$realm/keys" "$mint/state/mint/$realm/sealing.key" "$realm" \
		    "pid:$pid" >/dev/null 2>&1; then
			echo "$pid"
			return 0
		fi
	done
	return 1
}

# has_signer REALM: one whose keys are open; its number goes to $signer.
signer=
has_signer()
{
	signer=$(signer_of "$1") && [ -n "$signer" ] && [ "$(cat "/proc/$signer/comm" 2>/dev/null)" = mintmark-signer ]
}

search_for()
{
	"$program" search "$mint/state/mint/$1/keys" "$mint/state/mint/$1/sealing.key" "$1" "${@:2}"
}

echo "checking: tokens are issued"
await "a token" gets_token

for _ in 1 2 3; do
	while [ ! -e "$scratch/enough" ]; do gets_token || sleep 0.05; done &
	load_pids="$load_pids $!"
done
for round in 1 2 3; do
	for realm in enterprise consumer; do
		await "a signer of $realm with open keys" has_signer "$realm"
		search_for "$realm" "except:$signer" mintmark: >"$scratch/looked" || {
			cat "$scratch/looked"
			fail "another process has a key of $realm, or could not be looked into"
		}
		looked=$(sed -n 's/looked into \([0-9]*\) processes/\1/p' "$scratch/looked")
		[ "$looked" -ge 8 ] || fail "only $looked processes were looked into"
	done
	await "a signer of enterprise with open keys" has_signer enterprise
	echo "ending signer $signer ($round)"
	kill -s "$( ((round % 2)) && echo ABRT || echo SEGV )" "$signer"
	await "a token after its end" gets_token
done
touch "$scratch/enough"
# shellcheck disable=SC2086 # these are several numbers
wait $load_pids
load_pids=

echo "checking: what the mint keeps, its log, and cores"
for realm in enterprise consumer; do
	search_for "$realm" "$scratch/searched" "$scratch/cores" || fail "a key of $realm stands in a file"
done
[ -z "$(find "$scratch/cores" -type f)" ] || fail "there is a core"
mint_stop
search_for enterprise "$scratch/searched" || fail "a key stands in a file after the end"
