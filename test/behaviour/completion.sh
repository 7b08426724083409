#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bash completes the commands, their options, services and files; what the program tells, completion knows.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"
# shellcheck source=conf/completion/mintmark.bash
. "$MINTMARK_SOURCE/conf/completion/mintmark.bash"

# complete_line WORD…: what is offered for the last word.
complete_line()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_mintmark "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort >"$world/offered"
}

offers()
{
	what="completing '$1'"
	echo "checking: $what"
	grep -qxF -- "$2" "$world/offered" || fail "$what: '$2' is not offered"
}

offers_not()
{
	what="completing '$1'"
	echo "checking: $what"
	if grep -qxF -- "$2" "$world/offered"; then fail "$what: '$2' is offered"; fi
}

"$mintmark" help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' >"$world/commands"
[ "$(wc -l <"$world/commands")" -ge 4 ] || fail "the overview lists too few commands"
complete_line "$mintmark" ''
while IFS= read -r command; do
	offers '' "$command"
done <"$world/commands"
while IFS= read -r command; do
	complete_line "$mintmark" "$command" x --
	"$mintmark" help "$command" | sed -n 's/^  .*\(--[a-z][a-z-]*\) .*/\1/p' | sort -u >"$world/options"
	while IFS= read -r option; do
		offers "$command --" "$option"
	done <"$world/options"
done <"$world/commands"
complete_line "$mintmark" verify --
[ "$(grep -c '^--' "$world/offered")" -eq 11 ] || fail "verify has other options than its eleven"
complete_line "$mintmark" ver
offers ver verify
offers_not ver inspect
complete_line "$mintmark" verify -c "$config" -s ''
offers 'verify -s' imap
offers_not 'verify -s' contoso
complete_line "$mintmark" verify -c "$world/mint"
offers 'verify -c' "$config"
complete_line "$mintmark" verify -s imap --at ''
offers_not 'verify --at' --json
complete_line "$mintmark" jose ''
offers 'jose' verify
complete_line "$mintmark" fetch -c "$config" ''
offers 'fetch' enterprise
complete_line "$mintmark" check-config --against "$world/mint"
offers 'check-config --against' "$config"
complete_line "$mintmark" hunt "$world/mint"
offers 'hunt FILE' "$config"
complete_line "$mintmark" hunt x --pivot a
offers 'hunt --pivot' app=
complete_line "$mintmark" detect ''
offers 'detect' explain
complete_line "$mintmark" detect explain access-
offers 'detect explain access-' access-without-sign-in
complete_line "$mintmark" help in
offers 'help in' inspect
finish
