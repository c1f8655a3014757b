#!/usr/bin/env python3
"""Makes one unary call over the "upgrade" transport with only a socket, as specified in docs/protocol.md.

Usage: unary_call.py HOST PORT PATH SERVICE METHOD TEXT
Calls METHOD, which takes a string and returns a string, with TEXT; prints the result.
"""
import os
import socket
import struct
import sys

HELLO, WELCOME, CONFIRM, READY, REFUSE, DATA, ACK, PING, PONG, CLOSE = range(1, 11)
CALL, REPLY = 1, 2
END_FLAG = 0x80


def fnv1a(text):
    value = 2166136261
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def msgpack_str(text):
    data = text.encode("utf-8")
    if len(data) < 32:
        return bytes([0xA0 | len(data)]) + data
    if len(data) < 256:
        return bytes([0xD9, len(data)]) + data
    return b"\xda" + struct.pack(">H", len(data)) + data


def read_msgpack_str(data, at):
    head = data[at]
    if head & 0xE0 == 0xA0:
        length, at = head & 0x1F, at + 1
    elif head == 0xD9:
        length, at = data[at + 1], at + 2
    elif head == 0xDA:
        length, at = struct.unpack_from(">H", data, at + 1)[0], at + 3
    else:
        raise ValueError("expected a string, got 0x%02x" % head)
    return data[at:at + length].decode("utf-8")


def varint(value):
    """RFC 9000, section 16."""
    if value < 1 << 6:
        return struct.pack(">B", value)
    if value < 1 << 14:
        return struct.pack(">H", value | 0x4000)
    return struct.pack(">I", value | 0x80000000)


def read_varint(data, at):
    size = 1 << (data[at] >> 6)
    value = int.from_bytes(data[at:at + size], "big") & ((1 << (size * 8 - 2)) - 1)
    return value, at + size


class Connection:
    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), timeout=20)
        self.buffer = b""
        request = ("GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n" % (path, host, port))
        self.socket.sendall(request.encode("ascii"))
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 101 "):
            raise RuntimeError("expected 101, got %r" % head.split(b"\r\n")[0])

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError("the server closed the connection")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send(self, kind, payload):
        self.socket.sendall(struct.pack(">I", kind << 24 | len(payload)) + payload)

    def receive(self):
        head = struct.unpack(">I", self.take(4))[0]
        return head >> 24, self.take(head & 0xFFFFFF)

    def expect(self, kind):
        while True:
            got, payload = self.receive()
            if got == kind:
                return payload
            if got == REFUSE:
                raise RuntimeError("refused: " + payload[5:].decode("utf-8"))
            if got < 0x80:
                raise RuntimeError("expected record %d, got %d" % (kind, got))


def main():
    host, port, path, service, method, text = sys.argv[1:7]
    connection = Connection(host, int(port), path)

    nonce = os.urandom(16)
    # Stream window, message size, concurrent calls, bytes of partial messages, bytes of pending calls.
    limits = struct.pack(">IIIII", 256 << 10, 4 << 20, 4096, 16 << 20, 64 << 20)
    connection.send(HELLO, b"TRPC" + struct.pack(">BBI", 1, 1, 0) + nonce + limits + b"\x00")
    welcome = connection.expect(WELCOME)
    if welcome[0] != 1 or welcome[5:21] != nonce:
        raise RuntimeError("expected a WELCOME with version 1 and the nonce of this HELLO")
    connection.send(CONFIRM, welcome[21:37])
    connection.expect(READY)

    # One frame: CALL with the END flag, on the first stream of this side.
    stream = 1
    body = struct.pack(">I", fnv1a(service + "/" + method)) + b"\x91" + msgpack_str(text)
    frame = bytes([CALL | END_FLAG]) + varint(stream) + body
    connection.send(DATA, varint(len(frame)) + frame)

    received = b""
    while True:
        kind, payload = connection.receive()
        if kind == DATA:
            received += payload
            connection.send(ACK, struct.pack(">Q", len(received)))
            length, at = read_varint(received, 0)
            if len(received) < at + length:
                continue
            if received[at] & 0x0F != REPLY:
                raise RuntimeError("expected REPLY, got frame type %d" % (received[at] & 0x0F))
            replied, at = read_varint(received, at + 1)
            if replied != stream:
                raise RuntimeError("expected a REPLY on stream %d, got one on stream %d" % (stream, replied))
            if received[at] != 0:
                raise RuntimeError("the call failed with status %d: %s" % (received[at], read_msgpack_str(received, at + 2)))
            print(read_msgpack_str(received, at + 1))
            break
        if kind == PING:
            connection.send(PONG, payload)
        elif kind == CLOSE:
            raise RuntimeError("the server closed the session: " + payload[9:].decode("utf-8"))

    connection.send(CLOSE, struct.pack(">BQ", 0, 0) + b"done")
    connection.expect(CLOSE)


if __name__ == "__main__":
    main()
