#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A disk that has no room for the ledger, or takes no writes: nothing is issued, which /readyz, metrics and 'mintmark
# status' say; deciding goes on; and all of it is over by itself when the disk can be written.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21550

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

disk=$world/state/mint/ledger
mkdir -p "$disk"
# A segment of the ledger has 64 MiB. Only root can make a small disk.
if ! mount -t tmpfs -o size=16m,mode=700 tmpfs "$disk" 2>"$world/null"; then
	echo "not run: no small disk can be mounted here"
	exit 77
fi
trap 'mint_stop; umount "$disk"; clean_up' EXIT

launch()
{
	setsid "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon" \
	    </dev/null >>"$log" 2>&1 &
	mint_pid=$!
}

is_told()
{
	! run status >"$world/said" 2>&1 && grep -q "$1" "$world/said"
}

is_well()
{
	run status >"$world/said" 2>&1
}

# How many requests the verifier has had, by its newest status.
requests()
{
	run status --json 2>"$world/null" | grep -o '"realm":"enterprise","store_failed".*' |
	    grep -o '"requests":[0-9]*' | head -n 1 | cut -d : -f 2
}

# Somebody whom it turns away, for which it writes nothing, until it has told its status after that.
is_later()
{
	curl -s -o "$world/said" -u "robot:wrong" -d grant_type=client_credentials "$issuer/token"
	[ "$(requests)" -gt "$1" ]
}

world_configure
run init >"$world/said" 2>&1 || { sed 's/^/  init: /' "$world/said"; fail "init"; finish; }

echo "== no room for the ledger"
launch
check "status says it" await 30 is_told '! ledger: .*No space'
check "an application can be added" await 30 add_robot enterprise "$audience"
secret=$added
check "nothing is issued" eval '[ -z "$(token)" ]'
check "the gate is not ready, and says why" eval 'curl -s "http://$gate/readyz" | grep -q "no good key has come from the ledger"'
check "the issuer is not ready" eval '[ "$(curl -s -o "$world/said" -w "%{http_code}" "$issuer/readyz")" = 503 ]'

echo "== room"
mount -o remount,size=200m "$disk"
check "tokens are made by themselves" await 40 is_made
check "and accepted" await 20 is_decided robots OK "$made"
check "status: nothing is wrong" await 20 is_well
before=$made

echo "== a store that cannot be written"
mint_stop
mount -o remount,ro "$disk"
launch
check "status says it" await 30 is_told '! ledger: .*[Rr]ead-only'
check "nothing is issued" eval '[ -z "$(token)" ]'
mount -o remount,rw "$disk"
check "tokens are made by themselves" await 40 is_made
check "and accepted" await 20 is_decided robots OK "$made"
check "and so is what was made before" await 20 is_decided robots OK "$before"
check "status: nothing is wrong" await 20 is_well

echo "== no room for the people's table"
mint_stop
table=$world/state/mint/enterprise/table
cp -a "$table" "$world/table"
mount -t tmpfs -o size=1m,mode=700 tmpfs "$table"
trap 'mint_stop; umount "$table" "$disk"; clean_up' EXIT
cp -a "$world/table/." "$table/"
chown --reference="$world/table" "$table"
launch
check "tokens are made" await 40 is_made
dd if=/dev/zero of="$table/full" bs=4096 2>"$world/null"
check "nothing can be added" eval '! run client add enterprise more --confidential --grant client_credentials \
    --scope run --audience "$audience" >"$world/said" 2>&1 && grep -q "cannot be written" "$world/said"'
check "status says it" await 20 is_told '! .*verifier'
check "nothing is issued, not even to who writes nothing" eval '[ -z "$(token)" ]'
check "the issuer is not ready" eval '[ "$(curl -s -o "$world/said" -w "%{http_code}" "$issuer/readyz")" = 503 ]'
check "and says why" grep -q "nothing can be recorded" "$world/said"
check "as do its metrics" eval 'curl -s "$issuer/metrics" | grep -qx "mintmark_issuer_trouble{cause=\"record\"} 1"'
check "somebody asks who writes nothing" await 20 is_later "$(requests)"
check "and it goes on to say it" is_told '! .*verifier'
rm "$table/full"
check "and no more when there is room" await 30 is_well
check "tokens are made by themselves" await 40 is_made

echo "== a people's table that could only be read at the start"
mint_stop
mount --bind "$table/table.sqlite" "$table/table.sqlite"
mount -o remount,bind,ro "$table/table.sqlite"
trap 'mint_stop; umount -l "$table/table.sqlite"; umount "$table" "$disk"; clean_up' EXIT
launch
check "status says it" await 30 is_told '! verifier of realm enterprise: its table cannot be written'
check "nothing is issued" eval '[ -z "$(token)" ]'
verifier=$(process enterprise/verifier)
umount -l "$table/table.sqlite"
trap 'mint_stop; umount "$table" "$disk"; clean_up' EXIT
check "tokens are made by themselves" await 40 is_made
check "by the same process" [ "$(process enterprise/verifier)" = "$verifier" ]
finish
