#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The gate's CPU time for a decision beside an empty 200 of the library that it is built on, to the same requests: the
# same token again and again, with the journal in each of its modes; and the same without a token cache.
# Arguments: ROUNDS REQUESTS JSON-FILE.
set -eu
port=20840
# shellcheck source=test/bench/servers.sh
. "$MINTMARK_SOURCE/test/bench/servers.sh"

# The same bytes for every server.
write_requests()
{
	local algorithm token body

	for algorithm in RS256 ES256; do
		token=$(cat "$world/$algorithm.token")
		printf 'GET /v1/auth/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n' "$token" \
		    >"$world/auth-$algorithm.http"
		body="token=$token&client_id=dovecot&client_secret=$secret"
		printf 'POST /v1/introspect/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s' \
		    application/x-www-form-urlencoded ${#body} "$body" >"$world/introspect-$algorithm.http"
	done
}

listens()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

write_requests
taskset -c "$server_cpu" "$programs/bench-floor-server" $port &
running+=($!)
servers=("empty 200=$port,$!")
wait_for "the floor's server gets ready" listens $port
for journal in group before_answer durable; do
	port=$((port + 1))
	bench_gate "$journal" $port "$journal"
	servers+=("$journal=$port,$gate_pid")
done
port=$((port + 1))
bench_gate uncached $port group "token_cache = 0"
servers+=("group, no cache=$port,$gate_pid,uncached")
echo "  the journals lie on $(stat -f -c %T "$world")"
client "$programs/bench-gate" --rounds "$1" --json "$3" "$2" "$world" "${servers[@]}"
