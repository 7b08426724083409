#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# /metrics counts what happened, in a text that Prometheus reads, and no request makes a new label; /healthz and
# /readyz say how the gate is; findings of the trust are told.
# shellcheck disable=SC2119 # functions take arguments or none
set -eu
port=20530
# shellcheck source=test/behaviour/gate_world.sh
. "$MINTMARK_SOURCE/test/behaviour/gate_world.sh"
config=$world/foreign.conf
journal=$world/state-foreign/journal
start

alice=$(token)

# well_formed: every line of /metrics is a comment, or a name with labels and a number of a family that was announced.
well_formed()
{
	curl -s --max-time 20 "$base/metrics" >"$world/metrics"
	python3 - "$world/metrics" <<'END' || fail "/metrics cannot be read by Prometheus"
import re, sys
label = r'[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
sample = re.compile(r'([a-z_]+)(\{%s(?:,%s)*\})? (-?[0-9.e+-]+)$' % (label, label))
types, seen = {}, set()
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    line = line.rstrip("\n")
    if line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert name not in types, line
        types[name] = kind
        continue
    if line.startswith("# HELP "):
        continue
    match = sample.match(line)
    assert match, line
    name = match.group(1)
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    assert types.get(name) or types.get(family) == "histogram", line
    key = (name, match.group(2))
    assert key not in seen, "twice: " + line
    seen.add(key)
assert len(types) >= 15, types
END
}

# series: how many lines /metrics has.
series()
{
	curl -s --max-time 20 "$base/metrics" | grep -vc '^#'
}

echo "== how it is"
http 200 "/healthz" "$base/healthz"
body ok
http 200 "/readyz" "$base/readyz"
body ready
http 200 "HEAD" -I "$base/healthz"
http 405 "POST" -d x=y "$base/healthz"
header 'Allow: GET, HEAD'
http 404 "another path" "$base/metricsx"
http 200 "/metrics" "$base/metrics"
header 'Content-Type: text/plain; version=0.0.4; charset=utf-8'
well_formed

echo "== what was decided"
http 200 "allowed" -H "Authorization: Bearer $alice" "$base/v1/auth/imap"
http 200 "allowed" -H "Authorization: Bearer $alice" "$base/v1/auth/imap"
http 401 "denied" -H "Authorization: Bearer $(token --key KC1 --kid KC1)" "$base/v1/auth/imap"
metric 'mintmark_decisions_total{service="imap",verdict="allow",reason="OK"} 2'
metric 'mintmark_decisions_total{service="imap",verdict="deny",reason="KEY_REALM_MISMATCH"} 1'
metric 'mintmark_decisions_total{service="mail",verdict="allow",reason="OK"} 0'
metric 'mintmark_decision_seconds_count{service="imap"} 3'
metric 'mintmark_decision_seconds_bucket{service="imap",le="+Inf"} 3'
metric 'mintmark_journal_ready 1'
metric 'mintmark_trust_epoch 1'
metric 'mintmark_http_answers_total{endpoint="auth",status="2xx"} 2'

echo "== the keys"
metric 'mintmark_key_state{realm="enterprise",kid="KE1",state="active"} 1'
metric 'mintmark_key_state{realm="enterprise",kid="KE0",state="revoked"} 1'
metric 'mintmark_key_state{realm="enterprise",kid="KE3",state="retiring"} 1'
metric 'mintmark_key_state{realm="enterprise",kid="KE5",state="prepared"} 1'
metric 'mintmark_key_state{realm="consumer",kid="KC0",state="retired"} 1'
age=$(sed -n 's/^mintmark_key_age_seconds{realm="enterprise",kid="KE1"} //p' "$world/metrics")
if [ "$age" -lt 2592000 ] || [ "$age" -gt 2592600 ]; then
	fail "KE1 is $age seconds old, not 30 days"
fi

echo "== a finding of the trust: counted, recorded, logged"
metric 'mintmark_findings_total{kind="key_material"} 1'
"$mintmark" decisions --dir "$journal" --json | grep -q '"kind":"finding"' || fail "no finding in the journal"
logs 'alarm: gate: '

echo "== no request makes a label"
series >"$world/before"
for path in /v1/auth/nobody /v1/introspect/nobody '/v1/auth/"},x{y="' /v1/auth/mail%0a /x; do
	curl -s -g -o "$world/null" --max-time 20 -H "Authorization: Bearer $alice" -A '"} 1' "$base$path"
done
curl -s -o "$world/null" --max-time 20 -H "Authorization: Bearer $(token --kid 'nobody"s')" "$base/v1/auth/imap"
curl -s -o "$world/null" --max-time 20 -H "Authorization: Bearer $(token --kid 'somebody"s')" "$base/v1/auth/imap"
series >"$world/after"
# KEY_UNKNOWN of imap, and the 4xx of introspect
[ "$(cat "$world/after")" -eq $(($(cat "$world/before") + 2)) ] || fail "$(cat "$world/before") series became $(cat "$world/after")"
well_formed
metric 'mintmark_decisions_total{service="imap",verdict="deny",reason="KEY_UNKNOWN"} 2'
metric 'mintmark_unknown_service_total 4'
if grep -q 'nobody\|somebody' "$world/metrics"; then
	fail "a request's text is on /metrics"
fi

end 0
finish
