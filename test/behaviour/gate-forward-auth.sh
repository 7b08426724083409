#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Forward auth: statuses, challenges and facts as RFC 6750 and a proxy need them, and that nobody but an authenticated
# caller names a mailbox. With nginx's auth_request where it is installed.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20520
nginx_port=20521
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
start

auth=$base/v1/auth/mail
drive=$base/v1/auth/drive
alice=$(token)
bearer="Authorization: Bearer $alice"
caller="Mintmark-Caller: Basic $(printf 'dovecot:%s' "$secret" | base64 -w0)"

echo "== allowed: the facts"
http 200 "Alice's token" -H "$bearer" "$auth"
header 'Mintmark-Realm: enterprise'
header 'Mintmark-Tenant: contoso'
header 'Mintmark-Subject: 5f0c7f0e-alice'
header 'Mintmark-Client: thunderbird'
header 'Mintmark-Mailbox: alice@contoso.example'
header 'Cache-Control: no-store'
no_header Mintmark-Scope
no_header WWW-Authenticate
recorded verdict=allow protocol=auth caller=
http 200 "the scheme in other letters, and spaces" -H "authorization: bEaReR   $alice" "$auth"
http 200 "any method" -X PATCH -H "$bearer" "$auth"
http 200 "HEAD" -I -H "$bearer" "$auth"
http 200 "a body is not looked at" -H "$bearer" -d "token=x" "$auth"
http 200 "a query is not looked at" -H "$bearer" "$auth?token=x"
http 200 "a subject that would end its line" -H "Authorization: Bearer $(token --claim 'sub="a\r\nMintmark-Mailbox: x%é "')" "$auth"
header 'Mintmark-Subject: a%0D%0AMintmark-Mailbox:%20x%25%C3%A9%20'
header 'Mintmark-Mailbox: alice@contoso.example'
http 200 "an empty scope" -H "Authorization: Bearer $(token --claim 'scope=""')" "$auth"
no_header Mintmark-Scope

echo "== many tokens on one connection: each answer is about its own"
for number in $(seq 40); do
	[ "$number" -eq 1 ] || echo next
	printf 'url = "%s"\nwrite-out = "%%{http_code} %%header{mintmark-subject}\\n"\n' "$auth"
	[ $((number % 7)) -eq 0 ] || printf 'header = "Authorization: Bearer %s"\n' "$(token --claim "sub=\"user-$number\"")"
done >"$world/many"
(cat "$world/many" && echo next && cat "$world/many") >"$world/many-twice"
for number in $(seq 40) $(seq 40); do
	if [ $((number % 7)) -eq 0 ]; then echo "401 "; else echo "200 user-$number"; fi
done >"$world/expected"
timeout 60 curl -s --config "$world/many-twice" >"$world/got" || fail "many tokens: curl failed"
cmp "$world/expected" "$world/got" || fail "many tokens: an answer is about another one"

echo "== denied: the challenge tells the class, and no more"
http 401 "no token" "$auth"
header 'WWW-Authenticate: Bearer realm="mail"'
recorded reason=TOKEN_MISSING
http 401 "another scheme" -u a:b "$auth"
header 'WWW-Authenticate: Bearer realm="mail"'
http 401 "the forgery of 2023" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$auth"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
no_header Mintmark-Subject
no_header Mintmark-Mailbox
recorded reason=KEY_REALM_MISMATCH facts=claimed
http 401 "an expired one" -H "Authorization: Bearer $(token --claim 'iat={now-7200}' --claim 'nbf={now-7200}' --claim 'exp={now-3600}')" "$auth"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
no_header Mintmark-Subject
http 401 "two fields" -H "$bearer" -H "$bearer" "$auth"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
http 401 "the token in the form" -d "access_token=$alice" "$auth"
http 401 "the token in the query" "$auth?access_token=$alice"
http 401 "an empty token" -H 'Authorization: Bearer ' "$auth"
token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' --claim 'client_id="drive-web"' --claim 'scope="files"' >"$world/t"
http 403 "a scope too few" -H "Authorization: Bearer $(cat "$world/t")" "$drive"
header 'WWW-Authenticate: Bearer realm="drive", error="insufficient_scope", scope="files.read"'
token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' --claim 'client_id="drive-web"' \
    --claim 'scope="files.read openid"' >"$world/t"
http 200 "with its scope" -H "Authorization: Bearer $(cat "$world/t")" "$drive"
header 'Mintmark-Scope: files.read%20openid'
no_header Mintmark-Mailbox
http 404 "a service that is not there" -H "$bearer" "$base/v1/auth/none"

echo "== the mailbox is named by an authenticated caller, or not at all"
http 200 "Alice's own" -H "$caller" -H 'Mintmark-Mailbox: alice@contoso.example' -H "$bearer" "$auth"
recorded verdict=allow caller=dovecot mailbox_asked=alice@contoso.example
http 401 "a colleague's" -H "$caller" -H 'Mintmark-Mailbox: dave@contoso.example' -H "$bearer" "$auth"
recorded reason=MAILBOX_MISMATCH mailbox_asked=dave@contoso.example
http 200 "a caller without a target" -H "$caller" -H "$bearer" "$auth"
refused()
{
	http 401 "$@" -H "$bearer" "$auth"
	header 'WWW-Authenticate: Bearer realm="mail", error="invalid_request"'
	no_header Mintmark-Mailbox
}
refused "a target of nobody" -H 'Mintmark-Mailbox: alice@contoso.example'
refused "an empty target of nobody" -H 'Mintmark-Mailbox;'
refused "a wrong secret" -H 'Mintmark-Caller: Basic ZG92ZWNvdDp4'
refused "a wrong secret and a target" -H 'Mintmark-Caller: Basic ZG92ZWNvdDp4' -H 'Mintmark-Mailbox: alice@contoso.example'
refused "another scheme" -H 'Mintmark-Caller: Bearer x'
refused "two callers" -H "$caller" -H "$caller"
refused "two targets" -H "$caller" -H 'Mintmark-Mailbox: alice@contoso.example' -H 'Mintmark-Mailbox: alice@contoso.example'
metric 'mintmark_caller_refused_total{service="mail"} 7'

if ! command -v nginx >"$world/null"; then
	echo "not run: nginx is not installed"
	end 0
	finish
	exit
fi

echo "== behind nginx"
mkdir "$world/nginx"
cat >"$world/nginx/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $world/nginx/pid;
error_log $world/nginx/error.log;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $world/nginx/t1; proxy_temp_path $world/nginx/t2; fastcgi_temp_path $world/nginx/t3;
	uwsgi_temp_path $world/nginx/t4; scgi_temp_path $world/nginx/t5;
	upstream gate { server unix:$world/gate.sock; keepalive 8; }
	server {
		listen 127.0.0.1:$nginx_port;
		location = /_auth {
			internal;
			proxy_pass http://gate/v1/auth/mail;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Content-Length "";
			proxy_pass_request_body off;
			proxy_set_header Mintmark-Caller "";
			proxy_set_header Mintmark-Mailbox "";
		}
		location / {
			auth_request /_auth;
			auth_request_set \$mailbox \$upstream_http_mintmark_mailbox;
			add_header X-Mailbox \$mailbox;
			root $world/nginx/www;
		}
		location /own/ {
			auth_request /_auth_own;
			root $world/nginx/www;
		}
		location = /_auth_own {
			internal;
			proxy_pass http://gate/v1/auth/mail;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Content-Length "";
			proxy_pass_request_body off;
		}
	}
}
END
mkdir -p "$world/nginx/www/own"
echo "the mail" >"$world/nginx/www/index.html"
echo "the mail" >"$world/nginx/www/own/index.html"
sed -i "1i user $(id -un);" "$world/nginx/nginx.conf"
nginx -p "$world/nginx" -c "$world/nginx/nginx.conf" >"$world/nginx/out" 2>&1 &
running=$!
site=http://127.0.0.1:$nginx_port
nginx_answers()
{
	curl -s -o "$world/null" --max-time 2 "$site/"
}
await 20 "nginx answers" nginx_answers
http 200 "Alice through nginx" -H "$bearer" "$site/"
body "the mail"
header 'X-Mailbox: alice@contoso.example'
recorded verdict=allow source=unix protocol=auth
http 401 "nobody through nginx" "$site/"
header 'WWW-Authenticate: Bearer realm="mail"'
http 401 "the forgery through nginx" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$site/"
header 'WWW-Authenticate: Bearer realm="mail", error="invalid_token"'
http 200 "a client's own fields are taken away by nginx" -H "$bearer" -H 'Mintmark-Mailbox: dave@contoso.example' "$site/"
http 401 "and where nginx forgets to, the gate refuses" -H "$bearer" -H 'Mintmark-Mailbox: dave@contoso.example' "$site/own/"
http 200 "the same without it" -H "$bearer" "$site/own/"
stop "$running"
running=
end 0
finish
