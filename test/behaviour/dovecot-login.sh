#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Dovecot, configured with the files of conf/dovecot, asks a real gate: Alice reads her mail by OAUTHBEARER
# and XOAUTH2; forged, expired and others' tokens open nothing, and the journal says why; without the gate nobody
# gets in.
# shellcheck disable=SC2317,SC2119 # functions are called by 'check' and by the trap; start_and_wait needs no arguments
set -eu
port=20640
imap_port=20641
[ -x /usr/sbin/dovecot ] || { echo "not run: there is no /usr/sbin/dovecot (package dovecot-imapd)"; exit 77; }
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"

mintmark=$MINTMARK_BUILD/cli/mintmark
dovecot=$world/dovecot
clean_up_all()
{
	dovecot_stop "$dovecot"
	clean_up
}
trap clean_up_all EXIT
# Dovecot's processes are others' than root's and must come to their files; keys and secret are root's alone.
chmod 711 "$world"

# ---- the two clients ----

# imap_oauthbearer ADDRESS TOKEN: curl reads the first message; the server's lines and the message go to $said.
said=$world/said
imap_oauthbearer()
{
	curl -sv --max-time 20 "imap://127.0.0.1:$imap_port/INBOX;MAILINDEX=1" --login-options AUTH=OAUTHBEARER \
	    --user "$1:" --oauth2-bearer "$2" >"$said" 2>&1
}

# The same by XOAUTH2, which curl does not take where both are offered: a client of a few lines.
imap_xoauth2()
{
	xoauth2_talk "$1" "$2" >"$said" 2>&1 || true
	grep -q "^a OK" "$said"
}

xoauth2_talk()
{
	local first

	exec 3<>"/dev/tcp/127.0.0.1/$imap_port"
	first=$(printf 'user=%s\001auth=Bearer %s\001\001' "$1" "$2" | base64 -w 0)
	expect_line '\* OK'
	printf 'a AUTHENTICATE XOAUTH2 %s\r\n' "$first" >&3
	expect_line 'a '
	printf 'b SELECT INBOX\r\nc FETCH 1 BODY[]\r\nd LOGOUT\r\n' >&3
	expect_line 'd '
	exec 3>&-
}

# Print lines until one begins so; a challenge ("+") is answered with nothing, as one does after a refusal.
expect_line()
{
	local line

	while read -r -t 20 line <&3; do
		echo "${line%$'\r'}"
		case $line in +*) printf '\r\n' >&3 ;; esac
		[[ ! $line =~ ^$1 ]] || return 0
	done
	return 1
}

# ---- what is checked ----

# The reason, verdict or another word of the journal's last decision.
last_decision()
{
	"$mintmark" decisions -c "$config" --json | grep '"kind":"decision"' | tail -n 1 | grep -o "\"$1\":\"[^\"]*\"" |
	    cut -d '"' -f 4
}

count_decisions()
{
	"$mintmark" decisions -c "$config" --json | grep -c '"kind":"decision"'
}

# reads_mail WHAT ADDRESS TOKEN
reads_mail()
{
	for client in imap_oauthbearer imap_xoauth2; do
		check "$1 ($client)" $client "$2" "$3"
		check "  and the message comes" grep -q "Subject: For $2" "$said"
		check "  and the journal allows $2" test "$(last_decision mailbox) $(last_decision reason)" = "$2 OK"
	done
}

is_refused()
{
	! $1 "$2" "$3" && grep -qF "NO [$4]" "$said" && ! grep -q "Subject:" "$said"
}

# is_shut WHAT REASON ADDRESS TOKEN: Dovecot refuses, for good, and the journal's last reason is this.
is_shut()
{
	for client in imap_oauthbearer imap_xoauth2; do
		check "$1 ($client)" is_refused $client "$3" "$4" AUTHENTICATIONFAILED
		check "  and the journal says $2" test "$(last_decision reason)" = "$2"
	done
}

show_dovecot()
{
	[ "$failures" -eq 0 ] || { echo "what Dovecot said last:"; cat "$said"; tail -n 20 "$dovecot/dovecot.log"; }
}

milliseconds()
{
	echo $(($(date +%s%N) / 1000000))
}

alice=alice@contoso.example
dave=dave@contoso.example
secret=$(cat "$world/dovecot.secret")

start_and_wait
dovecot_start "$dovecot" $imap_port "127.0.0.1:$port" "$secret"
for address in $alice $dave; do
	dovecot_deliver "$dovecot" "$address" "For $address" "This is for $address alone."
done

reads_mail "Alice reads her mail" $alice "$(token)"
reads_mail "and with a token of the ES256 key" $alice "$(token --key KE2)"
reads_mail "Dave reads his" $dave "$(token --as dave)"

is_shut "the consumer key's forgery for Alice is refused" KEY_REALM_MISMATCH $alice "$(token --key KC1)"
is_shut "an expired token is refused" EXPIRED $alice \
	"$(token --claim 'iat={now-7200}' --claim 'nbf={now-7200}' --claim 'exp={now-3600}')"
is_shut "a token of a revoked key is refused" KEY_REVOKED $alice "$(token --key KE0)"
is_shut "a consumer's genuine token is refused at this service" REALM_FORBIDDEN \
	carol@outlook.example "$(token --as carol)"
is_shut "another tenant's token that names Alice is refused" MAILBOX_MISMATCH $alice \
	"$(token --as bob --claim "preferred_username=\"$alice\"")"
is_shut "what is no token is refused" TOKEN_MALFORMED $alice nonsense
is_shut "a token for another service is refused" AUDIENCE_MISMATCH $alice \
	"$(token --claim 'aud="https://drive.example"')"

# The token is good; it is the mailbox that is not hers. The gate's answer names hers, and Dovecot compares.
is_shut "a colleague's mailbox stays shut" OK $dave "$(token)"
check "the gate's answer named Alice's mailbox alone" test "$(last_decision mailbox)" = $alice
check "and that is why" grep -q "did not match" "$dovecot/dovecot.log"
is_shut "and one of another tenant" OK bob@fabrikam.example "$(token)"

before=$(count_decisions)
genuine=$(token)
check "one token" imap_oauthbearer $alice "$genuine"
check "and the same again" imap_oauthbearer $alice "$genuine"
check "are decided twice: Dovecot keeps no answers" test "$(count_decisions)" -eq $((before + 2))

started_ms=$(milliseconds)
check "after all these failures a good login" imap_oauthbearer $alice "$genuine"
# Dovecot would by some 15 seconds.
check "is not slowed down" test $(($(milliseconds) - started_ms)) -lt 10000

stop
for client in imap_oauthbearer imap_xoauth2; do
	check "without the gate nobody gets in, and is told to try again ($client)" \
		is_refused $client $alice "$genuine" UNAVAILABLE
done
start_and_wait
reads_mail "when the gate is back, Alice reads her mail" $alice "$genuine"

dovecot_stop "$dovecot"
dovecot_start "$dovecot" $imap_port "127.0.0.1:$port" "not-the-secret-of-anybody"
check "a Dovecot that does not know the secret lets nobody in" \
	is_refused imap_oauthbearer $alice "$genuine" UNAVAILABLE
dovecot_stop "$dovecot"
stop

for name in tls other; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$world/$name.key" \
		-out "$world/$name.crt" -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		2>"$world/openssl.log"
done
sed -i -e "s|\"127.0.0.1:$port\"|\"tls:127.0.0.1:$port\"|" \
	-e '1a tls_certificate = "tls.crt"\ntls_key = "tls.key"' "$config"
start_and_wait
dovecot_start "$dovecot" $imap_port "localhost:$port" "$secret" "$world/tls.crt"
reads_mail "over TLS to the gate Alice reads her mail" $alice "$genuine"
dovecot_stop "$dovecot"
dovecot_start "$dovecot" $imap_port "localhost:$port" "$secret" "$world/other.crt"
check "and nobody gets in where the gate's certificate is not known" \
	is_refused imap_oauthbearer $alice "$genuine" UNAVAILABLE
show_dovecot
dovecot_stop "$dovecot"
stop
finish
