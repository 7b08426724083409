#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whatever clients send, the gate answers or closes, and answers others meanwhile: tokens of 64 KiB, heads of 1 MiB, slow,
# half-closed and idle clients, and what is no HTTP.
# shellcheck disable=SC2119,SC3045 # functions take arguments or none; dash and bash have ulimit -n
set -eu
port=20540
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# The load client holds 5,000 connections too.
ulimit -n "$(ulimit -H -n)" || true
start

alice=$(token)
gate=$(gate_pid)
mkfifo "$world/idle-input"

# served: another client is answered, and soon.
served()
{
	[ "$(curl -s -o "$world/null" -w '%{http_code}' --max-time 5 -H "Authorization: Bearer $alice" \
	    "$base/v1/auth/mail")" = 200 ] || fail "$what: another client was not answered"
}

# raw WHAT FIRST-LINE LOAD-ARGUMENT…: standard input goes out as it is; the answer must begin so ('' none at all).
raw()
{
	what=$1
	first=$2
	shift 2
	echo "checking: $what"
	timeout 40 "$load" send "$address" "$@" >"$world/answer" 2>"$world/err" || fail "$what: no end within 40 s"
	[ "$(head -n 1 "$world/answer" | tr -d '\r')" = "$first" ] || fail "$what: the answer is not '$first'"
	served
}

# run_of CHARACTER COUNT
run_of()
{
	head -c "$2" /dev/zero | tr '\0' "$1"
}

# Two that say a part, close their end, and wait: what was begun ends with the idle time at the latest.
printf 'GET /hea' | timeout 100 "$load" send "$address" half >"$world/half-request" 2>&1 &
half_request=$!
printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntok' |
    timeout 100 "$load" send "$address" half >"$world/half-body" 2>&1 &
half_body=$!
running="$half_request $half_body"

echo "== large"
{
	printf 'GET /v1/auth/mail HTTP/1.1\r\nHost: x\r\nUser-Agent: large\r\nConnection: close\r\nAuthorization: Bearer '
	run_of a 65536
	printf '\r\n\r\n'
} | raw "a token of 64 KiB in a header" 'HTTP/1.1 401 Unauthorized'
grep -q 'error="invalid_token"' "$world/answer" || fail "it is not our answer"
"$mintmark" decisions --dir "$journal" --json | grep '"user_agent":"large"' | grep -q '"reason":"TOKEN_TOO_LARGE"' ||
    fail "its reason is not TOKEN_TOO_LARGE"
{
	printf 'GET /v1/auth/mail HTTP/1.1\r\nHost: x\r\nX: '
	run_of a 1048576
	printf '\r\n\r\n'
} | raw "a header of 1 MiB" 'HTTP/1.1 431 Request Header Fields Too Large'
{
	printf 'GET /v1/auth/mail HTTP/1.1\r\nHost: x\r\n'
	# shellcheck disable=SC2046 # one word each
	printf 'X-%s: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n' $(seq 20000)
} | raw "20,000 headers" 'HTTP/1.1 431 Request Header Fields Too Large'
{
	printf 'GET /'
	run_of a 1048576
	printf ' HTTP/1.1\r\nHost: x\r\n\r\n'
} | raw "a path of 1 MiB" 'HTTP/1.1 414 URI Too Long'
run_of a 200000 >"$world/large"
http 413 "a body of 200 kB" -u "dovecot:$secret" --data-binary "@$world/large" "$base/v1/introspect/mail"
http 413 "the same in chunks" -u "dovecot:$secret" -H 'Transfer-Encoding: chunked' --data-binary "@$world/large" \
    "$base/v1/introspect/mail"
http 413 "the same where no body belongs" -H 'Transfer-Encoding: chunked' --data-binary "@$world/large" "$base/v1/auth/mail"
printf 'POST /v1/introspect/mail HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n' |
    raw "a body of endless length" 'HTTP/1.1 413 Content Too Large' half
{
	printf 'POST /v1/auth/mail HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n'
	run_of a 3145728
} | raw "chunks without an end" ''

echo "== malformed"
printf 'GARBAGE\r\n\r\n' | raw "no HTTP" '' half
printf '\000\001\002\003\r\n\r\n' | raw "bytes" '' half
printf '\026\003\001\002\000\001\000\001\374\003\003' | raw "TLS to a plain port" '' half
printf 'GET /healthz HTTP/1.1\r\n\r\n' | raw "no Host" 'HTTP/1.1 400 Bad Request'
printf 'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n' | raw "another version" 'HTTP/1.1 505 HTTP Version Not Supported'
printf 'GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n' | raw "a blank before the colon" 'HTTP/1.1 400 Bad Request'
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n' | raw "a negative length" 'HTTP/1.1 400 Bad Request'
printf 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello' |
    raw "two lengths" 'HTTP/1.1 400 Bad Request'
printf 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' |
    raw "a length and chunks" 'HTTP/1.1 400 Bad Request'
printf 'POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n' |
    raw "chunks, with a blank before the colon" 'HTTP/1.1 400 Bad Request'
printf 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n' |
    raw "a length with a blank before the colon" 'HTTP/1.1 400 Bad Request'
! grep -q '^ready' "$world/answer" || fail "what is perhaps a body was answered as a request"
for coding in identity 'gzip, chunked' 'chunked ' xchunked; do
	printf 'POST /v1/auth/mail HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: %s\r\n\r\n0\r\n\r\n' "$coding" |
	    raw "the coding '$coding'" 'HTTP/1.1 400 Bad Request'
done
printf 'POST /v1/auth/mail HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n' |
    raw "chunks of no length" 'HTTP/1.1 400 Bad Request'
printf 'GET /v1/auth/mail HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer a\000b\r\n\r\n' |
    raw "a NUL in a header" "$(printf 'HTTP/1.1 401 Unauthorized')" half
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
    raw "two requests at once" 'HTTP/1.1 200 OK'
grep -q '^ready' "$world/answer" || fail "the second was not answered"

echo "== slow and half-closed"
printf 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | raw "closed for writing behind the request" 'HTTP/1.1 200 OK' half
slow=
for client in 1 2 3 4 5 6 7 8; do
	printf 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
	    "$load" send "$address" slow 50 >"$world/slow-$client" 2>&1 &
	slow="$slow $!"
done
running="$running $slow"
what="slow clients"
echo "checking: $what"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	served
done
for pid in $slow; do
	wait "$pid" || fail "a slow client failed"
done
running="$half_request $half_body"
for client in 1 2 3 4 5 6 7 8; do
	head -n 1 "$world/slow-$client" | grep -q '^HTTP/1.1 200' || fail "slow client $client was not answered"
done

# memory: of the gate, in kB.
memory()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$gate/status"
}

# with_idle WHAT COUNT ALIVE MEMORY-KB [REQUEST]: COUNT clients do nothing more while others are answered; ALIVE of them
# at least stay connected, and the gate takes MEMORY-KB at most.
with_idle()
{
	what=$1
	echo "checking: $what"
	"$load" idle "$address" "$2" ${5:+"$5"} <"$world/idle-input" >"$world/idle" 2>&1 &
	idle=$!
	running="$running $idle"
	exec 9>"$world/idle-input"
	await 60 "$what" grep -q '^open' "$world/idle"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		served
	done
	kilobytes=$(memory)
	echo "  the gate takes $kilobytes kB"
	# A sanitizer has its own ideas of memory.
	[ "$MINTMARK_SANITIZED" = 1 ] || [ "$kilobytes" -le "$4" ] || fail "$what: that is more than $4 kB"
	exec 9>&-
	wait "$idle" || fail "$what: the clients failed"
	running="$half_request $half_body"
	alive=$(sed -n 's/^alive //p' "$world/idle")
	[ "$alive" -ge "$3" ] || fail "$what: only $alive stayed connected"
}

echo "== 5,000 idle clients"
if [ "$(ulimit -n)" -lt 5200 ]; then
	echo "not run: only $(ulimit -n) descriptors are allowed here"
else
	# 64 MiB each are the token cache, which is taken at the start.
	with_idle "who never said anything" 5000 5000 131072
	printf 'GET /v1/auth/mail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n' "$alice" >"$world/request"
	with_idle "who were answered once" 5000 1024 229376 "$world/request"
fi

what="who closed in the middle"
echo "checking: $what"
wait "$half_request" || fail "$what of the head: no end"
wait "$half_body" || fail "$what of the body: no end"
running=
cat "$world/half-request" "$world/half-body" >"$world/answer"
[ ! -s "$world/answer" ] || fail "$what: there is an answer"

[ "$(gate_pid)" = "$gate" ] || fail "the gate died on the way"
end 0
finish
