"""A web archive on 127.0.0.1. Writes dated pages to WARC files, and serves the WARC files."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from core.dates import iso
from core.exceptions import UsageError
from loopback.faults import Fault, write_plan

_CHECKOUT = Path(__file__).resolve().parent.parent
_PYTHON = _CHECKOUT / ".venv-archive" / "bin" / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPage:
    """An HTTP response that an archive captured.

    url: the address that was captured.
    at: the time of the capture, timezone-aware.
    body: the body as it was transferred; compressed if `headers` has a Content-Encoding.
    status: the HTTP status.
    media_type: the value of the Content-Type header; '' leaves the header out.
    headers: all headers except Content-Type and Content-Length.
    revisit: whether the response is written as a revisit record, which refers to the previous response of the same
        address instead of repeating the body.
    """

    url: str
    at: datetime
    body: bytes = b""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    revisit: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """A running archive.

    url: the base address, which is the value for the setting WAYBACK_URL.
    """

    url: str
    _log: Path

    def requests(self) -> list[dict[str, Any]]:
        """Returns the requests so far, oldest first.

        Each request is a mapping with `at` (in seconds since the epoch), `path` and the request's headers. The names of
        the headers are in lower case, with underscores (`user_agent`).
        """
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


def write_warc(path: Path, pages: Iterable[DatedPage]) -> None:
    """Writes pages to a compressed WARC 1.1 file. Each page becomes one response record or one revisit record."""
    last_response: dict[str, tuple[str, str]] = {}  # by address: the payload digest and the time of the response
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        for page in pages:
            headers = [("Content-Type", page.media_type)] if page.media_type else []
            headers += [*page.headers, ("Content-Length", str(len(page.body)))]
            http = StatusAndHeaders(f"{page.status} OK", headers, protocol="HTTP/1.1")
            date = iso(page.at)
            if page.revisit:
                digest, first_date = last_response[page.url]
                record = writer.create_revisit_record(page.url, digest, page.url, first_date, http_headers=http)
                record.rec_headers.replace_header("WARC-Date", date)
            else:
                record = writer.create_warc_record(
                    page.url, "response", BytesIO(page.body), http_headers=http, warc_headers_dict={"WARC-Date": date}
                )
            writer.write_record(record)
            if not page.revisit:
                last_response[page.url] = (record.rec_headers.get_header("WARC-Payload-Digest"), date)


@contextmanager
def serve_archive(folder: Path, faults: Iterable[Fault] = (), port: int = 0) -> Iterator[Archive]:
    """Serves the WARC files of a folder like the Wayback Machine. The `with` block begins when the server is ready.

    The server ends when the `with` block ends.

    folder: the folder with the WARC files.
    faults: the faults that the server produces.
    port: the server's port; 0 for any free port.

    UsageError if the archive's environment isn't installed. RuntimeError if the server doesn't start.
    """
    if not _PYTHON.exists():
        raise UsageError(f"{_PYTHON} does not exist; `make install` installs the loopback archive")
    with tempfile.TemporaryDirectory() as work:
        plan, log, errors = Path(work, "plan.json"), Path(work, "requests.jsonl"), Path(work, "errors.txt")
        write_plan(plan, faults)
        log.touch()
        command = [_PYTHON, "-m", "loopback.pywb_front", folder.resolve(), "--plan", plan, "--log", log, "--port", port]
        with errors.open("wb") as stderr:
            server = subprocess.Popen(  # noqa: S603  # the command is a module of clausewatch
                list(map(str, command)),
                cwd=_CHECKOUT,
                stdin=subprocess.PIPE,  # the server ends when this pipe closes, even if this process was killed
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            url = server.stdout.readline().strip() if server.stdout else ""
            if not url:
                raise RuntimeError(f"the loopback archive did not start:\n{errors.read_text('utf-8')}")
            yield Archive(url, log)
        finally:
            server.terminate()
            server.communicate()
