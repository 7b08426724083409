#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes synthetic exports and measures how fast they are read. Arguments: ROUNDS RECORDS JSON-FILE.
set -eu
rounds=$1
records=$2
figures=$3
maker=$MINTMARK_BUILD/test/maker/mintmark-log-maker
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/mintmark-logs.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP

"$maker" --records "$records" --out "$folder/log.jsonl"
"$maker" --records "$records" --form csv --out "$folder/log.csv"
"$maker" --records "$records" --form array --out "$folder/log.json"
grep '"Operation":"MailItemsAccessed"' "$folder/log.jsonl" >"$folder/mail.jsonl"
# What takes apart JSON slowly gets a part of it.
head -n $((records / 10)) "$folder/log.jsonl" >"$folder/part.jsonl"
head -n $((records / 10)) "$folder/log.csv" >"$folder/part.csv"
gzip -nc "$folder/part.jsonl" >"$folder/log.jsonl.gz"
zstd -qc "$folder/part.jsonl" >"$folder/log.jsonl.zst"
"$MINTMARK_BUILD/test/bench/bench-logs" --rounds "$rounds" --json "$figures" "$folder"
