"""Functions that print JSON, tables and clauses on standard output.

The functions escape control characters, because a vendor's text could otherwise control the user's terminal.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from textwrap import fill

import click
from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console

from core.clauses import Clause
from core.escaping import escape_json, escape_line
from views.version_text import clauses_as_text

# The width of a table if the output is no terminal, in columns, and what separates the columns.
_WIDTH = 80
_GAP = "  "
# How a time is written in a table: as shortly as it can be told from the times in other rows.
_TIME_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
#: How many digits of a checksum or an id a table shows. The JSON contains all digits.
SHORT_CHECKSUM = 8
# A cell that loses its middle keeps at least this many columns. A word of at most this many columns is not broken as
# long as longer words can be.
_SHORTEST_CELL = 16
# The width of a line about a block, in columns.
_LINE_WIDTH = 100


def print_json(data: object) -> None:
    """Prints data as indented JSON."""
    click.echo(escape_json(json.dumps(data, ensure_ascii=False, indent=2)))


def print_table(rows: Iterable[Mapping[str, object]], columns: Sequence[str], shortened: str = "") -> None:
    """Prints rows as a table that is at most as wide as the terminal; 80 columns if the output is no terminal.

    columns: the keys of the printed values, from left to right. The heading of a column is its key, with spaces instead
        of underscores.
    shortened: the column whose cells lose their middle if the table is too wide. If that isn't enough, or if no column
        is named, the cells of the widest columns are broken into several lines, between words if possible.
    """
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[escape_line("" if row[column] is None else str(row[column])) for column in columns] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - output_width()
    if shortened and excess > 0:
        place = columns.index(shortened)
        width = max(widths[place] - excess, min(widths[place], _SHORTEST_CELL))
        excess -= widths[place] - width
        widths[place] = width
        for row in cells:
            row[place] = without_middle(row[place], width)
    words = [max(cell_len(word) for cell in column for word in cell.split(" ")) for column in zip(*cells, strict=True)]
    for _ in range(excess):
        widths[_column_to_narrow(widths, words)] -= 1
    click.echo("\n".join(line for row in cells for line in _row_lines(row, widths)))


def _column_to_narrow(widths: Sequence[int], words: Sequence[int]) -> int:
    """Returns the index of the widest column that can lose a column of its width with the least harm.

    Cells are broken between words first; then long words are broken, which are names and addresses; then any words.

    widths: the present width of each column. words: the width of the longest word in each column.
    """
    columns = range(len(widths))
    candidates = (
        [i for i in columns if widths[i] > min(words[i], _SHORTEST_CELL)]
        or [i for i in columns if words[i] > _SHORTEST_CELL and widths[i] > _SHORTEST_CELL // 2]
        or columns
    )
    return max(candidates, key=widths.__getitem__)


def print_sentences(sentences: Iterable[str]) -> None:
    """Prints sentences, each on lines of its own, which are as wide as tables. The further lines are indented.

    Only spaces divide lines: an address or another long word is never broken, so that it can be copied.
    """
    for sentence in sentences:
        click.echo(
            fill(sentence, output_width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        )


def output_width() -> int:
    """Returns the width of the terminal in columns; 80 if standard output is no terminal."""
    terminal = Console()
    return terminal.width if terminal.is_terminal else _WIDTH


def without_middle(text: str, width: int) -> str:
    """Returns a text that is at most `width` columns wide: a longer text loses its middle, which an ellipsis replaces.

    The beginning of an address names the site, and its end names the page.
    """
    if cell_len(text) <= width:
        return text
    head = (width - 1) // 2
    tail = text[-width:]
    while cell_len(tail) > width - 1 - head:
        tail = tail[1:]
    return f"{set_cell_size(text, head).rstrip()}…{tail}"


def short_times(rows: Iterable[Collection[datetime]]) -> Callable[[datetime], str]:
    """Returns a function that writes a time as its day, and with the hour and minute where the day isn't enough.

    rows: for each row of a table, the times in the row, timezone-aware UTC. The day isn't enough if another row also
        has a time on that day. If another row has a time in the same minute, the seconds are written, too.
    """
    counts = Counter(text for row in rows for form in _TIME_FORMS for text in {f"{moment:{form}}" for moment in row})

    def short(moment: datetime) -> str:
        texts = [f"{moment:{form}}" for form in _TIME_FORMS]
        return next((text for text in texts if counts[text] < 2), texts[-1])

    return short


def short_address(url: str) -> str:
    """Returns a web address without its scheme, for tables."""
    return url.removeprefix("https://").removeprefix("http://")


def _row_lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yields the lines of a row. A cell that is wider than its column is broken between words, if it has any."""
    broken = [_broken(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*broken, fillvalue=""):
        yield _GAP.join(map(set_cell_size, parts, widths)).rstrip()


def _broken(cell: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in cell.split(" ") if cell_len(cell) > width else [cell]:
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        lines += [line] if line else []
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return [*lines, line]


def print_left_out(blocks: Iterable[tuple[str, str]]) -> None:
    """Prints a line for each block that was left out of a policy's text: the name of the rule, and the text.

    blocks: the rule and the text of each block. A text is shortened if its line would be wider than 100 columns.
    """
    for rule, text in blocks:
        line = escape_line(f"{rule}: {text[:_LINE_WIDTH]}")  # not the whole text, which may be very long
        if cell_len(line) > _LINE_WIDTH:
            line = f"{set_cell_size(line, _LINE_WIDTH - 1).rstrip()}…"
        click.echo(line)


def print_clauses(clauses: Iterable[Clause]) -> None:
    """Prints clauses as plain text (`views.version_text.clauses_as_text`)."""
    click.echo(clauses_as_text(clauses))
