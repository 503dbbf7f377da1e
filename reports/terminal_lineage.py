"""Prints the dates of a policy's clauses, and what happened to one clause, in a terminal and as plain text."""

from rich.console import Console
from rich.text import Text

from core.changes import Redline
from core.lineage import EventKind
from reports.clause_lines import event_notes, event_time, event_title, missing_words, outcome, place_of, since_words
from reports.excerpts import excerpt_of
from reports.places import numbered
from reports.terminal_lines import print_line, redline_text
from reports.vendor_text import printable
from views.clause_history import Blame, Trace, TracedEvent

# The columns of a date, with the sign in front and the gap behind it; and the same with the number of a version.
_DATE = 13
_MARGIN = 19
# Events that show the clause's text, since no redline does.
_WITH_TEXT: frozenset[EventKind] = frozenset(["appeared", "unknown", "removed", "returned"])


def print_blame(blame: Blame, console: Console) -> None:
    """Prints each clause with the day since when it reads so, and the number of the first version that has it so."""
    for since in blame.clauses:
        clause = since.clause
        mark = f"{since_words(since):>11} {f'#{since.version.number}':>5}".ljust(_MARGIN)
        text = Text(numbered(clause))
        if clause.kind == "heading":
            print_line(console, Text(""))
            text = Text("#" * (len(clause.heading_path) + 1) + " ").append(text)
            text.stylize("bold")
        elif clause.kind == "list_item" and not clause.label:
            text = Text("• ").append(text)
        print_line(console, text, indent=_MARGIN, mark=mark)
        if since.missing_from:
            note = Text(f"({missing_words(since.missing_from)})", style="italic")
            print_line(console, note, indent=_MARGIN)


def print_trace(trace: Trace, console: Console) -> None:
    """Prints what happened to a clause, oldest first, with redlines, and where it is now."""
    for event in trace.events:
        _event(event, console)
    print_line(console, Text(outcome(trace), style="bold"))
    if trace.missing_from:
        print_line(console, Text(f"The clause is {missing_words(trace.missing_from)}.", style="italic"))


def _event(event: TracedEvent, console: Console) -> None:
    mark = f"{event.first.captured_at:%Y-%m-%d}".ljust(_DATE)
    print_line(console, Text(event_title(event), style="bold"), indent=_DATE, mark=mark)
    print_line(console, Text(event_time(event), style="dim"), indent=_DATE)
    change = event.change
    if event.kind in _WITH_TEXT:
        clause = (change.new or change.old)[0]
        print_line(console, Text(f"Under {place_of(clause)}:"), indent=_DATE)
        print_line(console, Text(numbered(clause)), indent=_DATE)
    elif change.redline:
        parts: Redline = tuple((operation, printable(text)) for operation, text in change.redline)
        print_line(console, redline_text(excerpt_of(parts), console), indent=_DATE)
    for note in event_notes(event):
        print_line(console, Text(note, style="italic"), indent=_DATE)
    console.print()
