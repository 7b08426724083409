#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark check-config says what was understood, service by service, and of a bad configuration file, line and mend.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

bad=$world/bad.conf

# refused WHAT TEXT…: the configuration on our standard input is refused with these texts, by command and verify.
refused()
{
	cat >"$bad"
	run 2 "$1" check-config -c "$bad"
	shift
	for text in "$@"; do
		says err "$text"
	done
	says err "configuration is refused"
	[ ! -s "$world/out" ] || fail "$what: something is said to be understood"
	run 2 "$what, asked by verify" verify -c "$bad" -s imap abc
	says err "$1"
}

run 0 "a good configuration" check-config -c "$config"
says out "imap: enterprise users of contoso.example, fabrikam.example"
says out "audience https://mail.example"
says out "mailboxes from claim preferred_username"
says out "kid KE1 RS256 active"
says out "kid KE0"
says out "accepts tokens of any client"
says out "configuration is good"
[ ! -s "$world/err" ] || fail "a good configuration writes to standard error"

run 0 "the same for programs" check-config -c "$config" --json
member good true
python3 - "$world/out" <<'END' || fail "the services or keys are not those of the world"
import json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
imap = next(service for service in answer["services"] if service["name"] == "imap")
assert imap["realms"] == ["enterprise"] and imap["mailbox_claim"] == "preferred_username"
keys = {key["kid"]: key for realm in answer["realms"] for key in realm["keys"]}
assert keys["KE1"]["state"] == "active" and keys["KC0"]["state"] == "retired"
assert all(problem["class"] != "error" for problem in answer["problems"])
END

refused "a setting twice" "bad.conf:3: realm r: 'max_lifetime' stands twice, first in line 2" <<'END'
realm r { issuer = "https://i.example/" keys = "file:k"
max_lifetime = 60
max_lifetime = 3600 }
END
refused "an octal number and an unknown name" "bad.conf:2: realm r: 'max_lifetime' is 010, an octal" \
    "bad.conf:3: realm r: 'isuer' is no setting" "did you mean 'issuer'?" <<'END'
realm r { keys = "file:k"
max_lifetime = 010
isuer = "https://i.example/" }
END
# shellcheck disable=SC2016 # it is to stand there
refused "the environment" 'bad.conf:1: a string holds "${"' <<'END'
user = "${HOME}"
END
refused "a mint without an issuer" "bad.conf:1: realm r: a mint needs 'listen'" 'write listen =' <<'END'
realm r { issuer = "https://i.example/" keys = "mint" }
END
refused "a key that dies before its tokens" "bad.conf:2: realm r: a token would outlive its key" <<'END'
realm r { issuer = "https://i.example/" keys = "mint" listen = { "127.0.0.1:1" }
visible_for = 3600 }
END
refused "proof of a realm without a mint" "bad.conf:3: service s: the service demands proof of tokens of realm r" <<'END'
realm r { issuer = "https://i.example/" keys = "file:k.jwks" }
service s { audience = a realms = { r } mailbox = none
mark = required }
END
refused "keys over plain HTTP" "bad.conf:1: realm r: the address of 'keys' does not begin with https://" <<'END'
realm r { issuer = "https://i.example/" keys = "jwks:http://i.example/keys" }
END
refused "plain HTTP on the network" 'bad.conf:1: listen "0.0.0.0:9080" would carry tokens in the clear' 'tls:ADDRESS:PORT' <<'END'
listen = { "0.0.0.0:9080" }
END
refused "a key file that is not there" "bad.conf:2: realm r: its key file $world/none.jwks cannot be read" <<'END'

realm r { issuer = "https://i.example/" keys = "file:none.jwks" }
END

echo "checking: keys that mintmarkd fetches"
cat >"$bad" <<END
state_dir = "$world/state"
trusted_proxies = { "unix", "10.0.0.0/8" }
realm r { issuer = "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
    keys = "jwks:https://keys.example/keys" require_key_issuer = true }
service imap { audience = a realms = { r } mailbox = none binding = dpop dpop_nonce = required }
END
run 0 "a document that was not fetched yet" check-config -c "$bad"
says out "no keys of jwks:https://keys.example/keys are kept in $world/state/keys: none were fetched"
says out "none: every token of it is refused"
says out "binding demanded, by DPoP; a DPoP proof needs a nonce of ours"
says out "proxies trusted: unix, 10.0.0.0/8"
mkdir -p "$world/state/keys"
cp "$world/common.jwks" "$world/state/keys/$(printf 'jwks:https://keys.example/keys' | sha256sum | cut -d ' ' -f 1).jwks"
run 0 "one that was kept" check-config -c "$bad"
says out "from jwks:https://keys.example/keys, as they were fetched last:"
says out "kid KC1 RS256 active"
run 0 "the same for programs" check-config -c "$bad" --json
python3 - "$world/out" <<'END' || fail "what is fetched is not told"
import json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
realm, service = answer["realms"][0], answer["services"][0]
assert realm["keys_fetched"] == "jwks:https://keys.example/keys" and realm["refresh"] == 3600
assert service["binding"] == "dpop" and service["dpop_nonce"] is True
END

echo "checking: the secrets of callers"
keys=$(basename "$(find "$world" -name '*.jwks' | sort | sed -n 1p)")
cat >"$bad" <<END
realm r { issuer = "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0" keys = "file:$keys" }
service imap { audience = a realms = { r } mailbox = none clients = { c }
    callers = { "dovecot:dovecot-test.secret" } }
END
secret=$world/dovecot-test.secret
rm -f "$secret"
run 2 "a secret that is not there" check-config -c "$bad"
says err "service imap: caller dovecot: the secret's file does not exist"
(umask 077 && echo "0123456789abcdef" >"$secret")
run 0 "a good secret" check-config -c "$bad"
says out "callers dovecot"
chmod 0644 "$secret"
run 2 "a secret that everybody may read" check-config -c "$bad"
says err "every user of this machine may read or write"
chmod 0600 "$secret"
echo "short" >"$secret"
run 2 "a short secret" check-config -c "$bad"
says err "fewer than 16 bytes"

run 2 "one argument too many" check-config -c "$config" more
run 2 "no such file" check-config -c "$world/nothing.conf"
says err "cannot be read"
finish
