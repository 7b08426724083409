#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long a login at Dovecot takes when it asks the gate, as conf/dovecot sets it up, and when it validates the
# token itself (introspection_mode = local, with the same keys). Arguments: ROUNDS LOGINS JSON-FILE.
# shellcheck disable=SC2317 # the trap calls clean_up_all
set -eu
gate_port=20850
asking_port=20851
local_port=20852
# shellcheck source=test/bench/servers.sh
. "$MINTMARK_SOURCE/test/bench/servers.sh"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"

clean_up_all()
{
	dovecot_stop "$world/asking" || true
	dovecot_stop "$world/local" || true
	clean_up
}
trap clean_up_all EXIT

# Processes stand ready at both, so that a login is not the time to start one.
processes_ready()
{
	echo "service imap-login {
  service_count = 0
  process_min_avail = 1
}
service imap {
  service_count = 100
  process_min_avail = 2
}
service auth {
  client_limit = 2000
}"
}

validate_locally()
{
	echo "introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$world/dovecot-keys/
issuers = $(cat "$world/issuer")
username_attribute = preferred_username
username_format = %Lu"
}

# configure DIR PORT: a Dovecot that asks the gate.
configure()
{
	mkdir -p "$1/run" "$1/mail"
	chmod 755 "$1" "$1/run"
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$1/mail"
	dovecot_configure_mintmark "$1" "$2" "127.0.0.1:$gate_port" "$secret"
	dovecot_write_configuration "$1" "$2" >"$1/dovecot.conf"
	processes_ready >>"$1/dovecot.conf"
}

# begin DIR PORT
begin()
{
	taskset -c "$server_cpu" "$dovecot_program" -c "$1/dovecot.conf"
	wait_for "Dovecot answers at port $2" dovecot_answers "$2" || { cat "$1/dovecot.log" >&2; exit 2; }
}

bench_gate asked $gate_port before_answer
configure "$world/asking" $asking_port
configure "$world/local" $local_port
validate_locally >"$world/local/mintmark-oauth2.conf.ext"
begin "$world/asking" $asking_port
begin "$world/local" $local_port
client "$programs/bench-login" --rounds "$1" --json "$3" "$2" "$world" \
    "local validation=$local_port" "asking the gate=$asking_port"
