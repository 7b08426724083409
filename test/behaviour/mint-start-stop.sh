#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host with two mints starts whole, makes a token that its gate accepts, says how it stands, and ends in order; without
# 'mintmark init' it does not start, and says what to do.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21510

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

world_configure
"$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon" >"$world/said" 2>&1
status=$?
check "without init: status 2" [ "$status" -eq 2 ]
check "without init: what to do" grep -q "run 'mintmark init'" "$world/said"
check "without init: each file is named" grep -q 'enterprise/sealing.key' "$world/said"

world_start
check "a token is made" is_made
expect "it is accepted: mark and ledger" robots OK "$made"
check "and the record says by what" [ "$(member proof <"$world/decision")" = issued ]
expect "by its mark alone" marked OK "$made"
check "the record says so" [ "$(member proof <"$world/decision")" = marked ]
expect "with another signature it is not" robots SIGNATURE_INVALID "${made%?????}AAAAA"

# Offline there are the keys that were kept, and none of the mint's secrets.
check "offline: all but its proof is right" eval 'run verify -s robots --no-mark --no-ledger "$made" >"$world/said"'
run verify -s robots "$made" >"$world/said"
check "offline: nothing proves it" grep -q PROOF_UNAVAILABLE "$world/said"

check "nothing is wrong, and the ledger is heard" await 20 eval 'run status >"$world/said" && grep -q "ledger *heard" "$world/said"'
for each in ledger enterprise/signer enterprise/verifier enterprise/issuer consumer/signer; do
	check "$each runs" [ -n "$(process "$each")" ]
done
check "status: two mints" [ "$(grep -c ': a mint, told by the ledger' "$world/said")" -eq 2 ]
check "metrics: what proved it" eval 'curl -s "http://$gate/metrics" | grep -q "mintmark_proof_total{service=\"robots\",result=\"issued\"} 1"'
check "metrics: the index" await 20 eval 'curl -s "http://$gate/metrics" | grep -q "^mintmark_index_tokens 1"'

mint_stop
grep -n 'ended with status' "$log" >"$world/ends"
check "every process ends with status 0" [ "$(grep -c 'ended with status 0' "$world/ends")" -eq 9 ]
check "the ledger is the last" [ "$(tail -n 1 "$world/ends" | grep -c 'the ledger ')" -eq 1 ]
check "no alarm" eval '! grep -q "alarm:" "$log"'

check "it starts again" mint_start "$world" "$log"
check "what was made before is accepted" await 20 is_decided robots OK "$made"
old=$made
check "and tokens are made" is_made
expect "another one" robots OK "$made"
check "never the same" [ "$old" != "$made" ]
finish
