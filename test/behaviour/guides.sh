#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The configurations in doc/providers/ are good, and, with the documents that providers really published, have keys.
set -eu
# shellcheck source=test/behaviour/command_world.sh
. "$MINTMARK_SOURCE/test/behaviour/command_world.sh"

data=${MINTMARK_DATA:-$MINTMARK_SOURCE/../shared/data}/wellknown-history
printf 'a-secret-of-the-tests-alone' >"$world/dovecot.secret"
chmod 600 "$world/dovecot.secret"

# Every configuration of the guides, each by the name in the comment above it.
python3 - "$MINTMARK_SOURCE/doc/providers" "$world" <<'END'
import pathlib, re, sys
folder, world = map(pathlib.Path, sys.argv[1:])
count = 0
for guide in sorted(folder.glob("*.md")):
    text = guide.read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- check: (\S+) -->\n```\n(.*?)```", text, re.S)
    assert blocks, f"{guide.name}: no configuration"
    assert text.count("```\nrealm") == len(blocks), f"{guide.name}: a configuration without a name"
    for name, config in blocks:
        (world / f"{name}.conf").write_text(f'state_dir = "{world}/state-{name}"\n' + config, encoding="utf-8")
        (world / f"state-{name}" / "keys").mkdir(parents=True)
        count += 1
print(f"{count} configurations")
END

for each in generic keycloak entra-one entra-common google; do
	run 0 "$each" check-config -c "$world/$each.conf"
done

# keys NAME DOCUMENT ISSUER REALM COUNT: with the last document of that issuer's history kept, the realm has so many.
keys()
{
	python3 - "$data/$3.jsonl" "$world/state-$1/keys" "$2" <<'END'
import hashlib, json, pathlib, sys
history, folder, document = sys.argv[1:]
versions = [json.loads(line) for line in open(history, encoding="utf-8")]
jwks = [version["jwks"] for version in versions if version["jwks"]][-1]
name = hashlib.sha256(document.encode()).hexdigest() + ".jwks"
(pathlib.Path(folder) / name).write_text(json.dumps(jwks), encoding="utf-8")
END
	run 0 "$1, with the last keys of $3" check-config -c "$world/$1.conf" --json
	python3 - "$world/out" "$4" "$5" <<'END' || fail "$what: not $5 keys in realm $4"
import json, sys
path, realm, count = sys.argv[1:]
answer = json.load(open(path, encoding="utf-8"))
found = {each["name"]: each for each in answer["realms"]}[realm]
keys = found["keys"]
print(f"  realm {realm}: {len(keys)} keys")
sys.exit(len(keys) != int(count))
END
}

if [ ! -d "$data" ]; then
	echo "not run: 3 checks against documents of Entra and Google, which are not in MINTMARK_DATA"
else
	common=jwks:https://login.microsoftonline.com/common/discovery/v2.0/keys
	keys entra-common "$common" entra-common enterprise 5
	keys entra-common "$common" entra-common consumer 2
	keys google discovery:https://accounts.google.com google google 2
fi
[ "$failures" -eq 0 ] || exit 1
echo "passed"
