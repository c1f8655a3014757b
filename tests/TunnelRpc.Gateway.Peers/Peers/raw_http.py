"""A program that answers requests by raw HTTP in POST, written after docs/gateway-raw-http.md.

Usage: raw_http.py QUEUE [--timeout DURATION] [--programs N]
"""
import argparse

import peer
import web

parser = argparse.ArgumentParser()
parser.add_argument("queue")
parser.add_argument("--timeout", default="1m0s")
parser.add_argument("--programs", type=int, default=1)
arguments = parser.parse_args()


def program():
    caller = web.Caller(arguments.queue)
    session = None
    response = b""
    while True:
        fields = {"X-Timeout": arguments.timeout}
        if session:
            fields["X-Session"] = session
        if response:
            fields["Content-Type"] = "application/x-http-response"
        status, received, message = caller.call("POST", arguments.queue, response, fields)
        response = b""
        session = received.get("X-Session", session)
        if status == 200 and received["Content-Type"] == "application/x-http-request":
            request = peer.parse_request(message)
            response = peer.format_response(request, peer.serve(request))
        elif status == 204:
            peer.report("empty")
        elif status == 410:
            session = None
            peer.report("ended", status=status)
        else:
            peer.report("refused", status=status, text=message.decode("utf-8"))
            if status == 403:
                return


peer.run(*[program] * arguments.programs)
