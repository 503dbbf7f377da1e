"""The HTML reports that are attached to an e-mail when there is no reading room to link to."""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

# The limit on all attachments of an e-mail, encoded, in bytes. Many mail servers refuse messages of more than 10 MB.
_ALL_ATTACHMENTS = 5_000_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """An HTML report as a file.

    name: the file's name, in ASCII. encoded_length: its length in an e-mail, in bytes. compressed: the file's bytes,
    compressed with zlib, because many entries wait for the e-mails at the same time.
    """

    name: str
    encoded_length: int
    compressed: bytes

    def content(self) -> bytes:
        """Returns the file's bytes."""
        return zlib.decompress(self.compressed)


def base64_length(length: int) -> int:
    """Returns the length of so many bytes in base64, in lines of 76 characters with CRLF (RFC 2045, section 6.8)."""
    return ceil(length / 57) * 78


def as_base64(content: bytes) -> bytes:
    """Returns bytes as base64, in lines of 76 characters with CRLF."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def report_attachment(name: str, html: str) -> Attachment | None:
    """Returns a report as a file; None if it is too long for any e-mail."""
    content = html.encode("utf-8", "replace")
    encoded_length = base64_length(len(content))
    if encoded_length > _ALL_ATTACHMENTS:
        return None
    return Attachment(name, encoded_length, zlib.compress(content, 1))


def fitting_attachments(attachments: Sequence[Attachment | None]) -> frozenset[str]:
    """Returns the names of the attachments for which there is room in one e-mail. The first ones come first."""
    left = _ALL_ATTACHMENTS
    names: set[str] = set()
    for attachment in attachments:
        if attachment and attachment.name not in names and attachment.encoded_length <= left:
            names.add(attachment.name)
            left -= attachment.encoded_length
    return frozenset(names)
