#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A courier or a desk that was taken over sends what it must not: it is killed, it is told, and neither the gate nor
# mintmarkd feels it.
# shellcheck disable=SC2119,SC2317 # functions take arguments or none, and are called by their names in arguments
set -eu
port=${MINTMARK_TEST_PORT:-21450}
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
# Nobody is asked for keys, but the courier is given a bundle; the machine may have none.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout "$world/ca.key" \
    -out "$world/ca.pem" 2>"$world/openssl.log"
sed -i -e "s|keys = \"file:common.jwks\"|keys = \"jwks:https://localhost:$((port + 1))/keys\"|" \
    -e "1a ca_certificates = \"ca.pem\"" "$config"

mkdir "$world/libexec"
for name in compiler courier desk gate; do
	ln -s "$MINTMARK_BUILD/daemon/$name/mintmark-$name" "$world/libexec/mintmark-$name"
done

logged()
{
	grep -q -- "$1" "$world/log"
}

# message TYPE PAYLOAD: a packet in hex; the number of a type is that of doc/PROTOCOL.ipc.
message()
{
	number=$(sed -n "s/^   \([0-9]*\) *$1 .*/\1/p" "$MINTMARK_SOURCE/doc/PROTOCOL.ipc")
	fd=$(sed -n "s/^   [0-9]* *$1 .* yes\$/1/p" "$MINTMARK_SOURCE/doc/PROTOCOL.ipc")
	printf '%02x00%02x00%02x%02x0000%s%s\n' "$number" "${fd:-0}" $((${#2} / 2 % 256)) $((${#2} / 512)) "$2" \
	    "$(test -z "$fd" || echo +)"
}

# taken NAME WHAT PACKET…: one that is sent these packets is killed, and the gate goes on.
taken()
{
	name=$1
	what=$2
	shift 2
	echo "checking: the $name sends $what"
	rm -f "$world/libexec/mintmark-$name"
	cp "$MINTMARK_BUILD/test/behaviour/hostile_child" "$world/libexec/mintmark-$name"
	printf '%s\n' "$@" >"$world/libexec/mintmark-$name.plan"
	: >"$world/log"
	"$mintmarkd" -c "$config" --libexec "$world/libexec" >>"$world/log" 2>&1 &
	mintmarkd_pid=$!
	await 20 "the gate answers" is_there || return 0
	await 20 "$what: it is killed" logged "alarm: the $name (process [0-9]*) sent what .*: it is killed"
	gate=$(gate_pid)
	await 20 "$what: it is started again" logged "the $name is started again in 200 ms"
	is_there || fail "$what: the gate is gone"
	[ "$(gate_pid)" = "$gate" ] || fail "$what: the gate was started again"
	end 0
	rm -f "$world/libexec/mintmark-$name" "$world/libexec/mintmark-$name.plan"
	ln -s "$MINTMARK_BUILD/daemon/$name/mintmark-$name" "$world/libexec/mintmark-$name"
}

zero=00000000
one_day=00e1f50500000000
taken courier "half a head" 1b00
taken courier "a type that there is not" ff00000000000000
taken courier "a message of the gate" "$(message GATE_READY 0100000000000000)"
taken courier "a message that only mintmarkd sends" "$(message COURIER_STOP '')"
taken courier "a status without a sentence's head" "$(message COURIER_STATUS 00)"
taken courier "a status of no source" "$(message COURIER_STATUS "ffffffff00$zero$one_day$one_day")"
taken courier "a status of no known outcome" "$(message COURIER_STATUS "${zero}09$zero$one_day$one_day")"
taken courier "a status of the end of time" "$(message COURIER_STATUS "${zero}00${zero}ffffffffffffff7f$one_day")"
taken courier "a document that is no sealed memory" "$(message COURIER_DOCUMENT "$zero$one_day$zero$zero")"
taken courier "a document of no source" "$(message COURIER_DOCUMENT "01000000$one_day$zero$zero")"
bare=$(message COURIER_DOCUMENT "$zero$one_day$zero$zero" | sed 's/^\(....\)01/\100/; s/+//')
taken courier "a document without itself" "$bare"
taken desk "a question without a number" "$(message DESK_ASK_STATUS 01)"
taken desk "a reload that nobody asked for" "$(message DESK_ASK_RELOAD 0100000000000000)"
taken desk "a message of the courier" "$(message COURIER_STATUS "${zero}00$zero$one_day$one_day")"
# hex TEXT
hex()
{
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# with_gate PACKET…: mintmarkd with a gate that says that it is ready, and then this.
with_gate()
{
	rm -f "$world/libexec/mintmark-gate"
	cp "$MINTMARK_BUILD/test/behaviour/hostile_child" "$world/libexec/mintmark-gate"
	epoch=$(printf %02x "$(($(cat "$world/state-mintmark/epoch") + 1))")00000000000000
	{
		message GATE_READY "$epoch"
		printf '%s\n' "$@"
	} >"$world/libexec/mintmark-gate.plan"
	: >"$world/log"
	"$mintmarkd" -c "$config" --libexec "$world/libexec" >>"$world/log" 2>&1 &
	mintmarkd_pid=$!
	await 20 "the gate is ready" logged "the gate (process [0-9]*) answers"
}

echo "checking: a gate that asks for keys in a storm"
kid=$(message GATE_UNKNOWN_KID "$(hex enterprise)")
other=$(message GATE_UNKNOWN_KID "$(hex nobody)")
# shellcheck disable=SC2046 # words
with_gate $(yes "$kid $other" | head -n 500) "$(message GATE_ALARM "$(hex enough)")"
await 20 "all of it is read" logged "alarm: gate: enough"
[ "$(grep -c 'a token names a key that is not known' "$world/log")" = 1 ] ||
    fail "a storm of unknown kids leads to more or less than one fetch"
kill "$mintmarkd_pid"
wait "$mintmarkd_pid" || true
mintmarkd_pid=

for what in "GATE_EPOCH ffffffffffffffff" "GATE_EPOCH 00" "GATE_STATUS $(hex '{"a":1')" "GATE_STATUS $(hex '[1]')" \
    "GATE_STATUS 7b0a7d" "COURIER_STATUS 00"; do
	echo "checking: a gate that sends $what"
	# shellcheck disable=SC2086 # type and payload
	with_gate "$(message $what)"
	await 20 "it is killed" logged "alarm: the gate (process [0-9]*) sent what .*: it is killed"
	kill "$mintmarkd_pid"
	wait "$mintmarkd_pid" || true
	mintmarkd_pid=
done
[ -z "$(find "$world/state-mintmark/keys" -type f)" ] || fail "something of a taken courier was kept"
finish
