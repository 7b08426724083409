# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # 'port' is the test's, others are for it
# For the tests of a mint, sourced by mint_host.sh and mint_world.sh: a scratch folder, $world, with the configuration
# and the log of what runs in it, and how a test checks and ends. The test sets 'port' first: the gate's, with the
# consumers' issuer on the next and the companies' on the one behind.
#
#   run COMMAND…           mintmark on this configuration
#   check WHAT COMMAND…    the command must succeed
#   await SECONDS COMMAND… until it succeeds; fails when the time is over
#   fail WHAT              tells it, with what was said and logged last
#   damage FILE OFFSET     another byte there, whichever it was
#   finish                 ends the test, which failed if anything did
#
# Processes of world_pids are stopped at the end, with mintmarkd.

# shellcheck source=test/behaviour/mint_server.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_server.sh"

mintmark=$MINTMARK_BUILD/cli/mintmark
world=$(mktemp -d)
chmod 711 "$world"
config=$world/mintmark.conf
log=$world/log
gate=127.0.0.1:$port
failures=0
world_pids=
export LC_ALL=C.UTF-8
# The sandbox forbids what looking for leaks needs.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:${ASAN_OPTIONS#detect_leaks=1:}}"

clean_up()
{
	local pid

	for pid in $world_pids; do
		kill "$pid" 2>"$world/null" || true
		wait "$pid" 2>"$world/null" || true
	done
	mint_stop
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail()
{
	echo "FAILED: $1"
	[ ! -s "$world/said" ] || sed 's/^/  said: /' "$world/said" | cut -c 1-300 | head -n 20
	[ ! -s "$log" ] || tail -n 25 "$log" | sed 's/^/  log: /'
	failures=$((failures + 1))
}

check()
{
	local what=$1

	echo "checking: $what"
	shift
	"$@" || fail "$what"
}

await()
{
	local tries=$(($1 * 20))

	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

run()
{
	"$mintmark" "$@" -c "$config"
}

damage()
{
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # an escape of the format is what is to be written
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>"$world/null"
}

finish()
{
	if grep -A 20 'Sanitizer:\|runtime error:' "$log"; then
		fail "a sanitizer has something to say"
	fi
	[ "$failures" -eq 0 ] || exit 1
	echo "passed"
	exit 0
}
