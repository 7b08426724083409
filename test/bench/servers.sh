# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # gate_pid is for those who source this
# For the bench's scripts to source: a folder with the bench's keys and tokens, gates over it, and on which
# processors what runs.
#
#   bench_gate NAME PORT JOURNAL [SETTING…]   start a mintmarkd whose gate records so; its gate's process id goes to
#                                             $gate_pid
#   client COMMAND…                           run a program on the clients' processor
#
# MINTMARK_BUILD and MINTMARK_SOURCE name the build folder and the project's root. What is started is stopped at the
# end.

programs=$MINTMARK_BUILD/test/bench
world=$(mktemp -d)
running=()
secret=a-secret-of-the-bench-alone
export LC_ALL=C.UTF-8

# stop PID: end a process that was started here and wait until it is gone.
stop()
{
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

clean_up()
{
	local pid

	for pid in "${running[@]}"; do
		stop "$pid"
	done
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 2' INT TERM HUP

# Servers run on the last processor that we may use, clients on the first.
processors=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
client_cpu=${processors%%[-,]*}
server_cpu=${processors##*[-,]}
if [ "$client_cpu" = "$server_cpu" ]; then
	echo "  there is one processor only: client and server share it, expect much noise"
else
	echo "  servers on processor $server_cpu, clients on processor $client_cpu"
fi

# Not in the foreground: a signal to end would wait for its end.
client()
{
	local status=0

	taskset -c "$client_cpu" "$@" &
	running+=($!)
	wait $! || status=$?
	unset 'running[-1]'
	return $status
}

# wait_for WHAT COMMAND…: until it succeeds, 20 seconds at most.
wait_for()
{
	local what=$1 tries=400

	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "bench: $what: it did not come to that" >&2; return 1; }
		sleep 0.05
	done
}

write_configuration()
{
	local name=$1 port=$2 journal=$3

	shift 3
	[ $# -eq 0 ] || printf '%s\n' "$@"
	cat <<END
state_dir = "state-$name"
user      = "nobody"
listen    = { "127.0.0.1:$port" }
journal   = $journal
journal_keep = 2
realm enterprise {
    issuer = "https://login.example/{tenant}/v2.0"
    keys   = "file:keys.jwks"
    token_types = { "JWT" }
}
tenant contoso {
    realm   = enterprise
    id      = "$(cat "$world/tenant")"
    domains = { "contoso.example" }
    admins  = { "security@contoso-irm.example" }
}
service imap {
    audience = "$(cat "$world/audience")"
    realms   = { "enterprise" }
    mailbox_claim = "preferred_username"
    callers  = { "dovecot:dovecot.secret" }
}
END
}

is_answering()
{
	grep -qF "answers, epoch" "$1"
}

bench_gate()
{
	local name=$1

	write_configuration "$@" >"$world/$name.conf"
	: >"$world/$name.log"
	taskset -c "$server_cpu" "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$world/$name.conf" \
	    --libexec "$MINTMARK_BUILD/daemon" 2>>"$world/$name.log" &
	running+=($!)
	wait_for "the gate '$name' gets ready" is_answering "$world/$name.log" ||
	    { cat "$world/$name.log" >&2; exit 2; }
	gate_pid=$(pgrep -P "${running[-1]}" -x mintmark-gate)
}

# Processes of other users come to what they need by its name.
chmod 711 "$world"
"$programs/bench-world" "$world"
(umask 077 && printf %s "$secret" >"$world/dovecot.secret")
