"""Converts captures to and from plain data, the form in which captures are stored as JSON.

Plain data has the fields of `core.captures.Capture` with one exception. A flat mapping named `archive` replaces the
fields `provenance`, `composition` and `rendered_by`, which were added later than the mapping.

The plain data of a capture must never change. The database, the metadata in WARC files and composed captures contain
plain data, and stored checksums are computed from plain data. If the plain data changed, the checksums would not match.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast

from core.archives import ArchiveName, Provenance
from core.captures import Capture, Composition, Source

# Keys of the `archive` mapping. All other keys of the mapping are identifiers of the archive.
_PARTS, _FAULT, _RENDERED_BY = "parts", "fault", "rendered_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCapture:
    """The fields of a Capture, in the order in which they are stored.

    archive: the mapping that `archive_mapping` returns for the capture.
    """

    vendor: str
    policy: str
    source: Source
    captured_at: datetime
    url: str
    asked_url: str
    redirects: tuple[str, ...] = ()
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str
    sha256: str
    requested_at: datetime | None = None
    answered_at: datetime | None = None
    archive: Mapping[str, str] = field(default_factory=dict)


_SHARED_FIELDS = tuple(attribute.name for attribute in fields(PlainCapture) if attribute.name != "archive")


def to_plain(capture: Capture) -> PlainCapture:
    """Returns a capture as plain data."""
    return PlainCapture(**_shared_values(capture), archive=archive_mapping(capture))


def from_plain(plain: PlainCapture) -> Capture:
    """Returns the capture that `to_plain` converted to this plain data.

    ValueError if the values are not valid for a capture.
    """
    return Capture(**_shared_values(plain), **archive_fields(plain.source, plain.archive))


def archive_mapping(capture: Capture) -> dict[str, str]:
    """Returns the provenance, composition and rendered_by of a capture as one mapping."""
    mapping = dict(capture.provenance.identifiers) if capture.provenance is not None else {}
    if capture.composition is not None:
        mapping[_PARTS] = capture.composition.parts
        if capture.composition.fault:
            mapping[_FAULT] = capture.composition.fault
    if capture.rendered_by:
        mapping[_RENDERED_BY] = capture.rendered_by
    return mapping


def archive_fields(source: Source, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Returns the provenance, composition and rendered_by of a capture, as arguments for `Capture`.

    Fields that the capture doesn't have are left out.

    mapping: the mapping that `archive_mapping` returned for the capture.
    """
    if not mapping:
        return {}
    if _PARTS not in mapping and _RENDERED_BY not in mapping:  # most captures; this shortcut saves time
        return {"provenance": Provenance(cast(ArchiveName, source), mapping)}
    identifiers = dict(mapping)
    result: dict[str, Any] = {"rendered_by": identifiers.pop(_RENDERED_BY, "")}
    if _PARTS in identifiers:
        result["composition"] = Composition(identifiers.pop(_PARTS), identifiers.pop(_FAULT, ""))
    if identifiers:
        result["provenance"] = Provenance(cast(ArchiveName, source), identifiers)
    return result


def _shared_values(capture: Capture | PlainCapture) -> dict[str, Any]:
    return {name: getattr(capture, name) for name in _SHARED_FIELDS}
