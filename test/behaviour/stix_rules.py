# SPDX-License-Identifier: Apache-2.0
"""Holds a bundle against the rules of STIX 2.1: stix_rules.py BUNDLE LAST, the time of the last record of its logs."""
import json
import re
import sys
import uuid

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
CONTRIBUTES = {
    "software": "name",
    "user-account": "account_login",
    "ipv4-addr": "value",
    "ipv6-addr": "value",
    "mintmark-token": "value",
    "mintmark-session": "value",
}
REQUIRED = {
    "identity": ["name", "identity_class"],
    "extension-definition": ["created_by_ref", "name", "schema", "version", "extension_types"],
    "observed-data": ["created_by_ref", "first_observed", "last_observed", "number_observed", "object_refs"],
    "indicator": ["created_by_ref", "pattern", "pattern_type", "valid_from"],
    "sighting": ["created_by_ref", "sighting_of_ref"],
    "report": ["created_by_ref", "name", "published", "object_refs"],
}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
PATTERN = re.compile(r"^\[([a-z0-9-]{3,250}):([a-z_]+) (=|ISSUBSET) '((?:[^'\\]|\\['\\])+)'\]$")
IDENTITY_CLASSES = ("individual", "group", "system", "organization", "class", "unknown")

failed = []


def check(good, what, thing):
    if not good:
        failed.append(f"{what}: {thing}")


def references(thing):
    """All ids that an object refers to."""
    for name, value in thing.items():
        if name.endswith("_ref"):
            yield value
        elif name.endswith("_refs"):
            check(len(value) > 0, "an empty list", thing["id"])
            yield from value


def check_observable(thing):
    name = CONTRIBUTES[thing["type"]]
    canonical = json.dumps({name: thing[name]}, ensure_ascii=False, separators=(",", ":"))
    check(thing["id"] == f"{thing['type']}--{uuid.uuid5(OBSERVABLES, canonical)}", "section 2.9", thing)
    check("created" not in thing, "an observable with a time of its making", thing)
    if thing["type"].startswith("mintmark-"):
        (definition, extension), = thing["extensions"].items()
        check(definition.startswith("extension-definition--"), "section 7.3", thing)
        check(extension == {"extension_type": "new-sco"}, "section 7.3", thing)


def check_domain(thing, last, own):
    for name in ["created", "modified"] + REQUIRED[thing["type"]]:
        check(name in thing, f"without {name}", thing)
    for name in ("created", "modified", "valid_from", "published", "first_seen", "last_seen", "first_observed",
                 "last_observed"):
        check(name not in thing or TIME.match(thing[name]), f"{name} is no time", thing)
    if thing["id"] not in own:
        check(thing["created"] == last == thing["modified"], "made when it was not", thing)
    if thing["type"] == "observed-data":
        check(thing["first_observed"] <= thing["last_observed"], "it ends before it begins", thing)
        check(1 <= thing["number_observed"] <= 999999999, "section 4.14", thing)
    if thing["type"] == "identity":
        check(thing["identity_class"] in IDENTITY_CLASSES, "an unknown class", thing)
    if thing["type"] == "sighting":
        check(thing["first_seen"] <= thing["last_seen"], "it ends before it begins", thing)
        check(0 <= thing["count"] <= 999999999, "section 5.2", thing)
    if thing["type"] == "indicator":
        pattern = PATTERN.match(thing["pattern"])
        check(thing["pattern_type"] == "stix" and pattern, "no pattern", thing)
        check(pattern and CONTRIBUTES.get(pattern[1]) == pattern[2], "a pattern of nothing", thing)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        bundle = json.load(file)
    things = bundle["objects"]
    ids = {thing["id"]: thing for thing in things}
    own = {thing["id"] for thing in things
           if thing["type"] == "extension-definition" or thing.get("identity_class") == "system"}
    check(bundle["type"] == "bundle" and bundle["id"].startswith("bundle--"), "no bundle", bundle["id"])
    check(len(ids) == len(things), "an id stands twice", len(things))
    for thing in things:
        kind, number = thing["id"].split("--")
        check(kind == thing["type"], "another type", thing)
        check(str(uuid.UUID(number)) == number and uuid.UUID(number).version == 5, "no UUID of version 5", thing)
        check(thing["spec_version"] == "2.1", "another version", thing)
        if kind in CONTRIBUTES:
            check_observable(thing)
        elif kind in REQUIRED:
            check_domain(thing, sys.argv[2], own)
        else:
            check(False, "an unknown type", thing)
        for reference in references(thing):
            check(reference in ids, f"{reference} is not there", thing)
        if kind == "observed-data":
            check(all(ids[one]["type"] in CONTRIBUTES for one in thing["object_refs"]), "section 4.14", thing)
        if kind == "sighting":
            check(all(ids[one]["type"] == "identity" for one in thing.get("where_sighted_refs", [])), "5.2", thing)
    check(sum(thing["type"] == "report" for thing in things) == 1, "not one report", len(things))
    for line in failed[:10]:
        print(line)
    return len(failed) > 0


sys.exit(main())
