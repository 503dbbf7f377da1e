"""Decides from an HTTP response's status and headers whether a part of the page is missing."""

import re
from collections.abc import Iterable, Mapping

# The Wayback Machine sends the headers of the captured page under names with this prefix.
_ARCHIVED = "x-archive-orig-"
# RFC 9110, section 14.4
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.IGNORECASE)


def missing_part(status: int | None, headers: Iterable[tuple[str, str]], size: int) -> str:
    """Returns what shows that a response's body is not the whole page, as a sentence; '' if nothing does.

    status: the HTTP status, if it's known.
    headers: the names and values of the response's headers.
    size: the size of the body in bytes, after content decoding.
    """
    values = {name.lower(): value for name, value in headers}
    for prefix in ("", _ARCHIVED):
        length = values.get(f"{prefix}content-length", "")
        is_encoded = values.get(f"{prefix}content-encoding", "identity").lower() not in ("", "identity")
        if length.isdecimal() and not is_encoded and f"{prefix}transfer-encoding" not in values and size < int(length):
            return f"{size} bytes came of the {length} the server announced"
    if status == 206 and not _is_whole_range(values):
        content_range = values.get(f"{_ARCHIVED}content-range", values.get("content-range", ""))
        return f"answered with HTTP status 206, a part of the page{content_range and f': {content_range}'}"
    reason = values.get("x-archive-truncated") or values.get("warc-truncated")
    return f"the archive says that its record is truncated: {reason}" if reason else ""


def _is_whole_range(headers: Mapping[str, str]) -> bool:
    """Returns whether the part that the server sent is the whole page."""
    match = _CONTENT_RANGE.fullmatch(headers.get(f"{_ARCHIVED}content-range", headers.get("content-range", "")).strip())
    return match is not None and int(match[1]) == 0 and int(match[2]) + 1 == int(match[3])
