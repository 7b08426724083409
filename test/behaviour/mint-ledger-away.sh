#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# While the ledger is away nothing is issued and deciding goes on as each service says; all of it is recorded, shown, and
# over when the ledger is back.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21520

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"

# is_ready STATUS [SERVICE]: the gate answers so; what it says is in said.
is_ready()
{
	[ "$(curl -s -o "$world/said" -w '%{http_code}' --max-time 5 "http://$gate/readyz${2:+/$2}")" = "$1" ]
}

# The realm itself says that its tokens may be marked ones alone while the trust may be old.
world_realm='when_stale = marked_only'
world_start
check "a token is made" is_made
expect "and accepted" robots OK "$made"

# Stopped, so that no other takes its place; as a ledger does that hangs.
ledger=$(process ledger)
kill -STOP "$ledger"
check "no token is made meanwhile" eval '[ -z "$(token)" ]'
expect "what the index has is accepted as ever" robots OK "$made"
check "the gate knows in time" await 15 eval 'curl -s "http://$gate/metrics" | grep -q "^mintmark_ledger_stale 1"'
expect "by a service that is patient, by the mark alone" patient OK "$made"
expect "and by one that wants no more" marked OK "$made"
check "the gate is ready, in part" is_ready 200
check "which it says" grep -qx "ready in part" "$world/said"
check "and for whom not" grep -qx "realm consumer: nothing current is heard of the ledger: its tokens are refused" "$world/said"
check "at which service" grep -qx "service private_mail: every token is refused" "$world/said"
check "that service is not ready" is_ready 503 private_mail
check "and says why" grep -q "^realm consumer: nothing current" "$world/said"
check "another is" is_ready 200 robots
check "for all of its realms" grep -qx ready "$world/said"
check "there is none of another name" is_ready 404 nobody
curl -s "http://$gate/metrics" >"$world/metrics"
check "metrics say it of the whole" grep -qx "mintmark_ready 1" "$world/metrics"
check "and of each realm" eval 'grep -qx "mintmark_realm_ready{realm=\"enterprise\"} 1" "$world/metrics" &&
    grep -qx "mintmark_realm_ready{realm=\"consumer\"} 0" "$world/metrics"'
check "status says it" eval '! run status >"$world/said"'
check "in words" grep -q 'nothing current of the ledger' "$world/said"
kill -CONT "$ledger"
check "it is over" await 30 eval 'curl -s "http://$gate/metrics" | grep -q "^mintmark_ledger_stale 0"'
check "tokens are made" await 30 is_made
check "and accepted" await 20 is_decided robots OK "$made"

# Killed, again and again, the stream comes back and nothing genuine is refused beyond the grace.
for round in 1 2 3; do
	ledger=$(process ledger)
	kill -KILL "$ledger"
	expect "a token of before, while the ledger is started anew ($round)" robots OK "$made"
	check "another ledger runs ($round)" await 30 is_another ledger "$ledger"
	check "tokens are made ($round)" await 30 is_made
	check "and accepted ($round)" await 20 is_decided robots OK "$made"
done

waited()
{
	curl -s "http://$gate/metrics" | sed -n 's/^mintmark_ledger_waited_total //p'
}

# A gate that was started anew knows nothing yet, and the ledger hangs: a request waits for it, and for no longer than a
# genuine one may have to.
begin_anew()
{
	local before

	ledger=$(process ledger)
	kill -STOP "$ledger"
	before=$(process gate)
	kill -KILL "$before"
	check "another gate runs" await 30 is_another gate "$before"
}

begin_anew
started=$(date +%s%N)
check "it is not ready: nobody's tokens are good" is_ready 503
check "which it says" grep -qx "every token is refused" "$world/said"
expect "nothing is heard in time: refused" robots TRUST_STALE "$made"
took=$((($(date +%s%N) - started) / 1000000))
check "after two seconds ($took ms)" [ "$took" -ge 1900 ]
check "the request waited" [ "$(waited)" -ge 1 ]

# More requests waited than so many.
more_waited()
{
	[ "$(waited)" -gt "$1" ]
}

# is_heard_meanwhile: the ledger goes on when one more request waits, and that one is accepted.
is_heard_meanwhile()
{
	local before reason waiting

	before=$(waited)
	{
		await 20 more_waited "$before"
		waiting=$?
		kill -CONT "$ledger"
		exit "$waiting"
	} &
	waiting=$!
	reason=$(decide robots "$made")
	wait "$waiting" && [ "$reason" = OK ]
}

# A request waits for two seconds, in which a busy machine may not come to let the ledger go on.
is_heard_in_time()
{
	local tries

	for tries in 1 2 3 4 5; do
		! is_heard_meanwhile || return 0
		echo "not heard in time ($tries)"
		begin_anew
	done
	kill -CONT "$ledger"
	return 1
}

check "it is heard while the request waits: accepted" is_heard_in_time

check "/readyz says that all is well" await 20 eval 'is_ready 200 && grep -qx ready "$world/said"'
finish
