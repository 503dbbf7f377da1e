"""Puts the pieces of a PDF's pages in the order in which a person reads them.

A file may draw its text in any order, so the order follows from the places of the pieces:

- The box of ruled lines around some pieces is a cell of a table (see `pdf_rules`).
- Text on both sides of a gutter, an upright strip without text, stands in columns or in a table without upright rules
  (see `pdf_regions`).
- All other pieces are read line by line.
"""

import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

from extraction.readers.pdf_lines import PdfPage, PdfPiece, Rule
from extraction.readers.pdf_regions import Region, Row, are_beside
from extraction.readers.pdf_rules import joined_rules, ruled_rows

# Pieces whose baselines differ by less than this, in ems, stand on the same line. Superscripts are raised further.
_SAME_LINE = 0.35
_SUPERSCRIPT = 0.5
# A space between two pieces that is narrower than this, in ems, is part of a word.
_NARROWEST_SPACE = 0.15
# A page with more pieces is read line by line, and so is the rest of a PDF with more pieces.
_MOST_PIECES = 5_000
_MOST_PIECES_OF_PDF = 100_000


@dataclass(slots=True)
class PdfLine:
    """A line of text.

    text: the normalised text.
    page: the index of the page, from 0.
    column: the number of the column or cell; no two columns of a PDF have the same number.
    right: the position of the line's right edge, in points; the left edge if the text runs from right to left.
    edge: the position of the column's right edge, in points; None if it is the edge of all text.
    base, size: those of the longest piece (see `PdfPiece`).
    bold: whether all pieces are bold.
    """

    text: str
    page: int
    column: int
    right: float
    edge: float | None
    base: float
    size: float
    bold: bool


#: A row of a table: the lines of each cell.
PdfRow = list[list[PdfLine]]


def rows_of(pieces: Sequence[PdfPiece]) -> list[Row]:
    """Returns the pieces that stand on the same line, from left to right; the lines from top to bottom.

    A piece that is drawn a second time, to make it look bold, is left out.
    """
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda piece: -piece.base):
        if rows and _is_same_line(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        row.sort(key=lambda piece: piece.left)
        for before, piece in list(pairwise(row)):
            if before.text == piece.text and piece.left - before.left < 0.5 * piece.size:
                row.remove(before)
    return rows


def _is_same_line(above: PdfPiece, below: PdfPiece) -> bool:
    smaller, larger = sorted((above.size, below.size))
    # A superscript is smaller than its line, and raised further than other pieces.
    highest = _SUPERSCRIPT if smaller < 0.8 * larger else _SAME_LINE
    return above.base - below.base <= highest * larger


def in_reading_order(pages: Sequence[PdfPage]) -> list[PdfLine | PdfRow]:
    """Returns the lines and the rows of tables of a PDF in the order in which a person reads them."""
    layout = _Layout()
    for page in pages:
        layout.add_page(page)
    return layout.lines


def row_text(row: Sequence[PdfPiece]) -> str:
    """Returns the text of pieces on one line, from the first to the last that a person reads."""
    text = row[0].text
    for before, piece in pairwise(row):
        gap = piece.left - before.right
        text += piece.text if gap < _NARROWEST_SPACE * max(before.size, piece.size) else f" {piece.text}"
    return text


def mirrored(page: PdfPage) -> PdfPage:
    """Returns the page, turned left to right if most of its letters run from right to left.

    So `left` always means the side on which a line begins.
    """
    letters = Counter(
        unicodedata.bidirectional(letter) for piece in page.pieces if not piece.text.isascii() for letter in piece.text
    )
    left_to_right = letters["L"] + sum(len(piece.text) for piece in page.pieces if piece.text.isascii())
    if letters["R"] + letters["AL"] <= left_to_right:
        return page
    return PdfPage(
        page.number,
        page.angle,
        [replace(piece, left=-piece.right, right=-piece.left) for piece in page.pieces],
        [(-right, bottom, -left, top) for left, bottom, right, top in page.rules],
    )


class _Layout:
    """Collects the lines of a PDF, page by page."""

    def __init__(self) -> None:
        self.lines: list[PdfLine | PdfRow] = []
        self._columns = count()
        self._page = 0
        self._pieces = 0
        self._rules: list[Rule] = []

    def add_page(self, page: PdfPage) -> None:
        """Adds the lines of a page."""
        self._page = page.number
        rows = rows_of(page.pieces)
        self._pieces += len(page.pieces)
        is_too_much = len(page.pieces) > _MOST_PIECES or self._pieces > _MOST_PIECES_OF_PDF
        if is_too_much or not any(are_beside(rows, index) for index in range(len(rows))):
            self.lines += self._as_lines(rows, None)
            return
        self._rules = joined_rules(page.rules)
        table = ruled_rows(page.pieces, self._rules)
        in_cells = {id(piece) for cells in table for _, cell in cells for piece in cell}
        free = [piece for piece in page.pieces if id(piece) not in in_cells]
        for cells in table:
            middle = statistics.mean(piece.base for _, cell in cells for piece in cell)
            self._add([piece for piece in free if piece.base > middle], None)
            free = [piece for piece in free if piece.base <= middle]
            self.lines.append([self._as_lines(rows_of(cell), edge) for edge, cell in cells])
        self._add(free, None)

    def _as_lines(self, rows: Sequence[Row], edge: float | None) -> list[PdfLine]:
        """Returns one line for each row. The lines form one column with this right edge."""
        column = next(self._columns)
        lines = []
        for row in rows:
            main = max(row, key=lambda piece: len(piece.text))
            lines.append(
                PdfLine(
                    row_text(row),
                    self._page,
                    column,
                    row[-1].right,
                    edge,
                    main.base,
                    main.size,
                    all(piece.bold for piece in row),
                )
            )
        return lines

    def _add(self, pieces: Sequence[PdfPiece], edge: float | None) -> None:
        """Adds the lines of pieces that stand in no ruled cell. `edge` is their right edge, if it is known."""
        rows = rows_of(pieces)
        order = {id(piece): index for index, piece in enumerate(pieces)}
        plain: list[Row] = []
        index = 0
        while index < len(rows):
            region = Region.beginning(rows, index, len(plain), self._rules) if are_beside(rows, index) else None
            if region is None:
                plain.append(rows[index])
                index += 1
                continue
            if region.begin < index:
                del plain[region.begin - index :]
            self.lines += self._as_lines(plain, edge)
            plain = []
            is_table = region.is_table(order)
            if is_table:
                region.cut_table()
            region.cut_end(rows[region.end] if region.end < len(rows) else None, is_table)
            index = region.end
            columns = region.columns()
            edges = [max((piece.right for piece in column), default=0.0) for column in columns]
            if is_table:
                for cells in region.table_rows():
                    self.lines.append(
                        [self._as_lines(rows_of(cell), edges[number]) for number, cell in enumerate(cells) if cell]
                    )
            else:
                for column, column_edge in zip(columns, [*edges[:-1], edge], strict=True):
                    self._add(sorted(column, key=lambda piece: order[id(piece)]), column_edge)
        self.lines += self._as_lines(plain, edge)
