"""The lines of a PDF, read in a process of its own: `python -P extraction/pdf_lines.py`, the PDF on standard input.

A PDF of some kilobytes can ask for gigabytes and hours; pdfium has no bounds of its own, and what goes wrong in it
takes the process along. This one has bounds, and nothing else in it: it imports none of our own, so that it starts
quickly. What it prints is JSON: `title`, `lines` with the fields of `Line`, or `error`; texts are as the file has them.
"""

import ctypes
import json
import resource
import sys
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING or __name__ == "__main__":  # those who start this process need not load it
    import pypdfium2
    import pypdfium2.raw as pdfium

#: Of memory, in bytes, and of processor time, in seconds; the largest policies take a twentieth of either.
MEMORY = 1 << 30
SECONDS = 20
#: More pages than any policy has; the rest of a longer file is not read.
_MAX_PAGES = 500
_MAX_CHARACTERS = 5_000_000


@dataclass(slots=True)
class Line:
    """A line of text. left, right, base: of its box and baseline, in points from the page's lower left corner."""

    text: str
    page: int
    left: float
    right: float
    base: float
    size: float
    bold: bool


def _read(data: bytes) -> dict[str, object]:
    """What the process prints."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "encrypted: it asks for a password" if "assword" in str(error) else f"damaged ({error})"
        return {"error": f"this PDF is {reason}; get the policy's text in another form"}
    lines: list[Line] = []
    characters = 0
    for number in range(min(len(document), _MAX_PAGES)):
        page_lines = _page_lines(document, number)
        characters += sum(len(line.text) for line in page_lines)
        lines += page_lines
        if characters > _MAX_CHARACTERS:
            break
    return {"title": document.get_metadata_value("Title") or "", "lines": [astuple(line) for line in lines]}


def _page_lines(document: "pypdfium2.PdfDocument", number: int) -> list[Line]:
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
            if last >= first:
                lines.append(_line(text_page.raw, text, number, first, last))
    finally:
        text_page.close()
        page.close()
    return lines


def _line(text_page: "pdfium.FPDF_TEXTPAGE", text: str, page: int, first: int, last: int) -> Line:
    """The line that stands from the first to the last character of a page's text."""
    left, base, right, top, bottom = (ctypes.c_double() for _ in range(5))
    pdfium.FPDFText_GetCharBox(text_page, last, left, right, bottom, top)
    pdfium.FPDFText_GetCharOrigin(text_page, first, left, base)
    size = pdfium.FPDFText_GetFontSize(text_page, first)
    bold = pdfium.FPDFText_GetFontWeight(text_page, first) >= 600
    return Line(text, page, left.value, right.value, base.value, size, bold)


def main() -> None:
    """Read standard input, print the lines."""
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + len(data), MEMORY + len(data)))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(_read(data), sys.stdout)


if __name__ == "__main__":
    main()
