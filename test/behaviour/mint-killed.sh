#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Any process of a mint is killed at any moment, under load, again and again: no token leaves that is not on record, no
# two have one id, every genuine one is accepted again, and nothing hangs.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21530
rounds=${MINT_KILL_ROUNDS:-18}

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

world_start
check "a token is made" is_made

# Load: each of these asks for one token after the other and keeps what it gets.
load()
{
	local one

	while [ ! -e "$world/enough" ]; do
		one=$(curl -sS --max-time 10 -u "robot:$secret" -d grant_type=client_credentials \
		    --data-urlencode "resource=$audience" "$issuer/token" 2>"$world/null" | member access_token)
		[ -z "$one" ] || echo "$one" >>"$world/tokens.$1"
	done
}

for each in 1 2 3; do
	load $each &
	world_pids="$world_pids $!"
done

victims=(ledger enterprise/signer enterprise/verifier enterprise/issuer gate)
for round in $(seq "$rounds"); do
	victim=${victims[$((round % ${#victims[@]}))]}
	pid=$(process "$victim")
	if [ -z "$pid" ]; then
		await 20 is_another "$victim" 0 || fail "$victim does not come back"
		pid=$(process "$victim")
	fi
	echo "round $round: $victim is killed"
	kill -KILL "$pid"
	sleep "0.$((round % 4 + 1))" # each victim comes before each pause
done
for victim in "${victims[@]}"; do
	check "$victim is back" await 40 is_another "$victim" 0
done
check "tokens are made" await 40 is_made
touch "$world/enough"
for pid in $world_pids; do
	wait "$pid"
done
world_pids=

cat "$world"/tokens.* >"$world/tokens"
count=$(wc -l <"$world/tokens")
echo "$count tokens were made meanwhile"
check "there were some" [ "$count" -gt 20 ]
check "all of them are different" [ "$(sort -u "$world/tokens" | wc -l)" -eq "$count" ]

# Each one that left is on record: the gate, whose service demands it, accepts it.
check "the gate hears the ledger" await 30 eval 'curl -s "http://$gate/metrics" | grep -q "^mintmark_ledger_stale 0"'
refused=0
while IFS= read -r one; do
	curl -sS --max-time 20 -u "dovecot:$(cat "$world/dovecot.secret")" --data-urlencode "token=$one" \
	    "http://$gate/v1/introspect/robots" | grep -q '"active":true' || refused=$((refused + 1))
done < <(shuf -n 300 --random-source=<(yes) "$world/tokens")
check "and accepted, each of them ($refused are not)" [ "$refused" -eq 0 ]
cut -d . -f 2 "$world/tokens" | while IFS= read -r payload; do
	tr '_-' '/+' <<<"$payload" | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d | member jti
done | sort >"$world/ids"
check "no id stands twice" [ "$(uniq -d <"$world/ids" | wc -l)" -eq 0 ]

# A ledger that was killed says what it cannot know of the tokens that were under way.
check "no alarm but of those killed" eval '! grep "alarm:" "$log" | grep -v "SIGKILL\|under way at the last end\|cannot be sent \|a key that is on no record"'
check "status: nothing is wrong" await 20 eval 'run status >"$world/said"'
finish
