#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thief has a mint's own signing key. What he signs is refused, for want of a mark or of a record; a taint refuses the
# rest without an outage; a revocation refuses everything at once, and people sign in again.
set -eu
port=21600
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"

cat >"$world/more.conf" <<-END_OF_CONF
	# What the proof is for: services that demand less of it.
	service no_mark {
	    audience = "https://mail.example"  realms = { "enterprise" }  mailbox_claim = "preferred_username"
	    callers = { "dovecot:dovecot.secret" }  mark = off  ledger = required
	}
	service no_proof {
	    audience = "https://mail.example"  realms = { "enterprise" }  mailbox_claim = "preferred_username"
	    callers = { "dovecot:dovecot.secret" }  mark = off  ledger = off
	}
	# Whose mailboxes are those of the realm's own users.
	service of_people {
	    audience = "https://mail.example"  realms = { "enterprise" }  directory = mint
	    callers = { "dovecot:dovecot.secret" }  mark = required  ledger = required
	}
END_OF_CONF
host_start
genuine=$(sign_in enterprise $alice)
daves=$(sign_in enterprise $dave)
for service in imap no_mark no_proof; do
	decides "Alice's token, for $service" $service OK "$genuine"
done
# The people came to the verifier a moment ago; the gate hears of them with its next trust.
becomes "Alice's token, where the directory says what it opens" of_people OK "$genuine"
check "her mailbox" [ "$(mint_member username <"$world/said")" = "$alice" ]
check "the ledger knows it" says "$alice" run ledger show "$genuine"

# ---- the right key ----

kid=$(steal enterprise "$genuine")
check "the thief signs as the mint does" [ "$(forge enterprise "$genuine" --keep | cut -d . -f 1,2)" = \
    "$(cut -d . -f 1,2 <<<"$genuine")" ]
flawless=$(forge enterprise "$genuine")
decides "a flawless forgery has no good mark" imap MARK_INVALID "$flawless"
decides "nor has one without" imap MARK_MISSING "$(forge enterprise "$genuine" --no-claim mark)"
decides "where marks do not count, there is no record" no_mark NOT_ISSUED "$flawless"
check "the ledger says that it was never issued" refuses "ever issued" run ledger show "$flawless"
mark=$(mint_claims "$genuine" | mint_member mark)
jti=$(mint_claims "$genuine" | mint_member jti)
sub=$(mint_claims "$daves" | mint_member sub)
decides "a genuine mark does not pass with another mailbox" imap MARK_INVALID \
    "$(forge enterprise "$genuine" --keep --claim "preferred_username=\"$dave\"" --claim "sub=\"$sub\"")"
decides "nor a genuine record, where marks do not count" no_mark NOT_ISSUED \
    "$(forge enterprise "$genuine" --keep --claim "preferred_username=\"$dave\"" --claim "sub=\"$sub\"")"
check "and the ledger says so" refuses "ever issued" run ledger show \
    "$(forge enterprise "$genuine" --keep --claim "preferred_username=\"$dave\"")"
decides "nor does it pass with another scope" imap MARK_INVALID \
    "$(forge enterprise "$genuine" --keep --claim 'scope="mail.read mail.send"')"
decides "nor with another number" imap MARK_INVALID \
    "$(forge enterprise "$genuine" --claim "mark=\"$mark\"")"
now=$(date +%s)
later=$(($(mint_claims "$genuine" | grep -o '"iat":[0-9]*' | head -n 1 | cut -d : -f 2) + 1))
decides "nor with a longer life" imap MARK_INVALID \
    "$(forge enterprise "$genuine" --keep --claim "iat=$later" --claim "exp=$((later + 3600))")"
decides "a genuine number does not help either" imap MARK_INVALID \
    "$(forge enterprise "$genuine" --claim "jti=\"$jti\"")"
decides "a token from before the key's time" imap KEY_NOT_ACTIVE \
    "$(forge enterprise "$genuine" --claim "iat=$((now - 3000))" --claim "exp=$((now + 500))")"
decides "one that lives for a day" imap LIFETIME_EXCESS \
    "$(forge enterprise "$genuine" --claim "exp=$((now + 86400))")"

# ---- another mint's key ----

other=$(steal consumer "$(sign_in consumer $mallory)")
decides "the consumers' key signs nothing for companies" imap KEY_REALM_MISMATCH \
    "$(forge consumer "$genuine" --header "kid=\"$other\"" --header 'alg="RS256"')"
decides "not even under the right key's name" imap ALG_FORBIDDEN \
    "$(forge consumer "$genuine" --header 'alg="RS256"')"

# ---- taint, restore, revoke ----

decides "a service that demands no proof takes the forgery" no_proof OK "$flawless"
check "tainting the key" run key taint enterprise "$kid" --why "stolen"
becomes "it does not any more" no_proof MARK_INVALID "$flawless"
decides "nor one without a mark" no_proof MARK_MISSING "$(forge enterprise "$genuine" --no-claim mark)"
decides "and takes what was issued" no_proof OK "$genuine"
decides "as does the one that always demanded it" imap OK "$genuine"
check "the list says it" says tainted run key list enterprise
check "restoring takes two" run key restore enterprise "$kid" --by Ann --why "an error"
decides "one is not enough" no_proof MARK_INVALID "$flawless"
check "nor the same one twice" refuses "" run key restore enterprise "$kid" --by Ann --why "an error"
check "two are" run key restore enterprise "$kid" --by Ben --why "an error"
becomes "then it is as before" no_proof OK "$flawless"
check "revoking it" run key revoke enterprise "$kid" --why "stolen"
becomes "refuses the forgery" no_proof KEY_REVOKED "$flawless"
decides "and what was issued" imap KEY_REVOKED "$genuine"
check "there is no way back" refuses "" run key restore enterprise "$kid" --by Ann --why "an error"
newer=$(sign_in_again enterprise $alice) || fail "nobody can sign in any more"
decides "who signs in again gets one of the next key" imap OK "$newer"
check "which is another" [ "$(mint_kid "$newer")" != "$kid" ]
check "the history tells all of it" says revoked run key history enterprise
finish
