"""Parses HTTP responses (RFC 9112) as archives store them: the head, the chunks, and whether something is missing."""

import re
from dataclasses import dataclass

# Upper limit of the length of a head in bytes. Servers and clients have limits of some KB; what stands beyond this one
# is left out.
_MAX_HEAD = 1024 * 1024
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{1,3})(?!\d)[^\r\n]*", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response.

    status: the status code; None if it's none that a server may send, such as 0.
    headers: the names and values of the headers in order, decoded as ISO 8859-1 like the headers of a live response.
    body: the body as transferred: in chunks, and with its content codings.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Returns the value of the first header with a name (in lower case); '' if there is none."""
        return next((value for header, value in self.headers if header.lower() == name), "")

    def headers_named(self, name: str) -> list[str]:
        """Returns the values of all headers with a name (in lower case)."""
        return [value for header, value in self.headers if header.lower() == name]


def parse_response(block: bytes) -> HttpResponse | None:
    """Returns the HTTP response in a record's block; None if the block doesn't begin with a status line.

    As in browsers, the lines of the head may end in LF alone, and lines that are no headers are left out.
    """
    status_line = _STATUS_LINE.match(block)
    if status_line is None:
        return None
    end = _HEAD_END.search(block, status_line.end())
    head = block[status_line.end() : end.start() if end else len(block)][:_MAX_HEAD]
    status = int(status_line[1])
    headers: list[tuple[str, list[str]]] = []
    for line in re.split(r"\r?\n", head.decode("latin-1")):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:
            headers[-1][1].append(line.strip())
        elif colon and name.strip():
            headers.append((name.strip(), [value.strip()]))
    joined = tuple((name, " ".join(values)) for name, values in headers)
    return HttpResponse(status if status >= 100 else None, joined, block[end.end() :] if end else b"")


def dechunk(body: bytes) -> tuple[bytes, str]:
    """Returns the joined chunks of a chunked body (RFC 9112, section 7.1), and what is missing; '' if it's complete.

    A body that doesn't begin with a chunk is returned unchanged: many archives join the chunks and leave the header
    Transfer-Encoding as it was.
    """
    chunks: list[bytes] = []
    position = 0
    while head := _CHUNK_HEAD.match(body, position):
        size = int(head[1], 16)
        if not size:
            return b"".join(chunks), ""
        chunks.append(body[head.end() : head.end() + size])
        if len(chunks[-1]) < size:
            return b"".join(chunks), "a chunk of the body is shorter than announced"
        position = head.end() + size
        position += len(re.match(rb"(?:\r?\n)?", body[position : position + 2])[0])  # type: ignore[index]
    if not chunks:
        return body, ""
    return b"".join(chunks), "the last chunk of the body is missing"
