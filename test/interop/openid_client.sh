# SPDX-License-Identifier: Apache-2.0
# For openid-provider.sh, sourced: what a client and its user's browser do at an OpenID provider, with curl.
# 'openid_folder' names a folder for cookies and answers.
# shellcheck shell=bash disable=SC2154 # openid_folder

# Of RFC 7636 appendix B.
openid_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
openid_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM

# A text member of the JSON object on standard input.
openid_member()
{
	grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

# openid_fetch_keys ISSUER FILE: the provider's keys, from where its discovery document says.
openid_fetch_keys()
{
	local discovery keys

	discovery=$(curl -sSf --max-time 10 "$1/.well-known/openid-configuration") || return 1
	[ "$(openid_member issuer <<<"$discovery")" = "$1" ] || { echo "the provider at $1 says another issuer"; return 1; }
	keys=$(openid_member jwks_uri <<<"$discovery")
	curl -sSf --max-time 10 -o "$2.new" "$keys" && mv "$2.new" "$2"
}

# openid_apply ISSUER CLIENT RESOURCE SCOPE: an application's own token (RFC 6749 section 4.4).
openid_apply()
{
	curl -sS --max-time 10 -u "$2:secret of $2" -d grant_type=client_credentials \
	    --data-urlencode "resource=$3" --data-urlencode "scope=$4" "$1/token" | openid_member access_token
}

# The browser: print where it ends.
openid_browse()
{
	curl -sS --max-time 10 -L -b "$openid_folder/cookies" -c "$openid_folder/cookies" -o "$openid_folder/page" \
	    -w '%{url_effective}' "$@"
}

# openid_sign_in ISSUER CLIENT RESOURCE SCOPE PERSON: the authorization code flow with its two forms (RFC 6749
# section 4.1, RFC 7636). Prints the provider's answer: access_token and, for the scope openid, id_token.
openid_sign_in()
{
	local issuer=$1 client=$2 resource=$3 scope=$4 person=$5 page code

	rm -f "$openid_folder/cookies"
	page=$(openid_browse -G -d response_type=code -d "client_id=$client" --data-urlencode "resource=$resource" \
	    --data-urlencode "scope=$scope" --data-urlencode "redirect_uri=$issuer/signed-in" \
	    -d "code_challenge=$openid_challenge" -d code_challenge_method=S256 "$issuer/auth") || return 1
	page=$(openid_browse -d prompt=login -d "login=$person" -d password=any "$page") || return 1
	page=$(openid_browse -d prompt=consent "$page") || return 1
	code=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$page")
	[ -n "$code" ] || { echo "no code: $page" >&2; cat "$openid_folder/page" >&2; return 1; }
	curl -sS --max-time 10 -u "$client:secret of $client" -d grant_type=authorization_code -d "code=$code" \
	    -d "code_verifier=$openid_verifier" --data-urlencode "resource=$resource" \
	    --data-urlencode "redirect_uri=$issuer/signed-in" "$issuer/token"
}
