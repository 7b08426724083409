#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmark detect lists what the table of detections has, explains each of it, and names the one that was meant.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

sed -n 's/^MM_DETECTION(\([a-z_0-9]*\))$/\1/p' "$MINTMARK_SOURCE/engine/detect/detections.def" | tr _ - >"$world/ids"
[ -s "$world/ids" ] || fail "the table of detections cannot be read"

run 0 "the list" detect list
awk '/^[a-z]/ { print $2 }' "$world/out" >"$world/listed"
cmp -s "$world/ids" "$world/listed" || fail "the list has not the detections of the table, in their order"
if awk 'length > 80 { found = 1 } END { exit !found }' "$world/out"; then fail "the list is wider than 80 columns"; fi
run 0 "the list as JSON" detect list --json
python3 - "$world/out" "$world/ids" <<'END' || fail "the list as JSON is not that of the table, whole"
import json, sys
rows = json.load(open(sys.argv[1], encoding="utf-8"))
ids = open(sys.argv[2], encoding="utf-8").read().split()
whole = all(row[name] for row in rows for name in ("title", "inputs", "meaning", "advice", "reference"))
known = all(row["class"] in ("gap", "lead", "strong", "proof") for row in rows)
sys.exit([row["id"] for row in rows] != ids or not whole or not known)
END

while IFS= read -r id; do
	run 0 "explaining $id" detect explain "$id"
	for part in title class inputs meaning advice reference; do
		grep -q "^$part  *[^ ]" "$world/out" || fail "the explanation of $id has no $part"
	done
	if awk 'length > 80 { found = 1 } END { exit !found }' "$world/out"; then fail "$id: wider than 80 columns"; fi
	grep -q "^| \`$id\` | " "$MINTMARK_SOURCE/doc/hunt.md" || fail "doc/hunt.md does not list $id"
done <"$world/ids"
run 0 "explaining as JSON" detect --json explain access-without-sign-in
member id '"access-without-sign-in"'
member class '"strong"'

run 2 "an id with a slip" detect explain acess-without-signin
says err "do you mean 'access-without-sign-in'?"
run 2 "an id that is none" detect explain x
says err "mintmark detect list"
run 2 "an id of control characters" detect explain "$(printf 'a\033[2J')"
says_not err "$(printf '\033')"
run 2 "no verb" detect
says err "explain ID"
run 2 "another verb" detect lits
run 2 "too much" detect list x
run 2 "too little" detect explain
finish
