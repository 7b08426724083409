#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shadow decides and records what would have been decided, and answers every question with the same nothing; a real
# nginx that only watches (conf/nginx/mintmark-shadow.conf) lets everything through, with and without the gate.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
port=20745
application_port=20746
nginx_port=20747
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# shellcheck source=test/behaviour/doors_world.sh
. "$MINTMARK_SOURCE/test/behaviour/doors_world.sh"
sed -i 's|^journal_segment = .*|&\ntrusted_proxies = { "unix" }|' "$config"
start

shadow=$base/v1/shadow/mail
alice=$(token)
bearer="Authorization: Bearer $alice"
caller="Mintmark-Caller: Basic $(printf 'dovecot:%s' "$secret" | base64 -w0)"

# nothing WHAT CURL-ARGUMENT…: the answer is 204, and no field or byte of it tells anything.
nothing()
{
	about=$1
	shift
	http 204 "$about" "$@"
	# Of HEAD's answer curl writes the head there.
	[ "$how" = -I ] || [ ! -s "$world/answer" ] || fail "$what: there is a body"
	if tr -d '\r' <"$world/head" | grep -viE '^(HTTP/1\.[01] 204 .*|Cache-Control: no-store|Date: .*|Connection: .*)?$'; then
		fail "$what: the answer has a field more"
	fi
}

echo "== the same nothing, whatever is decided"
how=
nothing "Alice's token" -H "$bearer" "$shadow"
recorded verdict=allow reason=OK protocol=shadow mailbox=alice@contoso.example
nothing "nobody" "$shadow"
recorded verdict=deny reason=TOKEN_MISSING protocol=shadow
nothing "the forgery of 2023" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$shadow"
recorded verdict=deny reason=KEY_REALM_MISMATCH protocol=shadow facts=claimed
nothing "two tokens" -H "$bearer" -H "$bearer" "$shadow"
recorded verdict=deny reason=TOKEN_MALFORMED protocol=shadow
nothing "a scope too few" -H "Authorization: Bearer $(token --claim 'aud="https://drive.example"' --claim 'azp="drive-web"' \
    --claim 'client_id="drive-web"' --claim 'scope="files"')" "$base/v1/shadow/drive"
recorded verdict=deny reason=SCOPE_INSUFFICIENT protocol=shadow
nothing "a caller and his target" -H "$caller" -H 'Mintmark-Mailbox: dave@contoso.example' -H "$bearer" "$shadow"
recorded verdict=deny reason=MAILBOX_MISMATCH protocol=shadow caller=dovecot
nothing "a target of nobody" -H 'Mintmark-Mailbox: alice@contoso.example' -H "$bearer" "$shadow"
nothing "a stranger" -H 'Mintmark-Caller: Basic ZG92ZWNvdDp4' -H "$bearer" "$shadow"
for method in HEAD POST PUT DELETE PATCH OPTIONS; do
	[ $method = HEAD ] && how=-I || how="-X $method"
	# shellcheck disable=SC2086 # one or two words
	nothing "$method" $how -H "$bearer" "$shadow"
done
how=
nothing "a body is not looked at" -H "$bearer" -d "token=x" "$shadow"
nothing "a query is not looked at" -H "$bearer" "$shadow?token=x"
http 404 "a service that is not there" -H "$bearer" "$base/v1/shadow/none"

echo "== counted apart"
metric 'mintmark_shadow_decisions_total{service="mail",verdict="allow",reason="OK"} 9'
metric 'mintmark_shadow_decisions_total{service="mail",verdict="deny",reason="KEY_REALM_MISMATCH"} 1'
metric 'mintmark_decisions_total{service="mail",verdict="allow",reason="OK"} 0'
metric 'mintmark_decision_seconds_count{service="mail"} 0'
if grep -q '^mintmark_decisions_total.*deny' "$world/metrics"; then fail "a shadow's denial was counted as one"; fi
http 200 "one that is decided" -H "$bearer" "$base/v1/auth/mail"
metric 'mintmark_decisions_total{service="mail",verdict="allow",reason="OK"} 1'
metric 'mintmark_shadow_decisions_total{service="mail",verdict="allow",reason="OK"} 9'

echo "== the shadow uses up no proof"
bound=$(token --bound-to-key D1)
proof=$(token --proof-of "$bound" --claim "htu=\"$shadow\"")
nothing "a proof for the shadow's own address" -H "Authorization: DPoP $bound" -H "DPoP: $proof" "$shadow"
recorded verdict=allow reason=OK protocol=shadow
nothing "the same again" -H "Authorization: DPoP $bound" -H "DPoP: $proof" "$shadow"
recorded verdict=deny reason=REPLAYED protocol=shadow
# A proxy that is trusted tells of the same request at both.
told()
{
	curl -s --max-time 20 -o "$world/null" -w '%{http_code}' --unix-socket "$world/gate.sock" -H "Authorization: DPoP $bound" \
	    -H "DPoP: $1" -H 'X-Forwarded-Method: GET' -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Host: mail.example' \
	    -H 'X-Forwarded-Uri: /inbox' "http://gate/v1/$2/mail"
}
what="one request at the shadow and at the door"
proof=$(token --proof-of "$bound")
[ "$(told "$proof" shadow)" = 204 ] || fail "$what: the shadow"
recorded verdict=allow protocol=shadow
[ "$(told "$proof" auth)" = 200 ] || fail "$what: the shadow has used up its proof"
[ "$(told "$proof" auth)" = 401 ] || fail "$what: the door does not remember it"
recorded verdict=deny reason=REPLAYED protocol=auth

echo "== a real nginx that only watches"
if command -v nginx >"$world/null"; then
	# shellcheck source=test/behaviour/nginx_server.sh
	. "$MINTMARK_SOURCE/test/behaviour/nginx_server.sh"
	application $application_port
	nginx_configure mail "$nginx_port" $application_port
	nginx_start
	site=http://127.0.0.1:$nginx_port
	http 200 "Alice" -H "$bearer" "$site/watched/x"
	came Authorization="Bearer $alice"
	http 200 "the forgery of 2023" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$site/watched/x"
	http 200 "nobody, with a body" -d 'a=b' "$site/watched/x"
	grep -q '"body": "a=b"' "$world/answer" || fail "$what: the body did not come"
	watched()
	{
		[ "$("$mintmark" decisions --dir "$journal" --json --protocol shadow --verdict deny |
		    grep -c '"source":"unix".*"protocol":"shadow"')" -eq 2 ]
	}
	await 20 "both denials stand in the journal, as the shadow's" watched
	end 0
	http 200 "without the gate" -H "$bearer" "$site/watched/x"
	http 503 "but where it is asked nobody gets in" -H "$bearer" "$site/api/x"
else
	echo "not run: there is no nginx (package nginx-light)"
	end 0
fi

echo "== a reader can tell them"
"$mintmark" decisions --dir "$journal" --json --protocol shadow >"$world/shadows"
[ -s "$world/shadows" ] || fail "there is no decision of the shadow"
if grep '"kind":"decision"' "$world/shadows" | grep -v '"protocol":"shadow"'; then fail "these are not the shadow's"; fi
"$mintmark" decisions --dir "$journal" --protocol shadow --verdict allow >"$world/table"
grep -q '(allow)' "$world/table" || fail "an allow of the shadow does not stand in parentheses"
if grep -q ' allow ' "$world/table"; then fail "an allow of the shadow stands as one"; fi
"$mintmark" decisions --dir "$journal" --protocol auth >"$world/table"
grep -q ' allow ' "$world/table" || fail "an allow of the door does not stand as one"
if grep -q "(allow)\|(deny)" "$world/table"; then fail "a decision of the door stands in parentheses"; fi
finish
