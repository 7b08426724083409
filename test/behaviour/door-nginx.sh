#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real nginx, guarded with the files of conf/nginx: the application learns who it is from the gate and never from the
# client, whatever spelling he chooses; challenges reach him; without the gate nobody gets in.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
command -v nginx >/dev/null || { echo "not run: there is no nginx (package nginx-light)"; exit 77; }
port=20700
application_port=20701
nginx_port=20702
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# shellcheck source=test/behaviour/doors_world.sh
. "$MINTMARK_SOURCE/test/behaviour/doors_world.sh"
# shellcheck source=test/behaviour/nginx_server.sh
. "$MINTMARK_SOURCE/test/behaviour/nginx_server.sh"
start
application $application_port
nginx_configure mail "$nginx_port" $application_port
nginx_start
site=http://127.0.0.1:$nginx_port
api=$site/api/x
alice=$(token)
bearer="Authorization: Bearer $alice"

echo "== who it is"
http 200 "Alice" -H "$bearer" "$api"
alice_came
recorded verdict=allow protocol=auth
http 200 "a request with a body" -H "$bearer" -d 'token=x' "$api"
alice_came
grep -q '"body": "token=x"' "$world/answer" || fail "$what: the body did not come"
http 200 "a request with a body in chunks" -H "$bearer" -H 'Transfer-Encoding: chunked' -d 'token=x' "$api"
alice_came
for method in PUT DELETE OPTIONS PATCH; do
	http 200 "$method" -X $method -H "$bearer" "$api"
	grep -q "\"method\": \"$method\"" "$world/answer" || fail "$what: the application saw another method"
done
http 200 "HEAD" -I -H "$bearer" "$api"
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
# Some releases of nginx refuse them by themselves.
http "$(curl -s -o "$world/null" -w '%{http_code}' -H "$bearer" -H "$bearer" "$api" | sed 's/^40[01]$/&/; t; s/.*/401/')" \
    "two tokens" -H "$bearer" -H "$bearer" "$api"
http 401 "another scheme" -u a:b "$api"
http 401 "a token in the query" "$api?access_token=$alice"
http 404 "the internal locations are nobody's" -H "$bearer" "$site/_mintmark/auth"
http 404 "and this" -H "$bearer" "$site/_mintmark/shadow"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"
http 403 "the application's own 403" -H "$bearer" "$api/forbidden"
no_header WWW-Authenticate
alice_came

echo "== forged"
forged_in_every_spelling

echo "== the same where underscores are allowed"
nginx_stop
sed -i -e 's/underscores_in_headers off/underscores_in_headers on/' "$world/nginx/snippets/mintmark-server.conf"
nginx_start
forged_in_every_spelling
http 200 "but the application sees other fields with underscores" -H "$bearer" -H 'X_Other: y' "$api"
came X-Other=y

echo "== a scope too few"
nginx_stop
nginx_configure drive "$nginx_port" $application_port
nginx_start
drive_token()
{
	token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' --claim 'client_id="drive-web"' "$@"
}
http 403 "a scope too few" -H "Authorization: Bearer $(drive_token --claim 'scope="files"')" "$api"
header 'WWW-Authenticate: Bearer realm="drive", error="insufficient_scope", scope="files.read"'
http 200 "with its scope, without a mailbox" -H "Authorization: Bearer $(drive_token --claim 'scope="files.read openid"')" \
    -H 'Mintmark-Mailbox: alice@contoso.example' "$api"
came Mintmark-Scope=files.read%20openid Mintmark-Mailbox= Mintmark-Client=drive-web

echo "== connections are kept"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	curl -s -o "$world/null" -H "$bearer" "$api" -H "$bearer" "$api"
done
metric_value()
{
	curl -s --max-time 20 "$base/metrics" | sed -n "s/^$1 //p"
}
# Those of before may still be about to be closed.
are_few()
{
	[ "$(metric_value mintmark_connections)" -le 4 ]
}
await 20 "nginx makes no connection for each request" are_few || true

echo "== without the gate"
end 0
before=$(seen)
http 503 "nobody gets in" -H "$bearer" "$api"
header 'Retry-After: 5'
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"
nginx_configure mail "$nginx_port" $application_port
nginx_stop
nginx_start
start
http 200 "and when it is back, Alice does" -H "$bearer" "$api"
alice_came
end 0
finish
