#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 'meson install' with DESTDIR puts everything and only that where a package needs it, and a program of others is
# built against the installed library by pkg-config and decides.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root

DESTDIR=$root meson install -C "$MINTMARK_BUILD" --no-rebuild --quiet >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; exit 1; }
(cd "$root" && find . -type f -o -type l) | sort >"$scratch/files"

for file in bin/mintmark sbin/mintmarkd 'libexec/mintmark/mintmark-gate' include/mintmark.h include/mintmark/decide.h \
    'libexec/mintmark/mintmark-desk' 'libexec/mintmark/mintmark-ledger' 'libexec/mintmark/mintmark-signer' \
    'libexec/mintmark/mintmark-verifier' 'libexec/mintmark/mintmark-issuer' include/mintmark/proof.h \
    include/mintmark/follow.h 'lib.*/libmintmark-io\.so' \
    'lib.*/pkgconfig/libmintmark-io\.pc' example/follow.c \
    'lib.*/libmintmark\.so' 'lib.*/pkgconfig/libmintmark\.pc' man1/mintmark.1 man8/mintmarkd.8 man5/mintmark.conf.5 \
    man3/libmintmark.3 'bash-completion/completions/mintmark' 'mintmarkd*.service'; do
	echo "checking: $file is installed"
	grep -q "/$file\$" "$scratch/files" || { cat "$scratch/files"; exit 1; }
done
echo "checking: nothing of the tests is installed"
if grep -i 'maker\|replay\|fuzz\|unit-\|cmocka\|bench' "$scratch/files"; then exit 1; fi

echo "checking: the example of README.md is built by pkg-config against what was installed"
pc=$(find "$root" -name libmintmark.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
library=$(dirname "$(find "$root" -name libmintmark.so)")
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion libmintmark)" = "$(sed -n 's/^#define MM_VERSION_TEXT "\(.*\)"/\1/p' \
    "$MINTMARK_SOURCE/include/mintmark/version.h")" ]
flags=$(pkg-config --define-variable=prefix="$root$prefix" --cflags --libs libmintmark)
example=$MINTMARK_SOURCE/doc/example/decide.c
[ "$(wc -l <"$example")" -lt 60 ]
# shellcheck disable=SC2086 # words
${MINTMARK_CC:-cc} -std=c17 -pedantic -Wall -Wextra -Werror -o "$scratch/decide" "$example" $flags

maker=$MINTMARK_BUILD/test/maker/mintmark-maker
mkdir "$scratch/world"
"$maker" world "$scratch/world"
genuine=$("$maker" token "$scratch/world" --as carol --no-claim tid --claim 'sub="carol-7"')
forged=$("$maker" token "$scratch/world" --as carol --no-claim tid --key KE1)

# decide WANTED-STATUS WANTED-TEXT TOKEN
decide()
{
	status=0
	said=$(LD_LIBRARY_PATH=$library "$scratch/decide" "$scratch/world/consumer.jwks" \
	    https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0 https://mail.example "$3") || status=$?
	echo "checking: it says '$said' and ends with $status"
	[ "$status" -eq "$1" ] && [ "$said" = "$2" ]
}
decide 0 "carol-7" "$genuine"
decide 1 "denied: no key of the realm has this kid" "$forged"

echo "checking: the example that follows a mintmarkd is built by pkg-config, and needs one"
flags=$(pkg-config --define-variable=prefix="$root$prefix" --cflags --libs libmintmark-io libmintmark)
# shellcheck disable=SC2086 # words
${MINTMARK_CC:-cc} -std=c17 -pedantic -Wall -Wextra -Werror -o "$scratch/follow" \
    "$MINTMARK_SOURCE/doc/example/follow.c" $flags -lpthread
status=0
LD_LIBRARY_PATH=$library "$scratch/follow" </dev/null 2>&1 || status=$?
[ "$status" -eq 2 ]
