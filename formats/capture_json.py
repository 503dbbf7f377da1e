"""A capture as plain data, in the form that is stored as JSON.

That form is older than the types of `core`: one flat mapping, `archive`, holds an archive's identifiers, the parts of a
composed capture, or the browser that rendered it. The database, WARC metadata and multipart payloads all hold it, and
checksums are made of it, so it never changes for captures that could be made before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast

from core.archives import ArchiveName, Provenance
from core.captures import Capture, Composition, Source

# The keys of the mapping that aren't an archive's identifiers.
_PARTS, _FAULT, _RENDERED_BY = "parts", "fault", "rendered_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCapture:
    """The fields of a Capture, in the order in which they are stored. archive: as `archive_mapping` gives it."""

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


_SHARED_FIELDS = tuple(each.name for each in fields(PlainCapture) if each.name != "archive")


def to_plain(capture: Capture) -> PlainCapture:
    """Returns a capture as plain data."""
    return PlainCapture(**_shared_values(capture), archive=archive_mapping(capture))


def from_plain(plain: PlainCapture) -> Capture:
    """Returns the capture that `to_plain` was given. ValueError if no capture can have such values."""
    return Capture(**_shared_values(plain), **archive_fields(plain.source, plain.archive))


def archive_mapping(capture: Capture) -> dict[str, str]:
    """Returns provenance, composition and rendered_by of a capture as one mapping."""
    mapping = dict(capture.provenance.identifiers) if capture.provenance is not None else {}
    if capture.composition is not None:
        mapping[_PARTS] = capture.composition.parts
        if capture.composition.fault:
            mapping[_FAULT] = capture.composition.fault
    if capture.rendered_by:
        mapping[_RENDERED_BY] = capture.rendered_by
    return mapping


def archive_fields(source: Source, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Returns the fields of a Capture, by name, that `archive_mapping` made the mapping of."""
    if not mapping:
        return {}
    if _PARTS not in mapping and _RENDERED_BY not in mapping:  # so for most captures, and quick
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
