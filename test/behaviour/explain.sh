#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark explain tells each step, where it stopped and what to change, for every kind of denial that more is known of.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

# explain REASON STEP HINT RECIPE…: for service mail; the step is where it stops.
explain()
{
	reason=$1
	step=$2
	hint=$3
	shift 3
	token "$@" >"$world/token"
	run 1 "$reason at step $step" explain -c "$config" -s "${service:-mail}" ${mailbox:+--mailbox "$mailbox"} - <"$world/token"
	says out "denied: $reason: "
	says out "$hint"
	grep -qE "^ ?$step  .* stopped here: $reason\$" "$world/out" || fail "$what: it does not say where it stopped"
	[ "$step" -eq 13 ] || grep -qE "^13  Scope +not reached\$" "$world/out" ||
	    fail "$what: it does not say what was not reached"
	[ "$(grep -cE '^ ?[0-9]+  ' "$world/out")" -eq 13 ] || fail "$what: there are not 13 steps"
}

echo "== reasons and what else is known"
explain KEY_REALM_MISMATCH 4 'key "KC1" (active) belongs to realm "consumer"' --key KC1
explain KEY_UNKNOWN 4 'the nearest spelling is "KE1"' --kid KE1x
explain KEY_REVOKED 4 '"KE0" (revoked)' --key KE0
explain KEY_SCOPE_UNKNOWN 4 '"KU1" (without scope)' --key KU1
explain KEY_RETIRED 5 '(771 days ago)' --as carol --key KC0
explain KEY_NOT_ACTIVE 5 'the token says that it was issued at' --as carol --claim 'iat={now-8000000}' \
    --claim 'exp={now+1000}'
explain ISSUER_UNKNOWN 3 'the token has "/" where that has nothing' --claim 'iss="https://login.example/{A}/v2.0/"'
explain ISSUER_UNKNOWN 3 'the issuers known here: "https://login.example/' --claim 'iss="x"'
explain TENANT_UNKNOWN 3 '"contoso" = "aaaaaaaa-0000-4000-8000-00000000000a"' \
    --claim 'iss="https://login.example/unheard-of/v2.0"'
explain TENANT_MISMATCH 3 'is that of tenant "fabrikam"' --claim 'tid="{B}"'
explain TYPE_MISMATCH 3 'many providers write "JWT"' --typ JWT
explain SIGNATURE_INVALID 6 'of thumbprint' --kid KE1 --key KC1
explain AUDIENCE_MISMATCH 8 'is that of service "drive"' --claim 'aud="https://drive.example"'
explain EXPIRED 8 'after a life of 58 min 20 s' --claim 'iat={now-7200}' --claim 'exp={now-3700}'
explain NOT_YET_VALID 8 'valid from (nbf)' --claim 'nbf={now+600}'
explain LIFETIME_EXCESS 8 'allows 1 h' --claim 'exp={now+300000}'
explain ALG_FORBIDDEN 4 'is for RS256 alone' --alg PS256
explain TOKEN_MALFORMED 1 'a signed token has two' --spell fourth-segment
explain TOKEN_MALFORMED 1 'its signature, of 342 characters, is no strict base64url' --spell signature-unused-bits
mailbox=bob@fabrikam.example
explain MAILBOX_MISMATCH 9 'which is not the token' --as alice
mailbox=
service=imap
explain REALM_FORBIDDEN 3 'accepts the realms: "enterprise"' --as carol
service=drive
explain CLIENT_FORBIDDEN 8 '"drive-web", "drive-desktop"' --claim 'aud="https://drive.example"'
explain SCOPE_INSUFFICIENT 13 'missing: "files.read"' --claim 'aud="https://drive.example"' \
    --claim 'client_id="drive-web"' --claim 'azp="drive-web"' --claim 'scope="files.reader x"'
service=

echo "== revocation"
cat "$world/mintmark.conf" - >"$world/cut.conf" <<'END'
revoke theft {
    realm = enterprise
    clients = { "thunderbird" }
}
END
token >"$world/token"
run 1 "CLIENT_REVOKED" explain -c "$world/cut.conf" -s mail - <"$world/token"
says out "denied: CLIENT_REVOKED"
says out "a 'revoke' section names \"thunderbird\""

echo "== an allowed token"
run 0 "every step passed" explain -c "$config" -s mail --mailbox alice@contoso.example - <"$world/token"
says out "allowed: OK"
[ "$(grep -cE '^ ?[0-9]+  .* passed$' "$world/out")" -eq 13 ] || fail "not 13 steps passed"

echo "== JSON"
token --key KC1 >"$world/token"
run 1 "the steps as JSON" explain -c "$config" -s mail --no-mark --json - <"$world/token"
member reason '"KEY_REALM_MISMATCH"'
member asked '["--no-mark"]'
python3 - "$world/out" <<'END' || fail "the steps are not what they should be"
import json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
steps = answer["steps"]
assert [s["number"] for s in steps] == list(range(1, 14)), steps
assert [s["result"] for s in steps] == ["passed"] * 3 + ["stopped"] + ["not_reached"] * 9, steps
assert steps[3]["reason"] == "KEY_REALM_MISMATCH"
assert {"what": "kid", "found": "KC1"} in steps[3]["compared"], steps[3]
assert steps[2]["name"] == "Realm" and any(c["what"] == "iss" for c in steps[2]["compared"])
assert any("consumer" in hint for hint in answer["hints"])
END

echo "== what strangers wrote is safe to look at"
escape=$(printf '\033')
token --header 'kid="\u001b]0;x\u0007\u001b[2J\u202ekcats\u0085"' --claim 'iss="\u001b[31m\u200b"' >"$world/token"
run 1 "control characters in kid and iss" explain -c "$config" -s mail - <"$world/token"
says_not out "$escape"
says out '\u001b]0;x\u0007\u001b[2J\u202ekcats\u0085'
export LC_ALL=C
token --header 'kid="é"' >"$world/token"
run 1 "beyond ASCII where the terminal has none" explain -c "$config" -s mail - <"$world/token"
says out '\u00e9'
finish
