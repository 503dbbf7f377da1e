"""A plain web server on 127.0.0.1, for the live crawls of the tests and the demo."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP response of the server.

    body: the body of the response.
    status: the HTTP status.
    headers: the headers of the response. Content-Length is added if it is missing. A Content-Length in `headers` may be
        larger than the body, to simulate a cut-off response.
    delay: the time between the request and the response, in seconds.
    drop: whether the connection is closed without an HTTP response.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    delay: float = 0
    drop: bool = False


@dataclass(slots=True)
class Site:
    """A running server.

    url: the base address.
    pages: the HTTP responses by path and query. If the value is a list, the first request gets the first response,
        the second request gets the second response, and so on. The last response is repeated. Tests may change `pages`
        while the server runs.
    requests: the path and the headers of each request, oldest first. The names of the headers are in lower case.
    """

    url: str
    pages: dict[str, Page | list[Page]]
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def page_for(self, path: str) -> Page:
        """Returns the response to the next request for a path; a response with status 404 if there is no page."""
        page = self.pages.get(path, Page(b"not here", 404))
        if isinstance(page, list):
            return page.pop(0) if len(page) > 1 else page[0]
        return page


class _Server(ThreadingHTTPServer):
    def handle_error(self, *arguments: Any) -> None:
        """Prints nothing, because a client that closes the connection is not an error of the server."""


@contextmanager
def serve_pages(pages: dict[str, Page | list[Page]]) -> Iterator[Site]:
    """Serves pages until the `with` block ends."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}", pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = site.page_for(self.path)
            time.sleep(page.delay)
            self.close_connection = page.drop or "Content-Length" in page.headers
            if page.drop:
                return
            self.send_response(page.status)
            for name, value in {"Content-Length": str(len(page.body)), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *arguments: Any) -> None:
            """Prints nothing, because tests read `Site.requests` instead of a log."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
