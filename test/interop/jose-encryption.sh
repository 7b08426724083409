#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What npm's jose encrypts, mintmark jose decrypt decrypts, for every algorithm of keys and of content; and not with
# another key, nor altered.
# shellcheck disable=SC2154 # world, mintmark and what are of command_world.sh
set -eu
# shellcheck source=test/interop/node_world.sh
. "$MINTMARK_SOURCE/test/interop/node_world.sh"
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

npm=$world/npm
mkdir "$npm"
node_start "$npm"
node_run jose_encryption encrypt "$npm" >"$npm/names"

while read -r name; do
	run 0 "$name" jose decrypt --key "$npm/$name.jwk" - <"$npm/$name.jwe"
	cmp -s "$npm/$name.text" "$world/out" || fail "$name: another plaintext"
	# The tag's first character, which has no unused bits.
	sed 's/^\(.*\.\)A\([^.]*\)$/\1B\2/;t;s/^\(.*\.\).\([^.]*\)$/\1A\2/' "$npm/$name.jwe" >"$npm/altered"
	run 1 "$name, altered" jose decrypt --key "$npm/$name.jwk" - <"$npm/altered"
	[ ! -s "$world/out" ] || fail "$name, altered: a plaintext is printed"
done <"$npm/names"

count=$(wc -l <"$npm/names")
[ "$count" -eq 150 ] || fail "$count JWEs instead of 150"
finish
