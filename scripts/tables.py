"""Captures, versions and clauses as rows: as the JSON contract has them, and as tables for people."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.captures import Capture, Verdict
from core.clauses import Clause, Document
from core.dates import iso
from core.escaping import escape_json, escape_line
from core.history import Alternation, History, Observation, Period, Settled, Version


def print_json(data: object) -> None:
    """The data on standard output."""
    click.echo(escape_json(json.dumps(data, ensure_ascii=False, indent=2)))


def capture_row(capture_id: int, capture: Capture, verdict: Verdict, version: int | None) -> dict[str, Any]:
    """A capture as `clausewatch captures --format json` gives it.

    capture_id: the number `clausewatch review` knows it by; version: the number shown to people.
    """
    return {
        "id": capture_id,
        "captured_at": iso(capture.captured_at),
        "url": capture.url,
        "source": capture.source,
        "sha256": capture.sha256,
        "media_type": capture.media_type,
        "verdict": verdict.name,
        "reason": verdict.reason,
        "version": version,
    }


def version_rows(
    known: Settled, documents: Iterable[Document], alternations: Collection[Alternation]
) -> Iterator[dict[str, Any]]:
    """The versions of a history as `clausewatch versions --format json` gives them. documents: theirs, in order.

    `alternations` is left out where it is part of none; of a period that did not last, `lasted` is false, of one that
    is not confirmed, null, and left out of others.
    """
    lasted = dict.fromkeys(known.transient, False) | dict.fromkeys(known.pending, None)
    for version, document in zip(known.history.versions, documents, strict=True):
        yield _version_row(version, document, lasted, [one for one in alternations if version in one.versions])


def _version_row(
    version: Version, document: Document, lasted: Mapping[Period, bool | None], alternations: Sequence[Alternation]
) -> dict[str, Any]:
    row = {
        "version": version.number,
        "id": version.id,
        **origin(version.first),
        "clauses": len(document.clauses),
        "effective_date": document.effective_date.isoformat() if document.effective_date else None,
        "language": document.language,
        "periods": [
            {
                "from": iso(period.first.captured_at),
                "to": iso(period.last.captured_at),
                "captures": len(period.observations),
                "url": period.last.url,
                **({"lasted": lasted[period]} if period in lasted else {}),
            }
            for period in version.periods
        ],
    }
    if alternations:
        row["alternations"] = [
            {
                "versions": [other.number for other in one.versions],
                "ids": [other.id for other in one.versions],
                "since": iso(one.since),
                "until": None if one.ongoing else iso(one.until),
                "times": one.times,
            }
            for one in alternations
        ]
    return row


def origin(observation: Observation) -> dict[str, Any]:
    """Where a version comes from: the capture it is taken from, and the extractor that read it."""
    return {"capture": observation.to_dict(), "extractor": observation.reader}


def version_numbers(history: History) -> dict[str, int]:
    """The number people see, by version id."""
    return {version.id: version.number for version in history.versions}


def print_table(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Rows as a table on standard output, a row a line where that is no terminal; pages' text is escaped."""
    terminal = Console()
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[escape_line("" if row[column] is None else str(row[column])) for column in columns] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    if terminal.is_terminal and sum(widths) + 2 * (len(widths) - 1) > terminal.width:
        lines = _folded(cells, terminal.width)
    else:  # thousands of rows would take the library seconds
        lines = ["  ".join(map(set_cell_size, row, widths)) for row in cells]
    click.echo("\n".join(line.rstrip() for line in lines))


def _folded(cells: Sequence[Sequence[str]], width: int) -> list[str]:
    """The lines of a table, its first row being the head, none wider than that."""
    console = Console(width=width, highlight=False, file=StringIO())
    table = Table(box=None, pad_edge=False)
    head, *rows = cells
    for heading in head:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as drawn:
        console.print(table)
    return drawn.get().splitlines()


def clause_lines(clauses: Iterable[Clause]) -> Iterable[str]:
    """Clauses as plain text a reader would recognise: headings by their depth, labels, bullets."""
    for clause in clauses:
        text = f"{clause.label} {clause.text}" if clause.label else clause.text
        if clause.kind == "heading":
            yield f"\n{'#' * (len(clause.heading_path) + 1)} {escape_line(text)}\n"
        elif clause.kind == "list_item":
            yield f"  {'' if clause.label else '• '}{escape_line(text)}"
        else:
            yield f"{escape_line(text)}\n"
