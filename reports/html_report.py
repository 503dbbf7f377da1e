"""Renders a report as HTML: as one file that needs no network and no JavaScript, or as a page of the reading room."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from core.changes import CHANGE_KINDS, SIGNIFICANCES, Change, Redline, RedlineOperation
from core.clauses import Document
from core.dates import iso
from core.history import Observation
from core.policies import PolicyKey
from reports.change_sections import sections, substantive_runs
from reports.merged_text import merged_rows
from reports.rendered_changes import (
    KIND_WORDS,
    PARAGRAPH_END,
    SIGNIFICANCE_MEANINGS,
    rendered_changes,
)
from reports.report import Report, ReportSource, VersionSide
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary, title
from views import addresses

_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\b")
_TEMPLATES = Path(__file__).parent / "templates"
# A place, a run's line or a fold is shown if one of its changes is.
_FILTERS = "".join(
    f"body:has(#show-{name}:not(:checked)) section.{name} {{ display: none; }}\n" for name in SIGNIFICANCES
) + "".join(
    f"body:has(#show-kind-{kind}:not(:checked)) :is(article, .run).{kind} {{ display: none; }}\n"
    f"body:has(#show-kind-{kind}:checked) :is(.group, details):has(article.{kind}) {{ display: block; }}\n"
    for kind in CHANGE_KINDS
)
#: The styles that reports share with the pages of the reading room, a report's own styles, and its script.
BASE_STYLE: Final = (_TEMPLATES / "base.css").read_text(encoding="utf-8")
REPORT_STYLE: Final = (_TEMPLATES / "report.css").read_text(encoding="utf-8") + _FILTERS
REPORT_SCRIPT: Final = (_TEMPLATES / "report.js").read_text(encoding="utf-8")


def environment() -> Environment:
    """Returns the Jinja2 environment for all HTML output.

    The environment makes each inserted string printable and escapes the string.
    """
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    templates.filters["iso"] = iso
    templates.filters["without"] = _without
    templates.filters["timed"] = _timed
    templates.tests["web_address"] = lambda url: bool(re.match("https?://", url))
    return templates


def _without(redline: Redline, operation: RedlineOperation) -> Redline:
    """Returns the redline without the parts of one operation.

    A redline without insertions is the old text. A redline without deletions is the new text.
    """
    return tuple(part for part in redline if part[0] != operation)


def _timed(sentence: str) -> Markup:
    """Returns a sentence as HTML in which no time is broken at the end of a line."""
    return Markup(_TIME.sub(r"<time>\g<0></time>", str(escape(printable(sentence)))))  # noqa: S704 - escaped


@dataclass(frozen=True, slots=True)
class RoomLinks:
    """The addresses to which a report links as a page of the reading room.

    prefix: the path under which the room is reached; '' for the root of its host.
    key: the policy. old_id, new_id: the ids of both versions.
    """

    prefix: str
    key: PolicyKey
    old_id: str
    new_id: str

    def change(self, number: int) -> str:
        """Returns the address of a change that never changes its meaning. number: the change's number, from 1."""
        return self.prefix + addresses.comparison_page(self.key, f"@{self.old_id}", f"@{self.new_id}", number)

    def cite(self, number: int) -> str:
        """Returns the address of the same page with the citation of a change. number: the change's number, from 1."""
        return f"{self.prefix}{addresses.cited_change(self.key, f'@{self.old_id}', f'@{self.new_id}', number)}"

    def clause(self, change: Change) -> str:
        """Returns the address of a changed clause's line through time. Of several clauses, it is the first."""
        version, clauses = (self.new_id, change.new) if change.new else (self.old_id, change.old)
        return self.prefix + addresses.clause_page(self.key, version, clauses[0].position)

    def capture(self, capture: Observation) -> str:
        """Returns the address of a capture's evidence."""
        return self.prefix + addresses.capture_page(capture.capture_id)

    def version(self, version_id: str) -> str:
        """Returns the address of a version's text."""
        return self.prefix + addresses.version_page(self.key, f"@{version_id}")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report as the parts of a page of the reading room. Each part but the title is HTML.

    title, summary: as in every format. opening: the heading, and the sentences below it. controls: what is shown, and
        where to go. changes: all changes, the evidence and the whole text. closing: a note on how to read it.
    paths: the headings above each change, in reading order of the changes.
    """

    title: str
    summary: str
    opening: str
    controls: str
    changes: str
    closing: str
    paths: tuple[tuple[str, ...], ...]


def as_html(report: Report) -> str:
    """Returns the report as a self-contained HTML page.

    All text from a vendor is escaped. The page also has a Content-Security-Policy as a second protection. This
    Content-Security-Policy allows only the page's own style and script, which are identified by hashes (CSP Level 3,
    section 2.3.1). Network connections are not allowed.
    """
    style = BASE_STYLE + REPORT_STYLE
    return (
        _own_environment()
        .get_template("report.html.j2")
        .render(
            **_context(report),
            links=None,
            style=Markup(style),  # noqa: S704 - files of this package
            script=Markup(REPORT_SCRIPT),  # noqa: S704 - a file of this package
            style_hash=_hash(style),
            script_hash=_hash(REPORT_SCRIPT),
        )
    )


def as_page(report: Report, links: RoomLinks) -> ReportPage:
    """Returns the report as the parts of a page of the reading room. All text from a vendor is escaped."""
    context = _context(report)
    parts: Any = _own_environment().get_template("report_parts.html.j2").make_module({**context, "links": links})
    return ReportPage(
        title=context["title"],
        summary=context["summary"],
        opening=str(parts.opening()),
        controls=str(parts.controls()),
        changes=str(parts.changes()),
        closing=str(parts.closing()),
        paths=tuple(change.path for change in rendered_changes(report.comparison)),
    )


def page_of(source: ReportSource, links: RoomLinks) -> ReportPage:
    """Compares the texts of a source, and returns the report as a page. Both arguments and the page can be pickled."""
    return as_page(source.report(), links)


@cache
def _own_environment() -> Environment:
    return environment()


def _context(report: Report) -> dict[str, Any]:
    """Returns the variables of the parts of a report."""
    changes = rendered_changes(report.comparison)
    kinds = [change.change.kind for change in changes]
    significances = [change.change.significance for change in changes]
    return {
        "report": report,
        "title": title(report),
        "summary": summary(report),
        "circumstances": circumstances(report),
        "sections": sections(changes),
        "rows": merged_rows(report.comparison, report.old.document, report.new.document),
        "runs": substantive_runs(changes) if headings_sentence(changes) else (),
        "paragraph_end": PARAGRAPH_END,
        "meanings": SIGNIFICANCE_MEANINGS,
        "kinds": [(kind, KIND_WORDS[kind], kinds.count(kind)) for kind in CHANGE_KINDS if kind in kinds],
        "significances": [(name, significances.count(name)) for name in SIGNIFICANCES if name in significances],
        "old_language": language_tag(report.old.document),
        "new_language": language_tag(report.new.document),
        "is_version": isinstance(report.old, VersionSide),
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def language_tag(document: Document) -> str:
    """Returns the document's language as a BCP 47 tag; '' if the language is not known (HTML's `lang=""`)."""
    return document.language if document.language and re.fullmatch("[a-z]{2,3}", document.language) else ""
