#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, as C17 and as C++17, and says of each function what it does not check.
set -eu
cd "$MINTMARK_SOURCE/include"

for header in mintmark.h mintmark/*.h; do
	for language in "${MINTMARK_CC:-cc} -x c -std=c17" "c++ -x c++ -std=c++17"; do
		echo "checking: <$header> alone by '$language'"
		# shellcheck disable=SC2086 # words
		printf '#include <%s>\n' "$header" |
		    $language -I. -pedantic -Wall -Wextra -Werror -fsyntax-only -
	done
done

# A comment stands for the declarations that follow it without an empty line. One without parameters has
# nothing that it could check.
echo "checking: what each function does not check"
# shellcheck disable=SC2016 # the dollars are awk's
awk '
	FNR == 1 { comment = "" }
	/^$/ { comment = "" }
	/^\/\*/ { comment = ""; open = 1 }
	open { comment = comment " " $0; if (/\*\//) open = 0; next }
	/^MM_API/ { declaration = "" ; inside = 1 }
	inside {
		declaration = declaration " " $0
		if (/;/) {
			inside = 0
			functions++
			if (comment == "")
				print FILENAME ":" FNR ": no comment:" declaration
			else if (declaration !~ /\(void\)/ && comment !~ /[Nn]ot checked here/)
				print FILENAME ":" FNR ": does not say what it does not check:" declaration
		}
	}
	END { if (functions < 10) print "only " functions " functions found" }
' mintmark/*.h >"${TMPDIR:-/tmp}/headers.$$"
cat "${TMPDIR:-/tmp}/headers.$$"
count=$(wc -l <"${TMPDIR:-/tmp}/headers.$$")
rm -f "${TMPDIR:-/tmp}/headers.$$"
[ "$count" -eq 0 ]
