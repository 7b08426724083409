#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ARCHITECTURE.md tells the truth: its folders are the tree's, its layers include only what stands before them,
# OpenSSL has one home, each process is named, and the library does nothing that it says it does not do.
set -eu
cd "$MINTMARK_SOURCE"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

complain()
{
	echo "$1"
	bad=1
}

echo "checking: every folder that ARCHITECTURE.md names is there"
# shellcheck disable=SC2016 # these are no substitutions
grep -o '`[a-zA-Z0-9_./-]*/`' ARCHITECTURE.md | tr -d '`' | sort -u >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 20 ] || complain "only $(wc -l <"$scratch/named") folders are named"
while IFS= read -r folder; do
	[ -d "$folder" ] || complain "ARCHITECTURE.md names $folder, which is not there"
done <"$scratch/named"

echo "checking: the page has its parts"
for part in Layers Processes "Trust boundaries"; do
	[ "$(sed -n "/^## $part\$/,/^## /p" ARCHITECTURE.md | wc -l)" -ge 10 ] || complain "nothing stands under '$part'"
done
[ "$(wc -l <ARCHITECTURE.md)" -le 80 ] || complain "it is longer than a screen"

echo "checking: every folder of the tree is named"
for folder in */ lib/*/ daemon/*/ test/*/; do
	case $folder in build*/ | test/fuzz/corpus/) continue ;; esac
	[ -n "$(find "$folder" -name '*.[ch]' -o -name '*.sh' -o -name 'meson.build' -o -name '*.md' -o -perm -u+x -type f |
	    head -n 1)" ] || continue
	grep -qx "$folder" "$scratch/named" || complain "ARCHITECTURE.md does not name $folder"
done

echo "checking: every program that is built for a process is named"
find daemon -name meson.build -exec sed -n "s/.*executable('\([a-z-]*\)'.*/\1/p" {} + >"$scratch/programs"
echo mintmark >>"$scratch/programs"
while IFS= read -r program; do
	grep -q "\`$program\`" ARCHITECTURE.md || complain "ARCHITECTURE.md does not name $program"
done <"$scratch/programs"

echo "checking: each layer includes only itself and what stands before it"
layers="base codec crypto jose trust token"
allowed=
for layer in $layers; do
	allowed="$allowed|$layer"
	grep -nE '^#include "' -r "lib/$layer" | grep -vE "\"lib/(${allowed#|})/" >"$scratch/found" || true
	while IFS= read -r line; do
		complain "$line"
	done <"$scratch/found"
done
for folder in lib/*/; do
	case " $layers " in *" $(basename "$folder") "*) ;; *) complain "$folder is no layer" ;; esac
done

# forbid FOLDERS PATTERN WHAT
forbid()
{
	# shellcheck disable=SC2086 # several folders
	grep -nE "$2" -r $1 >"$scratch/found" || true
	while IFS= read -r line; do
		complain "$3: $line"
	done <"$scratch/found"
}

forbid "engine" '^#include "(daemon|cli|test)/' "engine includes what uses it"
forbid "daemon" '^#include "(cli|test)/' "daemon includes another's"
forbid "cli" '^#include "(daemon|test)/' "cli includes another's"
forbid "lib" '^#include <(fcntl|time|threads|unistd|signal|errno|stdio_ext)\.h>|^#include <sys/' \
    "lib has no files, threads or clocks"
# A lock is no thread. The store of used proofs needs one that waits: who could not have it would have to refuse.
forbid "$(find lib -name '*.[ch]' ! -path lib/token/replay.c | tr '\n' ' ')" '^#include <pthread\.h>' "lib has no threads"
forbid "include lib/base lib/codec lib/jose lib/trust lib/token engine daemon cli" '^#include <openssl/' \
    "OpenSSL's home is lib/crypto"

# An allow list of what the library may call of the C library: no file, socket, thread, clock or environment can
# come in by a way that a list of forbidden names forgot.
if [ "${MINTMARK_SANITIZED:-0}" = 0 ]; then
	echo "checking: what the library calls"
	objects=$MINTMARK_BUILD/lib/libmintmark_core.a
	nm --defined-only "$objects" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$scratch/own"
	nm -u "$objects" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u >"$scratch/used"
	[ -s "$scratch/used" ] || complain "no symbol found in $objects"
	comm -13 "$scratch/own" "$scratch/used" >"$scratch/foreign"
	# libcrypto's names begin with its modules' in capitals, or are these. Its random numbers are for what a mint
	# seals and for keys that it makes; nothing of a decision depends on them.
	grep -vE '^(EVP|BN|EC|ECDSA|RSA|RAND|OSSL|X509|OPENSSL|CRYPTO|ERR|ASN1|OBJ|PEM|BIO|SHA256|d2i|i2d)_' \
	    "$scratch/foreign" | grep -vxE 'd2i_.*|i2d_.*|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__assert_fail|abort' |
	    grep -vxE '(malloc|calloc|realloc|reallocarray|aligned_alloc|free|qsort|bsearch)' |
	    grep -vxE '(mem|str|stp)[a-z0-9]*|explicit_bzero' |
	    grep -vxE 'pthread_mutex_(init|destroy|lock|unlock)' |
	    grep -vxE '__(mem|str|vsn|sn|explicit_b)[a-z]*_chk|v?snprintf|__cpu_model|__cpu_indicator_init' \
	    >"$scratch/surprising" || true
	if [ -s "$scratch/surprising" ]; then
		complain "the library calls what it should not: $(tr '\n' ' ' <"$scratch/surprising")"
	fi
fi
exit $bad
