#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mintmarkd does not start with a configuration, key file or secret that it cannot use: it prints every problem with
# file, line and mend, ends with 2, and leaves everything as it was.
# shellcheck disable=SC2119,SC2317 # functions are called by their names in arguments, with or without arguments
set -eu
port=20420
. "$MINTMARK_SOURCE/test/behaviour/daemon_world.sh"

cp "$config" "$world/good.conf"

# change SED-EXPRESSION: the good configuration with one thing changed.
change()
{
	sed "$1" "$world/good.conf" >"$config"
	if cmp -s "$config" "$world/good.conf"; then
		fail "the test's change '$1' changes nothing"
	fi
}

# refused WHAT TEXT: by --check and by starting, the same.
refused()
{
	run 2 "$1 (--check)" "$2" --check
	run 2 "$1" "$2"
	[ ! -e "$world/gate.sock" ] || fail "$1: a socket was left behind"
}

run 0 "the good configuration is good" "" --check
check "and it says so" grep -q 'mintmark.conf: 2 realms, 3 tenants, 3 services: good' "$world/out"
check "nothing was made for a check" test ! -e "$state"

rm -f "$world/mintmark.conf"
run 2 "a configuration that is not there" "mintmark.conf: cannot be read: No such file"
mkdir "$config"
run 2 "a configuration that is a folder" "mintmark.conf: cannot be read: it is no regular file"
rmdir "$config"
mkfifo "$config"
run 2 "a configuration that is a pipe does not hold it up" "mintmark.conf: cannot be read: it is no regular file"
rm "$config"

change 's/^journal_segment = .*/journal_segment = 0100/'
refused "an octal number" "mintmark.conf:4: "
change 's/^user = .*/usr = "nobody"/'
refused "an unknown setting, with the name that was meant" "did you mean 'user'?"
change '/^state_dir/{p;}'
refused "a setting given twice" "mintmark.conf:3: "
change 's/keys = "file:[a-z]*.jwks"/keys = "file:missing.jwks"/'
refused "a key file that is not there" "missing.jwks: No such file"

many=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
	many="$many\"127.0.0.1:$((port + i))\","
done
change "s|^listen = .*|listen = { ${many%,} }|"
refused "more addresses than a gate serves" "'listen' has 17 addresses"

: >"$world/tls.pem"
chmod 644 "$world/tls.pem"
change "s|^listen = .*|listen = { \"tls:127.0.0.1:$port\" } tls_certificate = \"tls.pem\" tls_key = \"tls.pem\"|"
refused "a TLS key that every user may read" "'tls_key': $world/tls.pem: every user"
rm "$world/tls.pem"

# Two mistakes far apart: both are told at once.
change 's/^user = .*/usr = "nobody"/; s/^    audience/    audiense/'
refused "two mistakes: the first" "'usr'"
run 2 "two mistakes: the second, in the same run" "did you mean 'audience'"
check "as two problems at least" test "$(grep -c '^[^ ].*mintmark.conf:[0-9]*: ' "$world/run.log")" -ge 2

# What only the compiler can see comes back from its sandbox.
cp "$world/good.conf" "$config"
cp "$world/common.jwks" "$world/kept.jwks"
printf '{"keys":[' >"$world/common.jwks"
refused "a key file that is cut off" "common.jwks"
printf 'x' | dd of="$world/common.jwks" bs=1 seek=1048577 2>/dev/null
refused "a key file above 1 MiB" "common.jwks"
rm "$world/common.jwks"
mkfifo "$world/common.jwks"
refused "a key file that is a pipe" "common.jwks"
rm "$world/common.jwks"
mv "$world/kept.jwks" "$world/common.jwks"

chmod 644 "$world/dovecot.secret"
refused "a secret that everybody can read" "dovecot.secret"
chmod 600 "$world/dovecot.secret"
mv "$world/dovecot.secret" "$world/away"
refused "a secret that is not there" "dovecot.secret"
mv "$world/away" "$world/dovecot.secret"

if [ "$(id -u)" = 0 ]; then
	change 's/^user = .*/user = "no-such-user"/'
	refused "a user who does not exist, with how to make one" "useradd --system"
	change 's/^user = .*/user = "root"/'
	refused "root as the user" "is root"
fi

change 's/^state_dir = .*/state_dir = "missing\/state"/'
run 1 "a state folder whose parent is missing" "cannot be opened or made: No such file"
change 's/^state_dir = .*/state_dir = "good.conf"/'
run 1 "a state folder that is a file" "cannot be opened or made: Not a directory"

for arguments in "--no-such-option" "superfluous"; do
	run 2 "usage: $arguments" "usage: mintmarkd" "$arguments"
done

cp "$world/good.conf" "$config"
start_and_wait
check "after all that, the good configuration still starts" answers
stop
check "and stops" test "$status" = 0
finish
