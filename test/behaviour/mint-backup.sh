#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A backup of a running mint, restored on a host that lost everything: no number is given twice, what is known is known,
# and what cannot be known is said so.
# shellcheck disable=SC2317 # functions are called by check
set -eu
port=21630
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"

# sign_in_often FILE COUNT: the numbers of so many tokens, one a line.
sign_in_often()
{
	local each token

	for ((each = 0; each < $2; each++)); do
		token=$(sign_in enterprise $alice) || return 1
		mint_claims "$token" | mint_member jti >>"$1"
	done
}

epoch()
{
	run status --json | grep -o '"epoch":[0-9]*' | head -n 1 | cut -d : -f 2
}

host_start
sign_in_often "$world/before" 5
known=$(sign_in enterprise $alice)
check "backing up while it runs" run backup "$world/backup"
check "and leaves no copy of a table behind" [ ! -e "$world/state/mint.backup" ]
check "holds no sealing key" [ -z "$(find "$world/backup"* -name 'sealing.key' 2>/dev/null)" ]

# ---- a backup that does not come to its end ----

# hold_backup: one that waits for who reads it, before it comes to the tables; its process id goes to held.
mkfifo "$world/pipe"
hold_backup()
{
	"$mintmark" backup - -c "$config" >"$world/pipe" 2>"$world/held" &
	held=$!
	exec 8<"$world/pipe"
}

is_held()
{
	[ -d "$world/state/mint.backup" ] && ! flock -n "$world/state/mint.backup" true
}

hold_backup
check "a backup is being made" await 20 is_held
check "another one waits for no other's tables" refuses "another backup" run backup "$world/second"
kill -KILL $held
wait $held 2>"$world/null" || true
exec 8<&-
echo "a digest of a password" >"$world/state/mint.backup/table"
check "after one that was killed there is another" run backup "$world/second"
check "which leaves nothing of it" [ ! -e "$world/state/mint.backup" ]
for folder in table keys; do
	check "a folder that cannot be read is not taken for one that ends: $folder" \
	    refuses "enterprise/$folder" env LD_PRELOAD="$MINTMARK_BUILD/test/behaviour/unreadable_folder.so" \
	    UNREADABLE="/enterprise/$folder" "$mintmark" backup "$world/third" -c "$config"
done
check "nor is the folder of the mints" \
    refuses "state_dir/mint" env LD_PRELOAD="$MINTMARK_BUILD/test/behaviour/unreadable_folder.so" \
    UNREADABLE="/state/mint" "$mintmark" backup "$world/third" -c "$config"
check "and nothing is left of what failed" [ ! -e "$world/third" ]
lost=$(sign_in enterprise $alice)
sign_in_often "$world/gap" 5
epoch_before=$(epoch)
mint_stop

# ---- the host is gone, but for its sealing keys, which were kept elsewhere ----

mkdir "$world/kept"
(cd "$world/state/mint" && find . -name 'sealing.key' -exec cp --parents {} "$world/kept/" \;)
rm -rf "$world/state"
mkdir -m 755 "$world/state"
check "restoring" run restore "$world/backup"
(cd "$world/kept" && find . -name 'sealing.key' -exec cp --parents {} "$world/state/mint/" \;)
mint_start "$world" "$log" || { fail "it does not start with what was restored"; finish; }
check "people can sign in" await 20 sign_in_often "$world/after" 1
sign_in_often "$world/after" 5
check "no number is given twice" [ -z "$(cat "$world/before" "$world/gap" "$world/after" | sort | uniq -d)" ]
check "what was issued before is known" says "$alice" run ledger show "$known"
decides "and passes" imap OK "$known"
check "of the gap it says that it cannot know" refuses "not known" run ledger show "$lost"
check "the epoch did not go back" [ "$(epoch)" -ge "$epoch_before" ]
check "the ledger holds together" run ledger audit
lost_again=$(sign_in enterprise $alice)
mint_stop

# ---- restored once more, over one that was killed when the old state was put aside and nothing in its place ----

mv "$world/state/mint" "$world/state/mint.replaced"
check "restoring after a restoration that was killed" run restore "$world/backup"
for folder in ledger consumer enterprise; do
	check "the sealing key of $folder is still there" \
	    cmp "$world/kept/$folder/sealing.key" "$world/state/mint/$folder/sealing.key"
done
check "and so is what was put aside" [ -d "$world/state/mint.replaced/ledger" ]
mint_start "$world" "$log" || { fail "it does not start after a second restoration"; finish; }
check "people can sign in again" await 20 sign_in_often "$world/again" 1
sign_in_often "$world/again" 5
check "no number is given twice by a backup that is restored twice" \
    [ -z "$(cat "$world/before" "$world/gap" "$world/after" "$world/again" | sort | uniq -d)" ]
check "of what the first restoration issued it cannot know either" refuses "not known" run ledger show "$lost_again"
mint_stop

# ---- restored so often that a realm's numbers are used up ----

# Three of 63 were before; the same backup again goes on from what it replaces.
restore_until_refused()
{
	local done=3

	while run restore --force "$world/backup" >"$world/said" 2>&1; do
		done=$((done + 1))
		[ "$done" -le 63 ] || return 1
	done
	[ "$done" -eq 63 ]
}

says_what_is_left()
{
	says "can be restored 60 times more" run restore --force "$world/backup"
}

check "a restoration says how often is left" says_what_is_left
check "the 64th is refused" restore_until_refused
check "and says what to do" finds "Give the realm another name"
check "and changes nothing" [ -s "$world/state/mint/enterprise/sealing.key" ]
sed -i -e 's/^realm enterprise /realm companies /' -e 's/"enterprise"/"companies"/' \
    -e 's/^\( *realm *= \)enterprise$/\1companies/' -e 's/^realm consumer /realm people /' -e 's/"consumer"/"people"/' \
    -e 's/^\( *realm *= \)consumer$/\1people/' "$config"
check "under other names they are restored again" run restore --force "$world/backup"
for names in enterprise:companies consumer:people; do
	mkdir -m 700 "$world/state/mint/${names#*:}"
	mv "$world/state/mint/${names%:*}/table" "$world/state/mint/${names#*:}/table"
	[ "$(id -u)" -ne 0 ] || chown nobody: "$world/state/mint/${names#*:}"
done
check "what is missing is made" says "" mint_init "$world"
mint_start "$world" "$log" || { fail "it does not start under other names"; finish; }
issuer[companies]=${issuer[enterprise]}
audience[companies]=${audience[enterprise]}
check "and people sign in with the passwords that they had" await 30 sign_in companies $alice
token=$(sign_in companies $alice)
decides "and are let in" imap OK "$token"
check "and no number is given twice" run ledger audit
mint_stop
check "and it can be restored again" run restore --force "$world/backup"

# ---- an epoch from which there is no way ahead ----

echo 18446744073709551000 >"$world/state/epoch"
check "an epoch without numbers ahead of it is refused" refuses "epoch" run restore --force "$world/backup"
check "and stays as it is" [ "$(cat "$world/state/epoch")" = 18446744073709551000 ]
check "and the mints, too" [ -s "$world/state/mint/enterprise/sealing.key" ]
finish
