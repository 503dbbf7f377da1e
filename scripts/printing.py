"""Functions that print JSON, tables and clauses on standard output.

The functions escape control characters, because a vendor's text could otherwise control the user's terminal.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.clauses import Clause
from core.escaping import escape_json, escape_line

# The width of a line about a block, in columns.
_LINE_WIDTH = 100


def print_json(data: object) -> None:
    """Prints data as indented JSON."""
    click.echo(escape_json(json.dumps(data, ensure_ascii=False, indent=2)))


def print_table(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Prints rows as a table.

    columns: the keys of the printed values, from left to right. The heading of a column is its key, with spaces instead
        of underscores.

    If standard output is a terminal and the table is wider than the terminal, the text of long cells is broken into
    several lines. Otherwise each row is one line.
    """
    terminal = Console()
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[escape_line("" if row[column] is None else str(row[column])) for column in columns] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    if terminal.is_terminal and sum(widths) + 2 * (len(widths) - 1) > terminal.width:
        lines = _folded_lines(cells, terminal.width)
    else:  # Rich is not used here, because Rich takes seconds to lay out thousands of rows
        lines = ["  ".join(map(set_cell_size, row, widths)) for row in cells]
    click.echo("\n".join(line.rstrip() for line in lines))


def _folded_lines(cells: Sequence[Sequence[str]], width: int) -> list[str]:
    """Returns the lines of a table that is at most `width` characters wide.

    cells: the cells of each row; the first row contains the headings.
    """
    console = Console(width=width, highlight=False, file=StringIO())
    table = Table(box=None, pad_edge=False)
    headings, *rows = cells
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


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
    """Prints clauses as plain text.

    Headings begin with one `#` for each level, as in Markdown. A clause's label is printed before the text. List
    items without a label begin with a bullet.
    """
    click.echo("\n".join(_clause_lines(clauses)).strip("\n"))


def _clause_lines(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        text = f"{clause.label} {clause.text}" if clause.label else clause.text
        if clause.kind == "heading":
            yield f"\n{'#' * (len(clause.heading_path) + 1)} {escape_line(text)}\n"
        elif clause.kind == "list_item":
            yield f"  {'' if clause.label else '• '}{escape_line(text)}"
        else:
            yield f"{escape_line(text)}\n"
