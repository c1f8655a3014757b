"""A program that answers the requests of a Comet queue, written after docs/gateway-comet.md.

Usage: comet.py QUEUE [--text] [--single-quotes] [--programs N]
"""
import argparse
import base64
import json

import peer
import web

parser = argparse.ArgumentParser()
parser.add_argument("queue")
parser.add_argument("--text", action="store_true")
parser.add_argument("--single-quotes", action="store_true")
parser.add_argument("--programs", type=int, default=1)
arguments = parser.parse_args()


def decode(body):
    """Returns the request in the JSON of a response; None when there is none."""
    message = json.loads(body)
    if message == {}:
        return None, None
    if message["http-version"] != "PTTH/0.9":
        peer.fail("expected PTTH/0.9, got " + message["http-version"])
    is_binary = message.get("body-encoding") == "base64"
    content = base64.b64decode(message["body"]) if is_binary else message["body"].encode("utf-8")
    fields = [(name, value) for name, value in message["headers"]]
    return message["message-id"], peer.Request(message["method"], message["request-uri"], fields, content)


def encode(identity, request, response):
    """Returns the JSON of an answer."""
    message = {
        "message-id": identity,
        "http-version": "PTTH/0.9",
        "status": response.status,
        "reason": response.reason,
        "headers": [list(field) for field in response.fields],
    }
    if request.method != "HEAD" and response.body:
        try:
            message["body"] = response.body.decode("utf-8")
        except UnicodeDecodeError:
            message["body"] = base64.b64encode(response.body).decode("ascii")
            message["body-encoding"] = "base64"
    # The literals of Python are in single quotes, as in the transcript of 2008.
    return (repr(message) if arguments.single_quotes else json.dumps(message)).encode("utf-8")


def program_with_json():
    caller = web.Caller(arguments.queue)
    answer = b""
    while True:
        fields = {"Content-Type": "application/json"} if answer else {}
        status, fields, body = caller.call("POST", arguments.queue, answer, fields)
        answer = b""
        if status == 200 and fields["Content-Type"] == "application/json":
            identity, request = decode(body)
            if request:
                answer = encode(identity, request, peer.serve(request))
            else:
                peer.report("empty")
        else:
            peer.report("refused", status=status, text=body.decode("utf-8"))
            if status == 403:
                return


def program_with_text():
    caller = web.Caller(arguments.queue)
    answer = b""
    fields = {"Accept": "text/plain"}
    while True:
        status, received, body = caller.call("POST", arguments.queue, answer, fields)
        answer = b""
        fields = {"Accept": "text/plain"}
        if status == 200 and received["Content-Type"] == "text/plain":
            request = peer.parse_request(body)
            answer = peer.format_response(request, peer.serve(request))
            fields.update({"Content-Type": "text/plain", "message-id": received["message-id"]})
        elif status == 204:
            peer.report("empty")
        else:
            peer.report("refused", status=status, text=body.decode("utf-8"))
            if status == 403:
                return


peer.run(*[program_with_text if arguments.text else program_with_json] * arguments.programs)
