#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two real OpenID providers are two realms, with the keys that they publish. Their users sign in there, and read their
# mail from a real Dovecot with curl and imapflow. One's tokens are worth nothing as the other's, an ID token opens
# nothing, and a new key counts from when its file is read.
# shellcheck disable=SC2317,SC2119 # functions are called by 'check' and by the trap; start_and_wait needs no arguments
set -eu
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
[ -x /usr/sbin/dovecot ] || { echo "not run: there is no /usr/sbin/dovecot (package dovecot-imapd)"; exit 77; }
port=20902
imap_port=20903
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"
# shellcheck source=test/interop/openid_client.sh
. "$MINTMARK_SOURCE/test/interop/openid_client.sh"

mintmark=$MINTMARK_BUILD/cli/mintmark
dovecot=$world/dovecot
openid_folder=$world/openid
config=$world/openid.conf
secret=$(cat "$world/dovecot.secret")
mail=https://mail.example

# The two realms. Globex's clients get tokens by ES256 and by EdDSA, Contoso's by RS256.
declare -A issuer=([contoso]=http://127.0.0.1:20900 [globex]=http://127.0.0.1:20901)
declare -A provider_pid=()
alice=alice@contoso.example
gina=gina@globex.example

clean_up_all()
{
	for each in "${provider_pid[@]}"; do
		kill "$each" 2>/dev/null || true
	done
	dovecot_stop "$dovecot" || true
	clean_up
}
trap clean_up_all EXIT
# Dovecot's processes are others' than root's and must come to their files; keys and secret are root's alone.
chmod 711 "$world"
mkdir -m 700 "$openid_folder"
node_start "$openid_folder"

# ---- the providers ----

# write_settings REALM MAILBOXES CLIENT…: each client is NAME:ALG.
write_settings()
{
	local realm=$1 mailboxes=$2 clients='' each

	shift 2
	for each in "$@"; do
		clients="$clients${clients:+,}{\"id\":\"${each%:*}\",\"secret\":\"secret of ${each%:*}\",\"alg\":\"${each#*:}\"}"
	done
	echo "{\"port\":${issuer[$realm]##*:},\"resource\":\"$mail\",\"scope\":\"mail.read\",\"clients\":[$clients]," \
	    "\"mailboxes\":{$mailboxes}}" >"$openid_folder/$realm.json"
}

provider_answers()
{
	kill -0 "${provider_pid[$1]}" && curl -s -o /dev/null --max-time 5 "${issuer[$1]}/.well-known/openid-configuration"
}

provider_start()
{
	node "$openid_folder/provider.mjs" "$openid_folder/$1.json" "$openid_folder/$1.keys" \
	    >>"$openid_folder/$1.log" 2>&1 &
	provider_pid[$1]=$!
}

provider_wait()
{
	wait_for 20 provider_answers "$1" || {
		cat "$openid_folder/$1.log"
		fail "the provider of $1 does not start"
		finish
	}
}

provider_restart()
{
	kill "${provider_pid[$1]}"
	wait "${provider_pid[$1]}" || true
	provider_start "$1"
	provider_wait "$1"
}

fetch_keys()
{
	openid_fetch_keys "${issuer[$1]}" "$world/$1.jwks"
}

# sign_in REALM CLIENT PERSON [SCOPE]: the provider's answer.
sign_in()
{
	openid_sign_in "${issuer[$1]}" "$2" "$mail" "${4-openid mail.read}" "$3"
}

# ---- the mail service ----

# Globex's tokens may say the type JWT, as many external providers' do: its ID tokens then pass this.
write_configuration()
{
	grep -e '^state_dir' -e '^user' -e '^journal_segment' -e '^listen' "$world/mintmark.conf"
	cat <<-END
		realm contoso {
		    issuer = "${issuer[contoso]}"
		    keys = "file:contoso.jwks"
		}
		realm globex {
		    issuer = "${issuer[globex]}"
		    keys = "file:globex.jwks"
		    algorithms = { "ES256", "EdDSA" }
		    token_types = { "at+jwt", "JWT" }
		}
		tenant contoso { realm = contoso domains = { "contoso.example" } }
		tenant globex { realm = globex domains = { "globex.example" } }
		service imap {
		    audience = "$mail"
		    realms = { "contoso", "globex" }
		    mailbox_claim = "email"
		    scopes = { "mail.read" }
		    callers = { "dovecot:dovecot.secret" }
		}
		service archive {
		    audience = "$mail"
		    realms = { "globex" }
		    mailbox_claim = "email"
		    callers = { "dovecot:dovecot.secret" }
		}
	END
}

said=$world/said
curl_oauthbearer()
{
	curl -sv --max-time 20 "imap://127.0.0.1:$imap_port/INBOX;MAILINDEX=1" --login-options AUTH=OAUTHBEARER \
	    --user "$1:" --oauth2-bearer "$2" >"$said" 2>&1
}

imapflow_oauthbearer()
{
	node_run read_mail "$imap_port" OAUTHBEARER "$1" "$2" >"$said" 2>&1
}

imapflow_xoauth2()
{
	node_run read_mail "$imap_port" XOAUTH2 "$1" "$2" >"$said" 2>&1
}

# introspected SERVICE TOKEN: what the gate answers Dovecot.
introspected()
{
	curl -sS --max-time 10 -d client_id=dovecot -d "client_secret=$secret" -d "token=$2" "$url/v1/introspect/$1"
}

decisions()
{
	"$mintmark" decisions -c "$config" --json | grep '"kind":"decision"' || true
}

# decided BEFORE VALUE NAME…: one decision was made since there were so many, and these members of it are so.
decided()
{
	local before=$1 wanted=$2 last name values=

	shift 2
	[ "$(decisions | wc -l)" -eq $((before + 1)) ] || { echo "  not one decision more"; return 1; }
	last=$(decisions | tail -n 1)
	for name in "$@"; do
		values="$values${values:+ }$(openid_member "$name" <<<"$last")"
	done
	[ "$values" = "$wanted" ] || { echo "  it says $values"; return 1; }
}

# reads_mail WHAT ADDRESS REALM ALG TOKEN
reads_mail()
{
	local client before

	check "$1: its algorithm" test "$("$mintmark" inspect "$5" --json | openid_member alg)" = "$4"
	for client in curl_oauthbearer imapflow_oauthbearer imapflow_xoauth2; do
		before=$(decisions | wc -l)
		check "$1 ($client)" $client "$2" "$5"
		check "  and the message comes" grep -q "Subject: For $2" "$said"
		check "  and the journal allows it" decided "$before" "$3 allow OK $2" realm verdict reason mailbox
	done
}

is_refused()
{
	! $1 "$2" "$3" && grep -qF "NO [AUTHENTICATIONFAILED]" "$said" && ! grep -q "Subject:" "$said"
}

# is_shut WHAT REASON ADDRESS TOKEN: Dovecot refuses by both mechanisms, and the journal says why.
is_shut()
{
	local client before

	for client in curl_oauthbearer imapflow_xoauth2; do
		before=$(decisions | wc -l)
		check "$1 ($client)" is_refused $client "$3" "$4"
		check "  and the journal says $2" decided "$before" "deny $2" verdict reason
	done
}

# introspects WHAT ACTIVE SERVICE TOKEN VERDICT REASON
introspects()
{
	local before

	before=$(decisions | wc -l)
	check "$1" grep -q "\"active\":$2" <<<"$(introspected "$3" "$4")"
	check "  and the journal says $6" decided "$before" "$3 $5 $6" service verdict reason
}

# ---- begin ----

write_settings contoso "\"alice\":\"$alice\"" contoso-mail:RS256
write_settings globex "\"gina\":\"$gina\"" globex-mail:ES256 globex-mobile:EdDSA
node_run provider_keys "$openid_folder/contoso.keys" RS256:contoso-1
node_run provider_keys "$openid_folder/globex.keys" ES256:globex-1 EdDSA:globex-2
for realm in contoso globex; do provider_start $realm; done
for realm in contoso globex; do provider_wait $realm; done
for realm in contoso globex; do check "the keys of $realm" fetch_keys $realm; done
write_configuration >"$config"
start_and_wait
dovecot_start "$dovecot" $imap_port "127.0.0.1:$port" "$secret"
for address in $alice $gina; do
	dovecot_deliver "$dovecot" "$address" "For $address" "This is for $address alone."
done

# ---- each provider's users read their mail ----

answer=$(sign_in contoso contoso-mail alice)
alices=$(openid_member access_token <<<"$answer")
alices_id=$(openid_member id_token <<<"$answer")
answer=$(sign_in globex globex-mail gina)
ginas=$(openid_member access_token <<<"$answer")
ginas_id=$(openid_member id_token <<<"$answer")
reads_mail "Alice of Contoso reads her mail" $alice contoso RS256 "$alices"
reads_mail "Gina of Globex reads hers" $gina globex ES256 "$ginas"
reads_mail "and from her telephone" $gina globex EdDSA \
	"$(sign_in globex globex-mobile gina | openid_member access_token)"

# ---- what is another's, or for something else ----

introspects "a service of Globex alone takes Gina's token" true archive "$ginas" allow OK
introspects "and not Alice's" false archive "$alices" deny REALM_FORBIDDEN
is_shut "Contoso's token that was altered to be Globex's is refused" KEY_REALM_MISMATCH $alice \
	"$(node_run change_issuer "$alices" "${issuer[globex]}")"
is_shut "and so it is if Contoso's own key signs it" KEY_REALM_MISMATCH $alice \
	"$(node_run change_issuer "$alices" "${issuer[globex]}" "$openid_folder/contoso.keys")"
is_shut "Globex's key signs nothing for Contoso" KEY_REALM_MISMATCH $alice \
	"$(node_run change_issuer "$ginas" "${issuer[contoso]}" "$openid_folder/globex.keys")"
is_shut "a provider that nobody named is unknown" ISSUER_UNKNOWN $alice \
	"$(node_run change_issuer "$alices" http://127.0.0.1:20999 "$openid_folder/contoso.keys")"
is_shut "an ID token opens nothing" TYPE_MISMATCH $alice "$alices_id"
is_shut "not even where its type passes" AUDIENCE_MISMATCH $gina "$ginas_id"
is_shut "a sign-in without the scope for mail opens nothing" SCOPE_INSUFFICIENT $alice \
	"$(sign_in contoso contoso-mail alice openid | openid_member access_token)"
is_shut "an application's own token names no mailbox" CLAIM_MISSING $alice \
	"$(openid_apply "${issuer[contoso]}" contoso-mail $mail mail.read)"

# ---- the provider takes a new key ----

node_run provider_keys "$openid_folder/contoso.keys" RS256:contoso-2
provider_restart contoso
answer=$(sign_in contoso contoso-mail alice)
newer=$(openid_member access_token <<<"$answer")
is_shut "a token of a key that the provider took since is refused" KEY_UNKNOWN $alice "$newer"
check "fetching its keys" fetch_keys contoso
before=$(decisions | wc -l)
check "is not enough" is_refused curl_oauthbearer $alice "$newer"
check "  and the journal says it of the new key" decided "$before" "KEY_UNKNOWN contoso-2" reason kid
stop
start_and_wait
reads_mail "after a restart the new key counts" $alice contoso RS256 "$newer"
before=$(decisions | wc -l)
check "and the older one still does" curl_oauthbearer $alice "$alices"
check "  and the journal names it" decided "$before" "OK contoso-1" reason kid

[ "$failures" -eq 0 ] || { tail -n 20 "$dovecot/dovecot.log"; tail -n 20 "$openid_folder"/*.log; }
dovecot_stop "$dovecot"
stop
finish
