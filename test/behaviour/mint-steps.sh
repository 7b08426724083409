#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mint does a little of everything, and one of its processes is killed before or behind the n-th of the calls by which
# it changes files or tells others, or its n-th call on a file fails; mintmarkd starts anew what ended, and the clock
# steps forth and back. Whatever the moment: each token that left is on record, none has another's id, codes and refresh
# tokens were good once, what somebody was told is so, the ledger holds together, no private key is left over, and
# tokens are made.
#
# Here for a few moments of each process, other ones each time: MINT_STEPS_SEED has them again. script/kill-walk takes
# every n: MINT_STEPS="PROGRAM HOW FIRST EVERY", for one program in one way.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21700

# shellcheck source=test/behaviour/mint_scratch.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_scratch.sh"
# shellcheck source=test/behaviour/mint_sign_in.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_sign_in.sh"

steps=$MINTMARK_BUILD/test/steps
preload=$MINTMARK_BUILD/test/libtest_steps.so
issuer=http://127.0.0.1:$((port + 1))
robots=https://robots.example
mail=https://mail.example
redirect=http://127.0.0.1/signed-in
alice=alice@contoso.example
password='correct horse battery staple'
seed=${MINT_STEPS_SEED:-$(date +%s)}
RANDOM=$seed
mint_folder=$world
runs=0

# ---- a mint whose processes are watched ----

configure()
{
	(umask 077 && head -c 24 /dev/urandom | base64 | tr -d '\n' >"$home/dovecot.secret")
	cat >"$config" <<-CONF
		state_dir = "state"
		listen    = { "$gate" }
		stale_after = 3
		$([ "$(id -u)" -ne 0 ] || echo 'user = "nobody"')
		realm enterprise {
		    issuer         = "$issuer"
		    keys           = "mint"
		    listen         = { "${issuer#http://}" }
		    algorithms     = { "ES256" }
		    publish_before = 1
		}
		tenant contoso {
		    realm   = enterprise
		    domains = { "contoso.example" }
		}
		service imap {
		    audience      = "$mail"
		    realms        = { "enterprise" }
		    mailbox_claim = "preferred_username"
		    scopes        = { "mail.read" }
		    callers       = { "dovecot:dovecot.secret" }
		    mark          = required
		    ledger        = required
		}
		service robots {
		    audience = "$robots"
		    realms   = { "enterprise" }
		    mailbox  = none
		    callers  = { "dovecot:dovecot.secret" }
		    mark     = required
		    ledger   = required
		}
	CONF
}

# Each program is started with the library before it; its environment is mintmarkd's choice, so a script is between.
wrap()
{
	local program

	mint_libexec=$world/libexec
	mkdir "$mint_libexec"
	for program in "$MINTMARK_BUILD"/daemon/*/mintmark-*; do
		if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
		printf '#!/bin/sh\nMM_TEST_STEPS=%s LD_PRELOAD=%s exec %s\n' "$world/steps" "$preload" "$program" \
		    >"$mint_libexec/${program##*/}"
		chmod 755 "$mint_libexec/${program##*/}"
	done
	"$steps" "$world/steps" new
}

start()
{
	MM_TEST_STEPS=$world/steps LD_PRELOAD=$preload setsid "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" \
	    --libexec "$mint_libexec" </dev/null >>"$log" 2>&1 &
	mint_pid=$!
}

# Its processes end with it, but not at once: as long as one has a thread left, it has the addresses. Who is dead may
# still be listed.
is_free()
{
	[ -z "$(ps -o stat= -s "$1" | sed '/^Z[^l]*$/d')" ]
}

kill_all()
{
	local session=$mint_pid

	kill -KILL "$mint_pid" 2>"$world/null"
	wait "$mint_pid" 2>"$world/null"
	mint_pid=
	await 20 is_free "$session" || fail "a process outlives mintmarkd"
}

# Another mint after so many runs: its list of keys grows with each.
begin()
{
	[ -z "$mint_pid" ] || kill_all
	rm -rf "${home:-$world/none}"
	home=$world/home$runs
	config=$home/mintmark.conf
	mkdir "$home" && chmod 711 "$home"
	"$steps" "$world/steps" calm
	"$steps" "$world/steps" clock 0
	configure
	run init --root "$home/root.key" >"$world/said" 2>&1 || { fail "init"; finish; }
	mint_config=$config
	start
	await 30 run client add enterprise robot --confidential --grant client_credentials --audience "$robots" \
	    --scope run >"$world/added" 2>&1 || { fail "client add"; finish; }
	secret=$(mint_client_secret)
	cp "$world/added" "$world/said"
	await 20 mint_add_user enterprise $alice "$password" || fail "user add"
	await 20 mint_add_client enterprise mail --grant code --grant refresh --redirect "$redirect" \
	    --scope "openid mail.read offline_access" --audience "$mail" || fail "client add"
	if ! await 20 is_made || ! await 20 is_prepared; then fail "no token is made"; finish; fi
	kill_all
	: >"$home/events"
	: >"$home/ids"
	epoch=0
}

# ---- a little of everything ----

# Keep what somebody got.
got()
{
	local token

	token=$(mint_member access_token)
	[ -n "$token" ] && echo "$token" | tee -a "$world/got"
}

apply()
{
	curl -s --max-time 5 -u "robot:$secret" -d grant_type=client_credentials --data-urlencode "resource=$robots" \
	    "$issuer/token" | got
}

is_made()
{
	made=$(apply 2>"$world/null")
	[ -n "$made" ]
}

# Where mintmarkd was the one that was to be killed nothing is waited for.
is_gone()
{
	! kill -0 "$mint_pid" 2>"$world/null"
}

is_there()
{
	is_made || is_gone
}

sign_in()
{
	code=$(mint_code "$issuer" mail "$redirect" "$mail" "mail.read offline_access" "$alice" "$password")
	[ -n "$code" ]
}

redeem()
{
	mint_redeem "$issuer" mail "$redirect" "$mail" "$code"
}

take_tokens()
{
	local answer

	answer=$(redeem)
	redeemed=$(got <<<"$answer")
	refresh=$(mint_member refresh_token <<<"$answer")
	[ -n "$redeemed" ] && [ -n "$refresh" ]
}

take_another()
{
	refreshed=$(mint_refresh "$issuer" mail "$refresh" | got)
	[ -n "$refreshed" ]
}

# Alice at another browser.
sign_in_and_out()
{
	local token

	token=$(mint_sign_in "$issuer" mail "$redirect" "$mail" mail.read "$alice" "$password" | got)
	[ -n "$token" ] && mint_browse "$issuer/logout" && mint_send_form "$issuer" &&
	    grep -q 'You are signed out' "$world/page" && echo "imap $token" >>"$world/ended"
}

# The token is one that the verifier need not know yet: then it says so.
is_revoked()
{
	[ -n "$made" ] || is_made || return 1
	[ "$(curl -s --max-time 10 -o "$world/page" -w '%{http_code}' -u "robot:$secret" --data-urlencode "token=$made" \
	    "$issuer/revoke")" = 200 ] && echo "robots $made" >>"$world/ended"
}

is_revoked_or_gone()
{
	is_revoked || is_gone
}

# The kid of the last listed key of which this is said.
kid()
{
	run key list enterprise --json 2>"$world/null" | tr '{' '\n' | grep "\"kid\".*$1" | tail -n 1 | mint_member kid
}

is_prepared()
{
	[ -n "$(kid '"state":"prepared"')" ]
}

taint()
{
	run key taint enterprise "$(kid '"state":"prepared"')"
}

revoke()
{
	run key revoke enterprise "$(kid '"tainted"')"
}

rotate()
{
	run key rotate enterprise
}

rename_robot()
{
	name="run $runs"
	run client change enterprise robot --name "$name"
}

# Keep what was done, as far as somebody was told so.
try()
{
	"$@" >"$world/null" 2>&1 && echo "$1" >>"$world/done"
}

work()
{
	: >"$world/got"
	: >"$world/done"
	: >"$world/ended"
	code=
	redeemed=
	refresh=
	refreshed=
	try is_made
	await 20 is_revoked_or_gone # just behind the start
	try taint
	try sign_in
	[ -z "$code" ] || try take_tokens
	[ -z "$refresh" ] || try take_another
	try rotate
	try is_made
	try revoke
	try sign_in_and_out
	try rename_robot
	try apply
}

# ---- what must be so ----

# is_used_once FIRST COMMAND…: what came of the first use (nothing: it had no answer) and of two more is one at most.
is_used_once()
{
	local uses=${1:+1}

	shift
	! "$@" >"$world/null" || uses=$((uses + 1))
	! "$@" >"$world/null" || uses=$((uses + 1))
	[ "${uses:-0}" -le 1 ]
}

# The code last: that it is used again ends all that came of it.
was_good_once()
{
	[ -z "$refresh" ] || is_used_once "$refreshed" mint_refresh "$issuer" mail "$refresh" || return 1
	[ -z "$code" ] || is_used_once "$redeemed" redeem
}

are_recorded()
{
	local token

	while IFS= read -r token; do
		run ledger show "$token" >"$world/said" 2>&1 && grep -q '^This token was issued' "$world/said" || return 1
	done <"$world/got"
}

# introspect SERVICE TOKEN: the gate's answer.
introspect()
{
	curl -sS --max-time 5 -u "dovecot:$(cat "$home/dovecot.secret")" --data-urlencode "token=$2" \
	    "http://$gate/v1/introspect/$1" 2>"$world/null"
}

is_accepted()
{
	introspect robots "$made" | grep -q '"active":true'
}

have_ended()
{
	local service token

	while read -r service token; do
		run ledger show "$token" >"$world/said" 2>&1 && grep -q 'and revoked' "$world/said" &&
		    introspect "$service" "$token" | grep -q '"active":false' || return 1
	done <"$world/ended"
}

ids_differ()
{
	local token

	while IFS= read -r token; do
		mint_claims "$token" | mint_member jti
	done <"$world/got" >>"$home/ids"
	[ "$(sort "$home/ids" | uniq -d | wc -l)" -eq 0 ]
}

# was_told DONE EVENT: where an operator was told so, it is among what happened to keys in this run.
was_told()
{
	! grep -qx "$1" "$world/done" || grep -q "\"event\":\"$2\"" "$world/new"
}

# What happened to keys is there still, and what operators were told.
events_grew()
{
	run key history enterprise --json >"$world/said" 2>&1 || return 1
	tr '{' '\n' <"$world/said" | grep -o '"time".*"event":"[^"]*"' >"$world/events"
	head -n "$(wc -l <"$home/events")" "$world/events" | cmp -s - "$home/events" || return 1
	tail -n "+$(($(wc -l <"$home/events") + 1))" "$world/events" >"$world/new"
	was_told taint tainted && was_told revoke revoked && was_told rotate 'rotation asked' || return 1
	cp "$world/events" "$home/events"
}

has_its_name()
{
	! grep -qx rename_robot "$world/done" || run client show enterprise robot | grep -q "$name"
}

epoch_grew()
{
	local now

	now=$(run status --json 2>"$world/null" | grep -o '"epoch":[0-9]*' | head -n 1 | cut -d : -f 2)
	[ "${now:-0}" -ge "$epoch" ] && epoch=$now
}

# Every private key is of one that is listed. What could not be removed from a disk that failed goes with the next key.
no_key_is_left()
{
	local file

	run key list enterprise --all --json >"$world/said" 2>&1 || return 1
	for file in "$home"/state/mint/enterprise/keys/*; do
		file=${file##*/}
		case $file in
		*.sealed) grep -qF "\"${file%.sealed}\"" "$world/said" || return 1 ;;
		*.new) [ "$how" = eio ] || return 1 ;;
		*) return 1 ;;
		esac
	done
}

# A ledger that begins another segment every few seconds fills any disk soon, as it says.
is_well()
{
	run status >"$world/said" 2>&1
	grep -q '^mintmarkd' "$world/said" && ! grep '^ *! ' "$world/said" | grep -v 'at the present rate' >"$world/null"
}

# Of who was killed, and of what could not be written.
expected_alarms='SIGKILL\|under way at the last end\|cannot be sent \|a key that is on no record'
disk_alarms='cannot be\|can only be\|can be .* again\|signer cannot\|ended with status\|could not be\|Input/output\|No space\|at the present rate\|no key is prepared'

must()
{
	local what=$1

	shift
	"$@" && return
	fail "$moment: $what"
	grep "alarm:" "$log" | tail -n 5
}

check_all()
{
	must "tokens are made again" await 40 is_made
	must "codes and refresh tokens are good once" was_good_once
	must "each token is on record" are_recorded
	must "no id stands twice" ids_differ
	must "what was revoked and signed out is refused" await 20 have_ended
	must "what happened to keys is on record" events_grew
	must "what was changed of a client is so" has_its_name
	must "the epoch never falls" await 20 epoch_grew
	must "a token is accepted" await 20 is_accepted
	must "no private key is left over" await 20 no_key_is_left
	must "the ledger holds together" run ledger audit >"$world/said" 2>&1
	must "nothing is wrong" await 60 is_well
	must "no alarm but of this" eval '! grep "alarm:" "$log" | grep -v "$expected" >"$world/said"'
}

# ---- one moment ----

# run_at PROGRAM HOW N: whether it came to that. Where the clock was set back to before the key that signs, nothing is made
# until it comes to be there again.
run_at()
{
	local program=$1 how=$2 expected=$expected_alarms told

	[ $((runs++ % 40)) -ne 0 ] || begin
	[ "$how" != eio ] || expected="$expected_alarms\|$disk_alarms"
	: >"$log"
	"$steps" "$world/steps" arm "$program" "$how" "$3"
	"$steps" "$world/steps" clock $((RANDOM % 10))
	start
	await 20 is_there
	work
	told=$("$steps" "$world/steps" tell)
	moment="${program#mintmark-} $how $3 (${told##* })"
	"$steps" "$world/steps" calm
	"$steps" "$world/steps" clock $((RANDOM % 10))
	! is_gone || { kill_all; start; }
	check_all
	kill_all
	echo "$moment: ${told%% *} calls"
	[ "$(cut -d ' ' -f 2 <<<"$told")" -gt 0 ]
}

# Without harm all of it is done, or there would be nothing to look at.
is_all_done()
{
	[ "$(wc -l <"$world/done")" -eq 11 ] && [ "$(wc -l <"$world/ended")" -eq 2 ]
}

# About as many calls as each makes, and of these on files; the issuer has none of those.
walk=('ledger 150 50' 'signer 50 14' 'verifier 150 120' 'issuer 50 0' 'mintmarkd 170 65')

# One moment of each program at which it is killed, and one at which a call fails.
take_some()
{
	local row program calls of_files ways=(before behind)

	for row in "${walk[@]}"; do
		read -r program calls of_files <<<"$row"
		program=$(full_name "$program")
		run_at "$program" "${ways[RANDOM % 2]}" $((1 + RANDOM % calls))
		[ "$of_files" -eq 0 ] || run_at "$program" eio $((1 + RANDOM % of_files))
	done
}

full_name()
{
	case $1 in mintmarkd) echo "$1" ;; *) echo "mintmark-$1" ;; esac
}

wrap
echo "seed $seed"
if [ -n "${MINT_STEPS:-}" ]; then
	read -r program way n every <<<"$MINT_STEPS"
	while run_at "$(full_name "$program")" "$way" "$n" && [ "$failures" -lt 10 ]; do
		n=$((n + every))
	done
	finish
fi
run_at mintmarkd count 0
check "all of it is done where nothing is wrong" is_all_done
take_some
finish
