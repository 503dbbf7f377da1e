"""Renders a report as Markdown, for pasting into a ticket."""

import re
from collections.abc import Iterator, Sequence

from core.changes import Redline
from core.dates import iso
from core.history import Observation
from reports.change_sections import PlaceGroup, sections
from reports.rendered_changes import SIGNIFICANCE_MEANINGS, RenderedChange, rendered_changes
from reports.report import FileSide, Report
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary, title

# These tags work at every place in a line. Redlines don't use the marks ~~ and **, because these marks work only
# between certain characters (CommonMark's rules on flanking delimiters).
_TAGS = {"delete": ("<del>", "</del>"), "insert": ("<ins>", "</ins>"), "equal": ("", "")}
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]|(?<=[a-z])://|(?<=www)\.", re.IGNORECASE)
# Ticket systems turn mentions in the rendered text, such as @name or #12, into links. A backslash before the sign
# doesn't prevent the link, since the backslash is not rendered. An empty comment after the sign prevents the link.
_MENTION = re.compile(r"(?<![^\W_])[@#!](?=\w)")
# Some characters at the beginning of a line make the line a heading, a list item or a thematic break. In an ordered
# list, the character is the full stop or the bracket after the number. The pattern matches the place before the
# character, and a backslash is inserted at this place.
_BLOCK_START = re.compile(r"^(?P<before>\s*(?:\d+(?=[.)]))?)(?=[-+#=.)])")


def as_markdown(report: Report) -> str:
    """Returns the report as CommonMark. Redlines use the tags <ins> and <del>, which GitHub and GitLab support.

    All text from a vendor is escaped, so that the text contains no markup.
    """
    changes = rendered_changes(report.comparison)
    blocks = [f"## {_escaped(title(report))}", f"**{_escaped(summary(report))}**"]
    if sentence := headings_sentence(changes):
        blocks.append(_escaped(sentence))
    blocks += [_escaped(sentence) for sentence in circumstances(report)]
    blocks.append(_provenance(report))
    for section in sections(changes):
        meaning = SIGNIFICANCE_MEANINGS[section.significance]
        blocks.append(f"### {section.significance.capitalize()} ({meaning})")
        blocks += [block for group in section.groups for block in _group(group)]
        for fold in section.folds:
            # The empty lines around the blocks end the HTML, so that the blocks are Markdown again.
            blocks.append(f"<details>\n<summary>{_escaped(fold.line)}</summary>")
            blocks += [block for group in fold.groups for block in _group(group)]
            blocks.append("</details>")
    return "\n\n".join(blocks) + "\n"


def _group(group: PlaceGroup) -> Iterator[str]:
    """Yields the blocks of changes under the same headings."""
    yield f"#### {_escaped(group.place)}"
    for run in group.runs:
        first, last = run.changes[0], run.changes[-1]
        numbers = str(first.number) if first is last else f"{first.number}–{last.number}"
        words = f"{run.words[:1].upper()}{run.words[1:]}"
        yield f"**{numbers}. {_escaped(words)}**"
        for change in run.changes:
            yield f"> {_redline(change.excerpt)}" if first is last else f"> {_numbered(change)}"
            yield from (f"*{_escaped(note)}*" for note in change.notes)


def _numbered(change: RenderedChange) -> str:
    label = f"{_inline(change.label)} " if change.label else ""
    kind = " (heading)" if change.clause_kind == "heading" else ""
    return f"**{change.number}.** {label}{_redline(change.excerpt)}{kind}"


def _provenance(report: Report) -> str:
    if isinstance(report.old, FileSide) and isinstance(report.new, FileSide):
        sides = (("Old", report.old), ("New", report.new))
        files = [(name, _escaped(printable(str(side.path))), f"`{side.sha256}`") for name, side in sides]
        return _table(("", "file", "SHA-256"), files)
    return _table(("", "captured", "source", "address", "SHA-256"), [_evidence(*row) for row in report.evidence])


def _evidence(name: str, capture: Observation) -> tuple[str, ...]:
    return (name, iso(capture.captured_at), capture.source, _escaped(printable(capture.url)), f"`{capture.sha256}`")


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
    """Returns the text with all markup escaped, for a whole line or for a table cell."""
    return _as_line(_inline(text))


def _as_line(text: str) -> str:
    return _BLOCK_START.sub(r"\g<before>\\", text)


def _inline(text: str) -> str:
    return _MENTION.sub(r"\g<0><!-- -->", _SPECIAL.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    return rf"\{match.group()}"
