"""Writes the pieces of a digest's plain part."""

import textwrap
from collections.abc import Sequence

from core.changes import Redline
from core.dates import iso
from core.history import Observation
from reports.excerpts import redline_as_text, shortened
from reports.report import Interval
from reports.vendor_text import printable

_WIDTH = 76  # columns
_URL_LENGTH = 300


def overview(title: str, lines: Sequence[tuple[str, str]], more: str) -> str:
    """Returns the beginning of a digest with several entries. lines: the name of each policy, and what is new."""
    shown = [wrapped(f"{name}: {text}", "* ", "  ") for name, text in lines]
    shown += [wrapped(more, "* ", "  ")] if more else []
    return "\n".join([wrapped(title), "", *shown]) + "\n"


def head(
    title: str,
    summary: str,
    sentences: Sequence[str],
    interval: Interval | None,
    whole: bool,
    page: str,
    evidence: tuple[str, str],
    is_only: bool,
) -> str:
    """Returns the beginning of an entry: what changed, and between which captures."""
    lines = [*([] if is_only else ["", ""]), title, "=" * min(len(title), _WIDTH), "", wrapped(summary)]
    for sentence in sentences:
        lines += ["", wrapped(sentence)]
    if interval:
        lines += ["", *_capture("Old text, last seen", interval.last_old, evidence[0], whole)]
        lines += _capture("New text, first seen", interval.first_new, evidence[1], whole)
    if page:
        lines.append(f"Read it whole:\n  {page}")
    return "\n".join(lines) + "\n"


def _capture(name: str, observation: Observation, address: str, whole: bool) -> list[str]:
    lines = [f"{name}: {iso(observation.captured_at)} ({observation.source})"]
    if whole:
        lines += [f"  {shortened(printable(observation.url), _URL_LENGTH)}", f"  SHA-256 {observation.sha256}"]
    if address:
        lines.append(f"  Evidence: {address}")
    return lines


def change(
    place: str, words: str, number: int, label: str | None, redline: Redline, notes: Sequence[str], address: str
) -> str:
    """Returns a change. label: as for `html_part.change`."""
    first = f"{number}. "
    indent = " " * len(first)
    lines = ["", wrapped(place)] if place else []
    if words:
        lines += ["", wrapped(words, "" if label is not None else first)]
    text = redline_as_text(redline)
    lines.append(wrapped(f"{label} {text}" if label else text, first if label is not None else indent, indent))
    lines += [wrapped(note, indent, indent) for note in notes]
    if address and words:
        lines.append(f"{indent}{address}")
    return "\n".join(lines) + "\n"


def tail(sentences: Sequence[str], introduction: str, page: str, attachment: str, command: str) -> str:
    """Returns the end of an entry: what it leaves out, and where all of it is."""
    lines = [line for sentence in sentences for line in ("", wrapped(sentence))]
    if not page:
        where = f"{attachment} (attached)" if attachment else command
        lines += ["", f"{introduction}:\n  {where}"]
    return "\n".join(lines) + "\n" if lines else ""


def line(name: str, text: str, page: str, command: str) -> str:
    """Returns an entry in one line, for an e-mail that has no room for more."""
    return f"{wrapped(f'{name}: {text}', '* ', '  ')}\n  {page or command}\n"


def heading(text: str) -> str:
    """Returns a heading."""
    return f"\n\n{text}\n{'=' * len(text)}\n"


def paragraph(text: str) -> str:
    """Returns a paragraph."""
    return f"\n{wrapped(text)}\n"


def footer(sentences: Sequence[str], address: str, words: str, command: str, preferences: str) -> str:
    """Returns the end of a digest: why it came, how to change what comes, and how to leave."""
    lines = ["", "-- ", *map(wrapped, sentences)]
    lines += [f"Change what you get, and how often:\n  {preferences}"] if preferences else []
    lines += [f"{words}:\n  {address}"] if address else []
    lines += [f"  {command}"] if command else []
    return "\n".join(lines) + "\n"


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Returns a text in lines of at most _WIDTH columns. first, rest: what the first and the other lines begin with."""
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
