"""What the scripts of this folder have in common: the application that they serve, HTTP messages, and reports to the test.

The scripts use the standard library only, and are written after docs/gateway-*.md. A report is one JSON object in a line of the standard
output. Each line "go" of the standard input permits one response to a request for /held. The script ends when the input ends.
"""
import json
import os
import sys
import threading
import urllib.parse

TEXT = "hello, tunnel: ünïcödé ☃"

_output = threading.Lock()
_permits = threading.Semaphore(0)


class Request:
    def __init__(self, method, target, fields, body):
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body

    def field(self, name):
        return find(self.fields, name)


class Response:
    def __init__(self, status, reason, fields=(), body=b""):
        self.status = status
        self.reason = reason
        self.fields = list(fields)
        self.body = body


def find(fields, name):
    """Returns the value of a field; None when there is none."""
    return next((value for other, value in fields if other.lower() == name.lower()), None)


def pattern(count):
    """Bytes of all values."""
    return bytes((index * 7 + (index >> 8)) & 0xFF for index in range(count))


def serve(request):
    """The application. Any client of the gateway can call it."""
    url = urllib.parse.urlsplit(request.target)
    route = (("GET" if request.method == "HEAD" else request.method), url.path)
    if route == ("GET", "/text"):
        return Response(200, "OK", [("Content-Type", "text/plain; charset=utf-8")], TEXT.encode("utf-8"))
    if route == ("GET", "/bytes"):
        count = int(urllib.parse.parse_qs(url.query)["count"][0])
        return Response(200, "OK", [("Content-Type", "application/octet-stream")], pattern(count))
    if route == ("POST", "/echo"):
        return Response(200, "OK", [("Content-Type", request.field("Content-Type") or "application/octet-stream")], request.body)
    if route == ("GET", "/request"):
        described = {"target": request.target, "fields": [list(field) for field in request.fields]}
        return Response(200, "OK", [("Content-Type", "application/json")], json.dumps(described).encode("utf-8"))
    if route == ("PUT", "/item"):
        return Response(201, "Made", [("Location", "/item/1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    if route == ("DELETE", "/item"):
        return Response(204, "No Content")
    if route == ("GET", "/held"):
        report("held")
        _permits.acquire()
        return Response(200, "OK", [("Content-Type", "text/plain")], b"held")
    return Response(404, "Not Found", [("Content-Type", "text/plain")], b"nothing here")


def parse_request(message):
    """Parses an HTTP/1.1 request that is complete."""
    head, body = message.split(b"\r\n\r\n", 1)
    method, target, fields = parse_request_head(head)
    length = find(fields, "Content-Length")
    if length is not None and int(length) != len(body) or length is None and body:
        fail("expected a body of Content-Length %s, got %d bytes" % (length, len(body)))
    return Request(method, target, fields, body)


def parse_request_head(head):
    lines = head.decode("latin-1").split("\r\n")
    method, target, version = lines[0].split(" ")
    if version != "HTTP/1.1":
        fail("expected HTTP/1.1, got " + version)
    return method, target, [parse_field(line) for line in lines[1:]]


def parse_field(line):
    name, value = line.split(":", 1)
    return name, value.strip()


def format_response(request, response, version="HTTP/1.1", framing="length"):
    """Formats a response. Framing is "length", "chunked" or "end", for a body that ends with the message or the connection."""
    has_body = request.method != "HEAD" and response.status != 204
    fields = list(response.fields)
    body = response.body if has_body else b""
    if framing == "chunked" and has_body:
        fields.append(("Transfer-Encoding", "chunked"))
        pieces = [body[at:at + 1000] for at in range(0, len(body), 1000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    elif framing == "length" and response.status != 204:
        fields.append(("Content-Length", str(len(response.body))))
    lines = ["%s %d %s" % (version, response.status, response.reason)] + ["%s: %s" % field for field in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def report(event, **values):
    with _output:
        print(json.dumps({"event": event, **values}), flush=True)


def fail(reason):
    """Ends the script. The test shows the reason."""
    print(reason, file=sys.stderr, flush=True)
    os._exit(1)


def run(*programs):
    """Runs each program in a thread, until all have ended or the standard input ends."""
    def guarded(program):
        try:
            program()
        except Exception as error:
            fail("%s: %s" % (type(error).__name__, error))

    def follow_input():
        for line in sys.stdin:
            if line.strip() == "go":
                _permits.release()
        os._exit(0)

    threading.Thread(target=follow_input, daemon=True).start()
    threads = [threading.Thread(target=guarded, args=(program,), daemon=True) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
