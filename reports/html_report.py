"""The report as one HTML file that needs nothing else, neither the network nor a script, to be read."""

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
from reports.layout import merged
from reports.report import FileSide, Report, VersionSide
from reports.vendor_text import printable
from reports.wording import (
    KIND_WORDS,
    PARAGRAPH_END,
    SIGNIFICANCE_MEANINGS,
    by_significance,
    circumstances,
    places,
    side_name,
    subject,
    summary,
    told,
    whereabouts,
)

_TEMPLATES = Path(__file__).parent / "templates"
_FILTERS = "".join(
    f"body:has(#show-{name}:not(:checked)) section.{name} {{ display: none; }}\n" for name in SIGNIFICANCES
) + "".join(f"body:has(#show-kind-{kind}:not(:checked)) article.{kind} {{ display: none; }}\n" for kind in CHANGE_KINDS)
_STYLE: Final = (_TEMPLATES / "report.css").read_text(encoding="utf-8") + _FILTERS
_SCRIPT: Final = (_TEMPLATES / "report.js").read_text(encoding="utf-8")


def environment() -> Environment:
    """Jinja2 as every HTML output here uses it: whatever is put in is escaped and made printable first."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    made.filters["iso"] = iso
    made.filters["parts"] = parts
    made.tests["web_address"] = lambda url: bool(re.match("https?://", url))
    return made


def parts(redline: Redline, without: RedlineOperation) -> Redline:
    """One side of a redline: without its insertions the old text, without its deletions the new."""
    return tuple(part for part in redline if part[0] != without)


def as_html(report: Report) -> str:
    """The report as a self-contained HTML page.

    Everything a vendor wrote is escaped; a Content-Security-Policy allows the page's own style and script alone, by
    their hashes, and no connection, so that a slip could do nothing (CSP Level 3, section 2.3.1).
    """
    changes = told(report.comparison)
    kinds = [change.change.kind for change in changes]
    significances = [change.change.significance for change in changes]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            subject=subject(report),
            summary=summary(report),
            circumstances=circumstances(report),
            groups=list(by_significance(changes)),
            rows=merged(report.comparison, report.old.document, report.new.document),
            places=places(changes) if whereabouts(changes) else (),
            paragraph_end=PARAGRAPH_END,
            meanings=SIGNIFICANCE_MEANINGS,
            kinds=[(kind, KIND_WORDS[kind], kinds.count(kind)) for kind in CHANGE_KINDS if kind in kinds],
            significances=[(name, significances.count(name)) for name in SIGNIFICANCES if name in significances],
            old_name=side_name(report.old),
            new_name=side_name(report.new),
            old_language=_language(report.old.document),
            new_language=_language(report.new.document),
            is_file=isinstance(report.old, FileSide),
            is_version=isinstance(report.old, VersionSide),
            style=Markup(_STYLE),  # noqa: S704 - our own file
            script=Markup(_SCRIPT),  # noqa: S704 - our own file
            style_hash=_hash(_STYLE),
            script_hash=_hash(_SCRIPT),
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _language(document: Document) -> str:
    """The language as a BCP 47 tag for the vendor's words; '' where it is not known (HTML: unknown)."""
    return document.language if document.language and re.fullmatch("[a-z]{2,3}", document.language) else ""
