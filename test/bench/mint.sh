#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mint: what proof of issuance costs a gate, what the ledger sends it, what issuing and auditing cost, and whether
# seven years of keys go well. Arguments: ROUNDS TOKENS JSON-FILE; TOKENS are issued in a round. Issuing is measured when
# it has gone on for a while: a client's key that signs often is given a table, which takes 15 ms once.
set -eu
rounds=$1
tokens=$2
figures=$3
port=20880
programs=$MINTMARK_BUILD/test/bench
# shellcheck source=test/behaviour/mint_server.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_server.sh"
# Twice what it takes until each of the 64 clients' keys has its table.
warm_up_tokens=8192
world=$(mktemp -d)
mint_folder=$world
worst=0

# shellcheck disable=SC2317 # the trap calls it
clean_up()
{
	mint_stop
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 2' INT TERM HUP

# take NAME COMMAND…: its figures become part of ours. A program that cannot measure leaves a gap, which is told.
take()
{
	local name=$1 status=0

	shift
	"$@" --json "$world/$name.json" || status=$?
	if [ $status -gt 1 ]; then
		echo "  NOT MEASURED: $name"
		status=3
		rm -f "$world/$name.json"
	fi
	[ $status -le $worst ] || worst=$status
}

# figure GROUP WHAT VALUE UNIT [MUST REACHED]: a figure that no program of ours wrote; MUST as "at most 0".
figure()
{
	local bound='' verdict='' short=0

	if [ $# -gt 4 ]; then
		verdict=" must be $5: reached"
		if [ "$6" = false ]; then
			verdict=" must be $5: NOT REACHED"
			short=$3
			[ $worst -ge 1 ] || worst=1
		fi
		bound=",\"must\":\"$5\",\"reached\":$6,\"short_by\":$short"
	fi
	[ "$1" = "$group" ] || echo "$1"
	group=$1
	figure_count=$((figure_count + 1))
	printf '  %-50s%11s %-10s%s\n' "$2" "$3" "$4" "$verdict"
	printf '[\n{"group":"%s","what":"%s","value":%s,"unit":"%s"%s}]' "$1" "$2" "$3" "$4" "$bound" \
	    >"$world/figure-$figure_count.json"
}
figure_count=0
group=

# One array of all objects.
join_figures()
{
	local between='['

	for part in "$world"/*.json; do
		printf '%s' "$between"
		sed -e '1s/^\[//' -e '$s/\]$//' "$part"
		between=,
	done
	printf ']'
}

# The companies' mint, with a client for each key of the load.
start_mint()
{
	local each

	mkdir "$world/clients"
	chmod 711 "$world"
	for each in ES256 RS256; do
		"$programs/bench-issue" keys "$each" "$world/clients"
	done
	mint_configure "$world" $port $((port + 1)) $((port + 2))
	mint_init "$world" >"$world/said" && mint_start "$world" "$world/log" || return 1
	for each in "$world"/clients/*.jwks; do
		mint_add_client enterprise "$(basename "$each" .jwks)" --jwks "$each" --grant client_credentials \
		    --audience https://mail.example || return 1
	done
}

# What the ledger counted since it started, after a second in which it tells.
count()
{
	sleep 1.5
	"$MINTMARK_BUILD/cli/mintmark" status --json -c "$world/mintmark.conf" | grep -o "\"$1\":[0-9]*" | head -n 1 |
	    cut -d : -f 2
}

# Each process's CPU time, so that one sees where a token's time goes.
cpu_times()
{
	local pid

	for pid in $(pgrep -P "$mint_pid"); do
		echo "$(cat "/proc/$pid/comm") $(awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1e6 / hz }' "/proc/$pid/stat")"
	done | awk '{ sum[$1] += $2 } END { for (name in sum) print name, sum[name] }' | sort
}

# run_issue NAME ROUNDS ALGORITHM TOKENS SIGNER…: the last one is asked for its rate in each round.
run_issue()
{
	local name=$1 rounds=$2 algorithm=$3 tokens=$4

	shift 4
	take "$name" "$programs/bench-issue" --rounds "$rounds" run "$algorithm" "$tokens" $((port + 2)) \
	    "http://127.0.0.1:$((port + 2))" https://mail.example "$world/clients" "$@"
}

# Its figures are nobody's, and there is no signer to compare with.
warm_up()
{
	echo "  (a warm-up of $warm_up_tokens tokens, which is not measured)"
	run_issue warm-up 1 "$1" "$warm_up_tokens" /bin/echo 1 1 >"$world/warmed"
	rm -f "$world/warm-up.json"
}

# issue ALGORITHM: that of the clients' assertions; the tokens are of the realm's, ES256.
issue()
{
	local algorithm=$1 tokens_before syncs_before made name us

	warm_up "$algorithm"
	tokens_before=$(count tokens)
	syncs_before=$(count syncs)
	cpu_times >"$world/cpu-before"
	run_issue "issue-$algorithm" "$((rounds < 5 ? rounds : 5))" "$algorithm" "$tokens" "$programs/bench-signer" rate
	cpu_times >"$world/cpu-after"
	made=$(($(count tokens) - tokens_before))
	[ $made -gt 0 ] || return 0
	group="issuing end to end, 64 clients, $algorithm assertions"
	figure "$group" "fsyncs a token" \
	    "$(awk -v n=$(($(count syncs) - syncs_before)) -v m=$made 'BEGIN { printf "%.3f", n / m }')" ""
	while read -r name us; do
		figure "$group" "CPU a token of $name" "$us" "µs"
	done < <(join "$world/cpu-before" "$world/cpu-after" |
	    awk -v m=$made '{ us = ($3 - $2) / m; if (us >= 1) printf "%s %.1f\n", $1, us }')
}

# A ledger of 10^7 tokens: some 15 minutes of 10^9 a day, 3.5 GB.
audit()
{
	local pid peak=0 now records

	mkdir "$world/audit" "$world/audit/ledger"
	"$programs/bench-ledger" 10000000 "$world/audit/ledger" >"$world/written" ||
	    { echo "  NOT MEASURED: audit"; worst=3; return 0; }
	"$MINTMARK_BUILD/cli/mintmark" ledger --dir "$world/audit/ledger" audit >"$world/audited" 2>"$world/progress" &
	pid=$!
	while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
		[ "$now" -le "$peak" ] || peak=$now
		sleep 0.02
	done
	wait $pid || { echo "  NOT MEASURED: audit"; worst=3; return 0; }
	records=$(sed -n 's/^\([0-9]*\) records in .*/\1/p' "$world/audited")
	figure "auditing a ledger" "records" "$records" ""
	figure "auditing a ledger" "rate" "$(sed -n 's/.* (\([0-9]*\) a second).*/\1/p' "$world/audited")" "/s"
	figure "auditing a ledger" "memory at its peak" "$((peak / 1024))" "MiB"
	rm -r "$world/audit"
}

years()
{
	local refused accepted

	"$programs/bench-key-life" 7 >"$world/lived" || true
	refused=$(sed -n 's/^genuine refused \([0-9]*\), .*/\1/p' "$world/lived")
	accepted=$(sed -n 's/.*, over-age accepted \([0-9]*\)$/\1/p' "$world/lived")
	if [ -z "$refused" ] || [ -z "$accepted" ]; then
		echo "  NOT MEASURED: seven years"
		worst=3
		return 0
	fi
	figure "seven simulated years of keys" "genuine tokens refused" "$refused" "" "at most 0" \
	    "$([ "$refused" -eq 0 ] && echo true || echo false)"
	figure "seven simulated years of keys" "over-age keys accepted" "$accepted" "" "at most 0" \
	    "$([ "$accepted" -eq 0 ] && echo true || echo false)"
}

take proof "$programs/bench-proof" --rounds "$rounds"
take stream "$programs/bench-stream" --rounds 5
if start_mint; then
	issue ES256
	issue RS256
	mint_stop
	audit
else
	echo "  NOT MEASURED: issuing, auditing"
	worst=3
fi
years
join_figures >"$figures"
exit $worst
