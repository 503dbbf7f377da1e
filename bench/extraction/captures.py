"""The real captures of ../shared/warc, with what Open Terms Archive recorded of them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from core.captures import Capture, sha256_hex

SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPORA = Path(__file__).resolve().parents[2] / "tests" / "corpora"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A capture with its payload.

    ota_version: Open Terms Archive recorded a content version out of it; words_changed: the words of that version
    differ from those before. Both False where it did not watch the policy.
    """

    document: str
    capture: Capture
    payload: bytes
    ota_version: bool
    words_changed: bool


def labelled() -> Iterator[Labelled]:
    """Each of them, policy by policy, in the order of their dates."""
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} is not there; these measures are of the captures in it")
    for path in sorted((SHARED / "warc").glob("*.warc.gz")):
        name = path.name.removesuffix(".warc.gz")
        rows = [json.loads(line) for line in path.with_name(f"{name}.jsonl").read_text().splitlines()]
        labels = {(row["date"], row["sha1"]): row for row in rows}
        found = []
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    payload = record.content_stream().read()
                    date = record.rec_headers.get_header("WARC-Date")
                    row = labels[date, hashlib.sha1(payload, usedforsecurity=False).hexdigest()]
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    capture = Capture(
                        vendor=name,
                        policy="privacy",
                        source="warc",
                        captured_at=datetime.fromisoformat(date),
                        url=url,
                        asked_url=url,
                        status=int(record.http_headers.get_statuscode()),
                        headers=tuple(record.http_headers.headers),
                        media_type=record.http_headers.get_header("Content-Type") or "",
                        sha256=sha256_hex(payload),
                    )
                    changed = bool(row.get("ota_words_changed"))
                    found.append(Labelled(name, capture, payload, bool(row.get("ota_version")), changed))
        yield from sorted(found, key=lambda one: one.capture.captured_at)
