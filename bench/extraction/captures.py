"""The real captures in ../shared, with labels from the records of Open Terms Archive (OTA)."""

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


# The policies under which the kinds of documents are declared.
_POLICIES = {
    "data-processor-agreement": "dpa",
    "terms-of-service": "terms",
    "commercial-terms": "terms",
    "developer-terms": "terms",
    "trackers-policy": "cookies",
    "imprint": "imprint",
    "sellers-conditions": "seller-conditions",
    "ranking-parameters": "ranking-parameters",
    "ad-publishing": "ad-publishing",
    "platform-to-business": "platform-to-business",
    "complaints": "complaints",
    "business-mediation": "business-mediation",
}


@dataclass(frozen=True, slots=True)
class LabelledCapture:
    """A capture, the capture's payload, and labels.

    document: the name of the policy's file.
    capture: the capture.
    payload: the bytes of the capture.
    ota_version: whether Open Terms Archive recorded a version of the policy at this capture.
    ota_words_changed: whether the words of that version differ from the words of the previous version.

    Both labels are False for a policy that Open Terms Archive didn't track.
    """

    document: str
    capture: Capture
    payload: bytes
    ota_version: bool
    ota_words_changed: bool


def labelled_captures(folder: str = "warc") -> Iterator[LabelledCapture]:
    """Yields all captures of a folder, grouped by policy, the oldest capture of each policy first.

    folder: `warc` or `warc-wide`.

    SystemExit if ../shared doesn't exist.
    """
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} does not exist; this part measures the captures in it")
    for path in sorted((SHARED / folder).glob("*.warc.gz")):
        name = path.name.removesuffix(".warc.gz")
        rows = [json.loads(line) for line in path.with_name(f"{name}.jsonl").read_text().splitlines()]
        labels = {(row["date"], row["sha1"]): row for row in rows}
        captures = []
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    payload = record.content_stream().read()
                    date = record.rec_headers.get_header("WARC-Date")
                    row = labels[date, sha1_hex(payload)]
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    capture = Capture(
                        vendor=name,
                        policy=policy_of(name),
                        source="warc",
                        captured_at=datetime.fromisoformat(date),
                        url=url,
                        asked_url=url,
                        status=int(record.http_headers.get_statuscode()),
                        headers=tuple(record.http_headers.headers),
                        media_type=record.http_headers.get_header("Content-Type") or "",
                        sha256=sha256_hex(payload),
                    )
                    words_changed = bool(row.get("ota_words_changed"))
                    captures.append(
                        LabelledCapture(name, capture, payload, bool(row.get("ota_version")), words_changed)
                    )
        yield from sorted(captures, key=lambda labelled: labelled.capture.captured_at)


def policy_of(document: str) -> str:
    """Returns the policy under which a document of Open Terms Archive is declared.

    document: the name of the document, such as `livi-terms-of-service`, or the kind alone.
    """
    return next((policy for kind, policy in _POLICIES.items() if kind in document), "privacy")


def sha1_hex(payload: bytes) -> str:
    """Returns the SHA-1 of a payload in lower-case hexadecimal. The labels identify captures by this checksum."""
    return hashlib.sha1(payload, usedforsecurity=False).hexdigest()
