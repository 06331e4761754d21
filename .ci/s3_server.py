"""A server that speaks S3: moto, one request at a time, so that its conditions hold between writers, and with faults on demand."""

import random
import socket
import threading
from urllib.parse import urlsplit

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUSY = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
BROKEN = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"


class Quiet(WSGIRequestHandler):
    """Keeps connections, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


class Server:
    """The server, in threads of this process."""

    def __init__(self, seed):
        self.inner = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        self.faults = False
        self.counts = {"requests": 0, "busy": 0, "broken after the effect": 0, "cut before the answer": 0}
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fault(self, environ):
        """What goes wrong with a request, if anything does: reads are only refused, writes also lose their answers."""
        if not self.faults:
            return None
        drawn = self.random.random()
        writes = environ["REQUEST_METHOD"] == "PUT"
        if drawn < 0.02:
            return "busy"
        if writes and drawn < 0.04:
            return "broken after the effect"
        if writes and drawn < 0.06:
            return "cut before the answer"
        return None

    def __call__(self, environ, start_response):
        answer = {}

        def started(status, headers, exc_info=None):
            answer.update(status=status, headers=headers)

        with self.lock:
            self.counts["requests"] += 1
            fault = self.fault(environ)
            if fault:
                self.counts[fault] += 1
            if fault == "busy":
                # What was sent must be read before the next request on this connection.
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                body = BUSY
            else:
                body = b"".join(self.inner(environ, started))
        if fault == "busy":
            start_response("503 Slow Down", [("Content-Length", str(len(body)))])
            return [body]
        if fault == "broken after the effect":
            start_response("500 Internal Server Error", [("Content-Length", str(len(BROKEN)))])
            return [BROKEN]
        if fault == "cut before the answer":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            start_response("500 Internal Server Error", [])
            return [b""]
        headers = [(name, value) for name, value in answer["headers"] if name.lower() != "content-length"]
        start_response(answer["status"], [*headers, ("Content-Length", str(len(body)))])
        return [body]

    @property
    def address(self):
        return urlsplit(self.url).netloc
