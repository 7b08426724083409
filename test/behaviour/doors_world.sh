# SPDX-License-Identifier: Apache-2.0
# For the tests of a door, sourced after gate_world.sh: an application that says what came to it, and clients that want
# to be somebody else. The test sets 'site', the address in front of the door, before it calls what needs it.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # gate_world.sh and the test set the rest

# application PORT: an application that answers each request with its fields as JSON, names as they came, and notes a
# line for each. Its answer to /forbidden is its own 403.
application()
{
	cat >"$world/application.py" <<'PYTHON'
import http.server, json, sys
port, log = int(sys.argv[1]), open(sys.argv[2], "a", buffering=1)
class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode("latin-1")
        said = {"method": self.command, "path": self.path, "fields": self.headers.items(), "body": body}
        log.write(json.dumps(said) + "\n")
        answer = json.dumps(said).encode()
        self.send_response(403 if self.path.endswith("/forbidden") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Application).serve_forever()
PYTHON
	: >"$world/application.log"
	python3 "$world/application.py" "$1" "$world/application.log" 2>"$world/application.err" &
	running="$running $!"
	await 20 "the application answers" curl -s -o "$world/null" --max-time 2 "http://127.0.0.1:$1/"
}

# install_examples FOLDER OF-CONF SED-ARGUMENT…: the files of a folder of conf with this machine's addresses.
install_examples()
{
	to=$1
	from=$MINTMARK_SOURCE/conf/$2
	shift 2
	mkdir -p "$to"
	for file in "$from"/*; do
		sed "$@" "$file" >"$to/${file##*/}"
	done
}

# came NAME=TEXT…: the answer is the application's, and it was sent these fields, each once; NAME= alone: none whose name
# an application could take for this one, in any letters and with any sign for the hyphen.
came()
{
	python3 - "$world/answer" "$@" <<'PYTHON' || fail "$what: to the application came something else than $*"
import json, re, sys
def folded(name):
    return re.sub("[^a-z0-9]", "-", name.strip().lower())
fields = json.load(open(sys.argv[1], encoding="utf-8"))["fields"]
for wanted in sys.argv[2:]:
    name, text = wanted.split("=", 1)
    values = [value for key, value in fields if folded(key) == folded(name)]
    if values != ([text] if text else []):
        print(f"  {name}: {values}")
        sys.exit(1)
PYTHON
}

# came_once: how many requests the application has seen.
seen()
{
	wc -l <"$world/application.log"
}

# The facts of Alice's token, and no others.
alice_came()
{
	came Mintmark-Realm=enterprise Mintmark-Tenant=contoso Mintmark-Subject=5f0c7f0e-alice \
	    Mintmark-Client=thunderbird Mintmark-Mailbox=alice@contoso.example Mintmark-Scope= Mintmark-Caller= \
	    Authorization= DPoP=
}

# forged WHAT LINE…: a request with Alice's token and these header lines, as they are. Either it is refused, and does not
# come to the application, or what comes to it is Alice and nobody else.
forged()
{
	what="forged: $1"
	shift
	echo "checking: $what"
	before=$(seen)
	{
		printf 'GET /api/x HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' "$alice"
		printf '%b\r\n' "$@"
		printf '\r\n'
	} | timeout 20 "$load" send "${site#http://}" >"$world/whole" 2>"$world/err" || fail "$what: no end"
	tr -d '\r' <"$world/whole" | sed '1,/^$/d' >"$world/answer"
	case $(head -n 1 "$world/whole") in
	'HTTP/1.1 200'*) alice_came ;;
	'HTTP/1.1 4'*) [ "$(seen)" -eq "$before" ] || fail "$what: it was refused, and came to the application" ;;
	*) fail "$what: $(head -n 1 "$world/whole")" ;;
	esac
}

# Every spelling that may become an application's "Mintmark-Subject", or that of another fact.
forged_in_every_spelling()
{
	for name in Realm Tenant Subject Client Mailbox Scope; do
		upper=$(printf '%s' "$name" | tr "[:lower:]" "[:upper:]")
		forged "Mintmark-$name" "Mintmark-$name: forged"
		forged "MINTMARK-$upper" "MINTMARK-$upper: forged"
		forged "Mintmark_$name" "Mintmark_$name: forged"
		forged "MINTMARK_$upper" "MINTMARK_$upper: forged"
		forged "Mintmark-$name, twice" "Mintmark-$name: forged" "mintmark-$name: forged too"
		forged "Mintmark-$name and Mintmark_$name" "Mintmark-$name: forged" "Mintmark_$name: forged too"
	done
	forged "a dot in the name" 'Mintmark.Subject: forged'
	forged "a blank before the colon" 'Mintmark-Subject : forged'
	forged "a tab before the colon" 'Mintmark-Subject\t: forged'
	forged "a blank before the name" ' Mintmark-Subject: forged'
	forged "a line of its own after a bare line feed" 'X: y\nMintmark-Subject: forged'
	forged "a line of its own after a bare carriage return" 'X: y\rMintmark-Subject: forged'
	forged "a folded line" 'X: y\r\n Mintmark-Subject: forged'
	forged "a name with a NUL" 'Mintmark-Subject\0000: forged'
	forged "an empty value" 'Mintmark-Subject:'
	forged "blanks alone" 'Mintmark-Subject:   '
	forged "a list" 'Mintmark-Subject: forged, 5f0c7f0e-alice'
	forged "a caller" 'Mintmark-Caller: Basic ZG92ZWNvdDp4'
	forged "a caller with an underscore" 'Mintmark_Caller: Basic ZG92ZWNvdDp4'
	forged "a field that has another dropped" 'Connection: close, Mintmark-Subject'
	forged "a field that has others dropped" 'Connection: close, Mintmark-Mailbox, Authorization' 'Connection: mintmark-tenant'
	forged "a second request in the body" 'Content-Length: 46\r\n\r\nGET /api/y HTTP/1.1\r\nMintmark-Subject: forged\r\n'
}
