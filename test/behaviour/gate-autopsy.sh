#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stolen key is known at its first wrong use: a token that was refused before its signature was looked at is examined,
# and journal, metrics, log, status and 'mintmark autopsies' say who holds which key. Garbage says nothing.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
port=20546
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
start

# shown SERVICE RECIPE…: a token is shown to a service, and refused.
shown()
{
	service=$1
	shift
	http 401 "refused at $service: $*" -H "Authorization: Bearer $(token "$@")" "$base/v1/auth/$service"
}

# examined NUMBER: so many refused tokens were examined until now.
has_examined()
{
	curl -s --max-time 20 "$base/metrics" | grep -qxF "mintmark_autopsies_total $1"
}

examined()
{
	await 20 "$1 tokens are examined" has_examined "$1" || true
}

# found CLASS NUMBER NAME=TEXT…: so many findings of this class; the last one has these members.
found()
{
	"$mintmark" autopsies --dir "$journal" --all --json >"$world/findings" 2>"$world/null" || fail "the journal cannot be read"
	python3 - "$world/findings" "$@" <<'END' || fail "not $2 findings of class $1, or the last is not: $*"
import json, sys
path, wanted_class, count, *members = sys.argv[1:]
found = [each for each in map(json.loads, open(path, encoding="utf-8")) if each.get("class") == wanted_class]
last = found[-1] if found else {}
for member in members:
    name, text = member.split("=", 1)
    if last.get(name, "") != text:
        print(f"  {name} is {last.get(name)}")
        sys.exit(1)
sys.exit(len(found) != int(count))
END
}

echo "== garbage"
shown mail --kid KC1 --key ATT
shown mail --kid KC0 --as carol --key ATT
examined 2
found proof 0
found lead 0
shown mail --kid nobody --key ATT
shown mail --key KE1 --kid KE1 --signature empty

echo "== row 1: the consumer key signs for an enterprise tenant"
shown mail --key KC1 --kid KC1
examined 3
found proof 1 realm=consumer kid=KC1 service=mail source=127.0.0.1 subject=5f0c7f0e-alice \
    tenant_id=aaaaaaaa-0000-4000-8000-00000000000a finding=autopsy
logs "alarm: gate: proof: somebody holds key 'KC1' of realm consumer"
metric 'mintmark_findings_total{kind="autopsy_proof"} 1'

echo "== row 1b: its mirror; row 2: a key that is dead for 771 days"
shown mail --key KE1 --kid KE1 --as carol
examined 4
found proof 2 realm=enterprise kid=KE1 subject=9e9e7f0e-carol
shown mail --key KC0 --kid KC0 --as carol
examined 5
found proof 3 realm=consumer kid=KC0

echo "== the same key again: recorded, and the log is not filled with it"
shown mail --key KC1 --kid KC1 --claim 'jti="another"'
examined 6
found proof 4 kid=KC1 jti=another
[ "$(grep -c "somebody holds key 'KC1'" "$world/log")" -eq 1 ] || fail "the log hears of each token"

echo "== row 1c: a genuine token where it does not belong is a lead and no alarm"
shown imap --as carol
examined 7
found lead 1 realm=consumer kid=KC1 service=imap
found proof 4
metric 'mintmark_findings_total{kind="autopsy_lead"} 1'

echo "== the same token again and again: neither examined nor recorded; from elsewhere it is"
has_repeated()
{
	curl -s --max-time 20 "$base/metrics" | grep -qxF "mintmark_autopsies_repeated_total $1"
}
stray=$(token --as carol --claim 'jti="stray"')
for n in 0 1 2 3; do
	http 401 "refused at imap: the same token" -H "Authorization: Bearer $stray" "$base/v1/auth/imap"
	await 20 "$n repeated tokens are counted" has_repeated "$n" || true
	examined 8
done
found lead 2 service=imap jti=stray
http 401 "refused from another address" --interface 127.0.0.2 -H "Authorization: Bearer $stray" "$base/v1/auth/imap"
examined 9
found lead 3 service=imap jti=stray source=127.0.0.2

echo "== who asks is told"
says_status()
{
	status=0
	"$mintmark" status -c "$config" >"$world/answer" 2>&1 || status=$?
	[ "$status" -eq 1 ] && grep -q "4 tokens are proven" "$world/answer"
}
await 20 "status ends with 1 and says that a key is stolen" says_status || true
"$mintmark" autopsies -c "$config" >"$world/answer" || fail "autopsies cannot be asked"
[ "$(grep -c 'proof  key' "$world/answer")" -eq 4 ] || fail "autopsies does not show four proofs"

echo "== many at once from one source: what was not examined is counted"
forgery=$(token --key KC1 --kid KC1)
for _ in 1 2 3 4 5 6 7 8 9 10; do
	curl -s -o "$world/null" --max-time 20 -H "Authorization: Bearer $forgery" "$base/v1/auth/mail" &
	clients="${clients:-} $!"
done
# shellcheck disable=SC2086 # several
wait $clients
# None waits, and the last that waited is counted.
all_are_counted()
{
	curl -s --max-time 20 "$base/metrics" | awk '
		/^mintmark_autopsies_waiting / { waiting = $2 }
		/^mintmark_autopsies_total / { sum += $2 }
		/^mintmark_autopsies_repeated_total / { sum += $2 }
		/^mintmark_autopsy_gaps_total / { sum += $2 }
		END { exit waiting != 0 || sum != 22 }'
}
await 20 "ten more tokens are examined, repeated or missed" all_are_counted || true

echo "== through introspection"
http 200 "a forgery" -d "token=$(token --key KC1 --kid KC1 --claim 'jti="introspected"')" -d client_id=dovecot \
    -d "client_secret=$secret" "$base/v1/introspect/mail"
body '{"active":false}'
has_finding()
{
	"$mintmark" autopsies --dir "$journal" --json 2>"$world/null" | grep -q '"jti":"introspected"\|introspected'
}
await 20 "it is found" has_finding || true
end 0
finish
