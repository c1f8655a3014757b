"""A client of httpsock that knows the four requests only, written after docs/gateway-httpsock.md.

Usage: httpsock.py URL echo             the server returns what it is sent
       httpsock.py URL tls HOST ROOTS   the server speaks TLS as HOST, under a root in the file ROOTS, and returns what it is sent
"""
import http.client
import ssl
import sys
import urllib.parse

import peer

MAX_READ = 16384


class Sock:
    """A byte stream over POST, PUT, GET and DELETE, without offsets."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=90)
        self.fields = {}
        status, fields, _ = self.request("POST")
        self.expect("POST", status, 201)
        self.fields = {"X-Session": fields["X-Session"]}

    def request(self, method, body=None, **fields):
        self.connection.request(method, self.url.path, body=body, headers={**self.fields, **fields})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def expect(self, what, actual, expected):
        if actual != expected:
            peer.fail("%s: expected %s, got %s" % (what, expected, actual))

    def write(self, data):
        self.expect("PUT", self.request("PUT", data)[0], 204)

    def read(self):
        """Returns the next bytes; none at the end of the stream."""
        while True:
            status, fields, data = self.request("GET", **{"X-Content-Length": str(MAX_READ)})
            if status == 200 and (data or fields["X-EOF"] == "1"):
                return data
            self.expect("GET", status, 204)

    def close(self):
        self.expect("DELETE", self.request("DELETE")[0], 204)
        self.expect("GET after DELETE", self.request("GET")[0], 404)


class TlsSock:
    """TLS inside a Sock: the library encrypts into memory, and the bytes travel by PUT and GET."""

    def __init__(self, sock, host, roots):
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=roots)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)
        self.perform(self.tls.do_handshake)

    def perform(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.read()
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()
                continue
            self.flush()
            return result

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.write(data)

    def write(self, data):
        self.perform(self.tls.write, data)

    def read(self):
        return self.perform(self.tls.read, MAX_READ)

    def close(self):
        self.sock.close()


def exchange(sock):
    for length in (1, 13, 20_000, 60_000):
        data = peer.pattern(length)
        received = b""
        for at in range(0, length, 5000):
            # The buffers of the server are 64 KiB in each direction, so what is written is read again soon.
            piece = data[at:at + 5000]
            sock.write(piece)
            while len(received) < at + len(piece):
                more = sock.read()
                if not more:
                    peer.fail("the stream ended after %d of %d bytes" % (len(received), length))
                received += more
        if received != data:
            peer.fail("the echo of %d bytes differs" % length)
        peer.report("echoed", bytes=length)


def main():
    sock = Sock(sys.argv[1])
    if sys.argv[2] == "tls":
        sock = TlsSock(sock, sys.argv[3], sys.argv[4])
        peer.report("secured", version=sock.tls.version(), cipher=sock.tls.cipher()[0])
    exchange(sock)
    sock.close()
    peer.report("closed")


peer.run(main)
