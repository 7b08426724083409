#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The keys of a running mint: made, published, rotated, tainted, restored, revoked and destroyed, and all of that there
# again after the ledger and the signer were killed; a tenant is added and taken away again.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by their names in arguments
set -eu
port=21220
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"

mintmark=$MINTMARK_BUILD/cli/mintmark
issuer=http://127.0.0.1:21221
young=http://127.0.0.1:21222
tenant=aaaaaaaa-0000-4000-8000-00000000000a
state=$world/state

chmod 711 "$world"
cat >"$config" <<END
state_dir = "$state"
user = "nobody"
listen = { "127.0.0.1:$port" }
realm enterprise {
    issuer = "$issuer/{tenant}"
    keys = "mint"
    listen = { "127.0.0.1:21221" }
    algorithms = { "ES256" }
    rotate_every = 3600
    publish_before = 3
    max_lifetime = 60
    visible_for = 120
}
# One that was made a moment ago, as an operator's is: nobody may know its next key for two days.
realm young {
    issuer = "$young"
    keys = "mint"
    listen = { "127.0.0.1:21222" }
}
tenant contoso {
    realm = enterprise
    id = "$tenant"
    domains = { "contoso.example" }
}
service imap {
    audience = "https://mail.example"
    realms = { "enterprise" }
    mailbox_claim = "preferred_username"
    mark = required
    ledger = required
}
END

fail_with()
{
	fail "$1"
	cat "$world/out" "$world/err"
}

# key STATUS WHAT COMMAND VERB ARGUMENT…: mintmark must end so; output in out and err. A kid may begin with '-'.
key()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	status=0
	command=$1
	verb=$2
	shift 2
	"$mintmark" "$command" "$verb" -c "$config" "$@" >"$world/out" 2>"$world/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail_with "$what: it ended with $status instead of $wanted"
}

says()
{
	cat "$world/out" "$world/err" | tr -s '\n ' '  ' | grep -qF -- "$1" || fail_with "$what: it does not say '$1'"
}

# kid STATE [REALM]: the newest key that is so, empty where none is.
kid()
{
	"$mintmark" key list -c "$config" --json "${2:-enterprise}" 2>/dev/null | python3 -c '
import json, sys
keys = [key["kid"] for key in json.load(sys.stdin)["keys"] if key["state"] == sys.argv[1]]
print(keys[0] if keys else "")' "$1" 2>/dev/null || :
}

is_active()
{
	[ "$(kid active)" = "$1" ]
}

# has_active [REALM [BUT]]: a key signs, and not that one.
has_active()
{
	signs=$(kid active "${1:-enterprise}")
	[ -n "$signs" ] && [ "$signs" != "${2:-}" ]
}

# has_prepared: the one that signs next; its kid goes to next.
has_prepared()
{
	next=$(kid prepared)
	[ -n "$next" ]
}

unready()
{
	curl -s --max-time 5 "$young/readyz" | grep -q "no key may sign now"
}

# answers STATUS URL: whether it does.
answers()
{
	[ "$(curl -s --max-time 5 -o "$world/answer" -w '%{http_code}' "$2")" = "$1" ]
}

# Whether the published key document has a kid.
publishes()
{
	curl -sf --max-time 5 "$issuer/$tenant/jwks" | grep -qF -- "\"$1\""
}

publishes_not()
{
	curl -sf --max-time 5 "$issuer/$tenant/jwks" >"$world/jwks" && ! grep -qF -- "\"$1\"" "$world/jwks"
}

is_destroyed()
{
	[ ! -e "$state/mint/enterprise/keys/$1.sealed" ]
}

rotates()
{
	"$mintmark" key rotate -c "$config" --why "a drill" enterprise >"$world/out" 2>"$world/err"
}

process()
{
	pgrep -P "$daemon_pid" -x "$1"
}

"$mintmark" init -c "$config" --root "$world/root.key" >"$world/out" || fail_with "a new mint is not made"
start_and_wait
check "a key signs" wait_for 20 has_active
first=$(kid active)
check "and another one is prepared" wait_for 20 has_prepared
check "it is published" wait_for 20 publishes "$first"
check "the next one is published too" wait_for 20 publishes "$next"
check "its private part is there" test -e "$state/mint/enterprise/keys/$first.sealed"

key 1 "a key that signs is not retired" key retire -- enterprise "$first"
says "the key signs rotate first"
key 0 "a hold" key hold enterprise
key 0 "the list says so" key list
says "! enterprise: rotation of its keys is held"
key 0 "its end" key hold --until now enterprise
says "rotation goes on"
key 1 "a beginning that no key has" key show enterprise zzzz
check "a rotation, once the next key was published for long enough" wait_for 20 rotates
check "the next key signs" wait_for 30 is_active "$next"
key 0 "a taint" key taint --why "a lost laptop" -- enterprise "$next"
key 0 "half a restoration" key restore --by ann -- enterprise "$next"
key 1 "the other half by the same" key restore --by ann -- enterprise "$next"
says "the second approval must be somebody else's"
key 0 "the other half" key restore --by bob -- enterprise "$next"
says "is restored"
key 0 "a revocation" key revoke -- enterprise "$first"
check "it is published no more" wait_for 20 publishes_not "$first"
check "its private part is destroyed" wait_for 20 is_destroyed "$first"
key 1 "nothing restores it" key restore --by ann -- enterprise "$first"
says "the key is revoked, which is for ever"

signs=$(kid active)
key 0 "the key that signs is revoked" key revoke -- enterprise "$signs"
check "the next one, published for long enough, signs by itself" wait_for 30 has_active enterprise "$signs"
check "that of the young mint signs" wait_for 20 has_active young
signs=$(kid active young)
key 0 "it is revoked" key revoke -- young "$signs"
says "No key signs now, so that nothing is issued"
says ", when it was published for publish_before"
key 0 "the list says so" key list young
says "! young: no key may sign: nothing is issued"
says "'mintmark key rotate --now young' has it sign at once"
status_says()
{
	! "$mintmark" status -c "$config" >"$world/out" 2>"$world/err" && grep -qF -- "$1" "$world/out"
}
check "and so does the status" wait_for 20 status_says "! keys of realm young: no key may sign: nothing is issued"
check "with what to do" status_says "'mintmark key rotate --now young' has it sign at once"
check "and its issuer" wait_for 20 unready
check "the other's is ready" answers 200 "$issuer/readyz"
key 0 "it is told to go on" key rotate --now young
check "another one signs" wait_for 40 has_active young "$signs"
check "its issuer is ready" wait_for 20 answers 200 "$young/readyz"
signs=$(kid active young)
key 0 "a revocation, and a rotation" key revoke --rotate --why "a stolen key" -- young "$signs"
says "is revoked young: the key"
says "signs in 10 s"
check "the next one signs" wait_for 40 has_active young "$signs"

key 0 "a tenant more" tenant add --id bbbb --domain fabrikam.example enterprise fabrikam
key 1 "a domain of another tenant" tenant add --id cccc --domain contoso.example enterprise litware
says "a domain belongs to another tenant"
check "it is compiled" wait_for 20 logged "the gate decides by epoch"

"$mintmark" key history -c "$config" --json >"$world/before"
signs=$(kid active)
kill -KILL "$(process mintmark-ledger)"
process mintmark-signer | xargs kill -KILL
check "the ledger and the signer are there again" wait_for 30 is_active "$signs"
what="the history after a kill"
echo "checking: $what"
"$mintmark" key history -c "$config" --json >"$world/after"
python3 - "$world/before" "$world/after" <<'END' || fail "$what is another"
import json, sys
before, after = (json.load(open(path))["events"] for path in sys.argv[1:])
sys.exit(after[:len(before)] != before or not any(event.get("why") == "a lost laptop" for event in before))
END
key 0 "the tenant is there still" tenant show enterprise fabrikam
says "domains fabrikam.example"
# Where its own address is asked: keys, metadata at both places, the page of a sign-in.
addresses="$issuer/bbbb/jwks $issuer/bbbb/.well-known/openid-configuration
$issuer/.well-known/oauth-authorization-server/bbbb"
all_answer()
{
	for each in $addresses; do
		answers "$1" "$each" || return 1
	done
}
check "its addresses answer" wait_for 20 all_answer 200
key 0 "it is taken away" tenant disable enterprise fabrikam
says "disabled yes"
check "so are its addresses" wait_for 20 all_answer 404
check "and its sign-in" answers 404 "$issuer/bbbb/authorize?client_id=any"
check "those of another are there" answers 200 "$issuer/$tenant/jwks"
check "and of none in particular" answers 200 "$issuer/common/jwks"
key 0 "the revoked key is known" key list --all
says "revoked"
first_issuer=$(process mintmark-issuer)
cat >>"$config" <<CONF
tenant litware {
    realm   = enterprise
    id      = "cccc"
    domains = { "litware.example" }
    admins  = { "security@litware-irm.example" }
}
CONF
check "one is not there before it is listed" answers 404 "$issuer/cccc/jwks"
check "the configuration has a tenant more" "$mintmark" reload -c "$config"
check "its addresses answer" wait_for 20 answers 200 "$issuer/cccc/jwks"
check "of the same process" [ "$(process mintmark-issuer)" = "$first_issuer" ]
stop
[ "$status" -eq 0 ] || fail "mintmarkd ends with $status"
finish
