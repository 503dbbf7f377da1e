"""The reader of a policy: everything that decides how the policy's captures are read.

That is the extractor, the rule for what counts as the same text, and what the declaration says about reading. Each
reading is stored under the name of the reader that made it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from diffing.sameness import SAMENESS
from extraction import EXTRACTOR
from intake.reading_task import CaptureText, ReadingTask, read_capture

#: The part of a reader's name that is the same for all policies. It includes the version of the rule for what counts as
#: the same text, since version ids depend on that rule.
EXTRACTOR_NAME = f"{EXTRACTOR}.{SAMENESS}"


@dataclass(frozen=True, slots=True)
class Rederived:
    """A reading that was made again.

    values: the values of its row. document: the document that was read, encoded; None if nothing could be read.
    """

    values: Mapping[str, object]
    document: bytes | None


def reader_of(policy: Policy) -> str:
    """Returns the name of the reader of a policy. Readers of one name read every capture alike.

    The name is EXTRACTOR_NAME alone if nothing in the declaration influences how captures are read; otherwise a
    checksum of the declaration follows.
    """
    if policy.language is None and not any(location.select or location.remove for location in policy.locations):
        return EXTRACTOR_NAME
    return f"{EXTRACTOR_NAME}.{_checksum(policy.model_dump(mode='json'))}"


def declared_of(policy: Policy, location: Location | None) -> str:
    """Returns a checksum of what the declaration says about reading the captures of a location.

    location: None for captures that belong to no declared location.
    """
    return _checksum([*_selectors(location), policy.language])


def reading_task(capture: Capture, payload: bytes, policy: Policy, location: Location | None) -> ReadingTask:
    """Returns the task of reading a capture as its policy declares it. location: as for `declared_of`."""
    return ReadingTask(capture, payload, *_selectors(location), policy.language)


def reading_values(capture_id: int, reader: str, declared: str, text: CaptureText) -> dict[str, Any]:
    """Returns the values of a reading's row.

    reader, declared: as `reader_of` and `declared_of` return them. `document_sha256` is None; it is set when the
    document is stored.
    """
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
    """Makes the reading of a capture by a reader again. Returns None if the present code can't make it.

    policy: as it is declared now. made_by: the columns `extractor` and `declared` of the stored reading; None if they
    can't be read.
    """
    location = policy.location_for(capture.asked_url, capture.captured_at)
    declared = declared_of(policy, location)
    if reader != reader_of(policy) and made_by != (EXTRACTOR_NAME, declared):
        return None
    text = read_capture(reading_task(capture, payload, policy, location))
    checksum = None if text.document is None else sha256_hex(text.document)
    return Rederived(reading_values(capture_id, reader, declared, text) | {"document_sha256": checksum}, text.document)


def _selectors(location: Location | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the CSS selectors of what is the policy's text, and of what to remove from it."""
    return (location.select, location.remove) if location else ((), ())


def _checksum(declared: object) -> str:
    return sha256_hex(json.dumps(declared).encode())[:12]
