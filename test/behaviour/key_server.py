#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A key server for tests of mintmark-courier that can be as bad as a server can be.

key_server.py FOLDER PORT [NAME=PORT ...]

FOLDER holds NAME.pem and NAME.key, a certificate and its key, for each name; the first port has those of "good".
Special names: "plain" speaks HTTP without TLS, "mute" takes connections and says nothing at all. The path says what the
server does (the table at the end); "/keys" serves FOLDER/keys.jwks with an ETag, as an honest server does. Each request
is a line of FOLDER/requests: port, path, the condition that it came with. FOLDER/ready is made when all listen.
"""
import gzip
import hashlib
import json
import os
import socket
import ssl
import sys
import threading
import time

folder = sys.argv[1]
ports = {"good": int(sys.argv[2])}
ports.update((name, int(port)) for name, port in (word.split("=") for word in sys.argv[3:]))
base = "https://localhost:%d" % ports["good"]
log_lock = threading.Lock()


def read(name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def answer(sock, status, body, *fields):
    head = ["HTTP/1.1 %s" % status, "Content-Length: %d" % len(body), "Connection: close", *fields]
    sock.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def begin(sock, *fields):
    sock.sendall("\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *fields]).encode() + b"\r\n\r\n")


def keys(sock, request):
    """Honest: the file, an ETag, 304 where it is asked for."""
    body = read("keys.jwks")
    etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
    if request["if-none-match"] == etag:
        answer(sock, "304 Not Modified", b"", "ETag: " + etag)
    else:
        answer(sock, "200 OK", body, "ETag: " + etag, "Content-Type: application/json")


def keys_dated(sock, request):
    date = "Mon, 06 Jul 2026 10:00:00 GMT"
    if request["if-modified-since"] == date:
        answer(sock, "304 Not Modified", b"")
    else:
        answer(sock, "200 OK", read("keys.jwks"), "Last-Modified: " + date)


def metadata(**members):
    document = {"issuer": base, "jwks_uri": base + "/keys", "response_types_supported": ["code"]}
    document.update(members)
    body = json.dumps({name: value for name, value in document.items() if value is not None}).encode()
    return lambda sock, request: answer(sock, "200 OK", body, 'ETag: "m1"')


def metadata_cached(sock, request):
    if request["if-none-match"] == '"m2"':
        answer(sock, "304 Not Modified", b"")
    else:
        answer(sock, "200 OK", json.dumps({"issuer": base, "jwks_uri": base + "/keys"}).encode(), 'ETag: "m2"')


def stall(sock, request):
    sock.recv(1)  # until the client gives up


def stall_in_body(sock, request):
    begin(sock, "Content-Length: 1000")
    sock.sendall(b'{"keys":')
    sock.recv(1)


def drip(sock, request):
    begin(sock, "Content-Length: 1000")
    for byte in read("keys.jwks")[:1000]:
        sock.sendall(bytes([byte]))
        time.sleep(0.2)


def short(sock, request):
    begin(sock, "Content-Length: 100000")
    sock.sendall(read("keys.jwks"))


def long(sock, request):
    begin(sock, "Content-Length: 30")
    sock.sendall(read("keys.jwks"))


def negative_length(sock, request):
    begin(sock, "Content-Length: -1")
    sock.sendall(read("keys.jwks"))


def stated_gigabyte(sock, request):
    begin(sock, "Content-Length: %d" % (1 << 30))
    pour(sock)


def pour(sock, prefix=b"", suffix=b""):
    chunk = prefix + b" " * 65536 + suffix
    for _ in range((1 << 30) // 65536):
        sock.sendall(chunk)


def unstated_gigabyte(sock, request):
    begin(sock)
    pour(sock)


def chunked_gigabyte(sock, request):
    begin(sock, "Transfer-Encoding: chunked")
    pour(sock, b"10000\r\n", b"\r\n")


def endless_header(sock, request):
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")


def endless_line(sock, request):
    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    while True:
        sock.sendall(b"x" * 4096)


def endless_interim(sock, request):
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\nX-Filler: " + b"x" * 1000 + b"\r\n\r\n")


def bomb(sock, request, field="Content-Encoding: gzip"):
    body = gzip.compress(b'{"keys":[' + b" " * (64 << 20) + b"]}")
    answer(sock, "200 OK", body, field)


def transfer_bomb(sock, request):
    body = gzip.compress(b'{"keys":[' + b" " * (64 << 20) + b"]}")
    begin(sock, "Transfer-Encoding: gzip, chunked")
    sock.sendall(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")


def garbage(sock, request):
    sock.sendall(os.urandom(4096))


def nothing(sock, request):
    pass


def changing(sock, request):
    """Half of one document and half of another."""
    body, other = read("first.jwks"), read("other.jwks")
    answer(sock, "200 OK", body[: len(body) // 2] + other[len(other) // 2:])


def jwks(*items):
    body = json.dumps({"keys": items}).encode()
    return lambda sock, request: answer(sock, "200 OK", body)


def text(body, *fields):
    return lambda sock, request: answer(sock, "200 OK", body, *fields)


def status(line, *fields):
    return lambda sock, request: answer(sock, line, b"", *fields)


def many_keys(sock, request):
    """10,000 keys, each its own, in less than 1 MiB: numbers that are points of Ed25519 by chance, some hundreds."""
    items = ('{"kty":"OKP","crv":"Ed25519","kid":"%d","x":"%043d"}' % (i, i * 4) for i in range(10000))
    answer(sock, "200 OK", ('{"keys":[%s]}' % ",".join(items)).encode())


def some_good(sock, request):
    """The honest document with keys beside it that are bad in different ways."""
    document = json.loads(read("keys.jwks"))
    good = document["keys"][0]
    document["keys"] = [good, {"kty": "RSA", "kid": "small", "n": "qqqq", "e": "AQAB"}, {"kty": 7},
                        dict(good, kid="private\x1b[31m", d="AQAB"), dict(good, kid="enc", use="enc"),
                        {"kty": "oct", "kid": "shared", "k": "AAAA"}]
    answer(sock, "200 OK", json.dumps(document).encode())


paths = {
    "/keys": keys,
    "/keys-dated": keys_dated,
    "/.well-known/openid-configuration": metadata(),
    "/cached/.well-known/openid-configuration": metadata_cached,
    "/template/.well-known/openid-configuration": metadata(issuer="https://login.example/{tenantid}/v2.0"),
    "/other-issuer/.well-known/openid-configuration": metadata(issuer="https://login.other.example"),
    "/no-issuer/.well-known/openid-configuration": metadata(issuer=None),
    "/number-issuer/.well-known/openid-configuration": metadata(issuer=1),
    "/other-host/.well-known/openid-configuration": metadata(jwks_uri="https://127.0.0.1:%d/keys" % ports["good"]),
    "/http-keys/.well-known/openid-configuration": metadata(jwks_uri="http://localhost:%d/keys" % ports["good"]),
    "/file-keys/.well-known/openid-configuration": metadata(jwks_uri="file:///etc/passwd"),
    "/user-keys/.well-known/openid-configuration": metadata(jwks_uri=base.replace("//", "//localhost@") + "/keys"),
    "/no-keys/.well-known/openid-configuration": metadata(jwks_uri=None),
    "/to-stall/.well-known/openid-configuration": metadata(jwks_uri=base + "/stall"),
    "/to-redirect/.well-known/openid-configuration": metadata(jwks_uri=base + "/redirect"),
    "/stall": stall,
    "/stall-in-body": stall_in_body,
    "/drip": drip,
    "/short": short,
    "/long": long,
    "/negative-length": negative_length,
    "/redirect": status("302 Found", "Location: /redirect"),
    "/redirect-good": status("301 Moved Permanently", "Location: %s/keys" % base),
    "/redirect-file": status("302 Found", "Location: file:///etc/passwd"),
    "/gigabyte": stated_gigabyte,
    "/gigabyte-unstated": unstated_gigabyte,
    "/gigabyte-chunked": chunked_gigabyte,
    "/endless-header": endless_header,
    "/endless-line": endless_line,
    "/endless-interim": endless_interim,
    "/gzip": bomb,
    "/gzip-transfer": transfer_bomb,
    "/garbage": garbage,
    "/nothing": nothing,
    "/changing": changing,
    "/empty": text(b""),
    "/array": text(b"[1]"),
    "/keys-string": text(b'{"keys":"none"}'),
    "/keys-twice": text(b'{"keys":[],"Keys":[]}'),
    "/no-key": text(b'{"keys":[]}'),
    "/deep": text(b'{"keys":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "/html": text(b"<html><script>alert(1)</script></html>", "Content-Type: text/html"),
    "/huge-key": jwks({"kty": "RSA", "kid": "huge", "e": "AQAB", "n": "A" * 200000}),
    "/many-keys": many_keys,
    "/some-good": some_good,
    "/not-modified": status("304 Not Modified"),
    "/404": status("404 Not Found"),
    "/500": status("500 Internal Server Error"),
    "/no-content": status("204 No Content"),
    "/partial": status("206 Partial Content"),
}


def read_request(sock):
    text = b""
    while b"\r\n\r\n" not in text:
        piece = sock.recv(65536)
        if not piece or len(text) > 65536:
            return None
        text += piece
    lines = text.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return {"path": lines[0].split(" ")[1], "if-none-match": fields.get("if-none-match", ""),
            "if-modified-since": next((line.split(": ", 1)[1] for line in lines if
                                       line.lower().startswith("if-modified-since: ")), "")}


def record(name, request):
    with log_lock, open(os.path.join(folder, "requests"), "a") as file:
        file.write("%s %s %s%s\n" % (name, request["path"], request["if-none-match"], request["if-modified-since"]))


def serve(name, sock, context):
    try:
        sock.settimeout(60)
        if name == "mute":
            sock.recv(1 << 20)
            sock.recv(1)
            return
        if context is not None:
            sock = context.wrap_socket(sock, server_side=True)
        request = read_request(sock)
        if request is None:
            return
        record(name, request)
        paths.get(request["path"].split("?")[0], status("404 Not Found"))(sock, request)
    except (OSError, ValueError):
        pass  # the client gave up: that is what is tested
    finally:
        try:
            if context is not None and isinstance(sock, ssl.SSLSocket):
                sock.settimeout(2)
                sock.unwrap()
        except (OSError, ValueError):
            pass
        sock.close()


def listen(name, port):
    context = None
    if name not in ("plain", "mute"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if name == "old":
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
    server = socket.create_server(("127.0.0.1", port), backlog=256)

    def accept():
        while True:
            sock, _ = server.accept()
            threading.Thread(target=serve, args=(name, sock, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


for listened_name, listened_port in ports.items():
    listen(listened_name, listened_port)
with open(os.path.join(folder, "ready"), "w"):
    pass
threading.Event().wait()
