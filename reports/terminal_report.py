"""The report on a terminal, or as plain text for a pipe or a file."""

import io

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from core.changes import Redline
from core.dates import iso
from core.history import Observation
from reports.report import FileSide, Report
from reports.vendor_text import printable
from reports.wording import (
    ELLIPSIS,
    PATH_SEPARATOR,
    SIGNIFICANCE_MEANINGS,
    Told,
    by_significance,
    circumstances,
    marked,
    subject,
    summary,
    told,
    whereabouts,
)

_STYLES = {"delete": "red strike", "insert": "green underline", "equal": ""}
_INDENT = 6


def as_text(report: Report) -> str:
    """The report as plain text: insertions as {+new+}, deletions as [-old-], one line a paragraph."""
    console = Console(file=io.StringIO(), force_terminal=False, color_system=None, highlight=False)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)  # noqa: S101 - tells mypy what was put in above
    return console.file.getvalue()


def print_report(report: Report, console: Console) -> None:
    """Prints the report: summary first, one line a change with its redline under it, unchanged text left out.

    Differences are coloured and struck or underlined where the console has colour, marked with [-old-] and {+new+}
    where it has none (NO_COLOR, a pipe, a file).
    """
    _line(console, Text(subject(report), style="bold"))
    _line(console, Text(summary(report)))
    changes = told(report.comparison)
    if where := whereabouts(changes):
        _line(console, Text(where))
    for sentence in circumstances(report):
        _line(console, Text(sentence))
    console.print()
    _provenance(report, console)
    width = max((len(change.kind) for change in changes), default=0)
    for significance, group in by_significance(changes):
        console.print()
        heading = Text(significance.capitalize(), style="bold underline")
        heading.append(f" ({SIGNIFICANCE_MEANINGS[significance]})", style="not bold not underline")
        _line(console, heading)
        for change in group:
            _change(change, console, width)


def _provenance(report: Report, console: Console) -> None:
    if report.interval:
        _evidence(console, "old text last seen", report.interval.last_old)
        _evidence(console, "new text first seen", report.interval.first_new)
        return
    for name, side in (("old", report.old), ("new", report.new)):
        if isinstance(side, FileSide):
            _line(console, Text(f"{name}: {printable(str(side.path))}"))
            _line(console, Text(f"     sha256 {side.sha256}", style="dim"))
        else:
            _evidence(console, f"{name}, first seen", side.period.first)
            _evidence(console, f"{name}, last seen", side.period.last)


def _evidence(console: Console, name: str, seen: Observation) -> None:
    _line(console, Text(f"{name + ':':<21}{iso(seen.captured_at)}  {seen.source}  {printable(seen.url)}"))
    _line(console, Text(f"{'':<21}sha256 {seen.sha256}", style="dim"))


def _change(change: Told, console: Console, width: int) -> None:
    """width: of the column of kinds."""
    line = Text(f"{change.number:>4}  ")
    line.append(f"{change.kind:<{width}}  ", style="bold")
    clause = f"  ({change.clause})" if change.clause else ""
    room = console.width - line.cell_len - cell_len(clause) if console.is_terminal else None
    line.append(_place(change, room))
    line.append(clause, style="dim")
    _line(console, line)
    _line(console, _redline(change.excerpt, console), indent=_INDENT)
    for note in change.notes:
        _line(console, Text(note, style="italic"), indent=_INDENT)


def _place(change: Told, room: int | None) -> str:
    """Where the change stands, in so many columns: the outer headings give way first."""
    place, path = change.place, change.path
    while room is not None and cell_len(place) > room and len(path) > 1:
        path = path[1:]
        place = PATH_SEPARATOR.join((ELLIPSIS, *path))
    return place


def _redline(redline: Redline, console: Console) -> Text:
    if console.no_color or console.color_system is None:
        return Text(marked(redline))
    return Text.assemble(*((part, _STYLES[operation]) for operation, part in redline))


def _line(console: Console, text: Text, indent: int = 0) -> None:
    """Wrapped to the width of a terminal; whole where a program or a file gets it."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)) if indent else text)
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)
