"""A program behind a ReverseHttp relay, written after docs/gateway-relay.md.

Usage: reverse_http.py RELAY NAME TOKEN [--lease SECONDS] [--gap SECONDS] [--programs N]

Behaves as the original clients do: polls the same URL again after a 204, leaves a gap between two polls, and sends responses of HTTP/1.0
without a length.
"""
import argparse
import re
import time
import urllib.parse

import peer
import web

parser = argparse.ArgumentParser()
parser.add_argument("relay")
parser.add_argument("name")
parser.add_argument("token")
parser.add_argument("--lease")
parser.add_argument("--gap", type=float, default=0)
parser.add_argument("--programs", type=int, default=1)
arguments = parser.parse_args()


def link(fields, relation):
    """Returns the URL of a Link field with this relation."""
    for value in fields.get_all("Link", []):
        match = re.fullmatch(r'<([^>]+)>; rel="([^"]+)"', value)
        if match and match.group(2) == relation:
            return match.group(1)
    peer.fail("expected a Link with rel=\"%s\", got %s" % (relation, fields.get_all("Link")))


def register(caller):
    """Registers the name. Returns the first request URL."""
    form = {"name": arguments.name, "token": arguments.token}
    if arguments.lease:
        form["lease"] = arguments.lease
    status, fields, body = caller.call(
        "POST",
        arguments.relay,
        urllib.parse.urlencode(form).encode("ascii"),
        {"Content-Type": "application/x-www-form-urlencoded"})
    if status not in (201, 204):
        peer.report("refused", status=status, text=body.decode("utf-8"))
        return None
    if len(fields.get_all("Link")) != 2:
        peer.fail("expected two fields Link, got %s" % fields.get_all("Link"))
    peer.report("registered", status=status, private=fields["Location"], public=link(fields, "related"))
    return link(fields, "first")


def program():
    caller = web.Caller(arguments.relay)
    url = register(caller)
    while url:
        status, fields, message = caller.call("GET", url)
        if status == 204:
            peer.report("empty", same=link(fields, "next") == url)
        elif status == 200:
            if fields["Content-Type"] != "message/http" or not re.fullmatch(r"\d+(\.\d+){3}:\d+", fields["Requesting-Client"]):
                peer.fail("unexpected fields: %s" % fields)
            request = peer.parse_request(message)
            reply = peer.format_response(request, peer.serve(request), version="HTTP/1.0", framing="end")
            status, _, body = caller.call("POST", url, reply, {"Content-Type": "message/http"})
            if status != 202:
                peer.report("refused", status=status, text=body.decode("utf-8"))
            url = link(fields, "next")
        else:
            peer.report("ended", status=status)
            return
        time.sleep(arguments.gap)


peer.run(*[program] * arguments.programs)
