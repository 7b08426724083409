#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark verify decides by reason, says whether facts were verified, and never ends with 0 by mistake.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

# decide STATUS REASON SERVICE MAILBOX RECIPE…: one row; MAILBOX '' names none.
decide()
{
	wanted_status=$1
	reason=$2
	service=$3
	mailbox=$4
	shift 4
	token "$@" >"$world/token"
	if [ -n "$mailbox" ]; then
		set -- --mailbox "$mailbox"
	else
		set --
	fi
	run "$wanted_status" "$reason at $service" verify -c "$config" -s "$service" "$@" --json - <"$world/token"
	member reason "\"$reason\""
	[ "$wanted_status" -ne 0 ] || member verdict '"allow"'
	[ "$wanted_status" -eq 0 ] || member verdict '"deny"'
}

alice=alice@contoso.example

echo "== what must be allowed"
decide 0 OK mail "$alice" --as alice
member realm '"enterprise"'
member kid '"KE1"'
member tenant '"contoso"'
member mailbox "\"$alice\""
member facts '"verified"'
member asked '[]'
member proof '"none"'
decide 0 OK mail "$alice" --as alice --key KE2
member alg '"ES256"'
decide 0 OK mail '' --as carol
member mailbox '"carol@outlook.example"'
decide 0 OK imap ALICE@Contoso.Example --as alice
decide 0 OK mail '' --typ application/at+jwt
decide 0 OK mail '' --claim 'aud=["https://mail.example"]'

echo "== what must be denied, and why"
decide 1 KEY_REALM_MISMATCH mail "$alice" --as alice --key KC1
member facts '"claimed"'
member mailbox absent
decide 1 KEY_REALM_MISMATCH mail '' --as carol --key KE1
decide 1 REALM_FORBIDDEN imap '' --as carol
decide 1 KEY_RETIRED mail '' --as carol --key KC0
decide 1 KEY_NOT_ACTIVE mail '' --as carol --claim 'iat={now-8000000}' --claim 'exp={now+1000}'
decide 1 CLAIM_MISSING mail "$alice" --no-claim tid
decide 1 CLAIM_DUPLICATE mail "$alice" --more-claim 'TID="{B}"'
decide 1 ISSUER_UNKNOWN mail "$alice" --claim 'iss="https://login.example/{A}/v2.0/"'
decide 1 TENANT_MISMATCH mail "$alice" --claim 'tid="{B}"'
decide 1 KEY_SCOPE_UNKNOWN mail "$alice" --key KU1
decide 1 SIGNATURE_INVALID mail "$alice" --kid KE1 --key KC1
member facts '"claimed"'
decide 1 KID_MISSING mail "$alice" --no-header kid
decide 1 ALG_FORBIDDEN mail "$alice" --alg none --signature empty
decide 1 HEADER_FORBIDDEN mail "$alice" --header 'jku="https://evil.example/"'
decide 1 MAILBOX_MISMATCH mail "$alice" --as bob
member facts '"verified"'
member mailbox absent
decide 1 MAILBOX_MISMATCH mail dave@contoso.example --as alice
decide 1 KEY_REVOKED mail "$alice" --key KE0
decide 1 LIFETIME_EXCESS mail "$alice" --claim 'exp={now+300000000}'
decide 1 EXPIRED mail "$alice" --claim 'iat={now-7200}' --claim 'exp={now-3700}'
decide 1 NOT_YET_VALID mail "$alice" --claim 'nbf={now+600}'
decide 1 AUDIENCE_MISMATCH mail "$alice" --claim 'aud="https://drive.example"'
decide 1 TYPE_MISMATCH mail "$alice" --typ JWT
decide 1 CLAIM_MALFORMED mail "$alice" --claim 'cnf={"jkt":"x"}'
decide 1 BINDING_MISSING mail "$alice" --bound-to-key D1

echo "== the token's way in"
token >"$world/token"
run 0 "a token on the command line" verify -c "$config" -s mail "$(cat "$world/token")"
says out "allowed: OK"
run 0 "a token without a line end" verify -c "$config" -s mail - <<END
$(cat "$world/token")
END
printf '%s' "$(cat "$world/token")" >"$world/bare"
run 0 "a token without a line end" verify -c "$config" -s mail - <"$world/bare"
printf '%s\r\n' "$(cat "$world/token")" >"$world/bare"
run 0 "a token with a line end of two bytes" verify -c "$config" -s mail - <"$world/bare"
printf '%s\n\n' "$(cat "$world/token")" >"$world/bare"
run 1 "a token with two line ends" verify -c "$config" -s mail --json - <"$world/bare"
member reason '"TOKEN_MALFORMED"'
run 1 "no token at all" verify -c "$config" -s mail --json - </dev/null
member reason '"TOKEN_MISSING"'
run 1 "an endless token" verify -c "$config" -s mail --json - </dev/zero
member reason '"TOKEN_TOO_LARGE"'
head -c 16384 /dev/zero | tr '\0' a >"$world/bare"
run 1 "a token as long as one may be" verify -c "$config" -s mail --json - <"$world/bare"
member reason '"TOKEN_MALFORMED"'

echo "== evidence of possession"
token --bound-to-key D1 >"$world/bound"
bound=$(cat "$world/bound")
proof=$(token --proof-of "$bound")
url=https://mail.example/inbox
run 0 "a proof for this request" verify -c "$config" -s mail --dpop "$proof" --method GET --url "$url" - <"$world/bound"
run 0 "the same again: each run takes it as new" verify -c "$config" -s mail --dpop "$proof" --method GET --url "$url" - <"$world/bound"
run 1 "for another" verify -c "$config" -s mail --dpop "$proof" --method POST --url "$url" --json - <"$world/bound"
member reason '"BINDING_MISMATCH"'
run 1 "none" verify -c "$config" -s mail --json - <"$world/bound"
member reason '"BINDING_MISSING"'
run 2 "a proof without its request" verify -c "$config" -s mail --dpop "$proof" - <"$world/bound"
says err "--dpop, --method and --url go together"
run 2 "a request without a proof" verify -c "$config" -s mail --url "$url" - <"$world/bound"
token --bound-to-cert D1 >"$world/bound"
run 0 "its certificate" verify -c "$config" -s mail --certificate "$world/keys/D1.crt" - <"$world/bound"
run 1 "another's" verify -c "$config" -s mail --certificate "$world/keys/D2.crt" --json - <"$world/bound"
member reason '"BINDING_MISMATCH"'
run 2 "a key is no certificate" verify -c "$config" -s mail --certificate "$world/keys/D1.pem" - <"$world/bound"
run 2 "a certificate that is not there" verify -c "$config" -s mail --certificate "$world/keys/none.crt" - <"$world/bound"

echo "== options"
run 0 "--no-mark and --no-ledger stand in the answer" \
    verify -c "$config" -s mail --no-mark --no-ledger --json - <"$world/token"
member asked '["--no-mark", "--no-ledger"]'
run 1 "--at another time" verify -c "$config" -s mail --at 1000000000 --json - <"$world/token"
member asked '["--at"]'
member at 1000000000
member verdict '"deny"'
for bad in -3 '' 12x 0x10 9007199254740992 99999999999999999999; do
	run 2 "--at '$bad'" verify -c "$config" -s mail --at "$bad" - <"$world/token"
done
run 2 "no service" verify -c "$config" - <"$world/token"
run 2 "a service that is not there" verify -c "$config" -s mial - <"$world/token"
says err "the nearest name is 'mail'"
run 2 "two services" verify -c "$config" -s mail -s imap - <"$world/token"
run 2 "two tokens" verify -c "$config" -s mail - - <"$world/token"
run 2 "no configuration" verify -c "$world/none.conf" -s mail - <"$world/token"
run 2 "one kid on two keys: the configuration is refused" verify -c "$world/twice.conf" -s mail - <"$world/token"
says err "KE1"

echo "== nothing but an allow ends with 0"
for bad in --help -h --version --json --no-mark -- -; do
	run_status=0
	"$mintmark" verify -c "$config" -s mail "$bad" >"$world/out" 2>"$world/err" </dev/null || run_status=$?
	[ "$run_status" -ne 0 ] || fail "the token '$bad' ended with 0"
done
echo "checking: a full disk"
what="a full disk"
status=0
"$mintmark" verify -c "$config" -s mail - <"$world/token" >/dev/full 2>"$world/err" || status=$?
[ "$status" -ne 0 ] || fail "an answer that could not be written ended with 0"

echo "== the token is never printed"
token --key KC1 >"$world/token"
signature=$(sed 's/.*\.//' "$world/token")
for command in verify explain inspect; do
	for form in --json ''; do
		# shellcheck disable=SC2086 # no word where the form is empty
		case $command in
		inspect) run 0 "$command $form prints no token" inspect $form - <"$world/token" ;;
		*) run 1 "$command $form prints no token" $command -c "$config" -s mail $form - <"$world/token" ;;
		esac
		says_not out "$signature"
		says_not err "$signature"
	done
done
run 2 "a token in the place of a command" "$(cat "$world/token")"
says_not err "$signature"
run 2 "a token in the place of a service" verify -c "$config" -s "$(cat "$world/token")" -
says_not err "$signature"

echo "== colours on a terminal alone"
token >"$world/token"
coloured()
{
	python3 - "$mintmark" "$config" "$world/token" <<'END' >"$world/out" 2>"$world/err"
import os, pty, sys
program, config, token = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open(token, os.O_RDONLY), 0)
    os.execv(program, [program, "verify", "-c", config, "-s", "mail", "-"])
shown = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
status = os.waitpid(pid, 0)[1]
if status != 0:
    sys.exit("it ended with %d" % status)
print("coloured" if b"\x1b[" in shown else "plain")
END
}
what="a terminal"
TERM=xterm coloured || fail "on a terminal"
says out coloured
what="NO_COLOR"
TERM=xterm NO_COLOR=1 coloured || fail "NO_COLOR"
says out plain
what="a dumb terminal"
TERM=dumb coloured || fail "a dumb terminal"
says out plain
run 0 "a file" verify -c "$config" -s mail - <"$world/token"
says_not out "$(printf '\033')"
finish
