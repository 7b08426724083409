#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verifier and ledger go and come: requests wait for them, for a while; nothing is asked twice; the state is told; and
# keys that do not hold are not published.
set -eu
port=21403
realm="http://127.0.0.1:$port/r"
# shellcheck source=test/behaviour/issuer_world.sh
. "$MINTMARK_SOURCE/test/behaviour/issuer_world.sh"
# shellcheck disable=SC2119 # it takes what the driver takes: nothing here
start
here=$base/r
basic=batch:s3cret%3A%2B+%25
grant=grant_type=client_credentials

# later STATUS WHAT CURL-ARGUMENT…: a request in the background, and its end.
later()
{
	wanted=$1
	what=$2
	shift 2
	echo "checking: $what"
	curl -s --max-time 25 -o "$world/answer" -w '%{http_code}' "$@" >"$world/later" &
	later_pid=$!
}

came()
{
	wait "$later_pid" || true
	status=$(cat "$world/later")
	[ "$status" = "$wanted" ] || fail "$what: its status is $status instead of $wanted"
}

is_waiting()
{
	curl -s --max-time 5 "$base/metrics" | grep -qx "mintmark_issuer_waiting $1"
}

state_says()
{
	[ "$(curl -s -o "$world/state" -w '%{http_code}' --max-time 5 "$base/readyz")" = "$1" ] && grep -qF -- "$2" "$world/state"
}

say "verifier away"
await 20 "readyz says so" state_says 503 "the verifier is away"
await 20 "mintmarkd is told" said '"ready":false,"trouble":"the verifier is away"'
later 200 "a request waits for the next verifier" -u "$basic" -d "$grant" "$here/token"
await 20 "it waits" is_waiting 1
say "verifier back"
came
await 20 "readyz says so" state_says 200 ready

say "verifier mute"
later 503 "a verifier that dies with a question" -u "$basic" -d "$grant" "$here/token"
await 20 "it is asked" said "verify CLIENT_CREDENTIALS"
say "verifier back"
came
has '"error":"temporarily_unavailable"'
if said "verify "; then
	fail "the question was asked once more"
fi

say "verifier broken"
await 20 "who sends what is no answer is believed no more" state_says 503 "the verifier is away"
await 20 "and that is an alarm" said "alarm realm test: the verifier is believed no more"
say "verifier back"

say "ledger away"
later 200 "a ticket waits for the next ledger" -u "$basic" -d "$grant" "$here/token"
await 20 "it waits" is_waiting 1
say "ledger back"
came
say "ledger 5"
http 503 "a ledger that cannot record" -u "$basic" -d "$grant" "$here/token"
member error '"temporarily_unavailable"'
header_has Retry-After 1
has_not access_token
await 20 "readyz says so" state_says 503 "nothing can be recorded now"
say "ledger 4"
http 503 "no key" -u "$basic" -d "$grant" "$here/token"
await 20 "readyz says so" state_says 503 "the signer or its key store is away"
say "ledger 2"
http 500 "a token that the realm may not make" -u "$basic" -d "$grant" "$here/token"
member error '"server_error"'
say "ledger 0"
http 200 "all is well again" -u "$basic" -d "$grant" "$here/token"
await 20 "readyz says so" state_says 200 ready

say "keys prepared"
await 20 "no key signs, and readyz says so before anybody asks for a token" state_says 503 "no key may sign now"
say "keys new"
await 20 "one signs again" state_says 200 ready

http 200 "the keys" "$here/jwks"
etag=$(tr -d '\r' <"$world/head" | sed -n 's/^[Ee][Tt]ag: //p')
say "keys old"
await 20 "an old list is an alarm" said "alarm realm test: the key list is not published: it is older"
say "keys forged"
await 20 "a forged one too" said "alarm realm test: the key list is not published: "
http 304 "the keys are the same" -H "If-None-Match: $etag" "$here/jwks"

echo "checking: many at once"
python3 - "$port" <<'END' || fail "not every one of many requests got its token"
import concurrent.futures, http.client, json, sys
def some(number):
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
    got = set()
    for i in range(20):
        connection.request("POST", "/r/token", "grant_type=client_credentials&client_id=batch&client_secret=s3cret%3A%2B+%25",
                           {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200, (answer.status, body)
        got.add(body["access_token"])
    return got
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    tokens = [each for got in pool.map(some, range(32)) for each in got]
sys.exit(len(tokens) != 640 or len(set(tokens)) != 640)
END

say "verifier mute"
later 503 "one that waits when the issuer stops" -u "$basic" -d "$grant" "$here/token"
await 20 "it waits" is_waiting 1
end
came
finish
