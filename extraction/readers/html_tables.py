"""Distinguishes tables of data from tables that lay out a page."""

from selectolax.lexbor import LexborNode

# A row of two or three cells lays out the page if its longest cell has at least _LONG_CELL characters and at least the
# share _LAYOUT_SHARE of the page's characters.
_LONG_CELL = 400
_LAYOUT_SHARE = 0.3
_PARTS_OF_A_PAGE = "table, h1, h2, h3, form, fieldset, section, article, nav"


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

    def is_data_row(self, row: LexborNode) -> bool:
        """Returns whether the cells of a row are related data. False if the row lays out the page."""
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
        """Returns whether a table or `<tbody>` contains headings, forms, sections, navigation or other tables."""
        if table is None:
            return True
        if self._last_table[0] != table.mem_id:
            self._last_table = (table.mem_id, table.css_first(_PARTS_OF_A_PAGE) is not None)
        return self._last_table[1]
