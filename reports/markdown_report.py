"""The report as Markdown, for pasting into a ticket."""

import re
from collections.abc import Sequence

from core.changes import Redline
from core.dates import iso
from core.history import Observation
from reports.report import FileSide, Report
from reports.vendor_text import printable
from reports.wording import SIGNIFICANCE_MEANINGS, by_significance, circumstances, subject, summary, told, whereabouts

# Markers that CommonMark renders whatever stands next to them, which ~~ and ** are not (their flanking rules).
_TAGS = {"delete": ("<del>", "</del>"), "insert": ("<ins>", "</ins>"), "equal": ("", "")}
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]|(?<=[a-z])://|(?<=www)\.", re.IGNORECASE)
# Ticket systems look for these in the rendered text, where a backslash no longer helps; an empty comment does.
_MENTION = re.compile(r"(?<![^\W_])[@#!](?=\w)")
# What makes a block of a line: a heading, a list item, a thematic break, an ordered list's number (the mark after it).
_BLOCK_START = re.compile(r"^(?P<before>\s*(?:\d+(?=[.)]))?)(?=[-+#=.)])")


def as_markdown(report: Report) -> str:
    """The report as CommonMark with <ins> and <del>, which GitHub and GitLab keep. A vendor's text is escaped."""
    changes = told(report.comparison)
    blocks = [f"## {_escaped(subject(report))}", f"**{_escaped(summary(report))}**"]
    if where := whereabouts(changes):
        blocks.append(_escaped(where))
    blocks += [_escaped(sentence) for sentence in circumstances(report)]
    blocks.append(_provenance(report))
    for significance, group in by_significance(changes):
        blocks.append(f"### {significance.capitalize()} ({SIGNIFICANCE_MEANINGS[significance]})")
        for change in group:
            clause = f" ({change.clause})" if change.clause else ""
            blocks.append(f"**{change.number}. {change.kind.capitalize()}** – {_escaped(change.place)}{clause}")
            blocks.append(f"> {_redline(change.excerpt)}")
            blocks += [f"*{_escaped(note)}*" for note in change.notes]
    return "\n\n".join(blocks) + "\n"


def _provenance(report: Report) -> str:
    if report.interval:
        rows = [
            ("old text last seen", report.interval.last_old),
            ("new text first seen", report.interval.first_new),
        ]
        return _table(("", "captured", "source", "address", "SHA-256"), [_evidence(*row) for row in rows])
    if isinstance(report.old, FileSide) and isinstance(report.new, FileSide):
        sides = (("old", report.old), ("new", report.new))
        files = [(name, _escaped(printable(str(side.path))), f"`{side.sha256}`") for name, side in sides]
        return _table(("", "file", "SHA-256"), files)
    seen = [
        _evidence(f"{name}, {which} seen", observation)
        for name, side in (("old", report.old), ("new", report.new))
        if not isinstance(side, FileSide)
        for which, observation in (("first", side.period.first), ("last", side.period.last))
    ]
    return _table(("", "captured", "source", "address", "SHA-256"), seen)


def _evidence(name: str, seen: Observation) -> tuple[str, ...]:
    return (name, iso(seen.captured_at), seen.source, _escaped(printable(seen.url)), f"`{seen.sha256}`")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _redline(redline: Redline) -> str:
    parts = []
    for operation, text in redline:
        before, after = _TAGS[operation]
        parts.append(f"{before}{_inline(text)}{after}")
    return _as_line("".join(parts).lstrip())


def _escaped(text: str) -> str:
    """The text so that Markdown takes nothing in it for markup, as a line of its own or in a cell of a table."""
    return _as_line(_inline(text))


def _as_line(text: str) -> str:
    return _BLOCK_START.sub(r"\g<before>\\", text)


def _inline(text: str) -> str:
    return _MENTION.sub(r"\g<0><!-- -->", _SPECIAL.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    return rf"\{match.group()}"
