"""The box "Cite this" of the pages that show texts: an address, the evidence behind the text, in two forms."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from core.captures import Capture
from core.clauses import Clause, Document
from views.citations import Citation, bibtex, plain_text
from views.evidence import archive_address
from web.rendering import base_url


def citation_of(
    request: Request,
    author: str,
    capture: Capture,
    document: Document | None,
    version_id: str,
    address: str,
    *,
    clause: Clause | None = None,
    change: int | None = None,
    path: tuple[str, ...] = (),
    quarantined: str = "",
    older: Citation | None = None,
) -> Citation:
    """Returns the citation of a page that shows a capture's text, or what changed up to it.

    author: the vendor's name. document: the text of the capture, if there is one. version_id: the version that the
    capture shows; '' if none. address: the page's address in the room. clause: the clause that is cited; None for the
    whole text. change, path: the number of the change that is cited, from 1, and the headings above it; None and ()
    for the whole comparison. quarantined: the reason why the capture is quarantined, in words; '' if it isn't.
    older: the capture that was compared.
    """
    fallback = capture.policy if "policy" in capture.policy else f"{capture.policy} policy"
    return Citation(
        author=author,
        title=(document.title if document else "") or fallback.capitalize(),
        address=capture.url,
        archive=archive_address(capture),
        captured_at=capture.captured_at,
        sha256=capture.sha256,
        version=version_id,
        page=f"{base_url(request)}{address}",
        accessed=datetime.now(UTC),
        clause=None if clause is None else clause.position + 1,
        change=change,
        path=path if clause is None else clause.heading_path,
        quarantined=quarantined,
        older=older,
    )


def cite_box(citation: Citation) -> dict[str, Any]:
    """Returns the variables of the template's box: the citation as a line, and as the lines of a BibTeX entry."""
    return {"citation": plain_text(citation), "bibtex": bibtex(citation).rstrip().split("\n")}
