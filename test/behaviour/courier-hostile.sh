#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Servers of keys that stall, drip, lie about length, loop, pour, send what is no key set, or show other certificates:
# each costs the courier one told failure, and a good one beside them all stays fresh.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=21310
# shellcheck source=test/behaviour/courier_world.sh
. "$MINTMARK_SOURCE/test/behaviour/courier_world.sh"
maker=$MINTMARK_BUILD/test/maker/mintmark-maker
mkdir "$world/keys-made"
"$maker" world "$world/keys-made"
cp "$world/keys-made/consumer.jwks" "$world/other.jwks"
cp "$world/keys-made/enterprise.jwks" "$world/first.jwks"
publish "$world/keys-made/enterprise.jwks"
start_server elsewhere=$((port + 1)) selfsigned=$((port + 2)) unknown=$((port + 3)) expired=$((port + 4)) \
    old=$((port + 5)) plain=$((port + 6)) mute=$((port + 7))
start_courier

# The good ones: number 0 is looked at each second, 1 finds its keys by discovery.
source_of jwks 1 "$base/keys"
source_of discovery 300 "$base" "issuer=$base"

# bad OUTCOME TEXT KIND ADDRESS WORD…: a source whose first status must be so and say so.
: >"$world/expected"
bad()
{
	printf '%s\t%s\t%s\t%s\n' "$sources" "$1" "$4" "$2" >>"$world/expected"
	shift 2
	kind=$1
	shift
	source_of "$kind" 300 "$@"
}

bad unreachable "" jwks "$base/stall"
bad unreachable "" jwks "$base/stall-in-body"
bad unreachable "" jwks "$base/drip"
bad unreachable "" jwks "https://localhost:$((port + 7))/keys"
bad unreachable "" jwks "https://localhost:$((port + 9))/keys"
bad unreachable "bytes remaining to read" jwks "$base/short"
bad unreadable "" jwks "$base/long"
bad unreachable "" jwks "$base/negative-length"
bad refused "redirects are not followed" jwks "$base/redirect"
bad refused "redirects are not followed" jwks "$base/redirect-good"
bad refused "redirects are not followed" jwks "$base/redirect-file"
bad refused "larger than 1 MiB" jwks "$base/gigabyte"
bad refused "larger than 1 MiB" jwks "$base/gigabyte-unstated"
bad refused "larger than 1 MiB" jwks "$base/gigabyte-chunked"
bad refused "header is larger" jwks "$base/endless-header"
bad unreachable "" jwks "$base/endless-line"
bad refused "header is larger" jwks "$base/endless-interim"
bad unreadable "" jwks "$base/gzip"
bad refused "larger than 1 MiB" jwks "$base/gzip-transfer"
bad unreachable "" jwks "$base/garbage"
bad unreachable "" jwks "$base/nothing"
bad unreadable "" jwks "$base/changing"
bad unreadable "" jwks "$base/empty"
bad unreadable "" jwks "$base/array"
bad unreadable "" jwks "$base/keys-string"
bad unreadable "" jwks "$base/keys-twice"
bad unreadable "" jwks "$base/no-key"
bad unreadable "" jwks "$base/deep"
bad unreadable "" jwks "$base/html"
bad unreadable "" jwks "$base/huge-key"
bad refused "304" jwks "$base/not-modified"
bad refused "404" jwks "$base/404"
bad refused "500" jwks "$base/500"
bad refused "204" jwks "$base/no-content"
bad refused "206" jwks "$base/partial"
bad unreachable "subject name" jwks "https://localhost:$((port + 1))/keys"
bad unreachable "self-signed" jwks "https://localhost:$((port + 2))/keys"
bad unreachable "unable to get local issuer" jwks "https://localhost:$((port + 3))/keys"
bad unreachable "expired" jwks "https://localhost:$((port + 4))/keys"
bad unreachable "" jwks "https://localhost:$((port + 5))/keys"
bad unreachable "" jwks "https://localhost:$((port + 6))/keys"
bad unreachable "subject name" jwks "https://127.0.0.1:$port/keys"
bad unreadable "another issuer" discovery "$base/other-issuer" "issuer=$base"
bad unreadable "another issuer" discovery "$base/template" "issuer=$base"
bad unreadable "'issuer'" discovery "$base/no-issuer" "issuer=$base"
bad unreadable "'issuer'" discovery "$base/number-issuer" "issuer=$base"
bad refused "another host" discovery "$base/other-host" "issuer=$base"
bad unreachable "" discovery "$base/other-host" "issuer=$base" "host=127.0.0.1:$port"
bad refused "no https address" discovery "$base/http-keys" "issuer=$base"
bad refused "no https address" discovery "$base/file-keys" "issuer=$base"
bad refused "no https address" discovery "$base/user-keys" "issuer=$base"
bad unreadable "'jwks_uri'" discovery "$base/no-keys" "issuer=$base"
bad refused "redirects are not followed" discovery "$base/to-redirect" "issuer=$base"
bad unreachable "" discovery "$base/to-stall" "issuer=$base"
bad refused "metadata: the server answered 404" discovery "$base/nowhere" "issuer=$base"
many_keys=$sources
source_of jwks 300 "$base/many-keys"
some_good=$sources
source_of jwks 300 "$base/some-good"
say start

echo "checking: the good ones come at once"
wait_for 20 said_since 0 "document 0 2 0" || fail "the keys do not come"
wait_for 20 said_since 0 "document 1 2 0" || fail "the keys by discovery do not come"

echo "checking: a change of the good one is seen while others stall"
here=$(lines)
publish "$world/other.jwks"
wait_for 20 said_since "$here" "status 0 new 0 .*keys: 2 good, 2 gone" || fail "the change is not seen"
sed '/^status 0 new 0 .*keys: 2 good, 2 gone/,$d' "$world/said" >"$world/before"
! grep -q '^status 2 ' "$world/before" || fail "the stalled one was over already: this says nothing"
grep -q '^{"kid":"KE1".*mintmark_gone' "$world/0.keys" || fail "a key that is gone is not kept as such"

echo "checking: a good key beside bad ones, a kid that holds control characters"
wait_for 20 said_since 0 "document $some_good 1 " || fail "the good key of a mixed document does not come"
# shellcheck disable=SC1003 # a backslash
grep -q "^status $some_good new 0 .*private\\\\x1b" "$world/said" || fail "what is dropped is not told, or not escaped"
[ "$(grep -c '"kid":' "$world/$some_good.keys")" = 1 ] || fail "a bad key was not dropped"

echo "checking: 10,000 keys of which some are good"
wait_for 20 grep -q "^status $many_keys new 0 .* dropped; key " "$world/said" || fail "they are not judged"

tab=$(printf '\t')
while IFS="$tab" read -r number outcome what text; do
	echo "checking: $what: $outcome${text:+, }$text"
	wait_for 40 said_since 0 "status $number " || fail "$what: nothing is told"
	first=$(grep -m 1 "^status $number " "$world/said" || true)
	case $first in
	"status $number $outcome 1 "*"$text"*) ;;
	*) fail "$what: $first" ;;
	esac
	[ ! -e "$world/$number.keys" ] || fail "$what: keys came of it"
done <"$world/expected"

echo "checking: failures are tried again, later each time"
wait_for 20 grep -q '^status 6 unreachable 3 ' "$world/said" || fail "a refused connection is not tried three times"
echo "checking: the good one still answers, and memory stays small"
here=$(lines)
publish "$world/keys-made/enterprise.jwks"
wait_for 20 said_since "$here" "status 0 new 0 " || fail "the change back is not seen"
courier=$(sed -n 's/^courier //p' "$world/said")
peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$courier/status")
echo "  peak $peak kB"
[ "$MINTMARK_SANITIZED" = 1 ] || [ "$peak" -le 131072 ] || fail "the courier took $peak kB"
LC_ALL=C grep -q '[^ -~]' "$world/said" && fail "what it says holds other bytes than printable ASCII"
say stop
end_courier
[ "$ended" = 0 ] || fail "it ended with $ended"
[ ! -s "$world/courier.log" ] || fail "it complains: $(cat "$world/courier.log")"
finish
