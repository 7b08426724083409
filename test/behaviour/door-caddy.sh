#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Caddy with conf/caddy/Caddyfile: the application learns who it is from the gate and never from the client,
# whatever spelling he chooses; challenges reach him; without the gate nobody gets in.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
command -v caddy >/dev/null || { echo "not run: there is no caddy (package caddy)"; exit 77; }
port=20710
application_port=20711
caddy_port=20712
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# shellcheck source=test/behaviour/doors_world.sh
. "$MINTMARK_SOURCE/test/behaviour/doors_world.sh"
start
application $application_port
site=http://127.0.0.1:$caddy_port
api=$site/api/x
alice=$(token)
bearer="Authorization: Bearer $alice"

# caddy_start SERVICE: with the file that is installed, but for addresses and the service's name. No TLS on loopback.
caddy_start()
{
	install_examples "$world/caddy" caddy -e "s|unix//run/mintmark/gate.sock|unix/$world/gate.sock|" \
	    -e "s|uri /v1/auth/web|uri /v1/auth/$1|" -e "s|^web.example {|http://:$caddy_port {|" \
	    -e "s|127.0.0.1:8080|127.0.0.1:$application_port|"
	printf '{\n\tadmin off\n\tauto_https off\n}\n' | cat - "$world/caddy/Caddyfile" >"$world/caddy/whole"
	HOME=$world/caddy caddy run --config "$world/caddy/whole" --adapter caddyfile >"$world/caddy/log" 2>&1 &
	caddy_pid=$!
	running="$running $caddy_pid"
	await 20 "Caddy answers" curl -s -o "$world/null" --max-time 2 "$site/" || cat "$world/caddy/log"
}

caddy_stop()
{
	stop "$caddy_pid"
	running=$(printf '%s' "$running" | sed "s/ $caddy_pid\b//")
}

caddy_start mail

echo "== who it is"
http 200 "Alice" -H "$bearer" "$api"
alice_came
recorded verdict=allow protocol=auth
http 200 "a request with a body" -H "$bearer" -d 'token=x' "$api"
alice_came
grep -q '"body": "token=x"' "$world/answer" || fail "$what: the body did not come"
for method in PUT DELETE OPTIONS PATCH; do
	http 200 "$method" -X $method -H "$bearer" "$api"
	grep -q "\"method\": \"$method\"" "$world/answer" || fail "$what: the application saw another method"
done
http 200 "a subject that would end its line" -H "Authorization: Bearer $(token --claim 'sub="a\r\nMintmark-Mailbox: x"')" "$api"
came Mintmark-Subject=a%0D%0AMintmark-Mailbox:%20x Mintmark-Mailbox=alice@contoso.example

echo "== who is refused"
before=$(seen)
http 401 "nobody" "$api"
header 'WWW-Authenticate: Bearer realm="mail"'
http 401 "the forgery of 2023" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$api"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
no_header Mintmark-Subject
recorded reason=KEY_REALM_MISMATCH facts=claimed
http 401 "two tokens" -H "$bearer" -H "$bearer" "$api"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
http 401 "a token in the query" "$api?access_token=$alice"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"

echo "== forged"
forged_in_every_spelling

echo "== a scope too few"
caddy_stop
caddy_start drive
drive_token()
{
	token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' --claim 'client_id="drive-web"' "$@"
}
http 403 "a scope too few" -H "Authorization: Bearer $(drive_token --claim 'scope="files"')" "$api"
header 'WWW-Authenticate: Bearer realm="drive", error="insufficient_scope", scope="files.read"'
http 200 "with its scope, without a mailbox" -H "Authorization: Bearer $(drive_token --claim 'scope="files.read openid"')" \
    -H 'Mintmark-Mailbox: alice@contoso.example' "$api"
came Mintmark-Scope=files.read%20openid Mintmark-Mailbox= Mintmark-Client=drive-web

echo "== without the gate"
end 0
before=$(seen)
http 502 "nobody gets in" -H "$bearer" "$api"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"
start
caddy_stop
caddy_start mail
http 200 "and when it is back, Alice does" -H "$bearer" "$api"
alice_came
end 0
finish
