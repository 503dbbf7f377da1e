"""Policy readers. A policy reader is the combination of code and declaration that determines how captures are read.

A policy reader consists of the extractor, the sameness rule (which texts count as the same text), and the policy's
declaration. Each reading is stored under the name of the policy reader that made the reading. Variables and columns
named `reader` contain this name.
"""

import json
from collections.abc import Callable
from typing import Any

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from diffing.sameness import SAMENESS
from extraction import EXTRACTOR
from intake.reading_task import CaptureText, ReadingTask
from storage import Rederived

#: The version of the extractor and the version of the sameness rule. The name of every policy reader begins with this
#: text. The sameness rule is included because version ids depend on the sameness rule.
EXTRACTOR_NAME = f"{EXTRACTOR}.{SAMENESS}"


def reader_of(policy: Policy) -> str:
    """Returns the name of a policy's policy reader. Two policy readers with the same name make the same readings.

    The name is EXTRACTOR_NAME. If the declaration has selectors, patterns or a language, a checksum of the declaration
    is appended, because they influence how captures are read.
    """
    if policy.language is None and not any(any(_options_of(location)) for location in policy.locations):
        return EXTRACTOR_NAME
    return f"{EXTRACTOR_NAME}.{_checksum(policy.model_dump(mode='json'))}"


def declared_of(policy: Policy, location: Location | None) -> str:
    """Returns a checksum of the reading options that apply to a location's captures: selectors, patterns and language.

    location: the location; None for captures that belong to no declared location.
    """
    select, remove, ignore = _options_of(location)
    # Without patterns, the checksum is that of releases that knew no patterns. So their readings stay valid.
    return _checksum([select, remove, policy.language, *([ignore] if ignore else [])])


def reading_task(capture: Capture, payload: bytes, policy: Policy, location: Location | None) -> ReadingTask:
    """Returns the task of reading a capture according to its policy's declaration.

    location: the capture's location; None if the capture belongs to no declared location.
    """
    return ReadingTask(capture, payload, *_options_of(location), policy.language)


def reading_values(capture_id: int, reader: str, declared: str, text: CaptureText) -> dict[str, Any]:
    """Returns the values of a reading's database row, by column.

    reader: the result of `reader_of`. declared: the result of `declared_of`. text: the text that was read.

    `document_sha256` is None. The caller sets `document_sha256` when the caller stores the document.
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
        "rule": text.verdict.rule,
        "document_sha256": None,
        "version_id": text.version_id,
    }


def rederive(
    read: Callable[[ReadingTask], CaptureText],
    capture_id: int,
    capture: Capture,
    payload: bytes,
    policy: Policy,
    reader: str,
    made_by: tuple[str, str] | None,
) -> Rederived | None:
    """Returns a new reading of a capture, made by the policy reader that made the stored reading.

    None if the code or the declaration changed so that the stored reading can't be made again.

    read: the function that reads the capture, for instance in a worker process. policy: the policy's current
    declaration. reader: the name of the policy reader that made the stored reading. made_by: the columns `extractor`
    and `declared` of the stored reading; None if these columns can't be read.
    """
    location = policy.location_for(capture.asked_url, capture.captured_at)
    declared = declared_of(policy, location)
    if reader != reader_of(policy) and made_by != (EXTRACTOR_NAME, declared):
        return None
    text = read(reading_task(capture, payload, policy, location))
    checksum = None if text.document is None else sha256_hex(text.document)
    return Rederived(reading_values(capture_id, reader, declared, text) | {"document_sha256": checksum}, text.document)


def _options_of(location: Location | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Returns the selectors of the policy's text, the selectors of the parts to remove, and the patterns to ignore."""
    return (location.select, location.remove, location.ignore) if location else ((), (), ())


def _checksum(declared: object) -> str:
    return sha256_hex(json.dumps(declared).encode())[:12]
