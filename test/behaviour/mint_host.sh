# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # 'port' is the test's, others are for it
# For the tests of a whole mint, sourced: a host with two mints and their people, in a folder of its own, and how to ask.
# The test sets 'port' first: the gate's, with the consumers' issuer on the next and the companies' on the one behind.
# It ends with 'finish'.
#
#   host_start             configuration, init, mintmarkd, and the people: Alice and Dave of contoso, Mallory, a consumer
#   sign_in REALM USER     somebody's token for his own mail, after a sign-in with $password
#   decides WHAT SERVICE REASON TOKEN   the gate's answer to this token is this one, by its journal
#   becomes …              the same, soon
#   steal REALM TOKEN      the thief takes the key that signed it into $world/REALM.pem; prints its kid
#   forge REALM TOKEN …    and signs with it

# shellcheck source=test/behaviour/mint_scratch.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_scratch.sh"
# shellcheck source=test/behaviour/mint_sign_in.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_sign_in.sh"

maker=$MINTMARK_BUILD/test/maker/mintmark-maker
mint_folder=$world
declare -A issuer=([consumer]=http://127.0.0.1:$((port + 1)) [enterprise]=http://127.0.0.1:$((port + 2)))
declare -A audience=([consumer]=https://private-mail.example [enterprise]=https://mail.example)
redirect=http://127.0.0.1/signed-in
alice=alice@contoso.example
dave=dave@contoso.example
mallory=mallory@outlook.example
password='correct horse battery staple'

# says TEXT COMMAND…: the command succeeds and says the text. refuses TEXT COMMAND…: it fails, and does. The text may be
# empty.
finds()
{
	[ -z "$1" ] || grep -qiF -- "$1" "$world/said"
}

says()
{
	local text=$1

	shift
	"$@" >"$world/said" 2>&1 </dev/null && finds "$text"
}

refuses()
{
	local text=$1

	shift
	! "$@" >"$world/said" 2>&1 </dev/null && finds "$text"
}

host_start()
{
	mint_configure "$world" "$port" $((port + 1)) $((port + 2))
	mint_init "$world" >"$world/said" 2>&1 || { fail "init"; finish; }
	mint_start "$world" "$log" || { fail "the mint does not start"; finish; }
	mint_add_user enterprise $alice "$password"
	mint_add_user enterprise $dave "$password"
	mint_add_user consumer $mallory "$password"
	mint_add_client enterprise mail --grant code --grant refresh --redirect "$redirect" \
	    --scope "openid mail.read offline_access" --audience "${audience[enterprise]}"
	mint_add_client consumer mail --grant code --grant refresh --redirect "$redirect" \
	    --scope "openid mail.read offline_access" --audience "${audience[consumer]}"
}

sign_in()
{
	local answer

	answer=$(mint_sign_in "${issuer[$1]}" mail "$redirect" "${audience[$1]}" mail.read "$2" "$password") || return 1
	mint_member access_token <<<"$answer"
}

# The same, until it works: 20 seconds at most.
sign_in_again()
{
	local tries token

	for tries in $(seq 100); do
		token=$(sign_in "$@" 2>/dev/null) || true
		[ -z "$token" ] || { echo "$token"; return 0; }
		sleep 0.2
	done
	echo "nobody can sign in, after $tries tries" >&2
	return 1
}

# The reason of the gate's last decision.
last_reason()
{
	run decisions --json | grep '"kind":"decision"' | tail -n 1 | mint_member reason
}

introspect()
{
	curl -sS --max-time 20 -u "dovecot:$(cat "$world/dovecot.secret")" --data-urlencode "token=$2" \
	    "http://$gate/v1/introspect/$1" >"$world/said"
}

decides()
{
	local what=$1 service=$2 wanted=$3 reason

	echo "checking: $what"
	introspect "$service" "$4" || fail "$what: the gate does not answer"
	reason=$(last_reason)
	[ "$reason" = "$wanted" ] || fail "$what: $reason instead of $wanted"
	case $wanted in
	OK) grep -q '"active":true' "$world/said" || fail "$what: it is not active" ;;
	*) ! grep -q '"active":true' "$world/said" || fail "$what: it is active" ;;
	esac
}

# becomes WHAT SERVICE REASON TOKEN: the gate comes to decide so, in 20 seconds at most: it takes a moment from what the
# ledger says to what the gate decides by.
has_reason()
{
	introspect "$1" "$3" && [ "$(last_reason)" = "$2" ]
}

becomes()
{
	local what=$1

	shift
	check "$what" await 20 has_reason "$@"
}

steal()
{
	local kid

	kid=$(mint_kid "$2")
	"$maker" steal "$world/state/mint/$1/keys/$kid.sealed" "$world/state/mint/$1/sealing.key" "$1" "$world/$1.pem"
	echo "$kid"
}

forge()
{
	local realm=$1

	shift
	"$maker" forge "$world/$realm.pem" "$@"
}
