#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Clients by the book and a person with a browser at a whole mint, run by mintmarkd: openid-client (npm) finds the mint by
# discovery and takes it through every grant; Chromium signs a person in with the keyboard alone.
set -euo pipefail
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
# shellcheck source=test/behaviour/mint_server.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_server.sh"

gate=21480 consumer=21481 enterprise=21482 derived=21483 back=21484
world=$(mktemp -d)
# shellcheck disable=SC2317 # the trap calls it
clean_up()
{
	mint_stop
	rm -rf "$world"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
chmod 755 "$world"
mkdir "$world/node"
node_start "$world/node"

cat >"$world/more.conf" <<END
realm derived {
    issuer       = "http://127.0.0.1:$derived"
    keys         = "mint"
    listen       = { "127.0.0.1:$derived" }
    algorithms   = { "EdDSA" }
    derived_from = { "enterprise" }
    derived_by   = { "webmail" }
}
service jobs {
    audience = "https://jobs.example"
    realms   = { "enterprise" }
    mailbox  = none
}
service webmail {
    audience      = "https://webmail.example"
    realms        = { "enterprise" }
    mailbox_claim = "preferred_username"
    exchange_from = { "enterprise" }
}
service calendar {
    audience      = "https://calendar.example"
    realms        = { "derived" }
    mailbox_claim = "preferred_username"
    mark          = required
    ledger        = required
}
END
mint_configure "$world" $gate $consumer $enterprise
# The companies' issuer is a template, and each tenant has an address of its own.
sed -i -e "s|http://127.0.0.1:$enterprise\"|http://127.0.0.1:$enterprise/{tenant}/v2.0\"|" \
    -e 's/^ *realm *= enterprise$/&\n    id = "contoso"/' "$world/mintmark.conf"
contoso=http://127.0.0.1:$enterprise/contoso/v2.0
"$MINTMARK_BUILD/cli/mintmark" init -c "$world/mintmark.conf" --root "$world/root.key" >"$world/init"
mint_urls="$mint_urls http://127.0.0.1:$derived"
mint_start "$world" "$world/log"

ask()
{
	"$MINTMARK_BUILD/cli/mintmark" "$@" -c "$world/mintmark.conf"
}

node -e '
	const { privateKey, publicKey } = require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" })
	const more = { kid: "batch-1", alg: "ES256", use: "sig" }
	const fs = require("fs"), folder = process.argv[1]
	fs.writeFileSync(folder + "/private", JSON.stringify({ ...privateKey.export({ format: "jwk" }), ...more }))
	fs.writeFileSync(folder + "/public", JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), ...more }] }))
' "$world"

printf 'correct horse battery\n' | ask user add enterprise alice@contoso.example --name "Alice Example" --password-stdin \
    >"$world/added"
callback=http://127.0.0.1:$back/cb
ask client add enterprise app --name "Mail app" --public --grant code --grant refresh --grant device \
    --scope "openid profile email offline_access mail.read" --audience https://mail.example \
    --audience https://webmail.example --redirect $callback >"$world/added"
ask client add enterprise batch --name "Nightly work" --jwks "$world/public" --grant client_credentials \
    --scope mail.read --audience https://jobs.example --audience https://mail.example >"$world/added"
ask client add derived batch --name "Webmail" --jwks "$world/public" --grant exchange --scope mail.read \
    --audience https://calendar.example >"$world/added"

settings()
{
	cat <<-END
		{ "issuer": "$contoso", "redirect_uri": "$callback", "app": "app", "batch": "batch",
		  "key": $(cat "$world/private"), "username": "alice@contoso.example", "password": "correct horse battery",
		  "wrong": "battery", "resource": "https://mail.example", "job": "https://jobs.example",
		  "derived": "http://127.0.0.1:$derived", "exchangeable": "https://webmail.example",
		  "exchanged": "https://calendar.example",
		  "scope": "openid profile email offline_access mail.read" }
	END
}

person()
{
	local query="client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A$back%2Fcb&response_type=code"

	query="$query&scope=openid+mail.read&resource=https%3A%2F%2Fmail.example&state=here"
	query="$query&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	cat <<-END
		{ "authorize": "http://127.0.0.1:$enterprise/common/v2.0/authorize?$query", "back": "$callback",
		  "device": "$contoso/device", "user_code": "$1",
		  "username": "alice@contoso.example", "password": "correct horse battery" }
	END
}

echo "checking: a client by the book"
node_seconds=200
status=0
settings | node_run mint_client wrong-password code userinfo refresh refresh-reuse code-reuse client-credentials \
    introspect revoke device exchange dpop sign-out || status=1

if [ -x /usr/bin/chromium ]; then
	echo "checking: a person with a browser"
	code=$(curl -sS --max-time 20 -d client_id=app -d scope=mail.read "$contoso/device_authorization" |
	    sed 's/.*"user_code":"\([^"]*\)".*/\1/')
	person "$code" | node_run mint_person sign-in without-scripts wrong-password device looks || status=1
else
	echo "not run: there is no Chromium (package chromium)"
fi
[ $status -eq 0 ] || tail -n 30 "$world/log"
exit $status
