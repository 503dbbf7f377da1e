"""The loopback archive's server: a web server in front of pywb that answers requests like the Wayback Machine.

    python -m loopback.pywb_front FOLDER [--plan FILE] [--log FILE] [--port NUMBER]

Runs in `.venv-archive`. FOLDER contains WARC files. The server listens on 127.0.0.1 and prints its base address on
stdout, as one line. NUMBER is the server's port; without `--port`, the server uses a free port. Like web.archive.org,
the server serves `/cdx/search/cdx` and `/web/<timestamp>id_/<address>`.
"""

import argparse
import gzip
import io
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

# This import replaces Python's sockets with the sockets of gevent. So the import must come before every import of a
# module that uses sockets.
from pywb.apps.frontendapp import FrontEndApp
from pywb.indexer.cdxindexer import write_multi_cdx_index
from pywb.utils.geventserver import RequestURIWSGIHandler

from gevent import get_hub  # isort: skip
from gevent.pywsgi import WSGIServer  # isort: skip

from loopback.cdx_dialect import FIELDS, BadQueryError, response_body
from loopback.faults import Fault, Plan, read_plan

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# By default, pywb answers a request for an unknown address with a capture of a similar address, for example with other
# query parameters. The Wayback Machine doesn't do that, so these rules turn off pywb's search for similar
# addresses.
_NO_FUZZY_RULES = """\
default_filters: {fuzzy_search_limit: '0', not_exts: [], mimes: [], url_normalize: []}
rules: []
"""


class _Handler(RequestURIWSGIHandler):  # type: ignore[misc]  # pywb has no types
    """A request handler that gives the application access to the connection. A fault can then close the connection."""

    def get_environ(self) -> Environ:
        environ: Environ = super().get_environ()
        environ["loopback.socket"] = self.socket
        return environ

    def log_request(self) -> None:
        """Prints nothing, because `WaybackFront` writes a separate log."""


class WaybackFront:
    """The WSGI application. Answers index queries, produces faults, and passes requests for archived pages to pywb."""

    def __init__(self, pywb: FrontEndApp, plan: Plan, log: Path | None) -> None:
        self._pywb = pywb
        self._plan = plan
        self._log = log

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request. The parameters and the result are defined by WSGI (PEP 3333)."""
        path = environ["REQUEST_URI"]
        if self._log:
            with self._log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"at": time.time(), "path": path, **_request_headers(environ)}) + "\n")
        fault = self._plan.fault_for(path)
        if fault and fault.quit:
            os._exit(0)
        if fault and fault.drop:
            environ["loopback.socket"].shutdown(socket.SHUT_RDWR)
            start_response("200 OK", [])
            return []
        if fault and fault.status is not None:
            body = fault.body.encode()
            headers = [(name, value) for name, value in fault.headers.items() if value is not None]
            start_response(f"{fault.status} Fault", [*headers, ("Content-Length", str(len(body)))])
            return [body]
        if environ["PATH_INFO"] == "/cdx/search/cdx":
            status, headers, body = self._cdx(environ, fault)
        else:
            status, headers, body = _call_application(self._pywb, environ)
            if status.startswith("307") and not _has_header(headers, "Memento-Datetime"):
                status = "302 Found"  # the Wayback Machine's status for a redirect to the nearest capture
        if fault:
            headers, body = _answer_with_fault(headers, body, fault)
        start_response(status, headers)
        return [body]

    def _cdx(self, environ: Environ, fault: Fault | None) -> tuple[str, list[tuple[str, str]], bytes]:
        parameters = parse_qs(environ["QUERY_STRING"])
        try:
            rows = [*_parsed_rows(fault.rows if fault else ()), *self._rows(parameters.get("url", [""])[-1])]
            text, status = response_body(rows, parameters), "200 OK"
        except BadQueryError as error:
            text, status = f"{error}\n", "400 Bad Request"
        json_wanted = parameters.get("output") == ["json"]
        return status, [("Content-Type", "application/json" if json_wanted else "text/plain")], text.encode()

    def _rows(self, url: str) -> Iterator[dict[str, str]]:
        query = urlencode({"url": url, "output": "json", "allowFuzzy": "0"})
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/web/index",
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
        }
        _, _, body = _call_application(self._pywb.warcserver, environ)
        for line in body.splitlines():
            row = json.loads(line)
            if "urlkey" in row:
                yield {
                    "urlkey": row["urlkey"],
                    "timestamp": row["timestamp"],
                    "original": row["url"],
                    "mimetype": row.get("mime", "-"),
                    "statuscode": row.get("status", "-"),
                    "digest": row.get("digest", "-").removeprefix("sha1:"),
                    "length": row.get("length", "-"),
                }


def _parsed_rows(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    for line in lines:
        yield dict(zip(FIELDS, line.split("\t"), strict=True))


def _request_headers(environ: Environ) -> dict[str, str]:
    return {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")}


def _has_header(headers: Iterable[tuple[str, str]], name: str) -> bool:
    return any(key.lower() == name.lower() for key, _ in headers)


def _call_application(application: Any, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
    """Returns status, headers and body of a WSGI application's response."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        started.append((status, headers))

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[0]
    hop_by_hop = ("transfer-encoding", "connection")
    return status, [(name, value) for name, value in headers if name.lower() not in hop_by_hop], body


def _answer_with_fault(
    headers: list[tuple[str, str]], body: bytes, fault: Fault
) -> tuple[list[tuple[str, str]], bytes]:
    new_headers = dict(fault.headers)
    if fault.truncated_gzip:
        whole_body = gzip.compress(body)
        body = whole_body[: len(whole_body) // 2]
        new_headers |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    if fault.short:
        new_headers |= {"Content-Length": str(len(body)), "Connection": "close"}
        body = body[: len(body) // 2]
    replaced_names = {name.lower() for name in new_headers}
    kept_headers = [(name, value) for name, value in headers if name.lower() not in replaced_names]
    return kept_headers + [(name, value) for name, value in new_headers.items() if value is not None], body


def _application(folder: Path, work: Path, plan: Plan, log: Path | None) -> WaybackFront:
    index = work / "index.cdxj"
    write_multi_cdx_index(str(index), [str(folder)], sort=True, cdxj=True)
    rules = work / "rules.yaml"
    rules.write_text(_NO_FUZZY_RULES, encoding="utf-8")
    collection = {"index_paths": str(index), "archive_paths": str(folder) + os.sep}
    config = {
        "collections": {"web": collection},
        "enable_auto_colls": False,
        "enable_memento": True,
        "redirect_to_exact": True,
        "framed_replay": False,
        "rules_file": str(rules),
    }
    settings = work / "config.yaml"
    settings.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    return WaybackFront(FrontEndApp(config_file=str(settings)), plan, log)


def main() -> None:
    """Serves until this process is terminated, or until the process that started the server has ended."""
    parser = argparse.ArgumentParser(description="Serve a folder of WARC files as the Wayback Machine would.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plan", type=Path, help="file with the faults that the server produces")
    parser.add_argument("--log", type=Path, help="file to which requests are logged, one JSON object a line")
    parser.add_argument("--port", type=int, default=0, help="port of the server; 0 for a free port")
    arguments = parser.parse_args()
    plan = read_plan(arguments.plan) if arguments.plan else Plan([])
    with tempfile.TemporaryDirectory() as work:
        server = WSGIServer(
            ("127.0.0.1", arguments.port),
            _application(arguments.folder, Path(work), plan, arguments.log),
            handler_class=_Handler,
            log=None,
        )
        server.start()
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        get_hub().threadpool.spawn(_end_with_starter)
        server.serve_forever()


def _end_with_starter() -> None:
    """Ends the server when the pipe on stdin closes, because then the process that started the server has ended."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
