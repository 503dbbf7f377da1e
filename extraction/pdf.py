"""PDF to blocks: lines in reading order, joined to paragraphs, without what recurs on every page."""

import ctypes
import itertools
import re
import statistics
from collections import Counter
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.labels import split_label
from extraction.wording import has_words, tidy

#: More pages than any policy has; the rest of a longer file is not read.
_MAX_PAGES = 500
_MAX_CHARACTERS = 5_000_000
_BULLET = re.compile(r"[•·●◦▪▫■□‣⁃∙➢➤►✓✔\uf0b7\uf0a7\uf0d8]\s*|[–—-]\s+(?=\S)|o\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina)?\s*[-–]?\s*\d{1,3}\s*[-–]?(?:\s*(?:/|of|sur|von|de|di)\s*\d{1,3})?",
    re.IGNORECASE,
)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", "…")


@dataclass(slots=True)
class _Line:
    text: str
    page: int
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool


def read_pdf(data: bytes) -> tuple[str | None, list[Block]]:
    """The title the file states, and its blocks. ExtractionError when it is encrypted or damaged."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "encrypted: it asks for a password" if "assword" in str(error) else f"damaged ({error})"
        raise ExtractionError(f"this PDF is {reason}; get the policy's text in another form") from None
    try:
        title = tidy(document.get_metadata_value("Title") or "") or None
        lines: list[_Line] = []
        characters = 0
        for number in range(min(len(document), _MAX_PAGES)):
            page_lines = _page_lines(document, number)
            characters += sum(len(line.text) for line in page_lines)
            lines += page_lines
            if characters > _MAX_CHARACTERS:
                break
    finally:
        document.close()
    return title, _blocks(_without_running_lines(lines))


def _page_lines(document: pypdfium2.PdfDocument, number: int) -> list[_Line]:
    try:
        page = document[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []  # a damaged page in a file that otherwise reads
    lines = []
    try:
        handle = text_page.raw
        box = [ctypes.c_double() for _ in range(4)]
        index = 0
        for text in text_page.get_text_range().split("\n"):
            start = index
            index += len(text) + 1
            words = tidy(text)
            if not words:
                continue
            first = start
            while first < index and pdfium.FPDFText_GetUnicode(handle, first) in (0x20, 0xA0, 0x0D, 0x0A):
                first += 1
            pdfium.FPDFText_GetCharBox(handle, first, box[0], box[1], box[2], box[3])
            left, bottom, top = box[0].value, box[2].value, box[3].value
            last = max(first, index - 3)
            pdfium.FPDFText_GetCharBox(handle, last, box[0], box[1], box[2], box[3])
            weight = pdfium.FPDFText_GetFontWeight(handle, first)
            lines.append(
                _Line(
                    words,
                    number,
                    left,
                    box[1].value,
                    top,
                    bottom,
                    pdfium.FPDFText_GetFontSize(handle, first),
                    weight >= 600,
                )
            )
    finally:
        text_page.close()
        page.close()
    return lines


def _without_running_lines(lines: list[_Line]) -> list[_Line]:
    """Without page numbers, and the headers and footers that recur at the edge of most pages."""
    by_page: dict[int, list[_Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    pages = len(by_page)
    seen: Counter[str] = Counter()
    for page_lines in by_page.values():
        edge = {id(line): line for line in page_lines[:2] + page_lines[-2:]}.values()
        seen.update({re.sub(r"\d+", "#", line.text) for line in edge})
    running = {text for text, count in seen.items() if pages > 2 and count > 0.5 * pages}
    kept = []
    for page_lines in by_page.values():
        for place, line in enumerate(page_lines):
            at_edge = place < 2 or place >= len(page_lines) - 2
            if at_edge and (re.sub(r"\d+", "#", line.text) in running or _PAGE_NUMBER.fullmatch(line.text)):
                continue
            kept.append(line)
    return kept


def _blocks(lines: list[_Line]) -> list[Block]:
    if not lines:
        return []
    body = statistics.median(line.size for line in lines)
    gaps = [
        above.bottom - below.top
        for above, below in itertools.pairwise(lines)
        if above.page == below.page and above.bottom > below.top
    ]
    gap = statistics.median(gaps) if gaps else 0.0
    right = statistics.quantiles([line.right for line in lines], n=10)[-1] if len(lines) > 1 else lines[0].right
    groups: list[list[_Line]] = []
    for line in lines:
        if groups and _goes_on(groups[-1], line, gap, right):
            groups[-1].append(line)
        else:
            groups.append([line])
    blocks = []
    for group in groups:
        block = _block(group, body)
        if block is not None:
            blocks.append(block)
    return blocks


def _goes_on(group: list[_Line], line: _Line, gap: float, right: float) -> bool:
    above = group[-1]
    if _BULLET.match(line.text) or split_label(line.text)[0]:
        return False
    if abs(above.size - line.size) > 0.5 or (above.bold != line.bold and above.right < right - 40):
        return False
    if above.page != line.page:
        return not above.text.endswith(_SENTENCE_END) and line.text[:1].islower()
    if above.bottom - line.top > gap * 1.6 + 0.25 * line.size:
        return False
    if above.right < right - max(60.0, len(line.text.split()[0]) * line.size * 0.6):
        # The next line's first word had room here: the paragraph was over.
        return not above.text.endswith(_SENTENCE_END) and line.text[:1].islower()
    return True


def _block(group: list[_Line], body: float) -> Block | None:
    text = ""
    for line in group:
        if text.endswith("-") and len(text) > 1 and text[-2].isalpha() and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    text = tidy(text.replace("\ufffe", "").replace("\u0002", ""))
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
    if not has_words(text):
        return None
    if bullet:
        return Block("list_item", text)
    larger = group[0].size > body * 1.12
    short = len(text) <= 120 and len(text.split()) <= 16 and not text.endswith((".", ";", ","))
    if short and larger:
        return Block("heading", text, 1 if group[0].size > body * 1.6 else 2)
    return Block("paragraph", text, bold=all(line.bold for line in group))
