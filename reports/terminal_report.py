"""Renders a report for a terminal, and as plain text for a pipe or a file."""

import io

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from core.changes import Redline
from core.dates import iso
from core.history import Observation
from reports.rendered_changes import (
    ELLIPSIS,
    PATH_SEPARATOR,
    SIGNIFICANCE_MEANINGS,
    RenderedChange,
    by_significance,
    redline_as_text,
    rendered_changes,
)
from reports.report import FileSide, Report
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary, title

_STYLES = {"delete": "red strike", "insert": "green underline", "equal": ""}
_INDENT = 6


def as_text(report: Report) -> str:
    """Returns the report as plain text, with each paragraph in one line.

    Insertions are marked with {+new+}, deletions with [-old-].
    """
    console = Console(file=io.StringIO(), force_terminal=False, color_system=None, highlight=False)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)  # noqa: S101 - tells mypy the type of the file
    return console.file.getvalue()


def print_report(report: Report, console: Console) -> None:
    """Prints the report: the summary, and each change with the redline. Long unchanged text is left out.

    If the console has colours, deletions are red and struck through, insertions green and underlined. Without colours
    (NO_COLOR, a pipe, a file), deletions are marked with [-old-] and insertions with {+new+}.
    """
    _line(console, Text(title(report), style="bold"))
    _line(console, Text(summary(report)))
    changes = rendered_changes(report.comparison)
    if sentence := headings_sentence(changes):
        _line(console, Text(sentence))
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


def _evidence(console: Console, name: str, capture: Observation) -> None:
    _line(console, Text(f"{name + ':':<21}{iso(capture.captured_at)}  {capture.source}  {printable(capture.url)}"))
    _line(console, Text(f"{'':<21}sha256 {capture.sha256}", style="dim"))


def _change(change: RenderedChange, console: Console, kind_width: int) -> None:
    line = Text(f"{change.number:>4}  ")
    line.append(f"{change.kind:<{kind_width}}  ", style="bold")
    clause_kind = f"  ({change.clause_kind})" if change.clause_kind else ""
    columns = console.width - line.cell_len - cell_len(clause_kind) if console.is_terminal else None
    line.append(_place(change, columns))
    line.append(clause_kind, style="dim")
    _line(console, line)
    _line(console, _redline(change.excerpt, console), indent=_INDENT)
    for note in change.notes:
        _line(console, Text(note, style="italic"), indent=_INDENT)


def _place(change: RenderedChange, columns: int | None) -> str:
    """Returns the headings above a change in one line. If the line is too long, outermost headings are left out.

    columns: the number of columns for the headings; None if there is no limit.
    """
    place, path = change.place, change.path
    while columns is not None and cell_len(place) > columns and len(path) > 1:
        path = path[1:]
        place = PATH_SEPARATOR.join((ELLIPSIS, *path))
    return place


def _redline(redline: Redline, console: Console) -> Text:
    if console.no_color or console.color_system is None:
        return Text(redline_as_text(redline))
    return Text.assemble(*((part, _STYLES[operation]) for operation, part in redline))


def _line(console: Console, text: Text, indent: int = 0) -> None:
    """Prints a paragraph. Lines are wrapped on a terminal only; for a pipe or a file, the paragraph is one line."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)) if indent else text)
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)
