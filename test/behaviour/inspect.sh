#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark inspect says what a token says, that nobody verified it, and what is wrong with what is no token.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

encode()
{
	base64 -w0 | tr '+/' '-_' | tr -d '='
}

token --key KC1 >"$world/token"
run 0 "for people" inspect - <"$world/token"
head -n 1 "$world/out" | grep -q '^NOT VERIFIED' || fail "the first line does not warn"
says out '"kid": "KC1"'
says out '"preferred_username": "alice@contoso.example"'
says out "in 5"
says out "256 bytes, not checked"

run 0 "for programs" inspect --json - <"$world/token"
member verified false
member signature_bytes 256
python3 - "$world/out" "$world/token" <<'END' || fail "the parts are not those of the token"
import base64, json, sys
answer = json.load(open(sys.argv[1], encoding="utf-8"))
parts = open(sys.argv[2], encoding="ascii").read().strip().split(".")
for name, part in zip(("header", "payload"), parts):
    assert answer[name] == json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))), name
assert set(answer["times"]) == {"iat", "nbf", "exp"}
END

echo "== any JSON comes out as the same JSON"
token --raw-payload '{"a":[1,-2.5e3,{"b":[]},{}, [ ] ],"\u202e":"\ud83d\ude00 \"\\ <\u001b> é","n":null,"t":true}' \
    >"$world/token"
run 0 "all kinds of values" inspect --json - <"$world/token"
member payload '{"a":[1,-2.5e3,{"b":[]},{},[]],"\u202e":"\ud83d\ude00 \"\\ <\u001b> é","n":null,"t":true}'
run 0 "all kinds of values for people" inspect - <"$world/token"
says out '"b": []'
says out "none stated"

echo "== bytes that are dangerous to look at"
# RIGHT-TO-LEFT OVERRIDE, DEL, and a tag character, unescaped in the JSON.
payload=$(printf '{"s":"\342\200\256\177\363\240\201\201"}' | encode)
printf 'e30.%s.\n' "$payload" >"$world/token"
run 0 "unescaped in the token" inspect - <"$world/token"
says out '"\u202e\u007f\udb40\udc41"'
run 0 "unescaped in the token, for programs" inspect --json - <"$world/token"
says out '"\u202e\u007f\udb40\udc41"'
member payload '{"s":"\u202e\u007f\udb40\udc41"}'

echo "== what is no token"
for pair in "Bearer x.y.z|leave that word out" "abc|no dot" "a.b.c.d.e|JWE" "a.b|1 dot" "a.b=.c|base64url" "\"a.b.c\"|quotes" "e30.e31.|its payload, of 3"; do
	run 1 "'${pair%|*}'" inspect "${pair%|*}"
	says out "${pair#*|}"
	run 1 "'${pair%|*}' as JSON" inspect --json "${pair%|*}"
	member verified false
	member reason '"TOKEN_MALFORMED"'
	says out "$(printf '%s' "${pair#*|}" | sed 's/"/\\"/g')"
done
run 1 "nothing" inspect --json ''
member reason '"TOKEN_MISSING"'
run 1 "no end" inspect --json - </dev/zero
member reason '"TOKEN_TOO_LARGE"'
run 1 "a member twice" inspect --json "$(printf '{"a":1}' | encode).$(printf '{"a":1,"A":2}' | encode)."
member reason '"CLAIM_DUPLICATE"'
run 2 "no argument" inspect
run 2 "an unknown option" inspect --verify x
finish
