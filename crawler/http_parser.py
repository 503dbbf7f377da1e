"""The parser of HTTP responses: as patient with servers that break the rules of HTTP as browsers are."""

import re

from scrapy.core.downloader.handlers.http11 import _LenientHTTPClientParser
from twisted.web.http import _ChunkedTransferDecoder

#: Upper limit of the size of an HTTP response's head, in bytes. The head is all bytes before the body, including
#: interim responses (status 1xx). Browsers allow 256 KiB.
MAX_HEAD = 256 * 1024
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")  # RFC 9110, section 5.6.2


class _PatientChunkDecoder(_ChunkedTransferDecoder):
    """Twisted's decoder of chunked bodies, which also accepts spaces after a chunk's size, as browsers do."""

    def _dataReceived_CHUNK_LENGTH(self) -> bool:
        end = self._buffer.find(b"\r\n")
        size = self._buffer[: max(end, 0)].partition(b";")[0].strip(b" \t")
        if end > 0 and len(size) < end:
            self._buffer[:end] = size
            self._start = 0
        return super()._dataReceived_CHUNK_LENGTH()


class PatientParser(_LenientHTTPClientParser):
    """Scrapy's parser of HTTP responses, with browsers' patience for headers that break the rules (RFC 9112).

    A line may be as long as the head may be. Headers whose names are no tokens are left out, and so are a
    Content-Length that is no number and transfer codings other than `chunked`. Any HTTP version is accepted.
    """

    MAX_LENGTH = MAX_HEAD
    _transferDecoders = {b"chunked": _PatientChunkDecoder}  # noqa: RUF012  (Twisted's own attribute)

    def statusReceived(self, status: bytes) -> None:
        """Receives the status line."""
        super().statusReceived(b" ".join(status.split(None, 2)))  # type: ignore[no-untyped-call]

    def parseVersion(self, strversion: bytes) -> tuple[bytes, int, int]:
        """Returns the protocol's name and version."""
        if re.fullmatch(rb"HTTP/\d", strversion):
            strversion += b".0"
        return super().parseVersion(strversion)  # type: ignore[no-any-return,no-untyped-call]

    def headerReceived(self, name: bytes, value: bytes) -> None:
        """Receives a header."""
        name = name.strip(b" \t").lower()
        if name == b"transfer-encoding":
            value = value.rpartition(b",")[2].strip().lower()
        is_broken = (
            not _TOKEN.fullmatch(name)
            or (name == b"content-length" and not re.fullmatch(rb"\d+(?:\s*,\s*\d+)*", value))
            or (name == b"transfer-encoding" and value != b"chunked")
        )
        if not is_broken:
            super().headerReceived(name, value)  # type: ignore[no-untyped-call]
