# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # the caller sets mint_folder
# For scripts to source: a host with two mints, consumer and enterprise, in a folder of its own.
#
#   mint_configure DIR GATE-PORT CONSUMER-PORT ENTERPRISE-PORT   write DIR/mintmark.conf and what it names
#   mint_start DIR LOG     start mintmarkd on it, wait until gate and issuers answer; its process id goes to mint_pid
#   mint_stop              stop it and wait until it is gone
#   mint_process NAME      the process of that name, "mintmark-ledger"
#   mint_init DIR          make its secrets; the root goes to DIR/root.key
#   mint_add_user REALM ADDRESS PASSWORD, mint_add_client REALM ID OPTION…
#   mint_client_secret     of the client that was added last
#
# More sections for the configuration may stand in DIR/more.conf, more settings of the service imap in mint_service.
# MINTMARK_BUILD names the build folder. The caller sets the trap that stops it.

mint_pid=
mint_service=

mint_configure()
{
	local dir=$1 gate=$2 consumer=$3 enterprise=$4

	(umask 077 && head -c 24 /dev/urandom | base64 | tr -d '\n' >"$dir/dovecot.secret")
	{
		cat <<-CONF
			state_dir = "state"
			listen    = { "127.0.0.1:$gate" }

			# Everybody's private mail.
			realm consumer {
			    issuer     = "http://127.0.0.1:$consumer"
			    keys       = "mint"
			    listen     = { "127.0.0.1:$consumer" }
			    algorithms = { "RS256" }
			}
			tenant outlook {
			    realm   = consumer
			    domains = { "outlook.example" }
			    admins  = { "security@outlook.example" }
			}
			# Companies.
			realm enterprise {
			    issuer     = "http://127.0.0.1:$enterprise"
			    keys       = "mint"
			    listen     = { "127.0.0.1:$enterprise" }
			    algorithms = { "ES256" }
			    # Here nobody keeps its keys for long, so that the next one need not be known for two days.
			    publish_before = 1
			}
			tenant contoso {
			    realm   = enterprise
			    domains = { "contoso.example" }
			    admins  = { "security@contoso-irm.example" }
			}
			# The companies' mail server: each token needs the mark, and the ledger must know it.
			service imap {
			    audience      = "https://mail.example"
			    realms        = { "enterprise" }
			    mailbox_claim = "preferred_username"
			    scopes        = { "mail.read" }
			    callers       = { "dovecot:dovecot.secret" }
			    mark          = required
			    ledger        = required
			    $mint_service
			}
			service private_mail {
			    audience      = "https://private-mail.example"
			    realms        = { "consumer" }
			    mailbox_claim = "preferred_username"
			    callers       = { "dovecot:dovecot.secret" }
			    mark          = required
			    ledger        = required
			}
		CONF
		[ "$(id -u)" -ne 0 ] || echo 'user = "nobody"'
		[ ! -f "$dir/more.conf" ] || cat "$dir/more.conf"
	} >"$dir/mintmark.conf"
	mint_urls="http://127.0.0.1:$gate http://127.0.0.1:$consumer http://127.0.0.1:$enterprise"
}

mint_answers()
{
	local each

	for each in $mint_urls; do
		# A gate that is ready in part says so: here every realm is waited for.
		curl -sf -o "$1/ready" --max-time 5 "$each/readyz" && grep -qx ready "$1/ready" || return 1
	done
}

# In a session of its own, so that an interrupt reaches the script alone, which then stops it in order.
mint_start()
{
	local dir=$1 log=$2 tries

	setsid "$MINTMARK_BUILD/daemon/mintmarkd/mintmarkd" -c "$dir/mintmark.conf" \
	    --libexec "${mint_libexec:-$MINTMARK_BUILD/daemon}" </dev/null >>"$log" 2>&1 9>&- &
	mint_pid=$!
	for tries in $(seq 600); do
		! mint_answers "$dir" || return 0
		kill -0 $mint_pid 2>/dev/null || break
		sleep 0.05
	done
	echo "mintmarkd does not answer (after $tries tries); its log:" >&2
	cat "$log" >&2
	return 1
}

mint_stop()
{
	[ -n "$mint_pid" ] || return 0
	kill "$mint_pid" 2>/dev/null || true
	wait "$mint_pid" 2>/dev/null || true
	mint_pid=
}

mint_process()
{
	pgrep -P "$mint_pid" -x "$(cut -c 1-15 <<<"$1")" || true
}

mint_init()
{
	"$MINTMARK_BUILD/cli/mintmark" init --root "$1/root.key" -c "$1/mintmark.conf"
	mint_config=$1/mintmark.conf
}

mint_add_user()
{
	"$MINTMARK_BUILD/cli/mintmark" user add "$1" "$2" --password-stdin -c "$mint_config" <<<"$3" \
	    >"$mint_folder/added"
}

mint_add_client()
{
	"$MINTMARK_BUILD/cli/mintmark" client add "$@" -c "$mint_config" </dev/null >"$mint_folder/added"
}

mint_client_secret()
{
	sed -n 's/^secret, .*: //p' "$mint_folder/added"
}
