#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Apache with conf/apache/mintmark.conf, whose mod_oauth2 asks the gate by introspection: the application learns who
# it is from the gate and never from the client; without the gate nobody gets in.
# shellcheck disable=SC2119,SC2154 # functions take arguments or none; sourced files set the rest
set -eu
modules=/usr/lib/apache2/modules
if [ ! -x /usr/sbin/apache2 ] || [ ! -e $modules/mod_oauth2.so ]; then
	echo "not run: there is no Apache with mod_oauth2 (packages apache2-bin, libapache2-mod-oauth2)"
	exit 77
fi
port=20730
application_port=20731
apache_port=20732
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# shellcheck source=test/behaviour/doors_world.sh
. "$MINTMARK_SOURCE/test/behaviour/doors_world.sh"
start
application $application_port
site=http://127.0.0.1:$apache_port
api=$site/api/x
alice=$(token)
bearer="Authorization: Bearer $alice"

# apache_start SECRET: with the file that is installed, but for addresses, the service's and the caller's name.
apache_start()
{
	install_examples "$world/apache" apache -e "s|http://127.0.0.1:9080/v1/introspect/web|$base/v1/introspect/mail|" \
	    -e "s|client_id=apache&client_secret=SECRET|client_id=dovecot\&client_secret=$1|" \
	    -e "s|127.0.0.1:8080|127.0.0.1:$application_port|"
	cat >"$world/apache/httpd.conf" <<-CONF
		ServerRoot $world/apache
		ServerName localhost
		Listen 127.0.0.1:$apache_port
		PidFile $world/apache/pid
		ErrorLog $world/apache/log
		Mutex file:$world/apache
		$(for module in mpm_event authn_core authz_core authz_user headers proxy proxy_http oauth2 setenvif; do
			echo "LoadModule ${module}_module $modules/mod_$module.so"
		done)
		$([ "$(id -u)" -ne 0 ] || echo "User nobody
		Group nogroup")
		Include $world/apache/mintmark.conf
	CONF
	/usr/sbin/apache2 -d "$world/apache" -f "$world/apache/httpd.conf" -DFOREGROUND >"$world/apache/out" 2>&1 &
	apache_pid=$!
	running="$running $apache_pid"
	await 20 "Apache answers" curl -s -o "$world/null" --max-time 2 "$site/" || cat "$world/apache/out" "$world/apache/log"
}

apache_stop()
{
	stop "$apache_pid"
	running=$(printf '%s' "$running" | sed "s/ $apache_pid\b//")
}

apache_start "$secret"

# What introspection tells: neither the realm nor the tenant's name.
alice_came()
{
	came Mintmark-Realm= Mintmark-Tenant= Mintmark-Subject=5f0c7f0e-alice Mintmark-Client=thunderbird \
	    Mintmark-Mailbox=alice@contoso.example Mintmark-Scope= Mintmark-Caller= Authorization= DPoP=
}

echo "== who it is"
http 200 "Alice" -H "$bearer" "$api"
alice_came
recorded verdict=allow protocol=introspect caller=dovecot
http 200 "a request with a body" -H "$bearer" -d 'token=x' "$api"
alice_came
grep -q '"body": "token=x"' "$world/answer" || fail "$what: the body did not come"
http 200 "a subject that would end its line" -H "Authorization: Bearer $(token --claim 'sub="a\r\nMintmark-Mailbox: x%"')" "$api"
came Mintmark-Subject=a%0d%0aMintmark-Mailbox:%20x%25 Mintmark-Mailbox=alice@contoso.example
for _ in 1 2 3; do
	http 200 "the same token again" -H "$bearer" "$api"
done
[ "$("$mintmark" decisions --dir "$journal" --json | grep -c '"verdict":"allow"')" -eq 6 ] ||
    fail "Apache keeps answers: the gate decided less often than it was asked"

echo "== who is refused"
before=$(seen)
http 401 "nobody" "$api"
http 401 "the forgery of 2023" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$api"
grep -qi '^WWW-Authenticate: Bearer.*error="invalid_token"' "$world/head" || fail "$what: no challenge"
recorded reason=KEY_REALM_MISMATCH facts=claimed
http 401 "a token in the query" "$api?access_token=$alice"
http 401 "a token in the form" -d "access_token=$alice" "$api"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"

echo "== forged"
forged_in_every_spelling
forged "the module's own names" 'OAUTH2_CLAIM_sub: forged' 'OAUTH2-CLAIM-sub: forged'

echo "== without the gate"
end 0
before=$(seen)
http 401 "nobody gets in" -H "$bearer" "$api"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"
start
http 200 "and when it is back, Alice does" -H "$bearer" "$api"
alice_came
apache_stop
apache_start not-the-secret-of-anybody
before=$(seen)
http 401 "an Apache that does not know the secret lets nobody in" -H "$bearer" "$api"
[ "$(seen)" -eq "$before" ] || fail "something of it came to the application"
end 0
finish
