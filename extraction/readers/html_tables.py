"""Tells tables of data from tables that lay out a page."""

from selectolax.lexbor import LexborNode

# A cell with more characters, and with more than this share of the page's, is a piece of the page's layout.
_LONG_CELL = 400
_LAYOUT_SHARE = 0.3
_PARTS_OF_A_PAGE = "table, h1, h2, h3, form, fieldset, section, article, nav"


class TableRows:
    """Decides about the rows of the tables under one element.

    What is computed for the page and for the last table is kept, since the rows of a table are asked about in turn.
    """

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._root_length: int | None = None
        self._last_table = (0, False)

    def is_data_row(self, row: LexborNode) -> bool:
        """Returns whether a row consists of cells that belong together, and is no piece of the page's layout."""
        cells = []
        child = row.first_child
        while child is not None:
            if child.tag in ("td", "th"):
                cells.append(child)
            child = child.next
        if len(cells) < 2:
            return False
        if self._has_parts_of_a_page(row.parent) and row.css_first(_PARTS_OF_A_PAGE) is not None:
            return False
        if len(cells) > 3:
            return True
        longest = max(len(cell.text()) for cell in cells)
        return longest < _LONG_CELL or longest < _LAYOUT_SHARE * self._length_of_root()

    def _length_of_root(self) -> int:
        if self._root_length is None:
            self._root_length = len(self._root.text())
        return self._root_length

    def _has_parts_of_a_page(self, table: LexborNode | None) -> bool:
        """Returns whether any row of a table, or of its body, holds what a page is made of."""
        if table is None:
            return True
        if self._last_table[0] != table.mem_id:
            self._last_table = (table.mem_id, table.css_first(_PARTS_OF_A_PAGE) is not None)
        return self._last_table[1]
