"""Reads the records of WARC files (ISO 28500:2017) and of ARC files, the form that archives used before 2009.

warcio's reader is not used. It takes a cut-off file for a whole one, and relies on each record's Content-Length. In a
compressed file, each record is a gzip member of its own (WARC 1.1, annex D), and tools that replay archives take the
member's end for the record's end where a Content-Length is wrong.
"""

import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

#: Upper limit of the size of a record's block in bytes. The rest of a larger block is skipped.
MAX_BLOCK = 33 * 1024 * 1024
# Upper limits of the length of a record's header, and of an ARC record's first line, in bytes.
_MAX_HEADER = 1024 * 1024
_LONGEST_ARC_LINE = 4096
# After this number of damaged gzip members, the rest of a file isn't read. A file that is made to keep the program busy
# could have members inside each other, so that each of them is decompressed to the end of all.
_MOST_DAMAGED_MEMBERS = 100
# The number of bytes that are read and decompressed at once. zlib copies all input after a member's end, so the steps
# are small.
_STEP = 32 * 1024
_NEWLINES = b"\r\n"
_END = b"\r\n\r\n"  # what follows each record
# The first line of an ARC record: address, IP address, time, media type, further fields in version 2, and length.
_ARC_LINE = re.compile(rb"(\S[^\r\n]*?) \S+ (\d{12,14}) (\S+)(?: [^\r\n]*)? (\d+)\r?\n")
# The first two lines of a record among other data.
_WARC_START = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n[A-Za-z][A-Za-z0-9-]*:")
# How an ARC record begins among other data, where a line of text may have the form of `_ARC_LINE`.
_ARC_SCHEMES = (b"http://", b"https://", b"dns:", b"ftp://")
_GZIP_MAGIC = b"\x1f\x8b\x08"
_CUT_OFF = "the file ends inside a record"
_WRONG_LENGTH = "the length of a record isn't that of its content"


class BrokenRecordError(ValueError):
    """What should be a record isn't one, or its header is damaged, or its length isn't that of its content."""


class DamagedDataError(ValueError):
    """The compressed data is damaged or cut off."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a file that can't be read as records.

    start: the number of bytes of the file in front of the part; in a compressed file, in front of its gzip member.
    why: the reason, as a clause.
    """

    start: int
    why: str


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


def records(path: Path) -> Iterator[Record | Gap]:
    """Yields the records of a file, and a gap for each part that can't be read as records.

    After a gap, reading goes on with the next record that can be recognised:

    - in an uncompressed file, at the next line that begins a record;
    - in a compressed file whose data is damaged, at the next gzip member that begins with a record. After 100 damaged
      members, the rest is one gap.

    OSError if the file can't be read.
    """
    with _ArchiveFile(path) as file:
        has_more, start = True, 0
        while has_more:
            try:
                if not file.skip_newlines():
                    return
                start = file.start
                item: Record | Gap = _next_record(file)
            except (BrokenRecordError, DamagedDataError) as error:
                is_damaged = isinstance(error, DamagedDataError)
                item = Gap(file.start if is_damaged else start, str(error))
                has_more = file.find_record(is_damaged=is_damaged)
            yield item


def _next_record(file: "_ArchiveFile") -> Record:
    member = file.member if file.at_member_start else None
    line = file.line()
    if line.startswith(b"WARC/"):
        fields = _fields(file)
    elif len(line) <= _LONGEST_ARC_LINE and (match := _ARC_LINE.fullmatch(line)):
        fields = _arc_fields(match)
    else:
        start = line[:60].decode("ascii", "replace").strip()
        raise BrokenRecordError(f"a record begins with {start!r} instead of WARC/1.1")
    length = fields.get("content-length", "")
    if not re.fullmatch(r"\d{1,18}", length):
        raise BrokenRecordError("a record's header is cut off or damaged: it does not say how long the record is")
    return _record(file, fields, int(length), file.is_compressed and file.member == member)


def _fields(file: "_ArchiveFile") -> dict[str, str]:
    lines: list[list[str]] = []
    size = 0
    while True:
        line = file.line()
        size += len(line)
        if size > _MAX_HEADER:
            raise BrokenRecordError(f"a record's header has more than {_MAX_HEADER} bytes")
        if not line.endswith(b"\n"):
            raise BrokenRecordError("the file ends inside a record's header")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text.strip():
            break
        if text[0] in " \t" and lines:
            lines[-1].append(text.strip())
        else:
            lines.append([text])
    fields: dict[str, str] = {}
    for parts in lines:
        name, _, value = " ".join(parts).partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields


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
    if not file.is_compressed and (fault := file.fault_of_length(length)):
        raise BrokenRecordError(fault)
    block = bytearray()
    size = file.read_into(block, length)
    while size < length and file.next_member() and not file.is_at_record():
        is_own_member = False
        size += file.read_into(block, length - size)
    is_short = size < length
    if is_short and not is_own_member:
        raise BrokenRecordError(_CUT_OFF)
    if not is_own_member and not file.may_be_at_record():
        raise BrokenRecordError(_WRONG_LENGTH)
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


def _is_at_record(start: bytes) -> bool:
    """Returns whether only newlines are left, or another record begins after the newlines."""
    start = start.lstrip(_NEWLINES)
    return not start or start.startswith(b"WARC/") or _ARC_LINE.match(start) is not None


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
        self._member_start = 0
        self._damaged_members = 0
        #: The number of the current member, and whether nothing but newlines was read of it.
        self.member = 0
        self.at_member_start = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def start(self) -> int:
        """The number of bytes of the file in front of what is read next, or in front of the gzip member with it."""
        return self._member_start if self.is_compressed else self._position - len(self._buffer)

    @property
    def _position(self) -> int:
        """The number of bytes of the file in front of the input that wasn't moved to the buffer."""
        return self._file.tell() - len(self._input)

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
        return _is_at_record(self._peek(_LONGEST_ARC_LINE))

    def may_be_at_record(self) -> bool:
        """Returns whether a record begins here, or what is left of the member is too short to say."""
        start = self._peek(_LONGEST_ARC_LINE)
        is_short = len(start) < _LONGEST_ARC_LINE and b"\n" not in start.lstrip(_NEWLINES)
        return is_short or _is_at_record(start)

    def fault_of_length(self, length: int) -> str:
        """Returns what is wrong with the length of the block that comes next in an uncompressed file; '' if nothing is.

        The length is right if the file ends after the block, or another record begins there.
        """
        end = self.start + length
        if end > os.fstat(self._file.fileno()).st_size:
            return _CUT_OFF
        return "" if _is_at_record(os.pread(self._file.fileno(), _LONGEST_ARC_LINE, end)) else _WRONG_LENGTH

    def find_record(self, *, is_damaged: bool) -> bool:
        """Goes on to the next record that can be recognised. Returns False if the file has none.

        is_damaged: whether the compressed data of this member can't be read any further.
        """
        try:
            return self._find_member() if is_damaged else self._find_line()
        except DamagedDataError:
            return self._find_member()

    def _find_line(self) -> bool:
        """Skips lines until one begins a record."""
        is_line_start = False  # what comes next may be in the middle of a line
        while self._peek(1) or self.next_member():
            start = self._peek(_LONGEST_ARC_LINE) if is_line_start or self.at_member_start else b""
            if _WARC_START.match(start) or (start.startswith(_ARC_SCHEMES) and _ARC_LINE.match(start)):
                return True
            is_line_start = self.line().endswith(b"\n")
        return False

    def _find_member(self) -> bool:
        """Skips data until a gzip member begins with a record."""
        self._damaged_members += 1
        if self._damaged_members > _MOST_DAMAGED_MEMBERS:
            return False
        self._input = self._input[1:]  # this may be the damaged member's first byte
        while True:
            found = self._input.find(_GZIP_MAGIC)
            if found < 0:
                more = self._file.read(_STEP)
                if not more:
                    return False
                self._input = self._input[-len(_GZIP_MAGIC) + 1 :] + more
                continue
            self._input = self._input[found:]
            position = self._position
            start = self._input[:_LONGEST_ARC_LINE]
            try:
                start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, _LONGEST_ARC_LINE)
            except zlib.error:
                start = b""
            if start.lstrip(_NEWLINES) and _is_at_record(start):
                self._file.seek(position)
                self._input = b""
                self._buffer.clear()
                self._is_finished = True
                return self.next_member()
            self._input = self._input[1:]

    def rest_of_newlines(self) -> bytes:
        """Returns what is left of the member, up to a few bytes, without reading it."""
        return self._peek(len(_END) + 1)

    def line(self) -> bytes:
        """Returns the next line with its newline, also if it's continued in the next member.

        The line has no newline if the file, or the record in this member, ends inside it.
        """
        self.at_member_start = False
        line = b""
        while not line.endswith(b"\n") and len(line) < _MAX_HEADER:
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
            raise DamagedDataError("the compressed data is followed by other data")
        self._member_start = self._position
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
                    raise DamagedDataError("the compressed data is cut off")
            try:
                data = self._decompressor.decompress(self._input, _STEP)
            except zlib.error as error:
                raise DamagedDataError(f"the compressed data is damaged: {error}") from None
            self._is_finished = self._decompressor.eof
            self._input = self._decompressor.unused_data if self._is_finished else self._decompressor.unconsumed_tail
            self._buffer += data
            if data:
                return True
        return False
