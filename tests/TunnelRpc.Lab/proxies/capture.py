"""Appends every byte that mitmproxy can read to the file "capture" in the directory of this script, unbuffered."""
import os

FILE = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "capture"), "ab", buffering=0)


def keep(*parts):
    for part in parts:
        if part:
            FILE.write(part if isinstance(part, bytes) else str(part).encode())
            FILE.write(b"\n")


def requestheaders(flow):
    keep(flow.request.method, flow.request.path, bytes(flow.request.headers))


def request(flow):
    keep(flow.request.raw_content)


def responseheaders(flow):
    keep(str(flow.response.status_code), bytes(flow.response.headers))


def response(flow):
    keep(flow.response.raw_content)


def websocket_message(flow):
    keep(flow.websocket.messages[-1].content)


def tcp_message(flow):
    keep(flow.messages[-1].content)
