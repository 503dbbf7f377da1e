"""A program that reads the text of a PDF: `python -P extraction/readers/pdf_lines.py`, with the PDF on standard input.

Reading a PDF of a few kilobytes can use gigabytes of memory and hours of processor time. pdfium itself has no limits,
and a crash of pdfium ends the whole process. So each PDF is read by a process of its own, with limits on memory and
time. The program starts quickly, because it imports no other module of clausewatch.

The program prints a JSON object: the fields of `PdfText`, or the member `error`. A page and a piece are lists of their
fields. Texts aren't normalised.
"""

import ctypes
import json
import math
import re
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
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
# Upper limit of the number of drawn objects that are examined on a page.
_MAX_OBJECTS = 20_000
# Two words stand in separate pieces if the space between them is wider than this, in ems. The spaces of justified text
# are seldom as wide.
_WIDEST_SPACE = 0.8
# A word that is raised or lowered by more than this, in ems, belongs to another line. Superscripts are raised less.
_HIGHEST_SUPERSCRIPT = 0.5
# A drawn line or edge of a box that is shorter than this, in points, is an ornament.
_SHORTEST_RULE = 8
# A line or box that is narrower than this, in points, is a rule.
_WIDEST_RULE = 3
# A box that is a cell of a table is at least this high, in ems.
_LOWEST_BOX = 1.5
# A page with at most this many words is a scan if images cover at least this share of it. Scans may have the number of
# the page as text.
_FEW_WORDS = 20
_SCANNED_SHARE = 0.5
# pdfium writes one of these characters for the hyphen at the end of a line, and leaves out the line break after it.
_HYPHENS = "\ufffe\x02"
_WORD_OR_HYPHEN = re.compile(rf"[^\s{_HYPHENS}]+|[{_HYPHENS}]")
_BOLD_WEIGHT = 600
_BOLD_NAME = re.compile(rb"Bold|Black|Heavy|Demi", re.IGNORECASE)
# A rule or a box: the left, lower, right and upper edge.
Rule = tuple[float, float, float, float]


@dataclass(slots=True)
class PdfPiece:
    """Words on one line, without a wide space between them. A line of a table has a piece for each cell.

    The positions are those of a page that is turned so that the text runs from left to right.

    text: the text as written in the file.
    left, right: the positions of the left and right edges, in points.
    base: the height of the baseline, in points. A line further up has a greater `base`.
    size: the type size of the first word, in points. A bullet is no word.
    bold: whether the first and the last word are bold.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool


@dataclass(slots=True)
class PdfPage:
    """The text of a page that runs in one direction.

    number: the index of the page, from 0. If some text is turned, several objects have the same number.
    angle: the direction of the text in degrees: 0 from left to right, 90 upwards.
    pieces: the pieces of the text, in the order in which the file draws them.
    rules: the drawn lines, and the edges of drawn boxes. Empty if no pieces stand
        beside each other.
    """

    number: int
    angle: float
    pieces: list[PdfPiece]
    rules: list[Rule]


@dataclass(slots=True)
class PdfText:
    """The text of a PDF.

    title: the title in the metadata; '' if the metadata has no title.
    pages_read: the number of pages that were read, with text or without.
    pages: the pages with text.
    scans: the number of pages that show an image instead of text.
    drawings: the number of pages without text on which something is drawn, other than scans.
    unmapped: the words for whose characters the file doesn't say which letters they are, separated by spaces. In
        `pages`, their text is a guess. Bullets and other single characters are left out.
    """

    title: str
    pages_read: int = 0
    pages: list[PdfPage] = field(default_factory=list)
    scans: int = 0
    drawings: int = 0
    unmapped: str = ""


# The numbers a to f of a matrix: x' = a·x + c·y + e, y' = b·x + d·y + f.
_Matrix = tuple[float, float, float, float, float, float]


def _read(data: bytes) -> dict[str, object]:
    """Returns the object that the program prints."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "encrypted: it asks for a password" if "assword" in str(error) else f"damaged ({error})"
        return {"error": f"this PDF is {reason}; get the policy's text in another form"}
    text = PdfText(document.get_metadata_value("Title") or "")
    unmapped: list[str] = []
    characters = 0
    for number in range(min(len(document), _MAX_PAGES)):
        try:
            page = document[number]
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            continue  # only this page is damaged
        text.pages_read += 1
        try:
            pages = _TextPage(text_page.raw, text_page.get_text_range(), unmapped).pages(number)
            for part in pages:
                size = median(piece.size for piece in part.pieces)
                bases = sorted(piece.base for piece in part.pieces)
                if any(above - below < 0.9 * size for below, above in pairwise(bases)):
                    part.rules += _rules(page.raw, part.angle, size)
            words = sum(len(piece.text.split()) for part in pages for piece in part.pieces)
            characters += sum(len(piece.text) for part in pages for piece in part.pieces)
            if words <= _FEW_WORDS:
                images = _image_share(page.raw)
                text.scans += images >= _SCANNED_SHARE
                text.drawings += not words and images < _SCANNED_SHARE and pdfium.FPDFPage_CountObjects(page.raw) > 0
            text.pages += pages
        finally:
            text_page.close()
            page.close()
        if characters > _MAX_CHARACTERS:
            break
    text.unmapped = " ".join(unmapped)
    # `asdict` would copy each piece field by field, which takes longer than reading the file.
    return {**{name: getattr(text, name) for name in text.__slots__}, "pages": [_as_lists(page) for page in text.pages]}


def _as_lists(page: PdfPage) -> list[object]:
    pieces = [[piece.text, piece.left, piece.right, piece.base, piece.size, piece.bold] for piece in page.pieces]
    return [page.number, page.angle, pieces, page.rules]


class _TextPage:
    """The text of a page, which is divided into pieces.

    raw: the text page of pdfium.
    text: the text of the page, as pdfium returns it.
    unmapped: the list to which unmapped words are added (see `PdfText`).
    """

    def __init__(self, raw: "pdfium.FPDF_TEXTPAGE", text: str, unmapped: list[str]) -> None:
        self._raw = raw
        self._unmapped = unmapped
        count = pdfium.FPDFText_CountChars(raw)
        # The index of a character in `text` isn't its index in pdfium if a character before it is outside the first
        # plane of Unicode, or can't be printed. pdfium counts UTF-16 code units.
        self._is_exact = len(text) == count
        self._text = text if self._is_exact else "".join(chr(pdfium.FPDFText_GetUnicode(raw, i)) for i in range(count))
        self._matrix = pdfium.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._boxes = [[ctypes.c_double() for _ in range(4)] for _ in range(2)]

    def pages(self, number: int) -> list[PdfPage]:
        """Returns the pieces of the page with this index, apart by the direction of the text."""
        lines = []
        lengths: Counter[int] = Counter()
        begin = 0
        for text in self._text.split("\n"):
            words = [match.span() for match in _WORD_OR_HYPHEN.finditer(self._text, begin, begin + len(text))]
            begin += len(text) + 1
            if words:
                angle = self._angle(words)
                lines.append((angle, words))
                lengths[round(angle)] += len(text)
        if not lines:
            return []
        main = lengths.most_common(1)[0][0]
        # The text of a scan is often turned by a few degrees. All other text is turned by right angles.
        pages = {turn: PdfPage(number, (main + turn * 90) % 360, [], []) for turn in range(4)}
        for angle, words in lines:
            page = pages[round((angle - main) / 90) % 4]
            page.pieces += self._pieces(words, page.angle)
        return [page for page in pages.values() if page.pieces]

    def _angle(self, words: list[tuple[int, int]]) -> float:
        """Returns the direction of a line in degrees: 0 from left to right, 90 upwards."""
        first, end = max(words, key=lambda span: span[1] - span[0])
        pdfium.FPDFText_GetMatrix(self._raw, first, self._matrix)
        angle = math.atan2(self._matrix.b, self._matrix.a)
        x, y = self._origin(first)
        last_x, last_y = self._origin(end - 1)
        along = abs((last_x - x) * math.cos(angle) + (last_y - y) * math.sin(angle))
        if along < 0.3 * math.hypot(last_x - x, last_y - y):
            # The text runs across its direction, so it is set vertically, as Japanese is.
            angle -= math.pi / 2
        return math.degrees(angle)

    def _origin(self, index: int) -> tuple[float, float]:
        pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y)
        return self._x.value, self._y.value

    def _pieces(self, words: list[tuple[int, int]], angle: float) -> Iterator[PdfPiece]:
        """Yields the pieces of a line.

        words: the indexes of the first character of each word, and of the character after it.
        angle: the direction of the page's text, in degrees.
        """
        piece: PdfPiece | None = None
        ends_at_hyphen = False
        last = 0
        for first, end in words:
            if self._text[first] in _HYPHENS:
                # pdfium marks only a hyphen at the end of a line. Other such characters can't be printed.
                if piece is not None and pdfium.FPDFText_IsHyphen(self._raw, first) == 1:
                    piece.text += "-"
                    ends_at_hyphen = True
                continue
            text = self._text[first:end]
            if not self._is_exact:
                text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if end - first > 1 and pdfium.FPDFText_HasUnicodeMapError(self._raw, first) == 1:
                self._unmapped.append(text)
            x, y = self._origin(first)
            base = _turned(x, y, angle)[1]
            left, right = self._edges(first, end - 1, angle)
            if piece is not None and not ends_at_hyphen:
                gap = max(left - piece.right, piece.left - right)
                if gap <= _WIDEST_SPACE * piece.size and abs(base - piece.base) <= _HIGHEST_SUPERSCRIPT * piece.size:
                    # pdfium sees a space only where there is one, even between words that touch each other.
                    piece.text += f" {text}" if self._text[first - 1].isspace() else text
                    if end - first > 1 and len(piece.text) == len(text) + 2:  # the first word was a bullet
                        piece.size, piece.bold = self._type(first)
                    last = first
                    piece.left, piece.right = min(left, piece.left), max(right, piece.right)
                    continue
            if piece is not None:
                yield self._finished(piece, last)
            ends_at_hyphen = False
            last = first
            piece = PdfPiece(text, left, right, base, *self._type(first))
        if piece is not None:
            yield self._finished(piece, last)

    def _finished(self, piece: PdfPiece, last: int) -> PdfPiece:
        """Returns the piece, which is bold only if its last word is, too.

        last: the index of the first character of the last word.
        """
        piece.bold = piece.bold and self._type(last)[1]
        return piece

    def _type(self, index: int) -> tuple[float, bool]:
        """Returns the type size in points, and whether the type is bold."""
        pdfium.FPDFText_GetMatrix(self._raw, index, self._matrix)
        size = pdfium.FPDFText_GetFontSize(self._raw, index) * math.hypot(self._matrix.c, self._matrix.d)
        if pdfium.FPDFText_GetFontWeight(self._raw, index) >= _BOLD_WEIGHT:
            return size, True
        # Fonts that aren't embedded, and many that are, state their weight only in their name.
        pdfium.FPDFText_GetFontInfo(self._raw, index, self._name, len(self._name), None)
        return size, _BOLD_NAME.search(self._name.value) is not None

    def _edges(self, first: int, last: int, angle: float) -> tuple[float, float]:
        """Returns the positions of the left and right edge of the text from one character to another."""
        (left, right, bottom, top), (other_left, other_right, other_bottom, other_top) = self._boxes
        pdfium.FPDFText_GetCharBox(self._raw, first, left, right, bottom, top)
        pdfium.FPDFText_GetCharBox(self._raw, last, other_left, other_right, other_bottom, other_top)
        # The first character of a word stands at its right edge if the script runs from right to left.
        begin, end = min(left.value, other_left.value), max(right.value, other_right.value)
        if angle == 0:
            return begin, end
        lowest, highest = min(bottom.value, other_bottom.value), max(top.value, other_top.value)
        across = [_turned(x, y, angle)[0] for x in (begin, end) for y in (lowest, highest)]
        return min(across), max(across)


def _turned(x: float, y: float, angle: float) -> tuple[float, float]:
    """Returns a position on a page that is turned so that text in the direction `angle` runs from left to right."""
    if angle == 0:
        return x, y
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def _rules(page: "pdfium.FPDF_PAGE", angle: float, size: float) -> list[Rule]:
    """Returns the drawn lines and the edges of drawn boxes on a page that is turned like its text.

    size: the type size of most text, in points. Lower boxes than `_LOWEST_BOX` only colour a line of text.
    """
    rules: list[Rule] = []
    for path, (left, bottom, right, top) in _drawn_objects(page, pdfium.FPDF_PAGEOBJ_PATH):
        if max(right - left, top - bottom) < _SHORTEST_RULE or not _is_visible(path):
            continue
        if angle != 0:
            corners = [_turned(x, y, angle) for x in (left, right) for y in (bottom, top)]
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            bottom, top = min(y for _, y in corners), max(y for _, y in corners)
        if top - bottom <= _WIDEST_RULE:
            rules.append((left, bottom, right, bottom))
        elif right - left <= _WIDEST_RULE:
            rules.append((left, bottom, left, top))
        elif top - bottom >= _LOWEST_BOX * size:
            rules += [(left, bottom, right, bottom), (left, top, right, top)]
            rules += [(left, bottom, left, top), (right, bottom, right, top)]
    return rules


def _is_visible(path: "pdfium.FPDF_PAGEOBJECT") -> bool:
    """Returns whether a path is drawn in a colour other than white, the colour of the page."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    colour = [ctypes.c_uint() for _ in range(4)]
    if stroke.value:
        pdfium.FPDFPageObj_GetStrokeColor(path, *colour)
    elif fill.value:
        pdfium.FPDFPageObj_GetFillColor(path, *colour)
    red, green, blue, opacity = [part.value for part in colour]
    return opacity > 0 and min(red, green, blue) < 255


def _image_share(page: "pdfium.FPDF_PAGE") -> float:
    """Returns the share of a page that images cover. It may exceed 1."""
    area = sum(
        (right - left) * (top - bottom)
        for _, (left, bottom, right, top) in _drawn_objects(page, pdfium.FPDF_PAGEOBJ_IMAGE)
    )
    whole: float = pdfium.FPDF_GetPageWidthF(page) * pdfium.FPDF_GetPageHeightF(page)
    return area / whole if whole else 0.0


def _drawn_objects(page: "pdfium.FPDF_PAGE", kind: int) -> Iterator[tuple["pdfium.FPDF_PAGEOBJECT", Rule]]:
    """Yields the objects of one kind on a page, with the left, lower, right and upper edge of each.

    The objects inside of forms are yielded, too.

    kind: a value of `FPDFPageObj_GetType`.
    """
    identity: _Matrix = (1, 0, 0, 1, 0, 0)
    # For each container of objects: the function that returns an object, the number of objects, and the matrix.
    containers = [(partial(pdfium.FPDFPage_GetObject, page), pdfium.FPDFPage_CountObjects(page), identity)]
    edges = [ctypes.c_float() for _ in range(4)]
    form = pdfium.FS_MATRIX()
    remaining = _MAX_OBJECTS
    while containers and remaining > 0:
        get_object, count, matrix = containers.pop()
        a, b, c, d, e, f = matrix
        for index in range(min(count, remaining)):
            thing = get_object(index)
            thing_kind = pdfium.FPDFPageObj_GetType(thing)
            if thing_kind == pdfium.FPDF_PAGEOBJ_FORM:
                pdfium.FPDFPageObj_GetMatrix(thing, form)
                inner = (
                    form.a * a + form.b * c,
                    form.a * b + form.b * d,
                    form.c * a + form.d * c,
                    form.c * b + form.d * d,
                    form.e * a + form.f * c + e,
                    form.e * b + form.f * d + f,
                )
                get_inner = partial(pdfium.FPDFFormObj_GetObject, thing)
                containers.append((get_inner, pdfium.FPDFFormObj_CountObjects(thing), inner))
            elif thing_kind == kind and pdfium.FPDFPageObj_GetBounds(thing, *edges):
                left, bottom, right, top = [edge.value for edge in edges]
                if matrix != identity:
                    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
                    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
                    left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
                yield thing, (left, bottom, right, top)
        remaining -= count


def main() -> None:
    """Reads a PDF from standard input and prints its text as JSON."""
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + len(data), MEMORY + len(data)))
    # At the first limit, Linux sends SIGXCPU, which no other fault causes; at the second limit, SIGKILL (setrlimit(2)).
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(_read(data), sys.stdout)


if __name__ == "__main__":
    main()
