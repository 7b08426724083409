#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Forward auth by the gate, and by what one would set up in its place: Apache with Debian's mod_oauth2 and with its
# mod_auth_openidc, and a gate of Node.js with npm's jose. Each verifies the same token itself, with a key that it was
# given. Arguments: ROUNDS REQUESTS JSON-FILE. Ends with 3 where a rival is not there, and measures the others.
# shellcheck disable=SC2317 # functions are called by names that are arguments
set -eu
port=20850
# shellcheck source=test/bench/servers.sh
. "$MINTMARK_SOURCE/test/bench/servers.sh"

algorithm=RS256
kid=bench-2026-11-$algorithm
modules=/usr/lib/apache2/modules
missing=0
servers=()

miss()
{
	echo "  NOT MEASURED: $1: $2"
	missing=3
}

# ask PORT: the status of an answer to a genuine token, and to one whose signature ends in another letter.
ask()
{
	local token status

	for token in "$(cat "$world/$algorithm.token")" "$(sed 's/......$/AAAAAA/' "$world/$algorithm.token")"; do
		exec 3<>"/dev/tcp/127.0.0.1/$1"
		printf 'GET /v1/auth/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n' \
		    "$token" >&3
		read -r _ status _ <&3
		exec 3>&-
		printf '%s ' "$status"
	done
}

# A server that lets everything pass, or nothing, is no rival.
tells_tokens_apart()
{
	[ "$(ask "$1" 2>/dev/null)" = "200 401 " ]
}

# add NAME SIGN PID: a server at $port.
add()
{
	wait_for "'$1' tells a good token from a bad one" tells_tokens_apart $port || return 1
	servers+=("$1$2$port,$3")
}

# ---- Apache ----

# The key as an argument in quotes.
quoted_key()
{
	grep -o "{[^{}]*\"kid\":\"$kid\"[^{}]*}" "$world/keys.jwks" | sed 's/"/\\"/g; s/.*/"&"/'
}

mod_oauth2()
{
	cat <<END
AuthType oauth2
OAuth2TokenVerify jwk $(quoted_key) verify.iss=$(cat "$world/issuer")&verify.exp=required&verify.iat=required
Require oauth2_claim aud:$(cat "$world/audience")
END
}

mod_auth_openidc()
{
	cat <<END
AuthType oauth20
Require claim aud:$(cat "$world/audience")
END
}

mod_auth_openidc_server()
{
	echo "OIDCOAuthVerifyCertFiles $kid#$(echo "$world"/dovecot-keys/*/"$algorithm"/"$kid")"
	echo "OIDCOAuthRemoteUserClaim sub"
}

# One process answers, so that its CPU time is what Apache takes; it has as many threads as there are connections, and
# lets them stay while others take their turns.
write_apache()
{
	local module=$1 dir=$2

	cat <<END
ServerRoot $dir
ServerName localhost
Listen 127.0.0.1:$port
PidFile $dir/pid
ErrorLog $dir/log
Mutex pthread
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule ${module#mod_}_module $modules/$module.so
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
MaxConnectionsPerChild 0
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
User nobody
Group nogroup
DocumentRoot $dir/site
$(if declare -F "${module}_server" >/dev/null; then "${module}_server"; fi)
<Location /v1/auth>
$("$module")
</Location>
END
}

# The child that answers.
apache_child()
{
	child=$(pgrep -P "$1")
}

begin_apache()
{
	local module=$1 dir=$world/$1

	port=$((port + 1))
	[ -e "$modules/$module.so" ] || { miss "$module" "there is no $modules/$module.so"; return; }
	mkdir -p "$dir/site/v1/auth"
	: >"$dir/site/v1/auth/imap"
	chmod -R a+rX "$dir"
	write_apache "$module" "$dir" >"$dir/httpd.conf"
	taskset -c "$server_cpu" /usr/sbin/apache2 -d "$dir" -f "$dir/httpd.conf" -DFOREGROUND 2>"$dir/errors" &
	running+=($!)
	if ! wait_for "Apache with $module has a child" apache_child $! || ! add "$module" = "$child"; then
		cat "$dir/errors" "$dir/log" >&2
		miss "$module" "Apache does not do it"
	fi
}

# ---- Node.js ----

begin_node()
{
	local dir=$world/node packages=${MINTMARK_NODE_MODULES:-}

	port=$((port + 1))
	command -v node >/dev/null || { miss "Node.js with jose" "there is no node"; return; }
	[ -d "$packages/jose" ] ||
	    { miss "Node.js with jose" "MINTMARK_NODE_MODULES has no jose; script/test interop installs it"; return; }
	mkdir "$dir"
	cp "$MINTMARK_SOURCE/test/bench/node_gate.mjs" "$dir/"
	ln -s "$packages" "$dir/node_modules"
	NODE_ENV=production taskset -c "$server_cpu" node "$dir/node_gate.mjs" $port "$world/keys.jwks" \
	    "$(cat "$world/issuer")" "$(cat "$world/audience")" 2>"$dir/errors" &
	running+=($!)
	add "Node.js with jose" = $! || { cat "$dir/errors" >&2; miss "Node.js with jose" "it does not do it"; }
}

# ---- all of them ----

printf 'GET /v1/auth/imap HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n' \
    "$(cat "$world/$algorithm.token")" >"$world/auth.http"
bench_gate group $port group
add "the gate" = "$gate_pid"
port=$((port + 1))
bench_gate uncached $port group 'token_cache = 0'
add "the gate without its cache" '~' "$gate_pid"
begin_apache mod_oauth2
begin_apache mod_auth_openidc
begin_node
status=0
client "$programs/bench-rivals" --rounds "$1" --json "$3" "$2" "$world/auth.http" "${servers[@]}" || status=$?
[ "$status" -le 1 ] || exit "$status"
[ "$missing" -eq 0 ] || exit "$missing"
exit "$status"
