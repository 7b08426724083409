#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A webmail exchanges its users' tokens for tokens of its own at the mail server: by a realm of its own that is derived
# from theirs. What it gets names what it was made of, and nothing is made of that in turn. The diary does the same at
# another realm, and neither of them gets anything for tokens that are for the other.
# shellcheck disable=SC2016,SC2034,SC2317 # what is checked is evaluated later
set -u
port=21670

# shellcheck source=test/behaviour/mint_world.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_world.sh"
# shellcheck source=test/behaviour/mint_sign_in.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_sign_in.sh"
mint_folder=$world
own=http://127.0.0.1:$((port + 3))
diary_issuer=http://127.0.0.1:$((port + 4))
webmail=https://webmail.example
diary=https://diary.example
mail=https://mail.example
redirect=$webmail/cb
jobs=https://jobs.example

world_configure()
{
	cat >"$world/more.conf" <<-CONF
		realm webmail {
		    issuer       = "$own"
		    keys         = "mint"
		    listen       = { "127.0.0.1:$((port + 3))" }
		    algorithms   = { "ES256" }
		    derived_from = { "enterprise" }
		    derived_by   = { "webmail", "jobs" }
		}
		realm diary {
		    issuer       = "$diary_issuer"
		    keys         = "mint"
		    listen       = { "127.0.0.1:$((port + 4))" }
		    algorithms   = { "ES256" }
		    derived_from = { "enterprise" }
		    derived_by   = { "diary" }
		}
		service diary {
		    audience      = "$diary"
		    realms        = { "enterprise" }
		    mailbox_claim = "preferred_username"
		    exchange_from = { "enterprise" }
		}
		service jobs {
		    audience      = "$jobs"
		    realms        = { "enterprise" }
		    mailbox       = none
		    exchange_from = { "enterprise" }
		}
		service webmail {
		    audience      = "$webmail"
		    realms        = { "enterprise" }
		    mailbox_claim = "preferred_username"
		    mark          = required
		    ledger        = required
		    exchange_from = { "enterprise" }
		}
		service store {
		    audience      = "https://store.example"
		    realms        = { "webmail", "diary" }
		    mailbox_claim = "preferred_username"
		    callers       = { "dovecot:dovecot.secret" }
		    mark          = required
		    ledger        = required
		}
		service robots {
		    audience = "$audience"
		    realms   = { "enterprise" }
		    mailbox  = none
		    callers  = { "dovecot:dovecot.secret" }
		}
	CONF
	mint_configure "$world" "$port" $((port + 1)) $((port + 2))
	# What is derived names its tenant.
	sed -i '/^tenant contoso/,/^}/s/realm   = enterprise/&\n    id      = "contoso"/' "$config"
	mint_urls="$mint_urls $own $diary_issuer"
}

# exchange TOKEN [AUDIENCE [SCOPE]]: the answer of the webmail's realm, or of the diary's where exchanging=diary.
exchanging=webmail
exchange()
{
	local at=$own

	[ "$exchanging" = webmail ] || at=$diary_issuer
	curl -sS --max-time 20 -u "$exchanging:$own_secret" \
	    -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange --data-urlencode "subject_token=$1" \
	    -d subject_token_type=urn:ietf:params:oauth:token-type:access_token \
	    --data-urlencode "audience=${2:-https://store.example}" ${3:+-d "scope=$3"} "$at/token"
}

refuses()
{
	local error=$1

	shift
	exchange "$@" >"$world/said"
	grep -q "\"error\":\"$error\"" "$world/said" && ! grep -q access_token "$world/said"
}

makes()
{
	exchange "$@" >"$world/said"
	grep -q access_token "$world/said"
}

# exchanges_at NAME COMMAND…: with that client, at its realm.
exchanges_at()
{
	local exchanging=$1

	shift
	"$@"
}

world_start
check "a user is added" eval 'run user add enterprise alice@contoso.example --password-stdin <<<"correct horse" >"$world/said"'
check "and the browser's client" eval 'run client add enterprise browser --grant code --audience "$webmail" \
    --audience "$diary" --scope mail.read --scope calendar --redirect "$redirect" >"$world/said"'
check "and one for what the webmail needs nothing of" eval 'run client add enterprise other --grant code \
    --audience "$webmail" --scope calendar --redirect "$redirect" >"$world/said"'
check "and one that signs in to the mail server itself" eval 'run client add enterprise direct --grant code \
    --audience "$mail" --scope mail.read --redirect "$redirect" >"$world/said"'
check "and the webmail, at its own realm" eval 'run client add webmail webmail --confidential --grant exchange \
    --audience https://store.example --scope mail.read --scope mail.send >"$world/said"'
own_secret=$(grep -oE '[A-Za-z0-9_-]{43}' "$world/said" | tail -n 1)

token=$(mint_sign_in "$issuer" browser "$redirect" "$webmail" "mail.read calendar" alice@contoso.example \
    "correct horse" | mint_member access_token)
check "she signs in" [ -n "$token" ]
made=$(exchange "$token" | mint_member access_token)
check "her token is exchanged" [ -n "$made" ]
mint_claims "$made" >"$world/claims"
check "what is made names what it was made of" \
    grep -q "\"parent\":\"$(mint_claims "$token" | mint_member jti)\"" "$world/claims"
check "and that its root is on record" grep -q '"realm":"enterprise".*"proof":"issued"' "$world/claims"
check "and is hers" grep -q '"preferred_username":"alice@contoso.example"' "$world/claims"
check "and carries what the webmail may and her token has, and no more" grep -q '"scope":"mail.read"' "$world/claims"
expect "the mail server takes it" store OK "$made"
expect "but not what it was made of" store REALM_FORBIDDEN "$token"

check "nothing is made of what was made" refuses invalid_request "$made"
check "nor of a token for another service" refuses invalid_request \
    "$(mint_sign_in "$issuer" direct "$redirect" "$mail" mail.read alice@contoso.example "correct horse" |
        mint_member access_token)"
check "nor for a service that the webmail is no client of" refuses invalid_target "$token" "$mail"
check "nor is there more scope than her token has" refuses invalid_scope "$token" https://store.example mail.send
check "nor any where her token has none of it" refuses invalid_scope \
    "$(mint_sign_in "$issuer" other "$redirect" "$webmail" calendar alice@contoso.example "correct horse" |
        mint_member access_token)"
check "nor of half a token" refuses invalid_request "${token%.*}."
check "nor of nothing" refuses invalid_request ""

check "the diary is added, at its own realm" eval 'run client add diary diary --confidential --grant exchange \
    --audience https://store.example --scope calendar >"$world/said"'
webmail_secret=$own_secret
own_secret=$(grep -oE '[A-Za-z0-9_-]{43}' "$world/said" | tail -n 1)
diary_token=$(mint_sign_in "$issuer" browser "$redirect" "$diary" "mail.read calendar" alice@contoso.example \
    "correct horse" | mint_member access_token)
check "nothing is made of a token for the webmail at the diary's realm" exchanges_at diary refuses invalid_request "$token"
check "but of one for the diary" exchanges_at diary makes "$diary_token" https://store.example calendar
own_secret=$webmail_secret
check "of which nothing is made at the webmail's" refuses invalid_request "$diary_token"
run check-config >"$world/said"
check "the configuration says who derives what" eval 'grep -A 20 "^diary:" "$world/said" | grep -q "derives *diary$"'


# ---- what is revoked where she signed in ----
sign_out()
{
	mint_browse "$issuer/logout"
	mint_send_form "$issuer" >"$world/null"
	grep -q "You are signed out" "$world/page"
}

# The cookies are those of her newest sign-in, so that her session is that of this token.
token=$(mint_sign_in "$issuer" browser "$redirect" "$webmail" mail.read alice@contoso.example "correct horse" |
    mint_member access_token)
made=$(exchange "$token" | mint_member access_token)
expect "what is made of her next token is good" store OK "$made"
check "she signs out" sign_out
check "then it is refused for the session that it goes back to" await 20 is_decided store SESSION_REVOKED "$made"
check "and nothing more is made of hers" refuses invalid_request "$token"
token=$(mint_sign_in "$issuer" browser "$redirect" "$webmail" mail.read alice@contoso.example "correct horse" |
    mint_member access_token)
made=$(exchange "$token" | mint_member access_token)
check "she signs in again: what is made is good" [ -n "$made" ]
check "its client revokes the token that it is made of" curl -sSf --max-time 20 -o "$world/said" -d client_id=browser \
    --data-urlencode "token=$token" "$issuer/revoke"
check "then it is refused with it" await 20 is_decided store TOKEN_REVOKED "$made"
token=$(mint_sign_in "$issuer" browser "$redirect" "$webmail" mail.read alice@contoso.example "correct horse" |
    mint_member access_token)
made=$(exchange "$token" | mint_member access_token)
expect "the next one is good" store OK "$made"

# A program's own token has no session, which the derived realm would know nothing of.
is_active()
{
	curl -sS --max-time 20 -u "webmail:$own_secret" --data-urlencode "token=$2" "$own/introspect" >"$world/said"
	grep -q "\"active\":$1" "$world/said"
}

check "a program is added" eval 'run client add enterprise batch --confidential --grant client_credentials \
    --audience "$jobs" --scope mail.read --tenant contoso >"$world/said"'
batch=batch:$(grep -oE '[A-Za-z0-9_-]{43}' "$world/said" | tail -n 1)
jobs_token=$(curl -sS --max-time 20 -u "$batch" -d grant_type=client_credentials "$issuer/token" |
    mint_member access_token)
jobs_made=$(exchange "$jobs_token" | mint_member access_token)
check "its token is exchanged" [ -n "$jobs_made" ]
check "and what is made is active" is_active true "$jobs_made"
check "it revokes its token" curl -sSf --max-time 20 -o "$world/said" -u "$batch" \
    --data-urlencode "token=$jobs_token" "$issuer/revoke"
check "then what was made is not active any more" is_active false "$jobs_made"

check "the client that she signed in with is disabled" eval 'run client disable enterprise browser >"$world/said"'
check "nothing more is made of its tokens" refuses invalid_request "$token"
expect "what was made before is not reached by it" store OK "$made"
check "she is disabled" eval 'run user disable enterprise alice@contoso.example >"$world/said"'
check "that reaches it" await 20 is_decided store SUBJECT_REVOKED "$made"
own_secret=wrong
check "nor for somebody else" refuses invalid_client "$token"
finish
