"""Finds regions of a PDF's page with text on both sides of a gutter: columns of running text, or tables."""

import re
import statistics
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import itemgetter

from extraction.readers.pdf_lines import PdfPiece, Rule
from extraction.words.labels import split_label

# A gutter is at least this wide, in ems, and has at least this many lines on each side.
_NARROWEST_GUTTER = 0.4
_FEWEST_ROWS = 3
# A column of running text is at least this wide, in ems.
_NARROWEST_PROSE = 10
# A distance of baselines larger than this, in steps from line to line, sets paragraphs or rows of a table apart.
_BLANK = 1.25
# A distance larger than this, in steps, may set a table and running text apart.
_BLOCK = 1.6
# A column that goes on below the others has no larger distance of baselines than this, in steps.
_LARGEST_BLANK = 2.2
# A distance of baselines larger than this, in ems, sets regions apart.
_LARGEST_GAP = 3.5
# The distance from line to line, in ems, if it can't be measured.
_USUAL_STEP = 1.2
_SENTENCE_END = ".!?:;。！？"
_FIRST_NUMBER = re.compile(r"\D{0,12}(\d{1,3})")
_BULLET = re.compile(r"[^\w\s]|o", re.ASCII)
#: The pieces of one line, from left to right.
Row = list[PdfPiece]
_Interval = tuple[float, float]


@dataclass(slots=True)
class Region:
    """Consecutive lines with text on both sides of the same gutters.

    rows: the lines, from top to bottom.
    begin, end: the indexes of the first line and of the line after the last, among the lines of the page.
    gutters: the left and right edge of each gutter, from left to right.
    rules: the rules of the page.
    """

    rows: list[Row]
    begin: int
    end: int
    gutters: list[_Interval]
    rules: Sequence[Rule]

    @classmethod
    def beginning(cls, rows: Sequence[Row], begin: int, before: int, rules: Sequence[Rule]) -> "Region | None":
        """Returns the region that begins with the line of an index; None if no region begins there.

        before: the number of lines above that belong to no region. Such lines may belong to the right column.
        rules: the rules of the page.
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
            if not is_free or piece.base - below.base > _LARGEST_BLANK * _USUAL_STEP * size:
                break
            if piece.left >= middle:
                begin = index
        region = cls(list(rows[begin:end]), begin, end, gutters, rules)
        region._cut_where_kind_changes()
        region._cut_at_rule()
        return region

    def _cut(self, kept: int) -> None:
        """Leaves out the lines after the first `kept` lines."""
        self.end -= len(self.rows) - kept
        del self.rows[kept:]

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
                    self._cut(begin)
                    return
                last_kind = kind
            begin += len(block)

    def _cut_at_rule(self) -> None:
        """Leaves out running text below a single rule, which divides a page. Tables have several rules."""
        heights = self._crossing()
        step = self.step()
        if len(heights) == 1 and all(_is_prose(column, step) for column in self.columns()):
            self._cut(sum(row[0].base > heights[0] for row in self.rows))

    def cut_table(self) -> None:
        """Leaves out the rows at the end that are further from the table's rows than these from each other."""
        ends = [
            (max(piece.base for cell in cells for piece in cell), min(piece.base for cell in cells for piece in cell))
            for cells in self.table_rows()
        ]
        gaps = [above[1] - below[0] for above, below in pairwise(ends)]
        for index in range(2, len(gaps)):
            if gaps[index] > 1.5 * max(gaps[:index]):
                self._cut(sum(row[0].base > ends[index + 1][0] for row in self.rows))
                return

    def cut_end(self, following: Row | None, is_table: bool) -> None:
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
                self._cut(index)
                return

    def _column_of(self, piece: PdfPiece) -> int:
        return bisect_right(self.gutters, (piece.left + piece.right) / 2, key=itemgetter(1))

    def _filled(self, row: Row) -> set[int]:
        return {self._column_of(piece) for piece in row}

    def columns(self) -> list[list[PdfPiece]]:
        """Returns the pieces of each column, from top to bottom."""
        return self._columns_of(self.rows)

    def _columns_of(self, rows: Sequence[Row]) -> list[list[PdfPiece]]:
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
        return min(steps, default=_USUAL_STEP * self.rows[0][0].size)

    def is_table(self, order: dict[int, int]) -> bool:
        """Returns whether the region is a table and not columns of running text.

        order: the position of each piece in the order in which the file draws the pieces, by the piece's `id`.
        """
        columns = [column for column in self.columns() if column]
        if len(columns) < 2 or self._crossing():
            return len(columns) > 1
        step = self.step()
        if self._goes_on_beside_blanks() or _is_numbered_down(columns):
            return False
        prose = [_is_prose(column, step) for column in columns]
        if all(prose[:-1]) and (prose[-1] or len(columns[-1]) < _FEWEST_ROWS):
            return self._ragged_rows() > 1
        # If the file draws each column of short texts as a whole, the texts of a column belong together.
        is_drawn_by_column = all(
            max(order[id(piece)] for piece in left) < min(order[id(piece)] for piece in right)
            for left, right in pairwise(columns)
        )
        return len(columns) > 2 + any(prose) or not is_drawn_by_column

    def _crossing(self) -> list[float]:
        """Returns the heights of the rules that cross a gutter between two lines of the region."""
        top, bottom = self.rows[0][0].base, self.rows[-1][0].base
        return [
            y
            for left, y, right, upper in self.rules
            if y == upper
            and bottom < y < top
            and any(left < gutter[0] and gutter[1] < right for gutter in self.gutters)
        ]

    def _bands(self, heights: Sequence[float], blank: float) -> list[list[Row]]:
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

    def _goes_on_beside_blanks(self) -> bool:
        """Returns whether two columns or more have a blank beside which a sentence of another column goes on.

        A blank between two rows of a table is a blank in each of its columns. Each column of running text has its
        paragraphs and blanks for itself.
        """
        blank = _BLANK * self.step()
        with_blank: set[int] = set()
        for band in self._bands([], blank):
            columns = self._columns_of(band)
            begins: list[list[float]] = [[] for _ in columns]
            goes_on: list[list[float]] = [[] for _ in columns]
            for index, column in enumerate(columns):
                edge = max((piece.right for piece in column), default=0.0)
                for above, below in pairwise(column):
                    if above.base - below.base > blank:
                        begins[index].append(below.base)
                    elif above.text[-1] not in _SENTENCE_END and (
                        below.text[0].islower() or _wraps(above, below, edge)
                    ):
                        goes_on[index].append(below.base)
            for index, bases in enumerate(begins):
                others = [base for other, bases in enumerate(goes_on) if other != index for base in bases]
                if any(abs(base - other) < blank / 2 for base in bases for other in others):
                    with_blank.add(index)
        return len(with_blank) > 1

    def table_rows(self) -> list[list[list[PdfPiece]]]:
        """Returns the rows of the table: for each row, the pieces of each cell. The cells of some columns are empty."""
        edges = [max((piece.right for piece in column), default=0.0) for column in self.columns()]
        step = self.step()
        prose = [_is_prose(column, step) for column in self.columns()]
        table: list[list[list[PdfPiece]]] = []
        for band in self._bands(self._crossing(), _BLANK * step):
            is_first = True
            for row in band:
                is_full = len(self._filled(row)) == len(edges)
                if is_first or (is_full and not self._continues(table[-1], row, edges, prose)):
                    table.append([[] for _ in edges])
                is_first = False
                for piece in row:
                    table[-1][self._column_of(piece)].append(piece)
        return table

    def _continues(self, cells: list[list[PdfPiece]], row: Row, edges: Sequence[float], prose: Sequence[bool]) -> bool:
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
    pairs = [(above, below) for above, below in pairwise(column) if above.base - below.base < _BLANK * step]
    # A heading has room for the first word of its text.
    texts = [pair for pair in pairs if pair[0].bold == pair[1].bold]
    if len(texts) < _FEWEST_ROWS:
        texts = pairs
    wraps = [_wraps(above, below, edge) for above, below in texts]
    if 2 * sum(wraps) < len(wraps) and len(wraps) >= _FEWEST_ROWS:
        # Some programs divide a text by the number of its characters.
        length = max(len(piece.text) for piece in column)
        wraps = [
            above.base > below.base and len(above.text) + 1 + len(below.text.split()[0]) > length
            for above, below in texts
        ]
    return len(wraps) > 1 and 2 * sum(wraps) >= len(wraps)


def _wraps(above: PdfPiece, below: PdfPiece, edge: float) -> bool:
    """Returns whether a line has no room for the first word of the next line.

    edge: the right edge of the column.
    """
    return edge - above.right < _first_word_width(below) + 0.3 * below.size


def _is_numbered_down(columns: Sequence[Sequence[PdfPiece]]) -> bool:
    """Returns whether the numbers of sections count up column by column, and don't count up line by line."""
    numbered = [
        [(piece, int(number[1])) for piece in column if (number := _FIRST_NUMBER.match(_label_of(piece)))]
        for column in columns
    ]
    by_column = [entry for column in numbered for entry in column]
    numbers = [number for _, number in by_column]
    if sum(map(bool, numbered)) < 2 or len(numbers) < _FEWEST_ROWS or not _counts_up(numbers):
        return False
    by_line = sorted(by_column, key=lambda entry: (-entry[0].base, entry[0].left))
    return not _counts_up([number for _, number in by_line])


def _label_of(piece: PdfPiece) -> str:
    return split_label(piece.text)[0] or ""


def _counts_up(numbers: Sequence[int]) -> bool:
    return all(below == above + 1 for above, below in pairwise(numbers))


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


def are_beside(rows: Sequence[Row], index: int) -> bool:
    """Returns whether several pieces stand on a line, or the next line is beside the line, a little lower."""
    row = rows[index]
    if len(row) > 1 or index + 1 == len(rows):
        return len(row) > 1
    piece, below = row[0], rows[index + 1]
    is_level = piece.base - below[0].base < 0.9 * min(piece.size, below[0].size)
    return is_level and (below[-1].right < piece.left or piece.right < below[0].left)


def _support(gutter: _Interval, rows: Sequence[Row]) -> int:
    """Returns the number of lines with text on both sides of a gutter, at the same height or nearly so."""
    left = [row[0].base for row in rows if row[0].right <= gutter[0]]
    right = [row[-1].base for row in rows if row[-1].left >= gutter[1]]
    if not left or not right:
        return 0
    size = rows[0][0].size
    top, bottom = min(left[0], right[0]) + size, max(left[-1], right[-1]) - size
    return min(sum(bottom < base < top for base in bases) for bases in (left, right))


def _ends_running_text(gutter: _Interval, rows: Sequence[Row]) -> bool:
    """Returns whether the lines on the left of a gutter are running text. The last column may have two lines only."""
    if _support(gutter, rows) < _FEWEST_ROWS - 1:
        return False
    left = [piece for row in rows for piece in row if piece.right <= gutter[0]]
    return bool(left) and _is_prose(left, _USUAL_STEP * left[0].size)


def _loses_gutter(gutters: Sequence[_Interval], remaining: Sequence[_Interval], rows: Sequence[Row]) -> bool:
    """Returns whether a gutter next to several lines isn't among the remaining gutters."""
    lost = [
        gutter for gutter in gutters if not any(gutter[0] <= left and right <= gutter[1] for left, right in remaining)
    ]
    return any(_support(gutter, rows) > 1 for gutter in lost)


def _without_label_columns(rows: Sequence[Row], gutters: Sequence[_Interval]) -> list[_Interval]:
    """Returns the gutters without those that follow a column of bullets or labels only."""
    kept: list[_Interval] = []
    for gutter in gutters:
        left = kept[-1][1] if kept else float("-inf")
        column = [piece.text for row in rows for piece in row if left <= piece.left and piece.right <= gutter[0]]
        if not all(_BULLET.fullmatch(text) or len(text) < 2 or split_label(f"{text} X")[0] for text in column):
            kept.append(gutter)
    return kept
