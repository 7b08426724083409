#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A gate that fails once it listens (here: for a certificate that is half written) leaves the sockets fit for the next
# one: with the certificate whole again, every address answers as before.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20575
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
command -v openssl >"$world/null" || {
	echo "not run: openssl is not installed"
	exit 77
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$world/gate.key" -out "$world/gate.pem" 2>"$world/null"
tls=127.0.0.1:$((port + 1))
# The last one fails, when the others are there.
sed -i "s|^listen = .*|listen = { \"$address\", \"unix:$world/gate.sock\", \"tls:$tls\" }\ntls_certificate = \"gate.pem\"\ntls_key = \"gate.key\"|" "$config"
start

has_failed()
{
	grep -qF 'ended with status 1' "$world/log"
}

cp "$world/gate.pem" "$world/whole.pem"
head -c 200 "$world/whole.pem" >"$world/gate.pem"
kill -KILL "$(gate_pid)"
echo "checking: no gate starts with half a certificate"
await 20 "a gate fails at its start" has_failed || true
cp "$world/whole.pem" "$world/gate.pem"
await 20 "the next gate answers over TCP" is_ready || true
http 200 "over TCP" "$base/healthz"
http 200 "over the unix socket" --unix-socket "$world/gate.sock" http://gate/healthz
http 200 "over TLS" --cacert "$world/whole.pem" "https://$tls/healthz"
end 0
finish
