"""Renders a report for a terminal, and as plain text for a pipe or a file."""

import io

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from core.dates import iso
from reports.change_sections import PlaceGroup, Run, sections
from reports.excerpts import ELLIPSIS
from reports.places import PATH_SEPARATOR
from reports.rendered_changes import SIGNIFICANCE_MEANINGS, RenderedChange, rendered_changes
from reports.report import FileSide, Report
from reports.terminal_lines import print_line, redline_text
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary, title

_INDENT = 6
_WHERE_FOLDED = "Reports of the other formats list every change, for example --format html."


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
    print_line(console, Text(title(report), style="bold"))
    print_line(console, Text(summary(report)))
    changes = rendered_changes(report.comparison)
    if sentence := headings_sentence(changes):
        print_line(console, Text(sentence))
    for sentence in circumstances(report):
        print_line(console, Text(sentence))
    console.print()
    _provenance(report, console)
    arranged = sections(changes)
    for section in arranged:
        console.print()
        heading = Text(section.significance.capitalize(), style="bold underline")
        heading.append(f" ({SIGNIFICANCE_MEANINGS[section.significance]})", style="not bold not underline")
        print_line(console, heading)
        for group in section.groups:
            _group(group, console)
        for fold in section.folds:
            console.print()
            print_line(console, Text(f"{fold.line}; not listed here."))
    if any(section.folds for section in arranged):
        console.print()
        print_line(console, Text(_WHERE_FOLDED))


def _provenance(report: Report, console: Console) -> None:
    for name, side in (("Old", report.old), ("New", report.new)):
        if isinstance(side, FileSide):
            print_line(console, Text(f"{name}: {printable(str(side.path))}"))
            print_line(console, Text(f"     sha256 {side.sha256}", style="dim"))
    for name, capture in report.evidence:
        address = printable(capture.url)
        print_line(console, Text(f"{name + ':':<23}{iso(capture.captured_at)}  {capture.source}  {address}"))
        print_line(console, Text(f"{'':<23}sha256 {capture.sha256}", style="dim"))


def _group(group: PlaceGroup, console: Console) -> None:
    console.print()
    print_line(console, Text(_place(group, console.width if console.is_terminal else None), style="bold"))
    for run in group.runs:
        _run(run, console)


def _run(run: Run, console: Console) -> None:
    if len(run.changes) == 1:
        (change,) = run.changes
        print_line(console, Text(f"{change.number:>4}  ").append(run.words, style="bold"))
        print_line(console, redline_text(change.excerpt, console), indent=_INDENT)
        _notes(change, console)
        return
    print_line(console, Text(run.words, style="bold"), indent=_INDENT)
    for change in run.changes:
        text = redline_text(change.excerpt, console)
        if change.label:
            text = Text(f"{change.label} ") + text
        if change.clause_kind == "heading":
            text.append(" (heading)", style="dim")
        print_line(console, text, indent=_INDENT, mark=f"{change.number:>4}  ")
        _notes(change, console)


def _notes(change: RenderedChange, console: Console) -> None:
    for note in change.notes:
        print_line(console, Text(note, style="italic"), indent=_INDENT)


def _place(group: PlaceGroup, columns: int | None) -> str:
    """Returns the headings of a group in one line. If the line is too long, outermost headings are left out.

    columns: the number of columns for the headings; None if there is no limit.
    """
    place, path = group.place, group.path
    while columns is not None and cell_len(place) > columns and len(path) > 1:
        path = path[1:]
        place = PATH_SEPARATOR.join((ELLIPSIS, *path))
    return place
