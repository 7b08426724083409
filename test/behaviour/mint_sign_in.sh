# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For scripts to source: what a person with a browser, and the program that sent him, do at the issuer of a mint, with
# curl. 'mint_folder' names a folder for cookies and pages.
#
#   mint_sign_in ISSUER CLIENT REDIRECT RESOURCE SCOPE USER PASSWORD   the token endpoint's answer (authorization code,
#                                                                      PKCE; a client without a secret)
#   mint_code … as mint_sign_in                                       the authorization code
#   mint_redeem ISSUER CLIENT REDIRECT RESOURCE CODE                   the answer to it
#   mint_refresh ISSUER CLIENT REFRESH-TOKEN                           the answer
#   mint_apply ISSUER CLIENT SECRET RESOURCE SCOPE                     an application's own token
#   mint_member NAME                                                   a text member of the JSON object on standard input
#   mint_claims TOKEN                                                  its payload
#   mint_kid TOKEN                                                     the key that signed it
#
# Each fails where the issuer answers otherwise; its answer then lies in $mint_folder/page.

# Of RFC 7636 appendix B.
mint_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
mint_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM

mint_member()
{
	grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

mint_part()
{
	cut -d . -f "$2" <<<"$1" | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d
}

mint_claims()
{
	mint_part "$1" 2
}

mint_kid()
{
	mint_part "$1" 1 | mint_member kid
}

mint_browse()
{
	# shellcheck disable=SC2154 # the caller set it
	curl -sS --max-time 20 -b "$mint_folder/cookies" -c "$mint_folder/cookies" -o "$mint_folder/page" "$@"
}

# The hidden fields of the page's form, as NAME=VALUE.
mint_hidden_fields()
{
	tr '\n' ' ' <"$mint_folder/page" | grep -o '<input[^>]*type="hidden"[^>]*>' |
	    sed -e 's/.*name="\([^"]*\)".*value="\([^"]*\)".*/\1=\2/' -e 's/&quot;/"/g; s/&#39;/'"'"'/g; s/&#x27;/'"'"'/g' \
	    -e 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
}

# Send the page's form with the fields besides; prints where the answer leads to, if it does.
mint_send_form()
{
	local origin field fields=() where

	origin=${1#*//}
	origin=${1%%//*}//${origin%%/*}
	where=$(tr '\n' ' ' <"$mint_folder/page" | sed -n 's/.*<form[^>]*action="\([^"]*\)".*/\1/p')
	case $where in http*) ;; *) where=$origin$where ;; esac
	shift
	while IFS= read -r field; do
		fields+=(--data-urlencode "$field")
	done < <(mint_hidden_fields)
	for field in "$@"; do
		fields+=(--data-urlencode "$field")
	done
	mint_browse -w '%{redirect_url}' -H "Origin: $origin" "${fields[@]}" "$where"
}

mint_code()
{
	local issuer=$1 client=$2 redirect=$3 resource=$4 scope=$5 user=$6 password=$7 there code

	rm -f "$mint_folder/cookies"
	mint_browse -G -d response_type=code -d "client_id=$client" --data-urlencode "resource=$resource" \
	    --data-urlencode "scope=$scope" --data-urlencode "redirect_uri=$redirect" -d state=xyz \
	    -d "code_challenge=$mint_challenge" -d code_challenge_method=S256 "$issuer/authorize" || return 1
	there=$(mint_send_form "$issuer" "username=$user" "password=$password") || return 1
	code=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$there")
	[ -n "$code" ] && echo "$code"
}

mint_redeem()
{
	curl -sS --max-time 20 -d grant_type=authorization_code -d "client_id=$2" -d "code=$5" \
	    -d "code_verifier=$mint_verifier" --data-urlencode "resource=$4" --data-urlencode "redirect_uri=$3" \
	    "$1/token" | tee "$mint_folder/page"
	grep -q '"access_token"' "$mint_folder/page"
}

mint_sign_in()
{
	local code

	code=$(mint_code "$@") || return 1
	mint_redeem "$1" "$2" "$3" "$4" "$code"
}

mint_refresh()
{
	curl -sS --max-time 20 -d grant_type=refresh_token -d "client_id=$2" --data-urlencode "refresh_token=$3" \
	    "$1/token" | tee "$mint_folder/page"
	grep -q '"access_token"' "$mint_folder/page"
}

mint_apply()
{
	curl -sS --max-time 20 -u "$2:$3" -d grant_type=client_credentials --data-urlencode "resource=$4" \
	    --data-urlencode "scope=$5" "$1/token" | tee "$mint_folder/page"
	grep -q '"access_token"' "$mint_folder/page"
}
