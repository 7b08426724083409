#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Postfix takes mail for sending with the files of conf/postfix, asks a real Dovecot who it is, and that the gate:
# Alice sends as Alice and as nobody else; forged tokens, and no token, send nothing.
# shellcheck disable=SC2317,SC2119 # functions are called by 'check' and by the trap; start_and_wait needs no arguments
set -eu
port=20720
imap_port=20721
smtp_port=20722
for program in /usr/sbin/dovecot /usr/sbin/postfix; do
	[ -x $program ] || { echo "not run: there is no $program (packages dovecot-imapd, postfix)"; exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo "not run: Postfix is started by root alone"; exit 77; }
# shellcheck source=test/behaviour/daemon_world.sh
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"
# shellcheck source=test/behaviour/dovecot_server.sh
. "$MINTMARK_SOURCE/test/behaviour/dovecot_server.sh"

mintmark=$MINTMARK_BUILD/cli/mintmark
dovecot=$world/dovecot
postfix=$world/postfix
spool=$postfix/spool
said=$world/said

postfix_stop()
{
	[ ! -s "$spool/pid/master.pid" ] || postfix -c "$postfix/conf" stop >"$world/postfix-stop" 2>&1 || true
}

clean_up_all()
{
	postfix_stop
	dovecot_stop "$dovecot"
	clean_up
}
trap clean_up_all EXIT
# Their processes are others' than root's and must come to their files; keys and secret are root's alone.
chmod 711 "$world"

# ---- the two servers ----

# What every Postfix has; nothing leaves it: whatever it takes is dropped.
postfix_configure()
{
	mkdir -p "$postfix/conf" "$spool" "$postfix/data"
	chown postfix "$postfix/data"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$postfix/conf/key.pem" \
	    -out "$postfix/conf/cert.pem" -days 1 -subj /CN=localhost 2>"$world/openssl.log"
	cat >"$postfix/conf/main.cf" <<-CONF
		compatibility_level = 3.6
		queue_directory = $spool
		data_directory = $postfix/data
		maillog_file = $postfix/mail.log
		maillog_file_prefixes = $postfix
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		myhostname = mx.test.invalid
		mydestination =
		mynetworks =
		alias_maps =
		default_transport = discard
		relay_transport = discard
		smtpd_tls_cert_file = $postfix/conf/cert.pem
		smtpd_tls_key_file = $postfix/conf/key.pem
	CONF
	sed -e "s|^submission inet n       -       y |127.0.0.1:$smtp_port inet n - n |" \
	    -e "s|/etc/postfix/mintmark-senders|$postfix/conf/mintmark-senders|" \
	    "$MINTMARK_SOURCE/conf/postfix/mintmark-master.cf" >"$postfix/conf/master.cf"
	grep -q "^127.0.0.1:$smtp_port inet" "$postfix/conf/master.cf"
	cp "$MINTMARK_SOURCE/conf/postfix/mintmark-senders" "$postfix/conf/"
	cat >>"$postfix/conf/master.cf" <<-CONF
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		proxymap unix - - n - - proxymap
		anvil unix - - n - 1 anvil
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		postlog unix-dgram n - n - 1 postlogd
	CONF
}

postfix_answers()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$smtp_port" && read -r -t 5 line <&3 && [[ $line == 220* ]]) 2>/dev/null
}

# ---- the client ----

# It prints the codes of the answers to AUTH and MAIL, and of the last one; "235 250 250": the mail was taken.
client=$world/client.py
cat >"$client" <<'PYTHON'
import base64, smtplib, ssl, sys
port, mechanism, address, token, sender = sys.argv[1:]
first = {
    "OAUTHBEARER": f"n,a={address},\1auth=Bearer {token}\1\1",
    "XOAUTH2": f"user={address}\1auth=Bearer {token}\1\1",
    "none": "",
}[mechanism]
smtp = smtplib.SMTP("127.0.0.1", int(port), timeout=20)
smtp.ehlo("client.example")
if "auth" in smtp.esmtp_features:
    sys.exit("it offers AUTH without TLS")
smtp.starttls(context=ssl._create_unverified_context())
smtp.ehlo("client.example")
codes = []
def say(code_and_text):
    codes.append(str(code_and_text[0]))
    print(code_and_text, file=sys.stderr)
    return code_and_text[0] < 400
def send():
    if mechanism != "none":
        answer = smtp.docmd("AUTH", mechanism + " " + base64.b64encode(first.encode()).decode())
        if answer[0] == 334:
            answer = smtp.docmd("")
        if not say(answer):
            return
    if not say(smtp.docmd("MAIL", f"FROM:<{sender}>")):
        return
    answer = smtp.docmd("RCPT", "TO:<someone@elsewhere.example>")
    say(answer if answer[0] >= 400 else smtp.data("Subject: hello\r\n\r\nhello\r\n"))
send()
print(" ".join(codes))
PYTHON

# answers CODES MECHANISM ADDRESS TOKEN SENDER. Postfix speaks of a sender when it is asked for a recipient.
answers()
{
	[ "$(python3 "$client" "$smtp_port" "$2" "$3" "$4" "$5" 2>"$said" | tail -n 1)" = "$1" ]
}

tried()
{
	local doing=$1 codes=$2
	shift 2
	for mechanism in OAUTHBEARER XOAUTH2; do
		check "$doing ($mechanism)" answers "$codes" $mechanism "$@"
	done
}

# The reason, or another word, of the journal's last decision.
last_decision()
{
	"$mintmark" decisions -c "$config" --json | grep '"kind":"decision"' | tail -n 1 | grep -o "\"$1\":\"[^\"]*\"" |
	    cut -d '"' -f 4
}

show()
{
	[ "$failures" -eq 0 ] || { cat "$said"; tail -n 20 "$postfix/mail.log" "$dovecot/dovecot.log"; }
}

alice=alice@contoso.example
dave=dave@contoso.example

start_and_wait
postfix_configure
postfix -c "$postfix/conf" start >"$world/postfix-start" 2>&1 || { cat "$world/postfix-start"; exit 1; }
mkdir -p "$dovecot"
sed "s|/var/spool/postfix/private/auth|$spool/private/auth|" "$MINTMARK_SOURCE/conf/dovecot/mintmark-submission.conf" \
    >"$dovecot/more.conf"
dovecot_start "$dovecot" $imap_port "127.0.0.1:$port" "$(cat "$world/dovecot.secret")"
wait_for 20 postfix_answers || { fail "Postfix does not answer"; cat "$postfix/mail.log"; finish; }

genuine=$(token)
tried "Alice sends as Alice" "235 250 250" $alice "$genuine" $alice
check "  and the journal allows her" test "$(last_decision mailbox) $(last_decision reason)" = "$alice OK"
tried "Alice's address in other letters" "235 250 250" $alice "$genuine" Alice@Contoso.Example
tried "Alice sends as Dave" "235 250 553" $alice "$genuine" $dave
check "  and Postfix says why" grep -q "not owned by user $alice" "$said"
tried "Alice sends as Bob, of another tenant" "235 250 553" $alice "$genuine" bob@fabrikam.example
tried "Alice sends as somebody who is not there" "235 250 553" $alice "$genuine" ceo@contoso.example
tried "Alice sends as nobody" "235 250 554" $alice "$genuine" ""
tried "Alice says that she is Dave, and sends as Dave" "535" $dave "$genuine" $dave
tried "Dave sends as Dave" "235 250 250" $dave "$(token --as dave)" $dave

tried "the consumer key's forgery for Alice" "535" $alice "$(token --key KC1)" $alice
check "  and the journal says why" test "$(last_decision reason)" = KEY_REALM_MISMATCH
tried "an expired token" "535" $alice \
    "$(token --claim 'iat={now-7200}' --claim 'nbf={now-7200}' --claim 'exp={now-3600}')" $alice
tried "a token of a revoked key" "535" $alice "$(token --key KE0)" $alice
tried "what is no token" "535" $alice nonsense $alice
check "without a token nobody sends" answers "250 554" none - - $alice

stop
tried "without the gate nobody sends" "535" $alice "$genuine" $alice
start_and_wait
tried "when the gate is back, Alice sends" "235 250 250" $alice "$genuine" $alice
show
stop
finish
