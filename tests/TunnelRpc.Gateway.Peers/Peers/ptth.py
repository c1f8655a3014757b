"""A program that claims a name by an upgrade to reverse HTTP, with only a socket, written after docs/gateway-ptth.md.

Usage: ptth.py HOST PORT PATH [--token TOKEN] [--without-connection] [--chunked] [--http10] [--programs N]

--without-connection sends the request as programs of 2008 do. --chunked sends responses in chunks. --http10 sends responses of HTTP/1.0
without a length, closes the connection and connects again.
"""
import argparse
import socket

import peer

parser = argparse.ArgumentParser()
parser.add_argument("host")
parser.add_argument("port", type=int)
parser.add_argument("path")
parser.add_argument("--token", default="PTTH/1.0")
parser.add_argument("--without-connection", action="store_true")
parser.add_argument("--chunked", action="store_true")
parser.add_argument("--http10", action="store_true")
parser.add_argument("--programs", type=int, default=1)
arguments = parser.parse_args()


class Reader:
    """Reads from a socket to a mark or a length."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def fill(self):
        data = self.connection.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        """Returns what precedes the mark; None at the end of the connection."""
        while mark not in self.buffer:
            if not self.fill():
                return None
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise ConnectionError("the connection ended in a body")
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found


def claim(connection, reader):
    """Upgrades the connection. Returns whether the name is claimed."""
    lines = ["POST %s HTTP/1.1" % arguments.path, "Host: %s:%d" % (arguments.host, arguments.port), "Upgrade: " + arguments.token]
    if not arguments.without_connection:
        lines.append("Connection: Upgrade")
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    lines = reader.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    fields = [peer.parse_field(line) for line in lines[1:]]
    status = int(lines[0].split(" ")[1])
    if status != 101:
        peer.report("refused", status=status, text=reader.exactly(int(peer.find(fields, "Content-Length") or 0)).decode("utf-8"))
        return False
    if peer.find(fields, "Upgrade") != arguments.token:
        peer.fail("expected the token %s, got %s" % (arguments.token, fields))
    peer.report("claimed")
    return True


def answer_requests(connection, reader):
    """Answers the requests on a connection until it ends."""
    while True:
        head = reader.until(b"\r\n\r\n")
        if head is None:
            return
        method, target, fields = peer.parse_request_head(head)
        request = peer.Request(method, target, fields, reader.exactly(int(peer.find(fields, "Content-Length") or 0)))
        version = "HTTP/1.0" if arguments.http10 else "HTTP/1.1"
        framing = "end" if arguments.http10 else "chunked" if arguments.chunked else "length"
        connection.sendall(peer.format_response(request, peer.serve(request), version, framing))
        if arguments.http10:
            return


def program():
    while True:
        with socket.create_connection((arguments.host, arguments.port), timeout=90) as connection:
            connection.settimeout(None)
            reader = Reader(connection)
            if not claim(connection, reader):
                return
            try:
                answer_requests(connection, reader)
            except ConnectionError:
                pass
            peer.report("ended")


peer.run(*[program] * arguments.programs)
