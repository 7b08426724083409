#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A person with Chromium opens Debian's Roundcube, signs in at the enterprise mint, reads her mail from a real Dovecot,
# and signs out; the next one at this browser is asked for a password. Her session outlives her token; a sign-in that
# somebody else began is refused.
# shellcheck disable=SC2034,SC2317 # for the files that are sourced; functions are called by 'check' and by the trap
set -eu
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
# shellcheck source=test/behaviour/roundcube_server.sh
. "$MINTMARK_SOURCE/test/behaviour/roundcube_server.sh"
missing=$(roundcube_missing)
[ -z "$missing" ] || { echo "not run: $missing"; exit 77; }
[ -x /usr/bin/chromium ] || { echo "not run: there is no /usr/bin/chromium (package chromium)"; exit 77; }
[ -x /usr/sbin/dovecot ] || { echo "not run: there is no /usr/sbin/dovecot (package dovecot-imapd)"; exit 77; }
port=21620
imap_port=21623
webmail_port=21624
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"
webmail=http://127.0.0.1:$webmail_port/

clean_up_all()
{
	[ "$failures" -eq 0 ] || roundcube_logs "$world/roundcube"
	roundcube_stop "$world/roundcube" || true
	dovecot_stop "$world/dovecot" || true
	clean_up
}
trap clean_up_all EXIT

host_start
dovecot_start "$world/dovecot" $imap_port "$gate" "$(cat "$world/dovecot.secret")"
dovecot_deliver "$world/dovecot" $alice "Quarterly figures" "Dear Alice, these are for you alone."
roundcube_auth=${issuer[enterprise]}/authorize
roundcube_token=${issuer[enterprise]}/token
roundcube_logout=${issuer[enterprise]}/logout
roundcube_client=roundcube
roundcube_resource=${audience[enterprise]}
roundcube_scope='openid email mail.read offline_access'
mint_add_client enterprise roundcube --name Webmail --confidential --grant code --grant refresh \
    --scope "$roundcube_scope" --audience "${audience[enterprise]}" --redirect "${webmail}index.php/login/oauth" \
    --logout "$webmail"
roundcube_secret=$(mint_client_secret)
roundcube_start "$world/roundcube" $webmail_port $imap_port
mkdir "$world/node"
node_start "$world/node"

# browse STEP…: her steps, in one browser; MINTMARK_PICTURES names a folder for what she saw.
browse()
{
	printf '{"url":"%s","username":"%s","password":"%s"%s}' "$webmail" "$alice" "$password" \
	    "${MINTMARK_PICTURES:+,\"pictures\":\"$MINTMARK_PICTURES\"}" |
	    timeout -k 5 100 node "$world/node/webmail.mjs" "$@" >"$world/said"
}

check "with a wrong password the issuer's page stays, and says so" browse wrong-sign-in
check "she signs in, reads, and signs out" browse sign-in read="Quarterly figures" sign-out
grep -qF "Dear Alice, these are for you alone." "$world/said" || fail "it is not her mail"
check "the gate decided about her by her token's mark and record" [ "$(last_reason)" = OK ]

# ---- with curl, what a browser does not show ----

roundcube_sign_in()
{
	rm -f "$world/cookies"
	mint_browse -L "$webmail" && there=$(mint_send_form "${issuer[enterprise]}" "username=$alice" "password=$password") &&
	    mint_browse -L "$there" && reads_mail
}

reads_mail()
{
	mint_browse "${webmail}?_task=mail&_action=show&_mbox=INBOX&_uid=1" && grep -q "Dear Alice" "$world/page"
}

# The token in Roundcube's session is over: Roundcube must fetch another with its refresh token. The session is PHP's,
# in base64, in Roundcube's table.
let_token_expire()
{
	# shellcheck disable=SC2016 # PHP's dollars
	php -r '
		$db = new PDO("sqlite:" . $argv[1]);
		foreach ($db->query("SELECT sess_id, vars FROM session")->fetchAll() as $row) {
			$vars = preg_replace("/s:7:\"expires\";i:\d+/", "s:7:\"expires\";i:1", base64_decode($row[1]));
			$db->prepare("UPDATE session SET vars = ? WHERE sess_id = ?")->execute([base64_encode($vars), $row[0]]);
		}' "$world/roundcube/tree/temp/roundcube.db"
}

# The token that the gate saw last.
last_token()
{
	run decisions --json | grep '"kind":"decision"' | tail -n 1 | mint_member jti
}

check "she signs in without scripts at the issuer too" roundcube_sign_in
before=$(last_token)
check "her token's time is over" let_token_expire
check "she reads on" reads_mail
check "with a token that was issued since" [ "$(last_token)" != "$before" ]
let_token_expire
for each in 1 2 3 4; do
	curl -sS --max-time 20 -b "$world/cookies" -o "$world/page.$each" \
	    "${webmail}?_task=mail&_action=show&_mbox=INBOX&_uid=1" &
	readers="${readers:-} $!"
done
# shellcheck disable=SC2086 # process ids
wait $readers
check "four requests at once spend its refresh token once" reads_mail
rm -f "$world/cookies"
mint_browse -L "${webmail}index.php/login/oauth?code=somebody-elses&state=xyz"
check "a code that this browser did not ask for signs nobody in" grep -q rcmloginoauth "$world/page"
cd "$MINTMARK_SOURCE"
check "script/demo --webmail shows it too" says "Dear Alice, these are for you alone." script/demo --webmail
finish
