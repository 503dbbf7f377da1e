"""Distinguishes tables of data from tables that lay out a page, and puts the cells of data rows into columns."""

import unicodedata
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from extraction.blocks import Block
from extraction.readers.html_elements import CELL_ROLES
from extraction.readers.html_lines import TextLine
from extraction.words.normalization import has_letter_or_digit

# A row of two or three cells lays out the page if its longest cell has at least _LONG_CELL characters and at least the
# share _LAYOUT_SHARE of the page's characters.
_LONG_CELL = 400
_LAYOUT_SHARE = 0.3
_PARTS_OF_A_PAGE = "table, h1, h2, h3, form, fieldset, section, article, nav"
# The largest values of `colspan` and `rowspan` (HTML standard, section 4.9.12.1).
_MOST_COLUMNS_OF_CELL = 1_000
_MOST_ROWS_OF_CELL = 65_534
# If the cells of a table begin in more columns than this, the cells of each row are listed without columns. A page that
# somebody made to overload the reader would otherwise get a text that grows with the square of the page.
_MOST_COLUMNS = 60
# A text with more characters than this isn't repeated in the other rows and columns that its cell spans.
_LONGEST_REPEATED = 200
# The number of characters of repeated texts in a table. No page of a vendor comes near it.
_MOST_REPEATED = 200_000


class TableRows:
    """Decides which rows of a page's tables contain data.

    An instance caches the length of the page and the last result of `_has_parts_of_a_page`, because the rows of a table
    are examined one after another.

    root: the element whose tables are examined, for example `<body>`.
    """

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._root_length: int | None = None
        self._last_table = (0, False)

    def is_data_row(self, row: LexborNode, cells_from_above: int) -> bool:
        """Returns whether the cells of a row are related data. False if the row lays out the page.

        cells_from_above: the number of cells in the rows above that reach into the row (`rowspan`).
        """
        cells = []
        child = row.first_child
        while child is not None:
            if child.tag in ("td", "th") or (child.tag == "div" and child.attributes.get("role") in CELL_ROLES):
                cells.append(child)
            child = child.next
        count = len(cells) + cells_from_above
        if count < 2 or not cells:
            return False
        if self._has_parts_of_a_page(row.parent) and row.css_first(_PARTS_OF_A_PAGE) is not None:
            return False
        if count > 3:
            return True
        longest = max(len(cell.text()) for cell in cells)
        return longest < _LONG_CELL or longest < _LAYOUT_SHARE * self._length_of_root()

    def _length_of_root(self) -> int:
        if self._root_length is None:
            self._root_length = len(self._root.text())
        return self._root_length

    def _has_parts_of_a_page(self, table: LexborNode | None) -> bool:
        """Returns whether a table or `<tbody>` contains headings, forms, sections, navigation or other tables."""
        if table is None:
            return True
        if self._last_table[0] != table.mem_id:
            self._last_table = (table.mem_id, table.css_first(_PARTS_OF_A_PAGE) is not None)
        return self._last_table[1]


@dataclass(slots=True, eq=False)
class Cell:
    """A cell of a data row.

    columns, rows: the number of columns and rows that the cell spans.
    lines: the lines of the cell's text.
    text: the normalised text; '' for an empty cell. Set when the row ends, as are the fields below.
    typography: the text as the source spells it; '' if the source spells it like `text`.
    start: the number of the cell's first column, from 0.
    says: whether the text says something (`says_something`).
    """

    columns: int
    rows: int
    lines: list[TextLine] = field(default_factory=list)
    text: str = ""
    typography: str = ""
    start: int = 0
    says: bool = False


def cell_of(attributes: dict[str, str | None]) -> Cell:
    """Returns an empty cell that spans as many columns and rows as its attributes say.

    As in a browser, a cell with `rowspan=0` spans the rest of its row group (HTML standard, section 4.9.12).
    """
    columns = rows = 1
    if "colspan" in attributes:
        columns = _span(attributes["colspan"], _MOST_COLUMNS_OF_CELL) or 1
    if "rowspan" in attributes:
        span = _span(attributes["rowspan"], _MOST_ROWS_OF_CELL)
        rows = _MOST_ROWS_OF_CELL if span == 0 else span or 1
    return Cell(columns, rows)


def _span(value: str | None, most: int) -> int | None:
    """Returns the value of `colspan` or `rowspan`; None if the value isn't a number."""
    value = (value or "").strip()
    return min(int(value), most) if value.isascii() and value.isdigit() and len(value) < 10 else None


class Table:
    """The data rows of a table that is open at the current point of the walk.

    The rows' texts are written when the table ends (`settle`), because the columns of the table are known only then.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[Block, list[Cell], list[Cell]]] = []  # block, own cells, cells from the rows above
        self._group = 0  # the row group (`<tbody>`) of the last row, as its id in memory
        self._has_spans = False
        self._from_above: list[tuple[int, Cell]] = []  # cells that reach further down, with the number of rows left

    def begin_row(self, row: LexborNode) -> int:
        """Returns the number of cells in the rows above that reach into a row. No cell reaches out of its row group."""
        group = row.parent.mem_id if row.parent is not None else 0
        if group != self._group:
            self._group = group
            self._from_above = []
        return len(self._from_above)

    def add_row(self, block: Block | None, cells: list[Cell]) -> None:
        """Adds a row, and places its cells in columns as a browser does (HTML standard, section 4.9.12.1).

        block: the block of the row, whose text `settle` will set; None if all cells of the row are empty.
        cells: the row's own cells, in order; no cell for a row that isn't a row of data.
        """
        above = [cell for _, cell in self._from_above]
        column = index = 0
        for cell in cells:
            while index < len(above) and above[index].start <= column:
                column = max(column, above[index].start + above[index].columns)
                index += 1
            cell.start = column
            column += cell.columns
        spans = column > len(cells)  # a cell spans columns, or a cell from above stands between the cells
        if block is not None:
            self._rows.append((block, cells, above))
        if above or any(cell.rows > 1 for cell in cells):
            spans = True
            reach = [*self._from_above, *[(cell.rows, cell) for cell in cells]]
            further = sorted([(rows - 1, cell) for rows, cell in reach if rows > 1], key=_start)
            self._from_above = further if len(further) <= _MOST_COLUMNS else []
        self._has_spans = self._has_spans or spans

    def settle(self) -> None:
        """Writes the cells of each row, with `|` between two columns, into the row's block.

        An empty cell keeps its column. A cell that spans several rows or columns is repeated in each of them, because
        its text holds for each of them. A column without any text only lays out the table, so it is left out.
        """
        width = self._width_without_spans()
        columns = [] if width else sorted({cell.start for _, cells, _ in self._rows for cell in cells if cell.says})
        repeatable = _MOST_REPEATED
        for block, cells, above in self._rows:
            placed: list[Cell | None]
            if width or len(columns) > _MOST_COLUMNS:
                placed = [*cells, *[None] * (width - len(cells))]
            else:
                placed = _in_columns(sorted([*cells, *above], key=_column) if above else cells, columns)
                repeatable = _without_long_repetitions(placed, above, repeatable)
            block.text = _joined([cell.text if cell else "" for cell in placed])
            if any(cell.typography for cell in placed if cell):
                block.typography = _joined([cell.typography or cell.text if cell else "" for cell in placed])
        self._rows = []

    def _width_without_spans(self) -> int:
        """Returns the number of columns of an ordinary table; 0 for any other table.

        In an ordinary table, no cell spans rows or columns, and no cell of the first row is empty.
        """
        if self._has_spans or not self._rows:
            return 0
        first = self._rows[0][1]
        if len(first) > _MOST_COLUMNS:
            return 0
        is_ordinary = all(cell.says for cell in first) and all(len(cells) <= len(first) for _, cells, _ in self._rows)
        return len(first) if is_ordinary else 0


def says_something(text: str) -> bool:
    """Returns whether the text of a cell has a letter, a digit or a pictogram such as `✓` or `☐`.

    A dash or a bullet alone is no text: in a column of its own, it is only an ornament of the table.
    """
    return bool(text) and (has_letter_or_digit(text) or any(unicodedata.category(sign) == "So" for sign in text))


def _start(entry: tuple[int, Cell]) -> int:
    return entry[1].start


def _column(cell: Cell) -> int:
    return cell.start


def _in_columns(cells: list[Cell], columns: list[int]) -> list[Cell | None]:
    """Returns the cell in each column of a row; None for a column without a cell.

    cells: the cells that stand in the row, in the order of their columns.
    columns: the numbers of the table's columns, in order.
    """
    placed: list[Cell | None] = []
    index = 0
    for column in columns:
        while index < len(cells) and cells[index].start + cells[index].columns <= column:
            index += 1
        cell = cells[index] if index < len(cells) and cells[index].start <= column else None
        placed.append(cell)
    return placed


def _without_long_repetitions(placed: list[Cell | None], above: list[Cell], repeatable: int) -> int:
    """Removes the repetitions of long texts from the cells of a row.

    placed: the cell in each column of the row.
    above: the cells from the rows above.
    repeatable: the number of characters that may still be repeated in the table. Returns the number that is left.
    """
    shown = {id(cell) for cell in above}
    for index, cell in enumerate(placed):
        if cell is not None and id(cell) in shown:
            repeatable -= len(cell.text)
            if len(cell.text) > _LONGEST_REPEATED or repeatable < 0:
                placed[index] = None
        shown.add(id(cell))
    return repeatable


def _joined(texts: list[str]) -> str:
    """Returns the texts of a row's cells with `|` between two cells, and single spaces."""
    text = " | ".join(texts)
    return text if all(texts) else text.replace("|  |", "| |").replace("|  |", "| |").strip(" ")
