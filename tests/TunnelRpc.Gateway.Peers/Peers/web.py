"""Requests of the scripts that poll, on one connection that is opened again when it has broken."""
import http.client
import urllib.parse


class Caller:
    """A client with one connection, for one thread."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.connection = None

    def call(self, method, url, body=b"", fields=None):
        """Returns status, fields and body. A request whose connection breaks before the response is repeated."""
        target = urllib.parse.urlsplit(url)
        path = target.path + ("?" + target.query if target.query else "")
        for attempt in range(3):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=90)
            try:
                self.connection.request(method, path, body=body, headers=fields or {})
                response = self.connection.getresponse()
                return response.status, response.headers, response.read()
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()
                self.connection = None
        raise ConnectionError("no response to %s %s in 3 attempts" % (method, path))
