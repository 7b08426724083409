#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program in the issuer's place, with the issuer's connections, gets no token for anybody who did not sign in.
set -eu
port=21610
# shellcheck source=test/behaviour/mint_host.sh
. "$MINTMARK_SOURCE/test/behaviour/mint_host.sh"

# The taken issuer answers no HTTP: the mint begins with the real one, and goes on with the other.
host_start
mint_add_user enterprise thief@contoso.example "$password"
mint_stop

mint_libexec=$world/libexec
mkdir "$mint_libexec"
for program in "$MINTMARK_BUILD"/daemon/*/mintmark-*; do
	[ ! -x "$program" ] || [ -d "$program" ] || ln -s "$program" "$mint_libexec/"
done
rm "$mint_libexec/mintmark-issuer"
cp "$MINTMARK_BUILD/test/behaviour/taken_issuer" "$mint_libexec/mintmark-issuer"
printf '%s\n' enterprise $alice thief@contoso.example "$password" mail "$redirect" "${audience[enterprise]}" mail.read \
	>"$mint_libexec/mintmark-issuer.plan"
mint_urls=http://$gate
mint_start "$world" "$log" || { fail "the mint does not start with a taken issuer"; finish; }
check "it comes to its end" await 60 grep -qx "taken issuer: END" "$log"
sed -n 's/^taken issuer: /  /p' "$log" | cut -c 1-120
check "it got nothing but what its own user is due" [ "$(grep -c '^taken issuer: GOT' "$log")" -eq 1 ]
check "all else was refused" [ "$(grep -c '^taken issuer: refused' "$log")" -ge 8 ]
own=$(sed -n 's/^taken issuer: GOT own //p' "$log")
check "which is on record" says "This token was issued, and revoked" run ledger show "$own"
decides "and ended when he tried his code a second time" imap SESSION_REVOKED "$own"
check "and names him" [ "$(mint_claims "$own" | mint_member preferred_username)" = thief@contoso.example ]
check "the ledger holds together" run ledger audit
finish
