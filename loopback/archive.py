"""A web archive of your own on 127.0.0.1: write dated pages as WARC, serve them, stop."""

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
    """What an address answered with at a time (timezone-aware).

    body: as it went over the wire, so compressed where `headers` say so.
    headers: after Content-Type, which `media_type` gives; '' leaves it out.
    revisit: recorded as a reference to the page before it at this address, which had the same body.
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

    url: its base address, for WAYBACK_URL.
    """

    url: str
    _log: Path

    def requests(self) -> list[dict[str, Any]]:
        """What was asked of it so far, oldest first: `at` (seconds since the epoch), `path`, and the headers sent."""
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


def write_warc(path: Path, pages: Iterable[DatedPage]) -> None:
    """Writes pages as a compressed WARC 1.1 file, one response or revisit record each."""
    before: dict[str, tuple[str, str]] = {}
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        for page in pages:
            headers = [("Content-Type", page.media_type)] if page.media_type else []
            headers += [*page.headers, ("Content-Length", str(len(page.body)))]
            http = StatusAndHeaders(f"{page.status} OK", headers, protocol="HTTP/1.1")
            date = iso(page.at)
            if page.revisit:
                digest, first_date = before[page.url]
                record = writer.create_revisit_record(page.url, digest, page.url, first_date, http_headers=http)
                record.rec_headers.replace_header("WARC-Date", date)
            else:
                record = writer.create_warc_record(
                    page.url, "response", BytesIO(page.body), http_headers=http, warc_headers_dict={"WARC-Date": date}
                )
            writer.write_record(record)
            if not page.revisit:
                before[page.url] = (record.rec_headers.get_header("WARC-Payload-Digest"), date)


@contextmanager
def serve_archive(folder: Path, faults: Iterable[Fault] = (), port: int = 0) -> Iterator[Archive]:
    """Serves the WARC files of a folder as the Wayback Machine would, from when it answers until the block ends.

    port: 0: one that is free.

    UsageError when the archive's environment is not installed; RuntimeError when the server does not come up.
    """
    if not _PYTHON.exists():
        raise UsageError(f"{_PYTHON} is not there; `make install` installs the loopback archive")
    with tempfile.TemporaryDirectory() as work:
        plan, log, errors = Path(work, "plan.json"), Path(work, "requests.jsonl"), Path(work, "errors.txt")
        write_plan(plan, faults)
        log.touch()
        command = [_PYTHON, "-m", "loopback.server", folder.resolve(), "--plan", plan, "--log", log, "--port", port]
        with errors.open("wb") as stderr:
            server = subprocess.Popen(  # noqa: S603  (our own module)
                list(map(str, command)),
                cwd=_CHECKOUT,
                stdin=subprocess.PIPE,  # it ends when this closes, however we end
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
