#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Signing out, RFC 7009 and disabling end access at the mailboxes: the gate refuses a token within a second, by the right
# reason, also one that it had in its cache, and whichever process is killed on the way.
# shellcheck disable=SC2317 # functions are called by check
set -eu
port=21660
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"

# within WHAT SERVICE REASON TOKEN: the gate comes to say so within a second, and not by another reason than OK before.
within()
{
	local what=$1 began reason

	echo "checking: $what"
	began=$(date +%s%N)
	while introspect "$2" "$4" && reason=$(last_reason) && [ "$reason" = OK ]; do
		[ $(($(date +%s%N) - began)) -lt 1000000000 ] || break
	done
	[ "$reason" = "$3" ] || fail "$what: $reason instead of $3"
}

# tokens_of USER: signs in, and keeps the answer in $world/tokens.
tokens_of()
{
	mint_sign_in "${issuer[enterprise]}" mail "$redirect" "${audience[enterprise]}" mail.read "$1" "$password" \
	    >"$world/tokens"
	access=$(mint_member access_token <"$world/tokens")
	refresh=$(mint_member refresh_token <"$world/tokens")
}

refreshed()
{
	mint_refresh "${issuer[enterprise]}" mail "$refresh" >"$world/tokens"
	access=$(mint_member access_token <"$world/tokens")
	refresh=$(mint_member refresh_token <"$world/tokens")
}

# sign_out: of the browser whose cookies are in $world/cookies; prints the status of the answer.
sign_out()
{
	mint_browse "${issuer[enterprise]}/logout"
	mint_send_form "${issuer[enterprise]}" >"$world/null"
	grep -q "$1" "$world/page"
}

revoke()
{
	[ "$(curl -sS --max-time 20 -o "$world/page" -w '%{http_code}' -d client_id=mail --data-urlencode "token=$1" \
	    "${issuer[enterprise]}/revoke")" = "$2" ]
}

# Decided twice: the second time out of the cache.
accepted()
{
	decides "$1" imap OK "$2"
	decides "$1, also out of the cache" imap OK "$2"
}

# gets_a_good_one USER: signs in, and the gate takes what it is given; one of the second of its revocation it does not.
gets_a_good_one()
{
	tokens_of "$1" && introspect imap "$access" && [ "$(last_reason)" = OK ]
}

another_runs()
{
	local pid

	pid=$(mint_process "mintmark-$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ]
}

# The processes that the enterprise's people are at.
verifier_of_enterprise()
{
	run status --json | grep -o '{"name":"verifier","realm":"enterprise","running":true,"pid":[0-9]*' |
	    grep -o '[0-9]*$'
}

count_of()
{
	curl -sS --max-time 20 "http://$gate/metrics" | sed -n "s/^$1 //p"
}

host_start

# ---- signing out ----

tokens_of $alice
accepted "Alice's token is good" "$access"
tokens_of_before=$access
check "she signs out" sign_out "You are signed out"
within "her token is refused for its session" imap SESSION_REVOKED "$access"
check "the ledger says so" says "and revoked" run ledger show "$access"
check "by its session" grep -q '^revoked by  *session' "$world/said"
tokens_of $alice
accepted "she signs in again, and that token is good" "$access"
decides "the older one is not" imap SESSION_REVOKED "$tokens_of_before"

# ---- RFC 7009 ----

check "its client revokes the token" revoke "$access" 200
within "it is refused for itself" imap TOKEN_REVOKED "$access"
refreshed
accepted "the next one of the session is good" "$access"
check "its client revokes the refresh token" revoke "$refresh" 200
within "its access token goes with it" imap SESSION_REVOKED "$access"
tokens_of $dave
accepted "Dave's is another session's" "$access"

# ---- second use of a refresh token ----

tokens_of $alice
older=$refresh
refreshed
accepted "Alice's refreshed token is good" "$access"
check "somebody uses the older refresh token" refuses invalid_grant \
    mint_refresh "${issuer[enterprise]}" mail "$older"
within "then all of the session ends" imap SESSION_REVOKED "$access"

# ---- users and clients ----

tokens_of $alice
accepted "Alice's token is good once more" "$access"
check "she is disabled" run user disable enterprise $alice
within "her token is refused for her" imap SUBJECT_REVOKED "$access"
check "she is enabled" run user change enterprise $alice --enable
decides "which makes no older token good" imap SUBJECT_REVOKED "$access"
check "but one that she gets from then on, at once" gets_a_good_one $alice
check "she gets another password" eval "run user change enterprise $alice --password-stdin <<<'$password'"
within "which ends what the older one got" imap SUBJECT_REVOKED "$access"
tokens_of $dave
accepted "Dave's is good all the time" "$access"
check "the application is disabled" run client disable enterprise mail
within "his token is refused for its client" imap CLIENT_REVOKED "$access"
check "the application is enabled" run client change enterprise mail --enable
check "and he gets another one at once" gets_a_good_one $dave
check "metrics tell how many are kept" [ "$(count_of mintmark_revocations)" -eq 6 ]
check "the audit knows of them" says " revocations" run ledger audit

# ---- the gate is started anew ----

pid=$(mint_process mintmark-gate)
kill -9 "$pid"
check "another gate comes" await 20 another_runs gate "$pid"
check "and is ready" await 20 mint_answers "$world"
decides "it knows what was revoked before it began" imap SESSION_REVOKED "$tokens_of_before"
decides "and what was not" imap OK "$access"

# ---- the ledger is killed between the revocation and its record ----

pid=$(mint_process mintmark-ledger)
kill -STOP "$pid"
check "with a ledger that hangs the application is told to ask again" revoke "$access" 503
check "and an operator that gates do not know yet" refuses "the ledger does not take it" \
    run user disable enterprise $alice
kill -9 "$pid"
check "another ledger comes" await 20 another_runs ledger "$pid"
becomes "what is owed to it comes to the gate" imap TOKEN_REVOKED "$access"
check "and the application is told that it is done" await 20 revoke "$access" 200

# ---- the verifier is killed after its answer, and before ----

check "she is enabled again" run user change enterprise $alice --enable
check "she gets a token" await 20 gets_a_good_one $alice
pid=$(verifier_of_enterprise)
check "which is revoked" revoke "$access" 200
kill -9 "$pid"
within "the gate knows, whatever became of the verifier" imap TOKEN_REVOKED "$access"
another_verifier()
{
	local now

	now=$(verifier_of_enterprise) && [ -n "$now" ] && [ "$now" != "$1" ]
}
check "another verifier comes" await 20 another_verifier "$pid"
check "she gets another token" await 20 gets_a_good_one $alice
pid=$(mint_process mintmark-ledger)
kill -STOP "$pid"
check "the ledger hangs, and a revocation is owed" revoke "$access" 503
kill -9 "$(verifier_of_enterprise)" "$pid"
becomes "both are killed, and it comes to the gate from what was written down" imap TOKEN_REVOKED "$access"

# ---- the ledger is killed after its record ----

check "Alice gets one more token" await 20 gets_a_good_one $alice
check "it is revoked" revoke "$access" 200
pid=$(mint_process mintmark-ledger)
kill -9 "$pid" "$(mint_process mintmark-gate)"
check "ledger and gate are killed; others come" await 20 another_runs ledger "$pid"
check "and are ready" await 20 mint_answers "$world"
decides "it is on record" imap TOKEN_REVOKED "$access"
finish
