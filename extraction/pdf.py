"""PDF to blocks: lines in reading order, joined to paragraphs, without what recurs on every page."""

import ctypes
import re
import statistics
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

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
    """A line of text. left, right, base: of its box and baseline, in points from the page's lower left corner."""

    text: str
    page: int
    left: float
    right: float
    base: float
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
        place = 0
        for text in text_page.get_text_range().split("\n"):
            first = place + len(text) - len(text.lstrip())
            last = place + len(text.rstrip()) - 1
            place += len(text) + 1
            words = tidy(text)
            if words:
                lines.append(_line(text_page.raw, words, number, first, last))
    finally:
        text_page.close()
        page.close()
    return lines


def _line(text_page: pdfium.FPDF_TEXTPAGE, text: str, page: int, first: int, last: int) -> _Line:
    """The line that stands from the first to the last character of a page's text."""
    left, base, right, top, bottom = (ctypes.c_double() for _ in range(5))
    pdfium.FPDFText_GetCharBox(text_page, last, left, right, bottom, top)
    pdfium.FPDFText_GetCharOrigin(text_page, first, left, base)
    size = pdfium.FPDFText_GetFontSize(text_page, first)
    bold = pdfium.FPDFText_GetFontWeight(text_page, first) >= 600
    return _Line(text, page, left.value, right.value, base.value, size, bold)


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
    steps = [above.base - below.base for above, below in pairwise(lines) if above.page == below.page]
    # Most lines stand within a paragraph; where a file has one-line paragraphs only, their own sizes decide.
    step = statistics.median([step for step in steps if step > 1] or [body * 1.2])
    step = min(step, body * 1.8) if body > 1 else step
    right = statistics.quantiles([line.right for line in lines], n=10)[-1] if len(lines) > 1 else lines[0].right
    groups: list[list[_Line]] = []
    for line in lines:
        if groups and _goes_on(groups[-1][-1], line, step, right):
            groups[-1].append(line)
        else:
            groups.append([line])
    blocks = []
    for group in groups:
        block = _block(group, body)
        if block is not None:
            blocks.append(block)
    return blocks


def _goes_on(above: _Line, line: _Line, step: float, right: float) -> bool:
    """Whether a line goes on with the paragraph of the one above."""
    if _BULLET.match(line.text) or split_label(line.text)[0]:
        return False
    open_end = not above.text.endswith(_SENTENCE_END) and line.text[:1].islower()
    if above.page != line.page:
        return open_end
    if abs(above.size - line.size) > 0.5 or not 0 <= above.base - line.base <= step * 1.3:
        return False
    # Where the next line's first word had room, the paragraph was over.
    room = right - above.right
    needed = (len(line.text.split()[0]) + 1) * line.size * 0.55
    if room > needed + 0.03 * right:
        return open_end
    return above.bold == line.bold or open_end


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
