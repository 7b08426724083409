# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # 'port' is the test's, others are for it
# For the tests of a mint's processes, sourced: a host with two mints, an application of the companies that gets tokens
# for itself, and services that look at them. The test sets 'port' first: the gate's, with the issuers' behind it. It
# ends with 'finish'.
#
#   world_start                  configuration, init, mintmarkd, and the application
#   token                        a fresh token of it, for the service robots; nothing where none is made
#   decide SERVICE TOKEN         the reason of the gate's answer
#   expect WHAT SERVICE REASON TOKEN
#   process NAME                 its process id: gate, ledger, enterprise/signer, enterprise/issuer…
#
# Services: robots (mark and ledger required, denies while the ledger is away), patient (the same, and a mark alone is
# enough then), marked (the mark alone).

# shellcheck source=test/behaviour/mint_scratch.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_scratch.sh"

issuer=http://127.0.0.1:$((port + 2))
audience=https://robots.example
secret=
world_realm=

member()
{
	grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

world_service()
{
	local name=$1 away=$2 ledger=$3

	cat <<-CONF
		service $name {
		    audience    = "$audience"
		    realms      = { "enterprise" }
		    mailbox     = none
		    callers     = { "dovecot:dovecot.secret" }
		    mark        = required
		    ledger      = $ledger
		    ledger_away = $away
		}
	CONF
}

world_configure()
{
	{
		world_service robots deny required
		world_service patient marked_only required
		world_service marked deny off
	} >"$world/more.conf"
	mint_configure "$world" "$port" $((port + 1)) $((port + 2))
	# Tests do not wait long; and what the test says of the companies' realm.
	sed -i -e '1i stale_after = 3' -e "/^realm enterprise/a\    $world_realm" "$config"
}

world_start()
{
	world_configure
	run init >"$world/said" 2>&1 || { sed 's/^/  init: /' "$world/said"; fail "init"; finish; }
	mint_start "$world" "$log" || { fail "the mint does not start"; finish; }
	await 30 add_robot enterprise "$audience" || { sed 's/^/  client: /' "$world/said"; fail "client add"; finish; }
	secret=$added
}

# add_robot REALM AUDIENCE: the application at a mint, whose verifier may be about to start; its secret is in added.
add_robot()
{
	run client add "$1" robot --confidential --grant client_credentials --audience "$2" --scope run \
	    >"$world/said" 2>&1 || return 1
	added=$(grep -oE '[A-Za-z0-9_-]{43}' "$world/said" | tail -n 1)
}

# ask_token: the issuer's answer.
ask_token()
{
	curl -sS --max-time 20 -u "robot:$secret" -d grant_type=client_credentials \
	    --data-urlencode "resource=$audience" "$issuer/token" 2>"$world/null"
}

token()
{
	ask_token | member access_token
}

is_made()
{
	made=$(token)
	[ -n "$made" ]
}

# The gate's answer and, from its journal, the reason of just this decision: the tests ask one thing at a time.
decide()
{
	local before after

	curl -sS --max-time 20 -u "dovecot:$(cat "$world/dovecot.secret")" --data-urlencode "token=$2" \
	    "http://$gate/v1/introspect/$1" >"$world/answer" 2>"$world/null" || return 1
	run decisions --json 2>"$world/null" | grep '"kind":"decision"' | grep "\"service\":\"$1\"" | tail -n 1 >"$world/decision"
	member reason <"$world/decision"
}

is_decided()
{
	[ "$(decide "$1" "$3")" = "$2" ]
}

expect()
{
	local what=$1 reason

	echo "checking: $what"
	reason=$(decide "$2" "$4")
	[ "$reason" = "$3" ] || fail "$what: $reason instead of $3"
	case $3 in
	OK) grep -q '"active":true' "$world/answer" || fail "$what: it is not active" ;;
	*) ! grep -q '"active":true' "$world/answer" || fail "$what: it is active" ;;
	esac
}

# The process of a name, from 'mintmark status'.
process()
{
	local name=${1#*/} realm=

	[ "$name" = "$1" ] || realm="\"realm\":\"${1%/*}\","
	run status --json 2>"$world/null" | grep -o "{\"name\":\"$name\",$realm\"running\":true,\"pid\":[0-9]*" |
	    grep -o '[0-9]*$' | head -n 1
}

# Whether a process of this name runs that is not the one before.
is_another()
{
	local pid

	pid=$(process "$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ]
}
