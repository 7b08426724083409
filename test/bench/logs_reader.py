#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# What a responder writes when in a hurry: who read mail with which application. Arguments: lines|csv FILE.
import collections
import csv
import json
import sys


def records(form, file):
    if form == "lines":
        for line in file:
            yield json.loads(line)
    else:
        for row in csv.DictReader(file):
            yield json.loads(row["AuditData"])


def main(form, path):
    seen = set()
    accesses = collections.Counter()
    csv.field_size_limit(1 << 24)
    with open(path, encoding="utf-8-sig", newline="") as file:
        for record in records(form, file):
            if record["Id"] in seen:
                continue
            seen.add(record["Id"])
            if record["Operation"] == "MailItemsAccessed":
                accesses[record["UserId"].lower(), record.get("ClientAppId")] += 1
    print(len(seen), sum(accesses.values()))


main(*sys.argv[1:])
