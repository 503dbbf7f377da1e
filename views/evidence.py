"""A capture as evidence: what kind of page it is, how its bytes can be shown safely, and where its archive has it."""

import re
from collections.abc import Iterator
from typing import Final, Literal

from core.captures import Capture

#: How a stored page can be shown: as a page, as plain text, or only as a file to download.
PageKind = Literal["html", "text", "pdf", "other"]

#: The ending of the file that holds the bytes of a page, by kind.
ENDINGS: Final[dict[PageKind, str]] = {"html": "html", "text": "txt", "pdf": "pdf", "other": "bin"}

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})
# How far into a file `%PDF-` is looked for, and the beginning of a page by which its kind is guessed, in bytes.
_BEGINNING = 1024
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.I)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<[!?a-z]", re.I)
# Elements that connect to a server whatever the Content-Security-Policy says, and elements without effect in their
# place, which may stand where the others stand.
_REPLACEMENTS: Final = {
    "link": "base",
    "iframe": "source",
    "frame": "param",
    "area": "param",
    "a": "x-link",
    "/a": "/x-link",
}
# In ISO-2022-JP, a switch to ASCII within a name is no part of the name.
_SWITCH = rb"(?:\x1b\([BJ])*"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def page_kind(media_type: str, payload: bytes) -> PageKind:
    """Returns how a stored page can be shown.

    media_type: the Content-Type as received; '' if there was none. The bytes of a PDF count more than the media type.
    """
    beginning = payload[:_BEGINNING]
    name = media_type.partition(";")[0].strip().lower()
    if b"%PDF-" in beginning or name == "application/pdf":
        return "pdf"
    if name in _HTML_TYPES:
        return "html"
    if name.startswith("text/"):
        return "text"
    if not name and b"\0" not in beginning:
        return "html" if _MARKUP.match(beginning) else "text"
    return "other"


def charset_of(media_type: str) -> str:
    """Returns the character encoding that a Content-Type names; '' if it names none. The name is safe in a header."""
    match = _CHARSET.search(media_type)
    return match[1] if match else ""


def without_connections(payload: bytes) -> bytes:
    """Returns the bytes of a page without the elements that connect to a server before any policy is asked.

    No Content-Security-Policy keeps `<link rel=preconnect>` from telling a server that somebody reads the page (W3C
    Resource Hints, section 4). Chromium connects for `<iframe>` and `<frame>` before it asks the policy, which then
    forbids the request; so it does for some links that are clicked. Each is replaced by an element that does nothing:
    the policy switches `<base>` off, and the others mean nothing where they stand. The rest of the page is as it was.
    """
    for pattern, replacement in _CONNECTING:
        payload = pattern.sub(replacement, payload)
    return payload


def _connecting() -> Iterator[tuple[re.Pattern[bytes], bytes]]:
    """Yields a pattern and its replacement for each element, in encodings that contain ASCII, and in UTF-16."""
    for name, other in _REPLACEMENTS.items():
        letters = _SWITCH.join(re.escape(letter.encode()) for letter in f"<{name}")
        yield re.compile(letters + _SWITCH + rb"(?![a-z0-9-])", re.I), f"<{other}".encode()
        for encoding, end in (("utf-16-le", rb"(?![a-z0-9-]\0)"), ("utf-16-be", rb"(?!\0[a-z0-9-])")):
            beginning = re.escape(f"<{name}".encode(encoding))
            yield re.compile(beginning + end, re.I), f"<{other}".encode(encoding)


_CONNECTING: Final = tuple(_connecting())


def archive_address(capture: Capture) -> str:
    """Returns the address at which a web archive shows a capture to people; '' if no web archive has it.

    The captures come from addresses with `id_` after the time, at which the Wayback Machine sends the bytes without
    its own banner.
    """
    if capture.provenance is None:
        return ""
    address = capture.provenance.identifiers.get("memento", "")
    if not re.match("https?://", address):
        return ""
    return re.sub(r"(/\d{14})id_/", r"\1/", address, count=1)


def file_name(capture_id: int, capture: Capture, ending: str) -> str:
    """Returns the name of a file about a capture, in letters that every file system and every header accepts."""
    stem = _NOT_IN_NAMES.sub("_", f"{capture.vendor}-{capture.policy}")[:100]
    return f"{stem}-{capture.captured_at:%Y%m%d%H%M%S}-{capture_id}.{ending}"
