#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The courier keeps documents fresh: it asks whether there is another, fetches at once when told so, backs off and comes
# back, keeps what was good, and ends as it should.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=21330
# shellcheck source=test/behaviour/courier_world.sh
. "$MINTMARK_SOURCE/test/behaviour/courier_world.sh"
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
mkdir "$world/keys-made"
"$maker" world "$world/keys-made"
first=$world/keys-made/enterprise.jwks
second=$world/keys-made/consumer.jwks

# next WHAT SECONDS TEXT: a line that begins so comes after 'here', which is set to the lines so far.
next()
{
	echo "checking: $1"
	wait_for "$2" said_since "$here" "$3" || fail "$1: $(tail -n 2 "$world/said")"
	here=$(lines)
}

# ---- an honest provider ----

publish "$first"
start_server
start_courier
source_of jwks 300 "$base/keys"
source_of jwks 300 "$base/keys-dated"
source_of discovery 300 "$base/cached/" "issuer=$base"
source_of discovery 300 "$base/template/.well-known/openid-configuration" \
    "issuer=https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0" "issuer=https://login.example/{tenant}/v2.0"
say start
here=0
for number in 0 1 2 3; do
	wait_for 20 said_since 0 "status $number new 0 " || fail "document $number does not come"
done
echo "checking: a refresh is spread over the last tenth of its time"
for number in 0 1 2 3; do
	wait_s=$(sed -n "s/^status $number new 0 \([0-9]*\) .*/\1/p" "$world/said")
	{ [ "$wait_s" -ge 270 ] && [ "$wait_s" -le 301 ]; } || fail "the next fetch of $number is $wait_s seconds away"
done

here=$(lines)
say refresh 0
next "what was not modified is not sent again (ETag)" 20 "status 0 same 0 [0-9]* not modified"
say refresh 1
next "what was not modified is not sent again (Last-Modified)" 20 "status 1 same 0 [0-9]* not modified"
say refresh 2
next "nor are metadata and keys" 20 "status 2 same 0 [0-9]* not modified"
grep -q '^good /cached/.well-known/openid-configuration "m2"$' "$world/requests" || fail "metadata were not asked so"
say refresh 3
next "metadata of all tenants, for a realm of one and a realm of many" 20 "status 3 same 0 "

echo "checking: many who ask lead to one fetch a second at most"
before=$(requests /keys)
for _ in 1 2 3 4 5 6 7 8 9 10; do say refresh 0; done
next "and it is made" 20 "status 0 same 0 "
after=$(requests /keys)
[ $((after - before)) -le 2 ] || fail "$((after - before)) requests came of ten refreshes"

publish "$second"
say refresh 0
next "a rotated key comes with the next refresh, the old one stays as gone" 20 "status 0 new 0 [0-9]* keys: 2 good, 2 gone"
grep -q '^{"kid":"KC1"' "$world/0.keys" || fail "the new key is not in it"
publish "$first"
say refresh 0
next "and back" 20 "status 0 new 0 [0-9]* keys: 2 good, 2 gone"

# ---- a provider that is down, and comes back ----

cp "$world/0.keys" "$world/kept"
stop_server
say refresh 0
next "a provider that is down is told" 20 "status 0 unreachable 1 1 "
next "and tried again" 20 "status 0 unreachable 2 "
start_server
next "and found again by itself" 20 "status 0 \(new\|same\) 0 "
say stop
end_courier
[ "$ended" = 0 ] || fail "it ended with $ended"
[ ! -s "$world/courier.log" ] || fail "it complains: $(cat "$world/courier.log")"

# ---- what was kept ----

echo '{"keys":[]}' >"$world/nothing.jwks"
echo '{"keys":' >"$world/broken.jwks"
publish "$world/nothing.jwks"
start_courier
source_of jwks 300 "$base/keys"
source_of jwks 300 "$base/keys?other"
say kept 0 "$world/kept" 1700000000
say kept 1 "$world/broken.jwks" 1700000000
say start
here=0
next "a document that shrinks to nothing leaves what was kept" 20 "status 0 unreadable 1 "
publish "$second"
next "one that comes back is merged with what was kept" 20 "status 0 new 0 [0-9]* keys: 2 good, 2 gone"
grep -q '^{"kid":"KE1".*"mintmark_gone":1700000000' "$world/0.keys" || fail "KE1 is not gone since it was last seen"
here=0
next "a kept document that cannot be read is told" 20 "status 1 new 0 [0-9]* what was kept could not be read"

# ---- its end ----

say broken
end_courier
[ "$ended" = 1 ] || fail "after a message that must not come it ended with $ended"
start_courier
source_of jwks 300 "$base/stall"
say start
wait_for 20 grep -q ' /stall ' "$world/requests" || fail "nobody comes to stall"
echo "checking: it ends at once when mintmarkd goes away"
end_courier
[ "$ended" = 1 ] || fail "without mintmarkd it ended with $ended"
echo "checking: nobody else starts it"
status=0
"$MINTMARK_BUILD/daemon/courier/mintmark-courier" 3</dev/null 2>"$world/alone.log" || status=$?
{ [ "$status" = 2 ] && grep -q 'only mintmarkd' "$world/alone.log"; } || fail "alone it ended with $status"

finish
