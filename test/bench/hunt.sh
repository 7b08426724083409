#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plants the story of 2023 in synthetic logs and measures whether it is found. Arguments: ROUNDS RECORDS JSON-FILE.
set -eu
rounds=$1
records=$2
figures=$3
maker=$MINTMARK_BUILD/test/maker/mintmark-log-maker
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/mintmark-hunt.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP

# make NAME OPTION…: a folder with an audit log and its sign-ins, and beside it what was planted.
make()
{
	name=$1
	shift
	mkdir "$folder/$name"
	"$maker" --records "$records" --out "$folder/$name/audit.jsonl" --sign-ins "$folder/$name/sign-ins.jsonl" \
	    --truth "$folder/$name.truth" "$@"
}

make planted
make holes --remove 100 --throttle yes
make everyday --stolen-messages 0
"$MINTMARK_BUILD/test/bench/bench-hunt" --rounds "$rounds" --json "$figures" "$folder"
