"""Puts the pieces of a PDF's pages in the order in which a person reads them: columns, tables, lines.

A file may draw its text in any order, so the order follows from the places of the pieces:

- A cell is the box of ruled lines around some pieces. Cells with the same upper and lower edge are a row of a table.
- Text on both sides of a gutter, an upright strip without text, stands either in columns of running text or in a table
  without upright rules (see `_is_table`).
- All other pieces are read line by line.
"""

import re
import statistics
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, islice, pairwise
from operator import itemgetter

from extraction.readers.pdf_lines import PdfPage, PdfPiece, Rule
from extraction.words.labels import split_label

# A gutter is at least this wide, in ems, and has at least this many lines on each side.
_NARROWEST_GUTTER = 0.4
_FEWEST_ROWS = 3
# Pieces whose baselines differ by less than this, in ems, stand on the same line.
_SAME_LINE = 0.35
_SUPERSCRIPT = 0.5
# A column of running text is at least this wide, in ems.
_NARROWEST_PROSE = 10
# A distance of baselines larger than this, in steps from line to line, sets paragraphs or rows of a table apart.
_BLANK = 1.25
# A distance of baselines larger than this, in ems, sets regions of a page apart.
_LARGEST_GAP = 3.5
# A distance larger than this may set a table and running text apart.
_BLOCK = 1.6
# A column that goes on below the others has no larger distance of baselines than this, in steps.
_LARGEST_BLANK = 2.2
# Two rules that are nearer to each other than this, in points, touch.
_TOUCHING = 2.5
# A page with more pieces is read line by line, and so is the rest of a PDF with more pieces. A page with more pairs of a
# piece and a rule is read without the rules.
_MOST_PIECES = 5_000
_MOST_PIECES_OF_PDF = 100_000
_MOST_COMPARISONS = 1_000_000
_BULLET = re.compile(r"[^\w\s]|o", re.ASCII)


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
# The pieces of one line, from left to right.
_Row = list[PdfPiece]
_Interval = tuple[float, float]


def rows_of(pieces: Sequence[PdfPiece]) -> list[_Row]:
    """Returns the pieces that stand on the same line, from left to right; the lines from top to bottom.

    A piece that is drawn a second time, to make it look bold, is left out.
    """
    rows: list[_Row] = []
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
        text += piece.text if gap < 0.15 * max(before.size, piece.size) else f" {piece.text}"
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
        if is_too_much or not any(_are_beside(rows, index) for index in range(len(rows))):
            self.lines += self._as_lines(rows, None)
            return
        self._rules = _joined_rules(page.rules)
        table = _ruled_rows(page.pieces, self._rules)
        in_cells = {id(piece) for cells in table for _, cell in cells for piece in cell}
        free = [piece for piece in page.pieces if id(piece) not in in_cells]
        for cells in table:
            middle = statistics.mean(piece.base for _, cell in cells for piece in cell)
            self._add([piece for piece in free if piece.base > middle], None)
            free = [piece for piece in free if piece.base <= middle]
            self.lines.append([self._as_lines(rows_of(cell), edge) for edge, cell in cells])
        self._add(free, None)

    def _as_lines(self, rows: Sequence[_Row], edge: float | None) -> list[PdfLine]:
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
        plain: list[_Row] = []
        index = 0
        while index < len(rows):
            region = _Region.beginning(rows, index, len(plain)) if _are_beside(rows, index) else None
            if region is None:
                plain.append(rows[index])
                index += 1
                continue
            if region.begin < index:
                del plain[region.begin - index :]
            self.lines += self._as_lines(plain, edge)
            plain = []
            is_table = region.is_table(self._rules, order)
            if is_table:
                region.cut_table(self._rules)
            region.cut_end(rows[region.end] if region.end < len(rows) else None, is_table)
            index = region.end
            columns = region.columns()
            edges = [max((piece.right for piece in column), default=0.0) for column in columns]
            if is_table:
                for cells in region.table_rows(self._rules):
                    self.lines.append(
                        [self._as_lines(rows_of(cell), edges[number]) for number, cell in enumerate(cells) if cell]
                    )
            else:
                for column, column_edge in zip(columns, [*edges[:-1], edge], strict=True):
                    self._add(sorted(column, key=lambda piece: order[id(piece)]), column_edge)
        self.lines += self._as_lines(plain, edge)


@dataclass(slots=True)
class _Region:
    """Consecutive lines with text on both sides of the same gutters.

    rows: the lines, from top to bottom.
    begin, end: the indexes of the first line and of the line after the last, among the lines of the page.
    gutters: the left and right edge of each gutter, from left to right.
    """

    rows: list[_Row]
    begin: int
    end: int
    gutters: list[_Interval]

    @classmethod
    def beginning(cls, rows: Sequence[_Row], begin: int, before: int) -> "_Region | None":
        """Returns the region that begins with the line of an index; None if no region begins there.

        before: the number of lines above that belong to no region. Such lines may belong to the right column.
        """
        size = statistics.median(piece.size for piece in rows[begin])
        occupied: list[_Interval] = []
        gutters: list[_Interval] = []
        end = begin
        for row in islice(rows, begin, None):
            if end > begin and rows[end - 1][0].base - row[0].base > _LARGEST_GAP * size:
                break
            occupied = _union([*occupied, *((piece.left, piece.right) for piece in row)])
            free = [(left[1], right[0]) for left, right in pairwise(occupied)]
            remaining = [gap for gap in free if gap[1] - gap[0] >= _NARROWEST_GUTTER * size]
            if not remaining or _loses_gutter(gutters, remaining, rows[begin:end]):
                break
            gutters = remaining
            end += 1
        gutters = [
            gutter
            for gutter in gutters
            if _support(gutter, rows[begin:end]) >= _FEWEST_ROWS or _ends_running_text(gutter, rows[begin:end])
        ]
        gutters = _without_label_columns(rows[begin:end], gutters)
        if not gutters:
            return None
        # The right column may begin above the left one.
        for index in range(begin - 1, begin - 1 - before, -1):
            below, piece = rows[index + 1][0], rows[index][0]
            middle = sum(gutters[0]) / 2
            is_free = len(rows[index]) == 1 and (piece.right <= middle or piece.left >= middle)
            if not is_free or piece.base - below.base > _LARGEST_BLANK * 1.2 * size:
                break
            if piece.left >= middle:
                begin = index
        region = cls(list(rows[begin:end]), begin, end, gutters)
        region._cut_where_kind_changes()
        return region

    def _cut_where_kind_changes(self) -> None:
        """Leaves out a table below running text, and running text below a table, if a blank separates them."""
        step = self.step()
        begin = 0
        last_kind: bool | None = None
        for block in self._bands([], _BLOCK * step):
            two_sided = sum(len(self._filled(row)) > 1 for row in block)
            columns = self._columns_of(block)
            has_prose = any(_is_prose(column, step) for column in columns)
            kind = None if two_sided < _FEWEST_ROWS else not has_prose
            if kind is not None:
                if last_kind is not None and kind != last_kind:
                    self.end -= len(self.rows) - begin
                    del self.rows[begin:]
                    return
                last_kind = kind
            begin += len(block)

    def cut_table(self, rules: Sequence[Rule]) -> None:
        """Leaves out the rows at the end that are further from the table's rows than these from each other.

        rules: the rules of the page.
        """
        ends = [
            (max(piece.base for cell in cells for piece in cell), min(piece.base for cell in cells for piece in cell))
            for cells in self.table_rows(rules)
        ]
        gaps = [above[1] - below[0] for above, below in pairwise(ends)]
        for index in range(2, len(gaps)):
            if gaps[index] > 1.5 * max(gaps[:index]):
                kept = sum(row[0].base > ends[index + 1][0] for row in self.rows)
                self.end -= len(self.rows) - kept
                del self.rows[kept:]
                return

    def cut_end(self, following: _Row | None, is_table: bool) -> None:
        """Leaves out the lines at the end that stand below the columns, such as the heading of what follows.

        following: the line below the region; None if the region ends with the page.
        is_table: whether the region is a table.
        """
        step = self.step()
        size = statistics.median(piece.size for row in self.rows for piece in row)
        filled = [self._filled(row) for row in self.rows]
        bases = [row[0].base for row in self.rows]
        # Columns whose lines don't stand at the same height have no line with two pieces.
        last_two_sided = max(
            (
                index
                for index in range(len(filled))
                if len(filled[index]) > 1
                or (index and len(filled[index - 1] | filled[index]) > 1 and bases[index - 1] - bases[index] < step)
            ),
            default=0,
        )
        for index in range(1, len(self.rows)):
            above = bases[index - 1] - bases[index]
            if len(self.rows[index]) > 1:
                continue
            is_apart = above > _BLANK * step
            if index > last_two_sided:
                is_title = is_apart and (is_table or self.rows[index][0].size > 1.1 * size)
                below = bases[index] - following[0].base if following and index + 1 == len(bases) else above
                is_cut = above > _LARGEST_BLANK * step or is_title or below < above / 1.2
            else:
                others_above = [base for base, row in zip(bases[:index], filled, strict=False) if row - filled[index]]
                others_below = [
                    base for base, row in zip(bases[index:], filled[index:], strict=True) if row - filled[index]
                ]
                blank = others_above[-1] - others_below[0] if others_above and others_below else 0
                is_cut = is_apart and bases[index] - bases[index + 1] > _BLANK * step and blank > 3 * step
            if is_cut:
                self.end -= len(self.rows) - index
                del self.rows[index:]
                return

    def _column_of(self, piece: PdfPiece) -> int:
        return bisect_right(self.gutters, (piece.left + piece.right) / 2, key=itemgetter(1))

    def _filled(self, row: _Row) -> set[int]:
        return {self._column_of(piece) for piece in row}

    def columns(self) -> list[list[PdfPiece]]:
        """Returns the pieces of each column, from top to bottom."""
        return self._columns_of(self.rows)

    def _columns_of(self, rows: Sequence[_Row]) -> list[list[PdfPiece]]:
        columns: list[list[PdfPiece]] = [[] for _ in range(len(self.gutters) + 1)]
        for row in rows:
            for piece in row:
                columns[self._column_of(piece)].append(piece)
        return columns

    def step(self) -> float:
        """Returns the distance from line to line within a paragraph or cell, in points."""
        steps = [
            above.base - below.base
            for column in self.columns()
            for above, below in pairwise(column)
            if above.base - below.base > 0.9 * below.size
        ]
        return min(steps, default=1.2 * self.rows[0][0].size)

    def is_table(self, rules: Sequence[Rule], order: dict[int, int]) -> bool:
        """Returns whether the region is a table and not columns of running text.

        rules: the rules of the page.
        order: the position of each piece in the order in which the file draws the pieces, by the piece's `id`.
        """
        columns = [column for column in self.columns() if column]
        if len(columns) < 2 or self._crossing(rules):
            return len(columns) > 1
        step = self.step()
        prose = [_is_prose(column, step) for column in columns]
        if all(prose[:-1]) and (prose[-1] or len(columns[-1]) < _FEWEST_ROWS):
            return self._ragged_rows() > 1
        # If the file draws each column of short texts as a whole, the texts of a column belong together.
        is_drawn_by_column = all(
            max(order[id(piece)] for piece in left) < min(order[id(piece)] for piece in right)
            for left, right in pairwise(columns)
        )
        return len(columns) > 2 + any(prose) or not is_drawn_by_column

    def _crossing(self, rules: Sequence[Rule]) -> list[float]:
        """Returns the heights of the rules that cross a gutter between two lines of the region."""
        top, bottom = self.rows[0][0].base, self.rows[-1][0].base
        return [
            y
            for left, y, right, upper in rules
            if y == upper
            and bottom < y < top
            and any(left < gutter[0] and gutter[1] < right for gutter in self.gutters)
        ]

    def _bands(self, heights: Sequence[float], blank: float) -> list[list[_Row]]:
        """Returns the lines, divided where the baselines of two lines are too far from each other.

        heights: heights at which the lines are divided, too.
        blank: the largest distance of the baselines of two lines that belong together, in points.
        """
        bands = [[self.rows[0]]]
        for above, below in pairwise(self.rows):
            is_apart = above[0].base - below[0].base > blank
            if is_apart or any(below[0].base < height < above[0].base for height in heights):
                bands.append([])
            bands[-1].append(below)
        return bands

    def _ragged_rows(self) -> int:
        """Returns the number of bands in which a column ends early, and begins again with the next band.

        The cells of a table's row end at different heights, and the cells of the next row begin at the same height.
        Columns of running text have no such blanks.
        """
        step = self.step()
        ragged = 0
        for band, following in pairwise(self._bands([], _BLANK * step)):
            ends = {self._column_of(piece): piece.base for row in band for piece in row}
            begins = self._filled(following[0])
            ragged += len(begins) > 1 and any(
                base - band[-1][0].base > 0.9 * step for column, base in ends.items() if column in begins
            )
        return ragged

    def table_rows(self, rules: Sequence[Rule]) -> list[list[list[PdfPiece]]]:
        """Returns the rows of the table: for each row, the pieces of each cell. The cells of some columns are empty."""
        edges = [max((piece.right for piece in column), default=0.0) for column in self.columns()]
        step = self.step()
        prose = [_is_prose(column, step) for column in self.columns()]
        table: list[list[list[PdfPiece]]] = []
        for band in self._bands(self._crossing(rules), _BLANK * step):
            is_first = True
            for row in band:
                is_full = len(self._filled(row)) == len(edges)
                if is_first or (is_full and not self._continues(table[-1], row, edges, prose)):
                    table.append([[] for _ in edges])
                is_first = False
                for piece in row:
                    table[-1][self._column_of(piece)].append(piece)
        return table

    def _continues(self, cells: list[list[PdfPiece]], row: _Row, edges: Sequence[float], prose: Sequence[bool]) -> bool:
        """Returns whether a line with text in every column continues the cells above it.

        So does a line on which running text goes on, or on which no text can begin a cell.

        edges: the right edge of each column.
        prose: whether each column shows running text.
        """
        is_rest: list[bool] = []
        for piece in row:
            column = self._column_of(piece)
            above = cells[column]
            needed = _first_word_width(piece) + 0.3 * piece.size
            has_room = not above or edges[column] - above[-1].right > needed
            is_rest.append(not has_room and piece.text[0].isalpha() and not piece.text[0].isupper())
            if prose[column] and is_rest[-1]:
                return True
        return all(is_rest)


def _is_prose(column: Sequence[PdfPiece], step: float) -> bool:
    """Returns whether a column shows running text: most lines have no room for the first word of the next line.

    step: the distance from line to line, in points. A larger distance sets paragraphs apart.
    """
    if len(column) < _FEWEST_ROWS:
        return False
    edge = max(piece.right for piece in column)
    if edge - min(piece.left for piece in column) < _NARROWEST_PROSE * column[0].size:
        return False
    wraps = [
        edge - above.right < _first_word_width(below) + 0.3 * below.size
        for above, below in pairwise(column)
        if above.base - below.base < _BLANK * step
    ]
    return len(wraps) > 1 and 2 * sum(wraps) >= len(wraps)


def _first_word_width(piece: PdfPiece) -> float:
    """Returns the width of a piece's first word, in points, as if all characters had the same width."""
    word = piece.text.split()[0]
    # Chinese and Japanese lines may end after nearly every character.
    length = min(len(word), 2) if word[0] >= "\u2e80" else len(word)
    return length / len(piece.text) * (piece.right - piece.left)


def _union(intervals: Sequence[_Interval]) -> list[_Interval]:
    joined: list[_Interval] = []
    for left, right in sorted(intervals):
        if joined and left <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(right, joined[-1][1]))
        else:
            joined.append((left, right))
    return joined


def _are_beside(rows: Sequence[_Row], index: int) -> bool:
    """Returns whether several pieces stand on a line, or the next line is beside the line, a little lower."""
    row = rows[index]
    if len(row) > 1 or index + 1 == len(rows):
        return len(row) > 1
    piece, below = row[0], rows[index + 1]
    is_level = piece.base - below[0].base < 0.9 * min(piece.size, below[0].size)
    return is_level and (below[-1].right < piece.left or piece.right < below[0].left)


def _support(gutter: _Interval, rows: Sequence[_Row]) -> int:
    """Returns the number of lines with text on both sides of a gutter, at the same height or nearly so."""
    left = [row[0].base for row in rows if row[0].right <= gutter[0]]
    right = [row[-1].base for row in rows if row[-1].left >= gutter[1]]
    if not left or not right:
        return 0
    size = rows[0][0].size
    top, bottom = min(left[0], right[0]) + size, max(left[-1], right[-1]) - size
    return min(sum(bottom < base < top for base in bases) for bases in (left, right))


def _ends_running_text(gutter: _Interval, rows: Sequence[_Row]) -> bool:
    """Returns whether the lines on the left of a gutter are running text. The last column may have two lines only."""
    if _support(gutter, rows) < _FEWEST_ROWS - 1:
        return False
    left = [piece for row in rows for piece in row if piece.right <= gutter[0]]
    return bool(left) and _is_prose(left, 1.2 * left[0].size)


def _loses_gutter(gutters: Sequence[_Interval], remaining: Sequence[_Interval], rows: Sequence[_Row]) -> bool:
    """Returns whether a gutter next to several lines isn't among the remaining gutters."""
    lost = [
        gutter for gutter in gutters if not any(gutter[0] <= left and right <= gutter[1] for left, right in remaining)
    ]
    return any(_support(gutter, rows) > 1 for gutter in lost)


def _without_label_columns(rows: Sequence[_Row], gutters: Sequence[_Interval]) -> list[_Interval]:
    """Returns the gutters without those that follow a column of bullets or labels only."""
    kept: list[_Interval] = []
    for gutter in gutters:
        left = kept[-1][1] if kept else float("-inf")
        column = [piece.text for row in rows for piece in row if left <= piece.left and piece.right <= gutter[0]]
        if not all(_BULLET.fullmatch(text) or len(text) < 2 or split_label(f"{text} X")[0] for text in column):
            kept.append(gutter)
    return kept


def _joined_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Returns the rules, with rules that continue each other joined into one."""
    level = [(y, left, right) for left, y, right, upper in rules if y == upper]
    upright = [(x, bottom, top) for x, bottom, right, top in rules if x == right and bottom != top]
    return [(left, y, right, y) for y, left, right in _joined(level)] + [
        (x, bottom, x, top) for x, bottom, top in _joined(upright)
    ]


def _joined(lines: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Returns parallel lines, with lines that continue each other joined. A line: its place, its begin and its end."""
    joined: list[tuple[float, float, float]] = []
    for place, begin, end in sorted(lines, key=lambda line: (round(line[0] / _TOUCHING), line[1])):
        if joined:
            last, last_begin, last_end = joined[-1]
            is_touching = begin <= last_end + _TOUCHING and last_begin <= end + _TOUCHING
            if is_touching and place - last <= _TOUCHING:
                joined[-1] = (last, min(begin, last_begin), max(end, last_end))
                continue
        joined.append((place, begin, end))
    return joined


def _ruled_rows(pieces: Sequence[PdfPiece], rules: Sequence[Rule]) -> list[list[tuple[float, list[PdfPiece]]]]:
    """Returns the rows of tables with at least two ruled cells: for each cell, its right edge and its pieces."""
    if len(pieces) * len(rules) > _MOST_COMPARISONS:
        return []
    level = sorted((rule for rule in rules if rule[1] == rule[3]), key=lambda rule: rule[1])
    upright = sorted((rule for rule in rules if rule[1] != rule[3]), key=lambda rule: rule[0])
    rows: dict[tuple[float, float], dict[tuple[float, float], list[PdfPiece]]] = {}
    for piece in pieces:
        middle = piece.base + 0.3 * piece.size
        beside = [rule for rule in upright if rule[1] <= middle <= rule[3]]
        left = [rule[0] for rule in beside if rule[0] <= piece.left + _TOUCHING]
        right = [rule[0] for rule in beside if rule[0] >= piece.right - _TOUCHING]
        if not left and not right:
            continue
        # Many tables are open at the sides, and a row that goes on on the next page is open at its end.
        across = [
            rule
            for rule in level
            if rule[0] <= (left[-1] if left else piece.left) + _TOUCHING
            and (right[0] if right else piece.right) - _TOUCHING <= rule[2]
        ]
        nearest = [rule for rule in across if rule[1] > middle][:1] + [rule for rule in across if rule[1] <= middle][
            -1:
        ]
        if nearest:
            begin = left[-1] if left else max(rule[0] for rule in nearest)
            end = right[0] if right else min(rule[2] for rule in nearest)
            top = nearest[0][1] if nearest[0][1] > middle else max(rule[3] for rule in beside)
            bottom = nearest[-1][1] if nearest[-1][1] <= middle else min(rule[1] for rule in beside)
            rows.setdefault((top, bottom), {}).setdefault((begin, end), []).append(piece)
    table = sorted((row for row in rows.items() if len(row[1]) > 1), key=lambda row: row[0], reverse=True)
    in_cells = {id(piece) for _, cells in table for cell in cells.values() for piece in cell}
    free = [piece for piece in pieces if id(piece) not in in_cells]
    result = []
    for index, ((top, bottom), cells) in enumerate(table):
        touches_above = index > 0 and table[index - 1][0][1] - top <= _TOUCHING
        touches_below = index + 1 < len(table) and bottom - table[index + 1][0][0] <= _TOUCHING
        starts = [min(piece.left for piece in cell) for cell in cells.values()]
        aligned = sum(any(abs(piece.left - start) <= _TOUCHING for piece in free) for start in starts)
        # In some tables, every second row is coloured and no row has rules.
        if touches_above or touches_below or aligned < 2:
            result.append([(edge, cells[left, edge]) for left, edge in sorted(cells)])
    return result
