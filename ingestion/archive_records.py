"""Reads the records of WARC files (ISO 28500:2017) and of ARC files, the form that archives used before 2009.

warcio's reader is not used. It takes a cut-off file for a whole one, and relies on each record's Content-Length. In a
compressed file, each record is a gzip member of its own (WARC 1.1, annex D), and tools that replay archives take the
member's end for the record's end where a Content-Length is wrong.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gzip import BadGzipFile
from pathlib import Path
from typing import Self

#: Upper limit of the size of a record's block in bytes. The rest of a larger block is skipped.
MAX_BLOCK = 33 * 1024 * 1024
# Upper limits of the length of a line of a record's header, and of an ARC record's first line, in bytes.
_MAX_LINE = 1024 * 1024
_LONGEST_ARC_LINE = 4096
# The number of bytes that are read and decompressed at once. zlib copies all input after a member's end, so the steps
# are small.
_STEP = 32 * 1024
_NEWLINES = b"\r\n"
_END = b"\r\n\r\n"  # what follows each record
# The first line of an ARC record: address, IP address, time, media type, further fields in version 2, and length.
_ARC_LINE = re.compile(rb"(\S[^\r\n]*?) \S+ (\d{12,14}) (\S+)(?: [^\r\n]*)? (\d+)\r?\n")


class NotAnArchiveError(ValueError):
    """The file, or a part of it, contains something else than records."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a WARC or ARC file.

    kind: the WARC-Type in lower case. An ARC record is a `response`; the first record of an ARC file is a `warcinfo`.
    fields: the values of the record's header by lower-case name. Of an ARC record, the fields have the names that they
        would have in a WARC file.
    block: the content of the record; the first `MAX_BLOCK` bytes if the content is larger.
    missing: the number of bytes by which the block is shorter than its Content-Length says.
    is_too_large: whether the block is larger than `MAX_BLOCK`.
    """

    kind: str
    fields: Mapping[str, str]
    block: bytes
    missing: int
    is_too_large: bool

    @property
    def address(self) -> str:
        """The WARC-Target-URI; '' if the record has none. Some programs write the address in angle brackets."""
        return self.fields.get("warc-target-uri", "").strip("<> ").replace(" ", "%20")

    @property
    def record_id(self) -> str:
        """The WARC-Record-ID; '' if the record has none."""
        return self.fields.get("warc-record-id", "")


def records(path: Path) -> Iterator[Record]:
    """Yields the records of a file.

    EOFError if the file ends inside a record. NotAnArchiveError if the file contains something else than records.
    zlib.error or gzip.BadGzipFile if the compressed data is damaged. OSError if the file can't be read. All records
    before the error are yielded first.
    """
    with _ArchiveFile(path) as file:
        while file.skip_newlines():
            member = file.member if file.at_member_start else None
            line = file.line()
            if line.startswith(b"WARC/"):
                fields = _fields(file)
            elif match := _ARC_LINE.fullmatch(line):
                fields = _arc_fields(match)
            else:
                start = line[:60].decode("ascii", "replace").strip()
                raise NotAnArchiveError(f"a record begins with {start!r} instead of WARC/1.1")
            length = fields.get("content-length", "")
            if not length.isdecimal():
                raise EOFError("a record's header is cut off or damaged: it does not say how long the record is")
            yield _record(file, fields, int(length), file.is_compressed and file.member == member)


def _fields(file: "_ArchiveFile") -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    while True:
        line = file.line()
        if not line.endswith(b"\n"):
            raise EOFError("the file ends inside a record's header")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text.strip():
            return fields
        if text[0] in " \t" and name:
            fields[name] += f" {text.strip()}"
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        fields.setdefault(name, value.strip())


def _arc_fields(match: re.Match[bytes]) -> dict[str, str]:
    address, time, _, length = (group.decode("utf-8", "replace") for group in match.groups())
    return {
        "warc-type": "warcinfo" if address.startswith("filedesc:") else "response",
        "warc-target-uri": address,
        "warc-date": time.ljust(14, "0"),
        "content-length": length,
    }


def _record(file: "_ArchiveFile", fields: Mapping[str, str], length: int, is_own_member: bool) -> Record:
    """Returns the record whose header was just read.

    length: the length of the record's block in bytes, according to its header.
    is_own_member: whether the record begins a gzip member. The record then ends where the member ends, unless the
        member contains further records, or the record continues in the next member.
    """
    block = bytearray()
    size = file.read_into(block, length)
    while size < length and file.next_member() and not file.is_at_record():
        is_own_member = False
        size += file.read_into(block, length - size)
    is_short = size < length
    if is_short and not is_own_member:
        raise EOFError("the file ends inside a record")
    is_long = is_own_member and not is_short and not file.is_at_record()
    if is_long:
        size += file.read_into(block, None)
    # If the length is wrong, some of the newlines after the record were read as a part of it.
    counted = _END
    if is_own_member and not is_short and not is_long:
        rest = file.rest_of_newlines()
        counted = _END[: len(_END) - len(rest)] if _END.endswith(rest) else b""
    if is_own_member and counted and block.endswith(counted):
        del block[-len(counted) :]
        size -= len(counted)
    return Record(
        kind=fields.get("warc-type", "").lower(),
        fields=fields,
        block=bytes(block),
        missing=max(0, length - size),
        is_too_large=size > MAX_BLOCK,
    )


class _ArchiveFile:
    """The content of a WARC or ARC file, decompressed if the file is compressed.

    A gzip file consists of members, each compressed on its own. An uncompressed file counts as one member.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._input = self._file.read(_STEP)
        self.is_compressed = self._input.startswith(b"\x1f\x8b")
        self._buffer = bytearray()
        self._decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._is_finished = False
        #: The number of the current member, and whether nothing but newlines was read of it.
        self.member = 0
        self.at_member_start = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def skip_newlines(self) -> bool:
        """Skips newlines, also beyond the end of the member. Returns False if the file ends there."""
        while True:
            start = self._peek(64)
            newlines = len(start) - len(start.lstrip(_NEWLINES))
            del self._buffer[:newlines]
            if newlines < len(start):
                return True
            if not start and not self.next_member():
                return False

    def is_at_record(self) -> bool:
        """Returns whether only newlines are left of the member, or another record begins after the newlines."""
        start = self._peek(_LONGEST_ARC_LINE).lstrip(_NEWLINES)
        return not start or start.startswith(b"WARC/") or _ARC_LINE.match(start) is not None

    def rest_of_newlines(self) -> bytes:
        """Returns what is left of the member, up to a few bytes, without reading it."""
        return self._peek(len(_END) + 1)

    def line(self) -> bytes:
        """Returns the next line with its newline, also if it's continued in the next member.

        The line has no newline if the file, or the record in this member, ends inside it.
        """
        self.at_member_start = False
        line = b""
        while not line.endswith(b"\n") and len(line) < _MAX_LINE:
            if not self._buffer and not self._fill() and (not self.next_member() or self.is_at_record()):
                break
            end = self._buffer.find(b"\n")
            part = bytes(self._buffer[: end + 1 if end >= 0 else len(self._buffer)])
            del self._buffer[: len(part)]
            line += part
        return line

    def read_into(self, block: bytearray, size: int | None) -> int:
        """Appends the next bytes to a block, up to MAX_BLOCK, and skips the others. Returns how many bytes were read.

        size: the number of bytes to read; None to read until the member's end.
        """
        count = 0
        while (size is None or count < size) and (self._buffer or self._fill()):
            taken = len(self._buffer) if size is None else min(size - count, len(self._buffer))
            block += self._buffer[: min(taken, MAX_BLOCK - len(block))]
            del self._buffer[:taken]
            count += taken
        return count

    def next_member(self) -> bool:
        """Goes on to the next member, if nothing is left of the current one. Returns False if the file ends here."""
        if self._peek(1):
            raise ValueError("the member has not been read to its end")
        if not self.is_compressed:
            return False
        while not self._input.lstrip(b"\0"):  # some programs fill the end of a file with zeros
            self._input = self._file.read(_STEP)
            if not self._input:
                return False
        self._input = self._input.lstrip(b"\0")
        if self._input[:1] != b"\x1f":
            raise BadGzipFile("the compressed data is followed by other data")
        self._decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._is_finished = False
        self.member += 1
        self.at_member_start = True
        return True

    def _peek(self, size: int) -> bytes:
        while len(self._buffer) < size and self._fill():
            pass
        return bytes(self._buffer[:size])

    def _fill(self) -> bool:
        """Adds bytes of the current member to the buffer. Returns False at the member's end."""
        if not self.is_compressed:
            self._buffer += self._input
            has_more = bool(self._input)
            self._input = self._file.read(_STEP)
            return has_more
        while not self._is_finished:
            if not self._input:
                self._input = self._file.read(_STEP)
                if not self._input:
                    raise EOFError("the compressed data is cut off")
            data = self._decompressor.decompress(self._input, _STEP)
            self._is_finished = self._decompressor.eof
            self._input = self._decompressor.unused_data if self._is_finished else self._decompressor.unconsumed_tail
            self._buffer += data
            if data:
                return True
        return False
