"""A program that reads the lines of a PDF: `python -P extraction/readers/pdf_lines.py`, with the PDF on standard input.

Reading a PDF of a few kilobytes can use gigabytes of memory and hours of processor time. pdfium itself has no limits,
and a crash of pdfium ends the whole process. So each PDF is read by a process of its own, with limits on memory and
time. The program starts quickly, because it imports no other module of clausewatch.

The program prints a JSON object. The object has the members `title` and `lines`, or the member `error`. Each item of
`lines` is a list of the fields of a `PdfLine`. Texts aren't normalised.
"""

import ctypes
import json
import resource
import sys
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

# The process that starts this program also imports this module, but doesn't need pdfium.
if TYPE_CHECKING or __name__ == "__main__":
    import pypdfium2
    import pypdfium2.raw as pdfium

#: The limits of the process: bytes of memory and seconds of processor time. The largest known policies use a twentieth
#: of each limit.
MEMORY = 1 << 30
SECONDS = 20
# Upper limits of the number of pages and characters that are read from a PDF. The rest of a longer PDF is ignored. No
# known policy exceeds the limits.
_MAX_PAGES = 500
_MAX_CHARACTERS = 5_000_000


@dataclass(slots=True)
class PdfLine:
    """A line of text.

    text: the line's text as written in the file.
    page: the index of the page, from 0.
    left, right: the positions of the line's left and right edges, in points from the page's left edge.
    base: the position of the line's baseline, in points from the page's lower edge.
    size: the type size in points.
    bold: whether the line's first character is bold.
    """

    text: str
    page: int
    left: float
    right: float
    base: float
    size: float
    bold: bool


def _read(data: bytes) -> dict[str, object]:
    """Returns the object that the program prints."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "encrypted: it asks for a password" if "assword" in str(error) else f"damaged ({error})"
        return {"error": f"this PDF is {reason}; get the policy's text in another form"}
    lines: list[PdfLine] = []
    characters = 0
    for number in range(min(len(document), _MAX_PAGES)):
        page_lines = _page_lines(document, number)
        characters += sum(len(line.text) for line in page_lines)
        lines += page_lines
        if characters > _MAX_CHARACTERS:
            break
    return {"title": document.get_metadata_value("Title") or "", "lines": [astuple(line) for line in lines]}


def _page_lines(document: "pypdfium2.PdfDocument", number: int) -> list[PdfLine]:
    try:
        page = document[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []  # only this page is damaged
    lines = []
    try:
        begin = 0
        for text in text_page.get_text_range().split("\n"):
            first = begin + len(text) - len(text.lstrip())
            last = begin + len(text.rstrip()) - 1
            begin += len(text) + 1
            if last >= first:
                lines.append(_line(text_page.raw, text, number, first, last))
    finally:
        text_page.close()
        page.close()
    return lines


def _line(text_page: "pdfium.FPDF_TEXTPAGE", text: str, page: int, first: int, last: int) -> PdfLine:
    """Returns one line of a page, with its position, type size and weight.

    text: the line's text.
    page: the index of the page, from 0.
    first, last: the indexes of the line's first and last characters in the page's text.
    """
    left, base, right, top, bottom = (ctypes.c_double() for _ in range(5))
    pdfium.FPDFText_GetCharBox(text_page, last, left, right, bottom, top)
    pdfium.FPDFText_GetCharOrigin(text_page, first, left, base)
    size = pdfium.FPDFText_GetFontSize(text_page, first)
    bold = pdfium.FPDFText_GetFontWeight(text_page, first) >= 600
    return PdfLine(text, page, left.value, right.value, base.value, size, bold)


def main() -> None:
    """Reads a PDF from standard input and prints its lines as JSON."""
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + len(data), MEMORY + len(data)))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(_read(data), sys.stdout)


if __name__ == "__main__":
    main()
