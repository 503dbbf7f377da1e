"""Renders a report as one HTML file. The file needs no network and no JavaScript."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.changes import CHANGE_KINDS, SIGNIFICANCES, Redline, RedlineOperation
from core.clauses import Document
from core.dates import iso
from reports.change_sections import sections, substantive_runs
from reports.merged_text import merged_rows
from reports.rendered_changes import (
    KIND_WORDS,
    PARAGRAPH_END,
    SIGNIFICANCE_MEANINGS,
    rendered_changes,
)
from reports.report import Report, VersionSide
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, side_name, summary, title

_TEMPLATES = Path(__file__).parent / "templates"
# A place, a run's line or a fold is shown if one of its changes is.
_FILTERS = "".join(
    f"body:has(#show-{name}:not(:checked)) section.{name} {{ display: none; }}\n" for name in SIGNIFICANCES
) + "".join(
    f"body:has(#show-kind-{kind}:not(:checked)) :is(article, .run).{kind} {{ display: none; }}\n"
    f"body:has(#show-kind-{kind}:checked) :is(.group, details):has(article.{kind}) {{ display: block; }}\n"
    for kind in CHANGE_KINDS
)
_STYLE: Final = (_TEMPLATES / "report.css").read_text(encoding="utf-8") + _FILTERS
_SCRIPT: Final = (_TEMPLATES / "report.js").read_text(encoding="utf-8")


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
    templates.tests["web_address"] = lambda url: bool(re.match("https?://", url))
    return templates


def _without(redline: Redline, operation: RedlineOperation) -> Redline:
    """Returns the redline without the parts of one operation.

    A redline without insertions is the old text. A redline without deletions is the new text.
    """
    return tuple(part for part in redline if part[0] != operation)


def as_html(report: Report) -> str:
    """Returns the report as a self-contained HTML page.

    All text from a vendor is escaped. The page also has a Content-Security-Policy as a second protection. This
    Content-Security-Policy allows only the page's own style and script, which are identified by hashes (CSP Level 3,
    section 2.3.1). Network connections are not allowed.
    """
    changes = rendered_changes(report.comparison)
    kinds = [change.change.kind for change in changes]
    significances = [change.change.significance for change in changes]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            title=title(report),
            summary=summary(report),
            circumstances=circumstances(report),
            sections=sections(changes),
            rows=merged_rows(report.comparison, report.old.document, report.new.document),
            runs=substantive_runs(changes) if headings_sentence(changes) else (),
            paragraph_end=PARAGRAPH_END,
            meanings=SIGNIFICANCE_MEANINGS,
            kinds=[(kind, KIND_WORDS[kind], kinds.count(kind)) for kind in CHANGE_KINDS if kind in kinds],
            significances=[(name, significances.count(name)) for name in SIGNIFICANCES if name in significances],
            old_name=side_name(report.old),
            new_name=side_name(report.new),
            old_language=_language(report.old.document),
            new_language=_language(report.new.document),
            is_version=isinstance(report.old, VersionSide),
            style=Markup(_STYLE),  # noqa: S704 - a file of this package
            script=Markup(_SCRIPT),  # noqa: S704 - a file of this package
            style_hash=_hash(_STYLE),
            script_hash=_hash(_SCRIPT),
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _language(document: Document) -> str:
    """Returns the document's language as a BCP 47 tag; '' if the language is not known (HTML's `lang=""`)."""
    return document.language if document.language and re.fullmatch("[a-z]{2,3}", document.language) else ""
