"""Pages and captures for the tests of extraction, and functions that return the clauses of a page in a short form.

All texts of the pages were written for these tests.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.captures import Capture, sha256_hex
from core.clauses import ClauseKind, Document
from extraction import extract

PARAGRAPHS = (
    "Northwind Parcel collects the personal data that you give us when you order a delivery, and nothing besides.",
    "We keep your address for ninety days after the delivery, unless a law obliges us to keep it for longer.",
    "We share your personal data with the carrier who brings the parcel, and with no other third party.",
    "You have the right to access your data, to have it corrected, and to have it erased by writing to us.",
    "Our cookies remember what is in your basket; they hold no information about you and expire after a day.",
)

POLICY = "".join(
    f"<h2>{title}</h2><p>{text}</p>"
    for title, text in zip(
        ("What we collect", "How long we keep it", "Who else sees it", "Your rights", "Cookies"),
        PARAGRAPHS,
        strict=True,
    )
)


def html(body: str, *, title: str = "Privacy Policy", head: str = "") -> bytes:
    """Returns an HTML page. The parameter `body` is the markup inside `<body>`."""
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()
    )


def capture(
    payload: bytes,
    *,
    media_type: str = "text/html; charset=utf-8",
    status: int | None = 200,
    url: str = "https://northwind.example/privacy",
    asked_url: str = "",
    redirects: tuple[str, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
    policy: str = "privacy",
) -> Capture:
    """Returns a capture of a page with the fields that a live crawl sets.

    asked_url: the requested address; '' if it is the same as `url`.
    """
    return Capture(
        vendor="northwind",
        policy=policy,
        source="live",
        captured_at=datetime(2024, 5, 1, tzinfo=UTC),
        url=url,
        asked_url=asked_url or url,
        redirects=redirects,
        status=status,
        headers=headers,
        media_type=media_type,
        sha256=sha256_hex(payload),
    )


def texts(body: str, *, select: Sequence[str] = (), remove: Sequence[str] = ()) -> list[str]:
    """Returns the text of each clause of an HTML page.

    body: the page's body, as markup.
    """
    return [clause.text for clause in extract(html(body), "text/html", select=select, remove=remove).clauses]


def clauses_of(payload: bytes | str, media_type: str = "text/html") -> list[tuple[ClauseKind, str | None, str]]:
    """Returns the kind, label and text of each clause of a page."""
    data = payload.encode() if isinstance(payload, str) else payload
    return [(clause.kind, clause.label, clause.text) for clause in extract(data, media_type).clauses]


def assert_well_formed(document: Document) -> None:
    """Asserts that positions, texts and kinds of a document's clauses are valid."""
    assert [clause.position for clause in document.clauses] == list(range(len(document.clauses)))
    for clause in document.clauses:
        assert clause.text
        assert clause.text == " ".join(clause.text.split())
        assert clause.kind in ("heading", "paragraph", "list_item", "table_row")
