#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A gate that may use one processor beside one that may use two. Arguments: ROUNDS REQUESTS JSON-FILE.
set -eu
port=20865
# shellcheck source=test/bench/servers.sh
. "$MINTMARK_SOURCE/test/bench/servers.sh"

[ "$client_cpu" != "$server_cpu" ] || { echo "bench: there is one processor only" >&2; exit 2; }
printf 'GET /v1/auth/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n' \
    "$(cat "$world/RS256.token")" >"$world/auth.http"
bench_gate one $port group
one=$port,$gate_pid,$client_cpu,$client_cpu
port=$((port + 1))
server_processor=$server_cpu
server_cpu=$client_cpu,$server_cpu
bench_gate two $port group
client "$programs/bench-cores" --rounds "$1" --json "$3" "$2" "$world/auth.http" "$one" \
    "$port,$gate_pid,$client_cpu,$server_processor"
