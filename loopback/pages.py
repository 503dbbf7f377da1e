"""A plain web server on 127.0.0.1, for live crawls in tests and in the demo."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """What the server answers with.

    headers: besides Content-Length; one given there replaces it, so a page can promise more than it sends.
    delay: seconds before the answer.
    drop: the connection is closed without an answer.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    delay: float = 0
    drop: bool = False


@dataclass(slots=True)
class Site:
    """A running server.

    url: its base address. pages: by path and query; may be changed while it runs, several pages for one path are
    answered with in turn, the last of them from then on. requests: the paths asked for, oldest first, with the headers.
    """

    url: str
    pages: dict[str, Page | list[Page]]
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def page_for(self, path: str) -> Page:
        """The page the next request for the path is answered with: 404 where there is none."""
        page = self.pages.get(path, Page(b"not here", 404))
        if isinstance(page, list):
            return page.pop(0) if len(page) > 1 else page[0]
        return page


class _Server(ThreadingHTTPServer):
    def handle_error(self, *arguments: Any) -> None:
        """Nothing: a client that goes away is no error of the server's."""


@contextmanager
def serve_pages(pages: dict[str, Page | list[Page]]) -> Iterator[Site]:
    """Serves pages from when it answers until the block ends."""
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
            """Nothing: tests read `requests`."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
