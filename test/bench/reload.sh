#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What it costs a gate that its key set changes every 100 ms. mintmarkd and its compiler run on the clients' processor.
# Arguments: ROUNDS TURN-MS JSON-FILE.
set -eu
port=20860
# shellcheck source=test/bench/servers.sh
. "$MINTMARK_SOURCE/test/bench/servers.sh"

# begin NAME SETTING…: a gate at $port.
begin()
{
	local name=$1

	shift
	bench_gate "$name" $port group "$@"
	taskset -a -p -c "$client_cpu" "${running[-1]}" >"$world/affinity"
	servers+=("${name//-/ }=$port,$gate_pid,${running[-1]},$world/$name.log")
	port=$((port + 1))
}

servers=()
begin no-cache 'token_cache = 0'
begin cache
client "$programs/bench-reload" --rounds "$1" --json "$3" "$2" "$world/keys.jwks" "${servers[@]}"
