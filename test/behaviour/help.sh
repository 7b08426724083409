#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark tells how it is used, and says what is wrong with a wrong command line; its manual names all that it knows.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"
manual=$MINTMARK_SOURCE/man/mintmark.1

run 0 "the overview" help
sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' "$world/out" >"$world/commands"
[ "$(wc -l <"$world/commands")" -ge 4 ] || fail "the overview lists too few commands"
cp "$world/out" "$world/overview"
run 0 "--help" --help
cmp -s "$world/out" "$world/overview" || fail "--help is not the overview"
run 0 "--version" --version
grep -qE '^mintmark [0-9]+\.[0-9]+\.[0-9]+$' "$world/out" || fail "--version names no version"
run 2 "no command"
says err "usage: mintmark COMMAND"

sed 's/\\-/-/g' "$manual" >"$world/manual"
while IFS= read -r command; do
	run 0 "help of $command" help "$command"
	says out "usage: mintmark $command"
	cp "$world/out" "$world/help"
	run 0 "$command --help" "$command" --help
	cmp -s "$world/out" "$world/help" || fail "the two helps of $command differ"
	grep -qE "^\.Ss mintmark $command( |\$)" "$world/manual" || fail "the manual has no section on $command"
	grep -oE -- '--[a-z][a-z-]*' "$world/help" | sort -u | sed 's/^--//' >"$world/options"
	while IFS= read -r option; do
		grep -qE -- "Fl Fl $option( |\$)" "$world/manual" || fail "the manual does not tell of $command --$option"
	done <"$world/options"
	if [ "$command" != help ]; then
		run 2 "$command with an unknown option" "$command" --no-such-option
		says err "mintmark help $command"
	fi
done <"$world/commands"

run 2 "a slip of the finger" verfy
says err "Do you mean 'verify'?"
run 2 "no slip of the finger" frobnicate-everything
says_not err "Do you mean"
run 2 "help of an unknown command" help inspekt
says err "Do you mean 'inspect'?"
run 2 "a command of control characters" "$(printf 'a\033[2J')"
says_not err "$(printf '\033')"
run 2 "an option without its value" verify -s
says err "needs a value"
run 2 "a value for an option that takes none" verify --json=yes -s mail x
says err "takes no value"

what="the manual's reasons"
echo "checking: $what"
# Code, step and sentence of each row of the list, against those of the manual.
sed -n 's/^MM_REASON(\([A-Z_]*\), \([0-9]*\), [A-Z_]*, "\([^"]*\)",.*/\1 \2 \3./p' \
    "$MINTMARK_SOURCE/include/mintmark/reasons.def" >"$world/reasons"
[ "$(wc -l <"$world/reasons")" -ge 50 ] || fail "the list of reasons cannot be read"
sed -n '/^\.It Dv [A-Z_]* Pq [0-9]*$/{s/^\.It Dv \([A-Z_]*\) Pq \([0-9]*\)$/\1 \2 /;N;s/\n\(\\&\)*//;p;}' "$manual" |
    awk '{ $3 = tolower(substr($3, 1, 1)) substr($3, 2); print }' >"$world/told"
diff "$world/reasons" "$world/told" >"$world/out" || fail "the manual's reasons are not those of reasons.def"

if command -v mandoc >/dev/null; then
	what="mandoc"
	echo "checking: the manual's mdoc"
	mandoc -T lint -W warning "$manual" >"$world/out" 2>"$world/err" || fail "mandoc -T lint complains"
else
	echo "not checked, mandoc is not installed: the manual's mdoc"
fi
finish
