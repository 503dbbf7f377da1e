"""The PDF reader: joins lines into paragraphs, and removes page numbers and the headers and footers of pages."""

import json
import re
import statistics
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.readers.pdf_lines import MEMORY, SECONDS, PdfLine
from extraction.words.labels import split_label
from extraction.words.normalization import has_letter_or_digit, normalize

_BULLET = re.compile(r"[•·●◦▪▫■□‣⁃∙➢➤►✓✔\uf0b7\uf0a7\uf0d8]\s*|[–—-]\s+(?=\S)|o\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina)?\s*[-–]?\s*\d{1,3}\s*[-–]?(?:\s*(?:/|of|sur|von|de|di)\s*\d{1,3})?",
    re.IGNORECASE,
)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", "…")
# The wall-clock time, in seconds, after which reading a PDF is stopped. The machine may be busy, so this limit is
# higher than the limit on processor time (SECONDS).
_TIMEOUT = 6 * SECONDS


def read_pdf(data: bytes) -> tuple[str | None, list[Block]]:
    """Returns the title in the file's metadata, and the blocks of the file's text.

    The title is None if the metadata has no title.

    ExtractionError if the file is encrypted or damaged, or if reading the file exceeds the limits on memory or time.
    """
    try:
        process = subprocess.run(  # noqa: S603  # runs our own module
            # Without -P, this module's folder would be on the import path, and could shadow standard-library modules.
            [sys.executable, "-P", str(Path(__file__).with_name("pdf_lines.py"))],
            input=data,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        result = json.loads(process.stdout) if process.returncode == 0 else {}
    except subprocess.TimeoutExpired:
        result = {}
    if not result:
        raise ExtractionError(
            f"this PDF takes more than {SECONDS} s or {MEMORY >> 20} MiB to read, or breaks its reader; get the "
            "policy's text in another form"
        )
    if "error" in result:
        raise ExtractionError(result["error"])
    lines = [PdfLine(normalize(text), *fields) for text, *fields in result["lines"]]
    return normalize(result["title"]) or None, _blocks(_without_running_lines([line for line in lines if line.text]))


def _without_running_lines(lines: list[PdfLine]) -> list[PdfLine]:
    """Returns the lines without page numbers, headers and footers.

    A header or footer is a line near the top or bottom edge that recurs on most pages at the same height.
    """
    by_page: dict[int, list[PdfLine]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    page_counts: Counter[tuple[str, int]] = Counter()
    for page_lines in by_page.values():
        edge = {id(line): line for line in page_lines[:2] + page_lines[-2:]}.values()
        page_counts.update({_recurrence_key(line) for line in edge})
    running = {key for key, count in page_counts.items() if count > 1 and count > 0.5 * len(by_page)}
    kept = []
    for page_lines in by_page.values():
        for index, line in enumerate(page_lines):
            at_edge = index < 2 or index >= len(page_lines) - 2
            if at_edge and (_recurrence_key(line) in running or _PAGE_NUMBER.fullmatch(line.text)):
                continue
            kept.append(line)
    return kept


def _recurrence_key(line: PdfLine) -> tuple[str, int]:
    """Returns a key that is equal for the same header or footer on all pages.

    The key consists of the line's text, with each number replaced by `#`, and the line's height on the page.
    """
    return re.sub(r"\d+", "#", line.text), round(line.base / 4)


def _blocks(lines: list[PdfLine]) -> list[Block]:
    if not lines:
        return []
    body_size = statistics.median(line.size for line in lines)
    steps = [above.base - below.base for above, below in pairwise(lines) if above.page == below.page]
    # `step` is the distance between two lines of a paragraph. Most lines follow a line of the same paragraph, so `step`
    # is the median of all distances. If most paragraphs have a single line, the median is too large. So the type size
    # limits `step`.
    step = statistics.median([step for step in steps if step > 1] or [body_size * 1.2])
    step = min(step, body_size * 1.8) if body_size > 1 else step
    right = statistics.quantiles([line.right for line in lines], n=10)[-1] if len(lines) > 1 else lines[0].right
    groups: list[list[PdfLine]] = []
    for line in lines:
        if groups and _continues(groups[-1][-1], line, step, right):
            groups[-1].append(line)
        else:
            groups.append([line])
    blocks = []
    for group in groups:
        block = _block(group, body_size)
        if block is not None:
            blocks.append(block)
    return blocks


def _continues(above: PdfLine, line: PdfLine, step: float, right: float) -> bool:
    """Returns whether a line belongs to the same paragraph as the line above.

    step: the distance between two lines of a paragraph, in points.
    right: the position of the text's right edge, in points.
    """
    if _BULLET.match(line.text) or split_label(line.text)[0]:
        return False
    is_unfinished = not above.text.endswith(_SENTENCE_END) and line.text[:1].islower()
    if above.page != line.page:
        return is_unfinished
    if abs(above.size - line.size) > 0.5 or not 0 <= above.base - line.base <= step * 1.3:
        return False
    # If the first word of `line` would have fitted at the end of the line above, the line above probably ends its
    # paragraph. An unfinished sentence shows that the paragraph continues nevertheless.
    room = right - above.right
    needed = (len(line.text.split()[0]) + 1) * line.size * 0.55
    if room > needed + 0.03 * right:
        return is_unfinished
    return above.bold == line.bold or is_unfinished


def _block(group: list[PdfLine], body_size: float) -> Block | None:
    text = ""
    for line in group:
        if text.endswith("-") and len(text) > 1 and text[-2].isalpha() and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    text = normalize(text.replace("\ufffe", "").replace("\u0002", ""))
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
    if not has_letter_or_digit(text):
        return None
    if bullet:
        return Block("list_item", text)
    is_larger = group[0].size > body_size * 1.12
    is_short = len(text) <= 120 and len(text.split()) <= 16 and not text.endswith((".", ";", ","))
    if is_short and is_larger:
        return Block("heading", text, 1 if group[0].size > body_size * 1.6 else 2)
    return Block("paragraph", text, bold=all(line.bold for line in group))
