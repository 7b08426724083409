#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The spellings of the public call that would let everybody in do not compile, as C and as C++; the right
# one does, so that it is the spelling that is refused and not the file around it.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

# compiles LANGUAGE STATEMENT: whether a function with this one statement compiles.
compiles()
{
	cat >"$scratch/try" <<-END
		#include <mintmark.h>
		void serve(void);
		bool accept_bool(bool allowed);
		bool accept_int(int allowed);
		int try_it(const struct mm_trust *trust, const struct mm_request *request, struct mm_decision *decision);
		int try_it(const struct mm_trust *trust, const struct mm_request *request, struct mm_decision *decision)
		{
			$2
			return 0;
		}
	END
	# shellcheck disable=SC2086 # words
	$1 -I"$MINTMARK_SOURCE/include" -Werror=unused-result -c -o "$scratch/object" "$scratch/try" >"$scratch/said" 2>&1
}

decide='mm_decide(trust, request, decision)'
for language in "${MINTMARK_CC:-cc} -x c -std=c17" "c++ -x c++ -std=c++17"; do
	echo "checking by '$language'"
	for statement in \
	    "if (mm_allowed($decide)) serve();" \
	    "struct mm_verdict verdict = $decide; if (mm_allowed(verdict)) serve();"; do
		if ! compiles "$language" "$statement"; then
			echo "does not compile and should: $statement"
			cat "$scratch/said"
			bad=1
		fi
	done
	for statement in \
	    "if ($decide) serve();" \
	    "if (!$decide) serve();" \
	    "if ($decide == MM_OK) serve();" \
	    "if ($decide != 0) serve();" \
	    "if (MM_OK == $decide) serve();" \
	    "while ($decide) serve();" \
	    "if ($decide && request != 0) serve();" \
	    "$decide ? serve() : (void)0;" \
	    "switch ($decide) { default: serve(); }" \
	    "bool allowed = $decide; if (allowed) serve();" \
	    "bool allowed = (bool)$decide; if (allowed) serve();" \
	    "int status = $decide; if (status == 0) serve();" \
	    "enum mm_reason reason = $decide; if (reason == MM_OK) serve();" \
	    "struct mm_verdict verdict = $decide; if (verdict) serve();" \
	    "struct mm_verdict verdict = $decide; if (verdict == MM_OK) serve();" \
	    "if (accept_bool($decide)) serve();" \
	    "if (accept_int($decide)) serve();" \
	    "if (mm_allowed(true)) serve();" \
	    "if (mm_allowed(MM_OK)) serve();" \
	    "$decide; serve();" \
	    "mm_allowed($decide); serve();"; do
		if compiles "$language" "$statement"; then
			echo "compiles and should not: $statement"
			bad=1
		fi
	done
done
exit $bad
