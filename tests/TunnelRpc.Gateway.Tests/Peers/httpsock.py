"""A client of httpsock that follows docs/gateway-httpsock.md by hand, with the standard library only. The server returns what it gets."""
import http.client
import sys
import threading
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])


def request(connection, method, headers=None, body=None):
    connection.request(method, url.path, body=body, headers=headers or {})
    response = connection.getresponse()
    return response.status, response, response.read()


def expect(what, actual, expected):
    if actual != expected:
        sys.exit(f"{what}: expected {expected!r}, got {actual!r}")


def four_requests():
    """What a client of the first days knows: no offsets."""
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    status, response, _ = request(connection, "POST")
    expect("POST", status, 201)
    session = {"X-Session": response.getheader("X-Session")}
    expect("PUT", request(connection, "PUT", session, b"hello, world")[0], 204)
    received = b""
    while len(received) < 12:
        status, _, data = request(connection, "GET", {**session, "X-Content-Length": "5"})
        expect("GET", status in (200, 204), True)
        received += data
    expect("echo", received, b"hello, world")
    expect("DELETE", request(connection, "DELETE", session)[0], 204)
    expect("GET after DELETE", request(connection, "GET", session)[0], 404)


def with_offsets():
    """Both directions at once. Each response is dropped once, and its request repeated."""
    data = bytes(i * 7 % 251 for i in range(300_000))
    writer = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    reader = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    _, response, _ = request(writer, "POST")
    session = {"X-Session": response.getheader("X-Session")}
    expect("X-Offset of POST", response.getheader("X-Offset"), "0")
    received = bytearray()

    def read():
        while len(received) < len(data):
            for attempt in range(2):
                status, answer, body = request(
                    reader, "GET", {**session, "X-Content-Length": "50000", "X-Offset": str(len(received))})
            expect("GET", status in (200, 204), True)
            expect("X-Offset of GET", answer.getheader("X-Offset"), str(len(received)))
            received.extend(body)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    offset = 0
    while offset < len(data):
        for attempt in range(2):
            status, answer, _ = request(writer, "PUT", {**session, "X-Offset": str(offset)}, data[offset:offset + 40_000])
            expect("PUT", status, 204)
        offset = int(answer.getheader("X-Offset"))
    thread.join(60)
    expect("echo", bytes(received) == data, True)
    expect("DELETE", request(writer, "DELETE", session)[0], 204)


four_requests()
with_offsets()
print("ok")
