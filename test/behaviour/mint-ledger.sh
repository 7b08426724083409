#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the ledger says of tokens, to operators: show, audit and follow; and a backup that is made while the mints run and
# restored: no token id is given twice, no epoch is lowered, and what cannot be known is said.
# shellcheck disable=SC2016,SC2034,SC2317 # commands are texts for eval, and use what stands here
set -u
port=21100

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

mint_service=
mint_urls="http://$gate http://127.0.0.1:$((port + 1)) $issuer"
ledger=$world/state/mint/ledger

says()
{
	grep -q -- "$1" "$world/said"
}

# The jti of a token.
token_id()
{
	"$mintmark" inspect --json "$1" | grep -o '"jti":"[^"]*"' | head -n 1 | cut -d '"' -f 4
}

epoch_now()
{
	run status --json | grep -o '"epoch":[0-9]*' | head -n 1 | cut -d : -f 2
}

world_start
check "a token is made" is_made
"$mintmark" ledger -c "$config" follow >"$world/followed" 2>&1 &
world_pids=$!

# ---- show ----
check "its record is shown" eval 'run ledger show "$made" >"$world/said"'
check "in words" says '^This token was issued'
check "with whom it is for" says '^client  *robot'
id=$(token_id "$made")
check "by its id alone" eval 'run ledger show "$id" --json >"$world/said"'
check "in JSON" says '"state":"issued".*"client":"robot"'
forged=${made%.*.*}.$(printf '{"iss":"x","jti":"%s"}' "$id" | base64 -w 0 | tr '+/' '-_' | tr -d =).AAAA
check "a forgery with its id is told apart" eval '! run ledger show "$forged" >"$world/said"'
check "as never issued" says '^NEVER ISSUED: the ledger has this id, of another token'
check "an id of no mint" eval '! run ledger show AAAAAAAAAAAAAAAAAAAAAA >"$world/said" 2>&1'
check "one that begins with -" eval '! run ledger show -eAAAAAAAAAAAAAAAAAAAA --json >"$world/said" 2>&1'
check "is told so too" says 'no mint of this ledger ever issued it'
check "what is no id" eval 'run ledger show what >"$world/said" 2>&1; [ $? -eq 2 ]'

# ---- follow ----
check "another token is made" is_made
check "and was followed" await 30 grep -q ' issued .*robot' "$world/followed"

# ---- audit, while it runs ----
check "the ledger is whole" eval 'run ledger audit >"$world/said"'
check "and says so" says '^The ledger is whole'
check "its heads are signed" says '^[1-9][0-9]* signed heads hold'

# ---- backup and restore ----
check "a backup is made while all run" eval 'run backup "$world/backup.tar" 2>"$world/said"'
check "any tar reads it" eval 'tar tf "$world/backup.tar" >"$world/said"'
check "it ends with its manifest" eval '[ "$(tail -n 1 "$world/said")" = MANIFEST ]'
check "it has the table" says '^enterprise/table/'
check "it has the sealed keys" says '^enterprise/keys/.*sealed$'
check "no sealing key is in it" eval '! says sealing'
check "a file is not written over" eval '! run backup "$world/backup.tar" 2>"$world/said"'
check "a token that the backup does not know" is_made
later=$made
later_id=$(token_id "$later")
epoch=$(epoch_now)
check "no restoring under a running mintmarkd" eval '! run restore --force "$world/backup.tar" >"$world/said" 2>&1'
check "it says why" says 'stop it first'
mint_stop
check "nor over what is there" eval '! run restore "$world/backup.tar" >"$world/said" 2>&1'
check "it says what to do" says -- --force
head -c $(($(stat -c %s "$world/backup.tar") / 2)) "$world/backup.tar" >"$world/cut.tar"
check "half an archive is none" eval '! run restore --force "$world/cut.tar" >"$world/said" 2>&1'
check "what was there is still there" eval '[ -s "$ledger/0000000001.ledger" ]'
cp "$world/backup.tar" "$world/bad.tar"
check "an archive is changed" damage "$world/bad.tar" 2000
check "a changed archive is none" eval '! run restore --force "$world/bad.tar" >"$world/said" 2>&1'
check "the backup is restored" eval 'run restore --force "$world/backup.tar" >"$world/said" 2>&1'
check "what is not known is said" says 'not known what the mints did after'
check "the ledger is whole still" eval 'run ledger audit >"$world/said"'
check "and has a gap" says ' 1 gaps'
check "the mint starts again" mint_start "$world" "$log"
check "and makes tokens" await 60 is_made
expect "which are accepted" robots OK "$made"
check "with another id" eval '[ "$(token_id "$made")" != "$later_id" ]'
check "the epoch is not lower" eval '[ "$(epoch_now)" -gt "$epoch" ]'
run ledger show "$later" >"$world/said" 2>&1
check "a token behind the backup is not known" says '^Not known'
check "one before it is" eval 'run ledger show "$id" >"$world/said"'
mint_stop

# ---- damage ----
size=$(stat -c %s "$ledger/0000000001.ledger")
[ "$size" -gt 3000 ] || fail "the ledger is too short"
printf 'damage' | dd of="$ledger/0000000001.ledger" bs=1 seek=1500 conv=notrunc 2>"$world/null"
check "damage is found" eval '! run ledger audit >"$world/said"'
check "with its place" says '^segment 1, byte [0-9]*: no whole record'
setsid "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" --libexec "${mint_libexec:-$MINTMARK_BUILD/daemon}" \
    </dev/null >>"$log" 2>&1 &
mint_pid=$!
check "with damage the gate starts" await 60 eval '[ -n "$(process gate)" ]'
check "and nothing is issued" eval '[ -z "$(token)" ]'
check "status says what" await 30 eval 'run status >"$world/said" 2>&1; grep -qi damaged "$world/said" "$log"'
finish
