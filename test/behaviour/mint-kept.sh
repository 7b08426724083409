#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A ledger whose old segments are not kept any more: an anchor stands for them, also in a backup of it and in what is
# restored from that; of an old token it is said that nothing is known, and not that it was never issued.
# shellcheck disable=SC2016,SC2034,SC2317 # commands are texts for eval, and use what stands here
set -u
port=21690

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

ledger=$world/state/mint/ledger

# says TEXT: what was said last. shows STATUS TOKEN: 'ledger show' ends so.
says()
{
	grep -q -- "$1" "$world/said"
}

shows()
{
	local status=0

	run ledger show "$2" >"$world/said" 2>&1 || status=$?
	[ "$status" -eq "$1" ]
}

# What is said of the past, by the running ledger, its files and an audit of them.
check_the_past()
{
	check "$1: of a token of before it says that nothing is known" shows 1 "$old"
	check "$1: and why" says 'lder than what is kept'
	check "$1: its files say the same" eval '! run ledger show "$old" --dir "$ledger" >"$world/said" 2>&1'
	check "$1: and why" says '^Older than what is kept'
	check "$1: the ledger is whole" eval 'run ledger audit >"$world/said"'
	check "$1: the audit says what is not there" says '^not kept any more: segments up to [1-9]'
	check "$1: and that it is signed" says 'signed under the pinned root'
	check "$1: a token that is kept is shown" shows 0 "$known"
}

# ---- a ledger of three days, of which one is kept ----

world_configure
sed -i '1i ledger_keep = 1' "$config"
run init >"$world/said" 2>&1 || { sed 's/^/  init: /' "$world/said"; fail "init"; finish; }
old=$("$MINTMARK_BUILD/test/behaviour/aged_ledger" "$ledger" 3 enterprise) || { fail "no old ledger is made"; finish; }
[ "$(id -u)" -ne 0 ] || chown nobody: "$ledger"/*.ledger
mint_start "$world" "$log" || { fail "the mint does not start"; finish; }
await 30 add_robot enterprise "$audience" || { fail "client add"; finish; }
secret=$added
check "a token is made" await 30 is_made
known=$made
check "old segments go" await 30 eval '[ -s "$ledger/anchor" ] && [ ! -e "$ledger/0000000001.ledger" ]'
check_the_past "running"

# ---- its backup ----

check "it is backed up while it runs" run backup "$world/backup.tar"
check "with its anchor" eval 'tar tf "$world/backup.tar" | grep -qx ledger/anchor'
check "a token that the backup does not know" is_made
lost=$made
mint_stop

# ---- the host is gone, but for its sealing keys, which were kept elsewhere ----

mkdir "$world/kept"
(cd "$world/state/mint" && find . -name 'sealing.key' -exec cp --parents {} "$world/kept/" \;)
rm -rf "$world/state"
mkdir -m 755 "$world/state"
check "it is restored" run restore "$world/backup.tar"
(cd "$world/kept" && find . -name 'sealing.key' -exec cp --parents {} "$world/state/mint/" \;)
check "with its anchor" [ -s "$ledger/anchor" ]
mint_start "$world" "$log" || { fail "it does not start with what was restored"; finish; }
check "it makes tokens again" await 60 is_made
expect "which are accepted" robots OK "$made"
check_the_past "restored"
check "a token behind the backup is not known" shows 1 "$lost"
check "which it says" says '^Not known'
mint_stop
check "no alarm of the ledger" eval '! grep "alarm:" "$log" | grep -i "damaged\|anchor\|oldest segments"'

# ---- over what goes on from it ----

check "it is restored once more" run restore --force "$world/backup.tar"
mint_start "$world" "$log" || { fail "it does not start after that"; finish; }
check "and makes tokens" await 60 is_made
check_the_past "restored again"

# ---- another anchor ----

mint_stop
check "an anchor is changed" damage "$ledger/anchor" 150
check "a changed anchor is found" eval '! run ledger audit >"$world/said" 2>&1'
check "and called so" says 'the anchor is damaged'
finish
