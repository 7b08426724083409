#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared library exports exactly the functions that the public headers declare.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# shellcheck disable=SC2016 # the dollars are awk's
awk '
	/^MM_API/ { declaration = ""; inside = 1 }
	inside { declaration = declaration " " $0 }
	inside && /;/ {
		inside = 0
		match(declaration, /mm_[a-z0-9_]+\(/)
		print substr(declaration, RSTART, RLENGTH - 1)
	}' "$MINTMARK_SOURCE"/include/mintmark/*.h | sort >"$scratch/declared"
nm -D --defined-only "$MINTMARK_BUILD/lib/libmintmark.so" | awk '{ print $3 }' | sort >"$scratch/exported"

echo "checking: $(wc -l <"$scratch/declared") functions declared, $(wc -l <"$scratch/exported") symbols exported"
[ "$(wc -l <"$scratch/declared")" -ge 10 ]
diff -u "$scratch/declared" "$scratch/exported"
