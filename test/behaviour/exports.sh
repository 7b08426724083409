#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each shared library exports exactly the functions that its public headers declare.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# declared HEADER...: the functions that they declare
declared()
{
	# shellcheck disable=SC2016 # the dollars are awk's
	awk '
		/^MM_API/ { declaration = ""; inside = 1 }
		inside { declaration = declaration " " $0 }
		inside && /;/ {
			inside = 0
			match(declaration, /mm_[a-z0-9_]+\(/)
			print substr(declaration, RSTART, RLENGTH - 1)
		}' "$@" | sort
}

# compare LIBRARY AT-LEAST HEADER...
compare()
{
	library=$1
	at_least=$2
	shift 2
	declared "$@" >"$scratch/declared"
	nm -D --defined-only "$MINTMARK_BUILD/$library" | awk '{ print $3 }' | sort >"$scratch/exported"
	echo "checking: $library: $(wc -l <"$scratch/declared") functions declared," \
	    "$(wc -l <"$scratch/exported") symbols exported"
	[ "$(wc -l <"$scratch/declared")" -ge "$at_least" ]
	diff -u "$scratch/declared" "$scratch/exported"
}

cd "$MINTMARK_SOURCE/include/mintmark"
headers=
for header in *.h; do
	[ "$header" = follow.h ] || headers="$headers $header"
done
# shellcheck disable=SC2086 # names of headers
compare lib/libmintmark.so 10 $headers
compare io/libmintmark-io.so 5 follow.h
