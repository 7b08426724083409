#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The gate's own TLS: 1.2 and newer with the certificate configured, and no process starts with a key that does not fit.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20535
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
command -v openssl >"$world/null" || {
	echo "not run: openssl is not installed"
	exit 77
}

# certificate NAME: a key and a certificate of its own for this host.
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	    -addext subjectAltName=IP:127.0.0.1 -keyout "$world/$1.key" -out "$world/$1.pem" 2>"$world/null"
	chmod 600 "$world/$1.key"
}

certificate gate
certificate other
sed -i "s|^listen = .*|listen = { \"tls:$address\", \"unix:$world/gate.sock\" }\ntls_certificate = \"gate.pem\"\ntls_key = \"gate.key\"|" "$config"
base=https://$address
start --cacert "$world/gate.pem"

alice=$(token)
http 200 "introspection over TLS" --cacert "$world/gate.pem" -u "dovecot:$secret" -d "token=$alice" "$base/v1/introspect/mail"
member active true
recorded verdict=allow source=127.0.0.1
http 200 "TLS 1.2" --cacert "$world/gate.pem" --tls-max 1.2 "$base/healthz"
http 200 "TLS 1.3" --cacert "$world/gate.pem" --tlsv1.3 "$base/healthz"
http 000 "TLS 1.1 is refused" --cacert "$world/gate.pem" --tlsv1.0 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "$base/healthz"
http 000 "another's certificate is not its own" --cacert "$world/other.pem" "$base/healthz"
http 000 "plain HTTP to the TLS port gets no answer" "http://$address/healthz"
http 200 "the unix socket stays plain" --unix-socket "$world/gate.sock" http://gate/healthz

# Only root can look into a process that is not dumpable, and a sanitizer keeps what was freed.
if [ "$(id -u)" -eq 0 ] && [ "$MINTMARK_SANITIZED" = 0 ]; then
	echo "checking: no memory of the gate holds the key's text"
	sed -n 2p "$world/gate.key" >"$world/secret-line"
	python3 - "$(gate_pid)" "$world/secret-line" <<'END' || fail "the PEM text of the key is still in memory"
import sys
needle = open(sys.argv[2], "rb").read().strip()
assert len(needle) > 40
found = 0
with open(f"/proc/{sys.argv[1]}/mem", "rb") as memory:
    for line in open(f"/proc/{sys.argv[1]}/maps"):
        span, mode = line.split()[:2]
        if "r" not in mode or "[v" in line:
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        try:
            memory.seek(begin)
            found += needle in memory.read(end - begin)
        except (OSError, ValueError, OverflowError):
            pass
sys.exit(found)
END
fi
end 0

echo "checking: a key of another certificate does not start"
cp "$world/other.key" "$world/gate.key"
status=0
timeout 60 "$mintmarkd" -c "$config" --libexec "$MINTMARK_BUILD/daemon" >"$world/log" 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "mintmarkd ended with $status instead of 1"
grep -q 'do certificate and key belong together' "$world/log" || fail "the log does not say why"
finish
