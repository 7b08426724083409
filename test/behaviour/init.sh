#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark init makes what mints need, once, and says what was there; it loses nothing and prints no secret. A run that
# is killed, or whose disk fails, is completed by the next one, whichever step it came to.
set -eu
# Memory is a disk on which the many syncs cost nothing.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

state=$world/state
root=$world/root.key
mint=$world/mint.conf

# realm NAME PORT
realm()
{
	cat <<-END
		realm $1 {
		    issuer = "https://$1.example"
		    keys = "mint"
		    listen = { "127.0.0.1:$2" }
		}
		tenant $1-users {
		    realm = $1
		    domains = { "$1.example" }
		}
	END
}

{
	printf 'state_dir = "%s"\nuser = "nobody"\n' "$state"
	realm consumer 21201
} >"$mint"

# is_secret PATH: only its owner may read it.
is_secret()
{
	[ "$(stat -c %a "$1")" = "$2" ] || fail "$what: $1 has the mode $(stat -c %a "$1"), not $2"
}

digest()
{
	find "$state" "$root" -type f -exec sha256sum {} + | sort
}

run 2 "a configuration without a mint" init -c "$config" --root "$root"
says err "no realm of the configuration is a mint"

run 0 "a new installation" init -c "$mint" --root "$root"
says out "made offline root $root: take this file away"
says out "made mark root of realm consumer"
says out "made certificate of the key-state key"
is_secret "$root" 600
is_secret "$state/mint" 700
is_secret "$state/mint/ledger" 700
is_secret "$state/mint/ledger/sealing.key" 600
is_secret "$state/mint/ledger/secrets.sealed" 600
is_secret "$state/mint/consumer/sealing.key" 600
is_secret "$state/mint/consumer/keys" 700
is_secret "$state/mint/consumer/table" 700
[ "$(stat -c %s "$state/mint/root.pub")" = 32 ] || fail "the pinned root is not 32 bytes"
if [ "$(id -u)" = 0 ]; then
	[ "$(stat -c %U "$state/mint/ledger/secrets.sealed")" = nobody ] || fail "the ledger cannot read its secrets"
	[ "$(stat -c %U "$state/mint/consumer/keys")" = nobody ] || fail "the signer cannot write its keys"
fi
openssl pkey -in "$root" -pubout -outform DER | tail -c 32 | cmp - "$state/mint/root.pub" ||
	fail "the root's file is not the private key of what is pinned"
for secret in $(xxd -p -c 64 "$state/mint/ledger/sealing.key") $(sed -n 2p "$root"); do
	grep -q -- "$secret" "$world/out" "$world/err" && fail "a secret is printed"
done

digest >"$world/before"
run 0 "a second run" init -c "$mint" --root "$world/not-there.key"
says out "Everything was there; nothing was changed."
digest | cmp -s - "$world/before" || fail "a second run changes files"
[ ! -e "$world/not-there.key" ] || fail "a second run makes a second root"

realm enterprise 21202 >>"$mint"
run 0 "another realm, the root taken away" init -c "$mint" --root "$world/not-there.key"
says out "there mark root of realm consumer"
says out "made mark root of realm enterprise"
[ ! -e "$world/not-there.key" ] || fail "another realm makes a second root"

run 2 "renewing without the root" init -c "$mint" --root "$world/not-there.key" --renew-certificate
says err "the offline root is needed to certify the key-state key"
openssl genpkey -algorithm ed25519 -out "$world/other.key" 2>/dev/null
run 2 "renewing with another root" init -c "$mint" --root "$world/other.key" --renew-certificate
says err "is another root than the one that is pinned"
echo "no key" >"$world/other.key"
run 2 "renewing with something else" init -c "$mint" --root "$world/other.key" --renew-certificate
says err "is no offline root"
cp "$state/mint/key-state.cert" "$world/cert"
run 0 "renewing" init -c "$mint" --root "$root" --renew-certificate
says out "made certificate of the key-state key"
cmp -s "$state/mint/key-state.cert" "$world/cert" && fail "the certificate is the same as before"

mv "$state/mint/ledger/sealing.key" "$world/kept"
run 2 "a sealing key that is gone" init -c "$mint" --root "$root"
says err "is gone, and $state/mint/ledger/secrets.sealed is sealed with it"
head -c 32 /dev/zero >"$state/mint/ledger/sealing.key"
chmod 600 "$state/mint/ledger/sealing.key"
run 2 "another sealing key" init -c "$mint" --root "$root"
says err "it is not sealed with this sealing key, or damaged"
mv "$world/kept" "$state/mint/ledger/sealing.key"
chmod 644 "$state/mint/ledger/sealing.key"
run 2 "a sealing key that all may read" init -c "$mint" --root "$root"
says err "other users of this machine may read or write it"
chmod 600 "$state/mint/ledger/sealing.key"
mv "$state/mint/ledger/secrets.sealed" "$world/kept"
run 2 "secrets that are gone" init -c "$mint" --root "$root"
says err "without it no token can be told from a forgery"
mv "$world/kept" "$state/mint/ledger/secrets.sealed"
# A mint of which a key is sealed, also where the disk does not tell.
touch "$state/mint/enterprise/keys/a.sealed"
mv "$state/mint/enterprise/sealing.key" "$world/kept"
run 2 "the sealing key of a realm that has keys" init -c "$mint" --root "$root"
says err "is gone, and $state/mint/enterprise/keys is sealed with it"
rm "$state/mint/enterprise/keys/a.sealed"
# A sanitizer wants to be loaded first.
if [ "$MINTMARK_SANITIZED" = 0 ]; then
	export LD_PRELOAD="$MINTMARK_BUILD/test/behaviour/unreadable_folder.so" UNREADABLE=/enterprise/keys
	run 2 "of a realm whose folder of keys cannot be read" init -c "$mint" --root "$root"
	unset LD_PRELOAD UNREADABLE
	says err "is gone, and $state/mint/enterprise/keys is sealed with it"
fi
mv "$world/kept" "$state/mint/enterprise/sealing.key"
run 0 "everything back" init -c "$mint" --json
member "done" true

# What a run that was killed left over is completed, whichever part it was.
rm "$state/mint/root.pub" "$state/mint/key-state.cert"
run 0 "a run that was killed before the root was pinned" init -c "$mint" --root "$root"
openssl pkey -in "$root" -pubout -outform DER | tail -c 32 | cmp - "$state/mint/root.pub" || fail "another root is pinned"

# ---- a run that is killed, or a disk that fails, at each step ----

steps=$MINTMARK_BUILD/test/steps

left_over()
{
	find "$world" -name '*.new' -o -name '*.mintmark-init'
}

is_left_over()
{
	[ -n "$(left_over)" ]
}

# hurt HOW N: whether a new installation came to its n-th step.
hurt()
{
	rm -rf "$state" "$root"
	"$steps" "$world/steps" arm mintmark "$1" "$2"
	MM_TEST_STEPS=$world/steps LD_PRELOAD=$MINTMARK_BUILD/test/libtest_steps.so \
	    "$mintmark" init -c "$mint" --root "$root" >"$world/out" 2>"$world/err" || true
	told=$("$steps" "$world/steps" tell)
	"$steps" "$world/steps" calm
	[ "$(echo "$told" | cut -d ' ' -f 2)" -gt 0 ]
}

# Whatever it left, the next one completes it, and a mint can be started with that.
check_next()
{
	"$mintmark" init -c "$mint" --root "$root" >"$world/out" 2>"$world/err" || fail "$what: the next run ends with $?"
	"$mintmark" init -c "$mint" --root "$root" >"$world/out" 2>"$world/err" || fail "$what: one more ends with $?"
	says out "Everything was there"
	! is_left_over || fail "$what: something is left: $(left_over)"
	[ "$(id -u)" -ne 0 ] || [ "$(stat -c %U "$state/mint/ledger/secrets.sealed")" = nobody ] ||
	    fail "$what: the ledger cannot read its secrets"
}

walk()
{
	n=1
	echo "checking: $1 each step"
	while hurt "$1" "$n"; do
		what="step $n, $1 ($told)"
		check_next
		n=$((n + 1))
	done
	[ "$n" -gt 40 ] || fail "$1: there are only $n steps"
}

# A sanitizer wants to be loaded first.
if [ "$MINTMARK_SANITIZED" = 0 ]; then
	"$steps" "$world/steps" new
	walk before
	walk behind
	walk eio
fi

what="what somebody else keeps beside the root stays"
echo "checking: $what"
rm -rf "$state" "$root"
echo "not ours" >"$root.new"
"$mintmark" init -c "$mint" --root "$root" >"$world/out" 2>"$world/err" || fail "$what: it ends with $?"
[ "$(cat "$root.new")" = "not ours" ] || fail "$what"
rm "$root.new"

mkdir -p "$state/mint"
what="two at once"
flock "$state/mint" "$mintmark" init -c "$mint" --root "$root" >"$world/out" 2>"$world/err" && fail "$what: both are at work"
says err "another 'mintmark init' is at work there"
finish
