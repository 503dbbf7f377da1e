"""A web server on the loopback address that takes what is posted to it. Tests say what it answers."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    """A request. headers: the names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer. Without a status, the connection is closed before an answer."""

    status: int | None = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


@dataclass
class Receiver:
    """What the server has received, and what it answers.

    url: its address, without a slash at the end. answers: what it answers to the next requests for a path; then, and
    for other paths, 200. before_answer: called before each answer, with the request.
    """

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    before_answer: Callable[[Received], object] = lambda request: None

    def paths(self) -> list[str]:
        """Returns the paths of the requests, in order."""
        return [request.path for request in self.received]


@contextmanager
def web_receiver(certificate: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[Receiver]:
    """Starts a server on a free port of a loopback address, and ends it with the block. certificate: for https://."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.received.append(request)
            receiver.before_answer(request)
            answers = receiver.answers.get(self.path, [])
            answer = answers.pop(0) if answers else Answer()
            if answer.status is None:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_PUT = do_POST  # some chats

        def log_message(self, format: str, *arguments: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    receiver.url = f"{'https' if certificate else 'http'}://{address}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
