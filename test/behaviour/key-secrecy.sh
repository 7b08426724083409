#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No private key is in a core, a log, a file or another process: a signer is ended many times in the middle of its work
# by signals that make cores, while its starter allows them, and its key's bytes are looked for everywhere. Each way of
# looking is tried on a planted key first, which must be found.
set -eu
program=$MINTMARK_BUILD/test/behaviour/key_secrecy
scratch=$(mktemp -d)
holder=
cleanup()
{
	[ -z "$holder" ] || kill "$holder" 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT

fail()
{
	echo "FAILED: $1"
	exit 1
}

mkdir "$scratch/searched" "$scratch/searched/cores" "$scratch/keys"
chmod 755 "$scratch"
chmod 1777 "$scratch/searched" "$scratch/searched/cores"
ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -H -c)"
# Where a core goes that is not caught by a program: here.
cd "$scratch/searched/cores"

echo "checking: what is looked for is found where it is planted"
"$program" make ES256 "$scratch/keys" || fail "no key can be made"
keys="$scratch/keys/keys $scratch/keys/sealing.key enterprise"
# shellcheck disable=SC2086 # these are three words
set -- $keys
"$program" search "$@" "$scratch/searched" || fail "found before it was planted"
"$program" plant "$@" "$scratch/searched/planted"
! "$program" search "$@" "$scratch/searched" || fail "a file with the key is not found"
rm "$scratch/searched/planted"

mkfifo "$scratch/end"
"$program" hold "$@" <"$scratch/end" >"$scratch/held" &
holder=$!
exec 9>"$scratch/end"
tries=0
while ! grep -q holding "$scratch/held"; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || fail "the control does not begin"
	sleep 0.05
done
if [ "$(id -u)" -eq 0 ]; then
	! "$program" search "$@" "pid:$holder" || fail "a process with the key is not found"
else
	echo "not run: the memory of processes: only root may look"
fi
exec 9>&-
status=0
wait "$holder" || status=$?
holder=
[ "$status" -eq 134 ] || fail "the control ended with $status"
case $(cat /proc/sys/kernel/core_pattern) in
\|* | */*) echo "not run: the core of the control: this machine's go elsewhere" ;;
*)
	if [ "$(ulimit -c)" = 0 ]; then
		echo "not run: the core of the control: this machine makes none"
	else
		! "$program" search "$@" "$scratch/searched" || fail "a core with the key is not found"
		rm -f "$scratch"/searched/cores/*
	fi
	;;
esac

for algorithm in ES256 EdDSA RS256; do
	echo "checking: no byte of a key of $algorithm is anywhere else"
	"$program" abort "$algorithm" 8 "$scratch/searched" || fail "a key of $algorithm is not kept"
done
[ -z "$(find "$scratch/searched/cores" -type f)" ] || fail "there is a core"
