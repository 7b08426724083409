#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A person signs in: the pages and what leads from one to the next, without a browser; and that no other site and no
# other browser can take a step of it.
set -eu
port=21401
realm="http://127.0.0.1:$port/r"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"
# shellcheck disable=SC2119 # it takes what the driver takes: nothing here
start
here=$base/r
jar=$world/jar
challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM # of RFC 7636 appendix B
request="client_id=mail-app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&scope=openid+mail"
request="$request&code_challenge=$challenge&code_challenge_method=S256&state=st%26%22%3Cx%3E&nonce=n-1"

# form OUT: the hidden fields of the page in 'answer', as arguments of curl, a line each.
hidden()
{
	python3 - "$world/answer" <<'END' >"$1"
import html.parser, sys, urllib.parse
class Form(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and attrs.get("type") == "hidden":
            print(urllib.parse.urlencode({attrs["name"]: attrs["value"]}), end="&")
Form().feed(open(sys.argv[1], encoding="utf-8").read())
END
}

http 200 "the sign-in page" -c "$jar" -b "$jar" "$here/authorize?$request"
header_has Content-Security-Policy "default-src 'none'; style-src 'sha256-"
header_has Content-Security-Policy "form-action 'self' https://app.example; frame-ancestors 'none'; base-uri 'none'"
header "X-Frame-Options: DENY"
header "Referrer-Policy: no-referrer"
header "Cache-Control: no-store"
header "Content-Type: text/html; charset=utf-8"
header_has Set-Cookie "; Path=/; HttpOnly; SameSite=Lax"
asked "AUTHORIZE_CHECK method=0 get=1 address=::ffff:127.0.0.1 client_id=mail-app code=1 challenge=1"
has '<html lang="en">'
has 'Mail &lt;b&gt;App&lt;/b&gt;'
has '<label for="username">'
has 'autocomplete="current-password"'
has 'value="st&amp;&quot;&lt;x&gt;"'
has_not '<script'
has_not '<b>App'
# The style's digest in the policy is that of the style in the page.
python3 - "$world" <<'END' || fail "the policy does not let the page's style in"
import base64, hashlib, re, sys
page = open(sys.argv[1] + "/answer", encoding="utf-8").read()
style = re.search("<style>(.*?)</style>", page, re.S).group(1)
digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
sys.exit("'sha256-" + digest + "'" not in open(sys.argv[1] + "/head").read())
END
hidden "$world/form"

http 403 "a wrong password" -b "$jar" -c "$jar" -d "@$world/form" --data-urlencode username=alice@contoso.example \
    -d password=wrong "$here/sign-in"
has 'role="alert"'
has 'aria-invalid="true" aria-describedby="problem"'
has 'value="alice@contoso.example"'
has_not '"wrong"'
no_header Location
http 429 "too many attempts" -b "$jar" -c "$jar" -d "@$world/form" -d username=locked%40contoso.example -d password=x \
    "$here/sign-in"
header "Retry-After: 30"
has "wait 30 seconds"

echo "checking: nobody but this browser, with this form as it is, signs in"
http 403 "a form without the browser's cookie" -d "@$world/form" -d username=alice%40contoso.example \
    --data-urlencode "password=correct horse" "$here/sign-in"
not_asked
http 403 "a form without a seal" -b "$jar" -d "$request" -d username=alice%40contoso.example -d password=x \
    "$here/sign-in"
not_asked
sed 's/app\.example%2Fcb/app.example%2Fevil/' "$world/form" >"$world/forged"
http 403 "a form that leads elsewhere" -b "$jar" -d "@$world/forged" -d username=alice%40contoso.example \
    -d password=x "$here/sign-in"
not_asked
http 403 "a form that another site had sent" -b "$jar" -H "Sec-Fetch-Site: cross-site" -d "@$world/form" \
    -d username=alice%40contoso.example -d password=x "$here/sign-in"
not_asked
http 403 "a form with a field twice" -b "$jar" -d "@$world/form" -d username=a -d username=b -d password=x \
    "$here/sign-in"
not_asked

http 303 "the right password" -b "$jar" -c "$jar" -d "@$world/form" -d username=alice%40contoso.example \
    --data-urlencode "password=correct horse" "$here/sign-in"
header_has Location "https://app.example/cb?code=code-for-the-mail-app-code-for-the-mail-app&state=st%26%22%3Cx%3E&iss="
header_has Location "&iss=http%3A%2F%2F127.0.0.1%3A$port%2Fr"
header_has Set-Cookie "mintmark-test-session="
header_has Set-Cookie "mintmark-test-device="
header "Referrer-Policy: no-referrer"
http 400 "the code with a wrong verifier" -d grant_type=authorization_code -d client_id=mail-app \
    -d code=code-for-the-mail-app-code-for-the-mail-app -d code_verifier=wrong "$here/token"
error invalid_grant
http 200 "the code with its verifier" -d grant_type=authorization_code -d client_id=mail-app \
    -d code=code-for-the-mail-app-code-for-the-mail-app \
    -d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk "$here/token"
has '"id_token":"eyJ'
has '"refresh_token":"refresh-token-number-'
refresh=$(sed 's/.*"refresh_token":"\([^"]*\)".*/\1/' "$world/answer")
http 200 "the refresh token" -d grant_type=refresh_token -d client_id=mail-app -d "refresh_token=$refresh" "$here/token"
http 400 "the refresh token once more" -d grant_type=refresh_token -d client_id=mail-app \
    -d "refresh_token=$refresh" "$here/token"
error invalid_grant

http 302 "who is signed in is not asked again" -b "$jar" -c "$jar" "$here/authorize?$request"
header_has Location "https://app.example/cb?code="
http 200 "but where the client wants it" -b "$jar" -c "$jar" "$here/authorize?$request&prompt=login"
has '<label for="password">'
http 302 "a request that must not ask, and need not" -b "$jar" "$here/authorize?$request&prompt=none"
header_has Location "?code="
http 302 "a request that must not ask, and would have to" "$here/authorize?$request&prompt=none"
header_has Location "https://app.example/cb?error=login_required"
http 303 "a request by POST" -b "$jar" -d "$request" "$here/authorize"
http 200 "a page with the name that the client knows" "$here/authorize?$request&login_hint=bob%40contoso.example"
has 'value="bob@contoso.example"'

third="client_id=third-party&${request#client_id=mail-app&}"
http 200 "a client of others: consent" -b "$jar" -c "$jar" "$here/authorize?$third"
has "Allow access?"
has "know that it is you"
has "use mail"
has "alice@contoso.example"
hidden "$world/form"
http 403 "consent without the session" -d "@$world/form" -d decision=allow "$here/consent"
not_asked
http 303 "no consent" -b "$jar" -d "@$world/form" -d decision=deny "$here/consent"
header_has Location "https://app.example/cb?error=access_denied"
http 303 "consent" -b "$jar" -d "@$world/form" -d decision=allow "$here/consent"
asked "AUTHORIZE method=0"
header_has Location "https://app.example/cb?code="
http 302 "consent that must not be asked for" -b "$jar" "$here/authorize?$third&prompt=none"
header_has Location "error=consent_required"

echo "checking: the device page"
http 200 "without a session: sign in first" -c "$world/jar2" -b "$world/jar2" "$here/device?user_code=bcdfghjk"
has "to connect a device"
hidden "$world/form"
http 303 "signed in for it" -b "$world/jar2" -c "$world/jar2" -d "@$world/form" -d username=alice%40contoso.example \
    --data-urlencode "password=correct horse" "$here/sign-in"
header "Location: /r/device?user_code=bcdfghjk"
http 404 "a code that there is not" -b "$jar" -c "$jar" "$here/device?user_code=ZZZZ-ZZZZ"
has 'role="alert"'
http 200 "the page for the code" -b "$jar" -c "$jar" "$here/device"
has '<label for="user_code">'
hidden "$world/form"
http 200 "the code" -b "$jar" -c "$jar" -d "@$world/form" -d user_code=BCDF-GHJK "$here/device"
asked "DEVICE_USER method=0 get=0 address=::ffff:127.0.0.1 decision=0 user_code=BCDF-GHJK"
has "Mail &quot;Client&quot;"
has "<code>BCDF-GHJK</code>"
hidden "$world/form"
sed 's/BCDF-GHJK/BCDF-GHJX/' "$world/form" >"$world/forged"
http 403 "a decision on another code" -b "$jar" -d "@$world/forged" -d decision=allow "$here/device"
http 200 "allowed" -b "$jar" -d "@$world/form" -d decision=allow "$here/device"
asked "decision=1"
http 200 "the device gets its token" -d client_id=mail-app -d device_code=x \
    -d grant_type=urn:ietf:params:oauth:grant-type:device_code "$here/token"
member token_type '"Bearer"'

echo "checking: signing out"
http 200 "it asks" -b "$jar" -c "$jar" \
    "$here/logout?client_id=mail-app&post_logout_redirect_uri=https://app.example/bye&state=s"
has "Sign out?"
not_asked
hidden "$world/form"
http 403 "another site cannot" -d "@$world/form" "$here/logout"
not_asked
http 303 "and leads back" -b "$jar" -c "$jar" -d "@$world/form" "$here/logout"
header "Location: https://app.example/bye?state=s"
header_has Set-Cookie "mintmark-test-session=; Path=/; Max-Age=0"
# {"alg":"none"} . {"aud":"mail-app"} . nothing
hint=eyJhbGciOiJub25lIn0.eyJhdWQiOiJtYWlsLWFwcCJ9.
http 200 "a client that an ID token hints at" -b "$jar" -c "$jar" \
    "$here/logout?id_token_hint=$hint&post_logout_redirect_uri=https://app.example/bye"
hidden "$world/form"
http 303 "leads back too" -b "$jar" -c "$jar" -d "@$world/form" "$here/logout"
header "Location: https://app.example/bye"
http 200 "a hint at another client than that of the request" -b "$jar" -c "$jar" \
    "$here/logout?client_id=other&id_token_hint=$hint&post_logout_redirect_uri=https://app.example/bye"
hidden "$world/form"
http 200 "leads nowhere" -b "$jar" -c "$jar" -d "@$world/form" "$here/logout"
no_header Location
http 200 "an address that is not the client's" -b "$jar" -c "$jar" \
    "$here/logout?client_id=mail-app&post_logout_redirect_uri=https://evil.example/"
hidden "$world/form"
http 200 "is not led to" -b "$jar" -c "$jar" -d "@$world/form" "$here/logout"
no_header Location
has "Signed out"

end
finish
