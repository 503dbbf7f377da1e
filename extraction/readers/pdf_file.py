"""The PDF reader: joins lines into paragraphs, and removes page numbers and the headers and footers of pages."""

import json
import re
import signal
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from core.exceptions import ExtractionError, StoppedReadingError
from core.limits import FaultKind
from extraction.blocks import Block
from extraction.readers.pdf_faults import fault_of
from extraction.readers.pdf_layout import PdfLine, PdfRow, in_reading_order, mirrored, row_text, rows_of
from extraction.readers.pdf_lines import MEMORY, SECONDS, PdfPage, PdfPiece
from extraction.words.labels import split_label
from extraction.words.normalization import has_letter_or_digit, normalize, word_set

_BULLET = re.compile(r"[•·●◦▪▫■□‣⁃∙➢➤►✓✔\uf0b7\uf0a7\uf0d8]\s*|[–—-]\s+(?=\S)|o\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina)?\s*[-–]?\s*\d{1,3}\s*[-–]?(?:\s*(?:/|of|sur|von|de|di)\s*\d{1,3})?",
    re.IGNORECASE,
)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", "…", "。")
# The end of an entry in a table of contents.
_LEADER = re.compile(r"(?:\.\s?){5,}\d*$|…{2,}\s?\d*$")
# Words that may follow a hyphen that stands for the rest of a word: "Kunden- und Nutzerdaten", "pre- and post-sale".
_CONJUNCTIONS = word_set("und oder bzw. sowie and or to et ou en of och eller og")
# A word with a hyphen inside.
_HYPHENATED = re.compile(r"[^\W\d_]+-[^\W\d_]+")
# Characters of Chinese and Japanese, with their punctuation.
_IDEOGRAPH = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# The code points that Unicode reserves as noncharacters.
_NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)) + "]"
)
# The row of a table is one clause if no cell has more characters than this.
_LONG_CELL = 400
# The wall-clock time, in seconds, after which reading a PDF is stopped. The machine may be busy, so this limit is
# higher than the limit on processor time (SECONDS).
_TIMEOUT = 6 * SECONDS


def read_pdf(data: bytes) -> tuple[str | None, list[Block]]:
    """Returns the title in the file's metadata, and the blocks of the file's text.

    The title is None if the metadata has no title.

    ExtractionError if the file is encrypted or damaged, if its letters can't be told, or if it shows images instead of
    text. StoppedReadingError if the process that reads the file exceeds its limits on memory or time, ends before it is
    done, or can't be started.
    """
    result = _read_in_own_process(data)
    if "error" in result:
        raise ExtractionError(result["error"])
    pages = []
    for number, angle, pieces, rules in result["pages"]:
        normalized = [PdfPiece(normalize(_printable(text)), *fields) for text, *fields in pieces]
        pages.append(mirrored(PdfPage(number, angle, [piece for piece in normalized if piece.text], rules)))
    fault = fault_of(pages, result["pages_read"], result["scans"], result["drawings"], result["unmapped"])
    if fault:
        raise ExtractionError(fault)
    return normalize(result["title"]) or None, _blocks(in_reading_order(_without_running_lines(pages)))


def _read_in_own_process(data: bytes) -> Any:
    """Returns what the program `pdf_lines.py` prints for a PDF. StoppedReadingError if the program prints nothing."""
    try:
        process = subprocess.run(  # noqa: S603  # runs our own module
            # Without -P, this module's folder would be on the import path, and could shadow standard-library modules.
            [sys.executable, "-P", str(Path(__file__).with_name("pdf_lines.py"))],
            input=data,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _stopped("time_limit", f"took longer than the limit of {_TIMEOUT} s") from None
    except OSError as error:
        raise _stopped("lost_worker", f"could not start ({error.strerror})") from None
    if process.returncode == -signal.SIGXCPU:
        raise _stopped("time_limit", f"took longer than the limit of {SECONDS} s of processor time")
    if process.returncode != 0:
        causes = f"the file breaks it, or takes more than {MEMORY >> 20} MiB of memory, or the machine has none left"
        raise _stopped("lost_worker", f"ended before it was done: {causes}")
    return json.loads(process.stdout)


def _stopped(kind: FaultKind, predicate: str) -> StoppedReadingError:
    return StoppedReadingError(
        kind,
        f"the reader of this PDF {predicate}; read it again (`clausewatch reextract`), or get the policy's text in "
        "another form",
    )


def _printable(text: str) -> str:
    """Returns the text without noncharacters, which stand for no letter (Unicode, section 23.7)."""
    return text if text.isprintable() else _NONCHARACTER.sub("", text)


def _without_running_lines(pages: list[PdfPage]) -> list[PdfPage]:
    """Returns the pages without page numbers, headers and footers.

    A header or footer is a line near the top or bottom edge that recurs on most pages at the same height.
    """
    page_counts: Counter[tuple[str, int]] = Counter()
    edges = []
    for page in pages:
        rows = rows_of(page.pieces)
        edge = rows if len(rows) < 4 else rows[:2] + rows[-2:]
        edges.append([(row_text(row), row) for row in edge])
        page_counts.update({_recurrence_key(text, row[0]) for text, row in edges[-1]})
    numbers = {page.number for page in pages}
    running = {key for key, count in page_counts.items() if count > 1 and count > 0.5 * len(numbers)}
    for page, edge_rows in zip(pages, edges, strict=True):
        left_out = {
            id(piece)
            for text, row in edge_rows
            if _recurrence_key(text, row[0]) in running or _PAGE_NUMBER.fullmatch(text)
            for piece in row
        }
        page.pieces = [piece for piece in page.pieces if id(piece) not in left_out]
    return pages


def _recurrence_key(text: str, piece: PdfPiece) -> tuple[str, int]:
    """Returns a key that is equal for the same header or footer on all pages.

    The key consists of the line's text, with each number replaced by `#`, and the line's height on the page.
    """
    return re.sub(r"\d+", "#", text), round(piece.base / 4)


def _blocks(lines: list[PdfLine | PdfRow]) -> list[Block]:
    every_line = [line for item in lines for line in (_lines_of(item) if isinstance(item, list) else [item])]
    if not every_line:
        return []
    body_size = statistics.median(line.size for line in every_line)
    steps = [above.base - below.base for above, below in pairwise(every_line) if above.column == below.column]
    # `step` is the distance between two lines of a paragraph. Most lines follow a line of the same paragraph, so `step`
    # is the median of all distances. If most paragraphs have a single line, the median is too large. So the type size
    # limits `step`.
    step = statistics.median([step for step in steps if step > 1] or [body_size * 1.2])
    step = min(step, body_size * 1.8)
    rights = [line.right for line in every_line]
    paragraphs = _Paragraphs(
        body_size,
        step,
        statistics.quantiles(rights, n=10)[-1] if len(rights) > 1 else rights[0],
        {word.lower() for line in every_line for word in _HYPHENATED.findall(line.text)},
    )
    blocks: list[Block] = []
    for _, items in groupby(lines, lambda item: isinstance(item, list)):
        text: list[PdfLine] = []
        for item in items:
            if isinstance(item, list):
                cells = [paragraphs.blocks(cell) for cell in item]
                blocks += _row_blocks([cell for cell in cells if cell])
            else:
                text.append(item)
        blocks += paragraphs.blocks(text)
    return blocks


def _lines_of(row: PdfRow) -> list[PdfLine]:
    return [line for cell in row for line in cell]


def _row_blocks(cells: list[list[Block]]) -> list[Block]:
    """Returns one block for a row of a table; the blocks of all cells if a cell contains a list or a long text."""
    blocks = [block for cell in cells for block in cell]
    texts = [" ".join(block.text for block in cell) for cell in cells]
    has_list = any(block.kind == "list_item" for block in blocks)
    if len(cells) < 2 or has_list or any(len(text) > _LONG_CELL for text in texts):
        return blocks
    return [Block("table_row", " | ".join(texts), bold=all(block.bold for block in blocks))]


@dataclass(frozen=True, slots=True)
class _Paragraphs:
    """Makes paragraphs of lines.

    body_size: the type size of most lines, in points.
    step: the distance between two lines of a paragraph, in points.
    right: the position of the text's right edge, in points.
    hyphenated: the words of the text that are spelt with a hyphen, in lower case.
    """

    body_size: float
    step: float
    right: float
    hyphenated: set[str]

    def blocks(self, lines: list[PdfLine]) -> list[Block]:
        """Returns the blocks of lines in the order of reading."""
        groups: list[list[PdfLine]] = []
        for line in lines:
            if groups and self._continues(groups[-1][-1], line):
                groups[-1].append(line)
            else:
                groups.append([line])
        return [block for group in groups if (block := self._block(group)) is not None]

    def _continues(self, above: PdfLine, line: PdfLine) -> bool:
        """Returns whether a line belongs to the same paragraph as the line above."""
        if _BULLET.match(line.text) or split_label(line.text)[0] or _LEADER.search(above.text):
            return False
        is_divided = above.text.endswith("-") and above.text[-2:-1].isalpha()
        is_unfinished = is_divided or (not above.text.endswith(_SENTENCE_END) and line.text[:1].islower())
        if above.column != line.column:
            return is_unfinished
        if abs(above.size - line.size) > 0.5 or not 0 <= above.base - line.base <= self.step * 1.3:
            return False
        # If the first word of `line` would have fitted at the end of the line above, the line above probably ends its
        # paragraph. An unfinished sentence shows that the paragraph continues nevertheless.
        room = (self.right if above.edge is None else above.edge) - above.right
        needed = (len(line.text.split()[0]) + 1) * line.size * 0.55
        if room > needed + 1.5 * line.size:
            return is_unfinished
        return above.bold == line.bold or is_unfinished

    def _joined(self, text: str, following: str) -> str:
        """Returns the texts of two lines as one. A hyphen that only divides a word at the line's end is left out."""
        if not text:
            return following
        if text.endswith("-") and text[-2:-1].isalpha() and following[0].isalnum():
            return self._joined_at_hyphen(text, following)
        # No spaces stand between the words of Chinese and Japanese.
        is_spaced = not (_IDEOGRAPH.match(text[-1]) and _IDEOGRAPH.match(following))
        return f"{text} {following}" if is_spaced else text + following

    def _joined_at_hyphen(self, text: str, following: str) -> str:
        word = _HYPHENATED.match(f"{text.split()[-1]}{following.split()[0]}")
        if following.split()[0] in _CONJUNCTIONS:
            return f"{text} {following}"  # "Kunden- und Nutzerdaten"
        is_one_word = following[0].islower() or (text[-2].isupper() and following[:2].isupper())
        is_spelt_with_hyphen = word is not None and word[0].lower() in self.hyphenated
        return text[:-1] + following if is_one_word and not is_spelt_with_hyphen else text + following

    def _block(self, group: list[PdfLine]) -> Block | None:
        text = normalize(reduce(self._joined, [line.text for line in group]))
        bullet = _BULLET.match(text)
        if bullet:
            text = text[bullet.end() :]
        if not has_letter_or_digit(text):
            return None
        if bullet:
            return Block("list_item", text)
        is_larger = group[0].size > self.body_size * 1.12
        is_short = len(text) <= 120 and len(text.split()) <= 16 and not text.endswith((".", ";", ","))
        if is_short and is_larger:
            return Block("heading", text, 1 if group[0].size > self.body_size * 1.6 else 2)
        return Block("paragraph", text, bold=all(line.bold for line in group))
