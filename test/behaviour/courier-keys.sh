#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A realm whose keys are found by discovery: they come, they rotate without anybody's hand, a key that is gone is good for
# a while, nothing that the provider does takes them away, and a start without it serves.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by their names in arguments
set -eu
port=21350
# shellcheck source=test/behaviour/courier_world.sh
. "$MINTMARK_SOURCE/test/behaviour/courier_world.sh"
gate=127.0.0.1:$((port + 10))
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
secret=a-secret-of-the-tests-alone
config=$world/mintmark.conf
log=$world/log
# The sandbox forbids what looking for leaks needs.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:${ASAN_OPTIONS#detect_leaks=1:}}"

"$maker" world "$world" --listen "$gate"
python3 - "$world/common.jwks" "$world" <<'END'
import json, sys
keys = {key["kid"]: key for key in json.load(open(sys.argv[1]))["keys"]}
def write(name, *kids):
    with open(f"{sys.argv[2]}/{name}.jwks", "w") as file:
        json.dump({"keys": [keys[kid] for kid in kids]}, file)
write("one", "KE1")
write("both", "KE1", "KE2")
write("two", "KE2")
write("none")
END
sed -i -e '/^realm enterprise/,/^}/s|keys = .*|keys = "discovery:'"$base"'/template"\n    refresh_cool_down = 1|' \
    -e "1a ca_certificates = \"ca.pem\"" "$config"

start_mintmarkd()
{
	"$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon" >>"$log" 2>&1 &
	driver_pid=$!
}

# stop_mintmarkd: it must end well.
stop_mintmarkd()
{
	status=0
	kill "$driver_pid"
	wait "$driver_pid" || status=$?
	driver_pid=
	[ "$status" -eq 0 ] || fail "mintmarkd ended with $status"
}

# allowed KID: whether a new token of that key is.
allowed()
{
	token=$("$maker" token "$world" --key "$1" --kid "$1")
	curl -s --max-time 20 -u "dovecot:$secret" -d "token=$token" "http://$gate/v1/introspect/mail" |
	    grep -q '"active":true'
}

# check WHAT COMMAND…: the command must succeed.
check()
{
	echo "checking: $1"
	what=$1
	shift
	"$@" || {
		fail "$what"
		tail -n 5 "$log" | sed 's/^/  log: /'
	}
}

# unknown_leads_to_fetch COUNT: a token of a key that nobody has is refused, and there are more requests than that.
unknown_leads_to_fetch()
{
	! allowed KX || return 1
	[ "$(requests /keys)" -gt "$1" ]
}

nothing_good_by_hand()
{
	! "$MINTMARK_BUILD/cli/mintmark" fetch -c "$config" enterprise >"$world/fetch" 2>&1 || return 1
	grep -q "what was kept stays" "$world/fetch"
}

publish "$world/one.jwks"
start_server
start_mintmarkd
check "the first key comes by discovery" wait_for 20 allowed KE1
check "a key that is not published is refused" eval '! allowed KE2'
publish "$world/both.jwks"
check "a new key is accepted by itself, as soon as a token names it" wait_for 20 allowed KE2
check "the old one still is" allowed KE1
publish "$world/two.jwks"
before=$(requests /keys)
check "a token of an unknown key leads to a fetch" wait_for 20 unknown_leads_to_fetch "$before"
check "a key that is not published any more is good for a while" allowed KE1

publish "$world/none.jwks"
# The fetch that the unknown kid asked for may still be under way, and be the answer.
check "an operator's fetch tells that nothing good came" wait_for 20 nothing_good_by_hand
check "a document that shrinks to nothing takes no key away" allowed KE2

stop_mintmarkd
check "what was fetched lies on the disk" test -n "$(find "$world/state-mintmark/keys" -name '*.jwks' -size +0)"
stop_server
start_mintmarkd
check "a start without the provider serves by the keys of the disk" wait_for 20 allowed KE2
check "and by the one that is gone" allowed KE1
publish "$world/two.jwks"
before=$(requests /keys)
start_server
check "the provider is found when it is back" wait_for 40 eval "[ \"\$(requests /keys)\" -gt $before ]"
check "and everything is as it was" allowed KE2
stop_mintmarkd
if grep -A 20 'Sanitizer:\|runtime error:' "$log"; then
	fail "a sanitizer has something to say"
fi
finish
