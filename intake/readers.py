"""Which reader reads a policy's captures now, and what its readings are.

A reader is the extractor's version, what counts as the same text, and what the declaration says of how to read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from diffing.sameness import SAMENESS
from extraction import EXTRACTOR
from intake.reading import CaptureText, ReadingTask, read_one

#: The part of a reader's name that every policy has in common. What counts as the same text decides version ids, too.
EXTRACTOR_NAME = f"{EXTRACTOR}.{SAMENESS}"


@dataclass(frozen=True, slots=True)
class Rederived:
    """A reading made again. values: those of its row. document: what was read, encoded; None if nothing was."""

    values: Mapping[str, object]
    document: bytes | None


def reader_of(policy: Policy) -> str:
    """Returns the name of the reader of a policy: equal names mean equal readings of every capture of it.

    It is the extractor's name alone while the declaration has no influence on the readings; otherwise a checksum of the
    declaration follows.
    """
    if policy.language is None and not any(location.select or location.remove for location in policy.locations):
        return EXTRACTOR_NAME
    return f"{EXTRACTOR_NAME}.{_checksum(policy.model_dump(mode='json'))}"


def declared_of(policy: Policy, location: Location | None) -> str:
    """Returns a checksum of what the declaration says of how to read the captures of a location.

    location: None for a capture that belongs to no declared location.
    """
    return _checksum([*_selectors(location), policy.language])


def reading_task(capture: Capture, payload: bytes, policy: Policy, location: Location | None) -> ReadingTask:
    """Returns the task of reading a capture as its policy is declared."""
    return ReadingTask(capture, payload, *_selectors(location), policy.language)


def reading_values(capture_id: int, reader: str, declared: str, text: CaptureText) -> dict[str, Any]:
    """Returns the values of a reading's row; its document's SHA-256 is filled in when the document is stored."""
    return {
        "capture_id": capture_id,
        "reader": reader,
        "extractor": EXTRACTOR_NAME if text.lasts else "",
        "declared": declared,
        "language": text.language,
        "verdict": text.verdict.name,
        "reason": text.verdict.reason,
        "evidence": text.verdict.evidence,
        "needs_browser": text.verdict.needs_browser,
        "document_sha256": None,
        "version_id": text.version_id,
    }


def rederive(
    capture_id: int, capture: Capture, payload: bytes, policy: Policy, reader: str, made_by: tuple[str, str] | None
) -> Rederived | None:
    """Returns what the reading of a capture by that reader must be; None if the present code can't make that reading.

    made_by: `extractor` and `declared` of the reading as it is stored; None if they can't be read.
    """
    location = policy.location_for(capture.asked_url, capture.captured_at)
    declared = declared_of(policy, location)
    if reader != reader_of(policy) and made_by != (EXTRACTOR_NAME, declared):
        return None
    text = read_one(reading_task(capture, payload, policy, location))
    digest = None if text.document is None else sha256_hex(text.document)
    return Rederived(reading_values(capture_id, reader, declared, text) | {"document_sha256": digest}, text.document)


def _selectors(location: Location | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the selectors of the policy's text, and of what is not."""
    return (location.select, location.remove) if location else ((), ())


def _checksum(declared: object) -> str:
    return sha256_hex(json.dumps(declared).encode())[:12]
