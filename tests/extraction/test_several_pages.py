"""A policy of several pages is read as one document. The policy is accepted only if every page shows a part of it."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.captures import Capture, sha256_hex
from core.exceptions import ExtractionError
from extraction import read
from formats.multipart import Observed, compose, is_composed, parts_of
from tests.extraction.example_pages import PARAGRAPHS, capture, html

FIRST = html(f"<h1>Privacy policy</h1><h2>What we collect</h2><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>")
SECOND = html(f"<p>{PARAGRAPHS[2]}</p><h2>Your rights</h2><p>{PARAGRAPHS[3]}</p>", title="Third parties")
THIRD = html(f"<h1>Cookies</h1><p>{PARAGRAPHS[4]}</p>", title="Cookie policy")


def pages(*payloads: bytes, status: int = 200) -> list[Observed]:
    """Returns captures of pages.

    status: the HTTP status of the last page; the other pages have the status 200.
    """
    urls = [f"https://northwind.example/privacy/{number}" for number in range(1, len(payloads) + 1)]
    statuses = [200] * (len(payloads) - 1) + [status]
    return [
        (capture(body, url=url, status=code), body) for body, url, code in zip(payloads, urls, statuses, strict=True)
    ]


def test_heading_path_contains_only_headings_of_the_same_page() -> None:
    reading = read(*compose("mixed", pages(FIRST, SECOND, THIRD)))
    assert reading.verdict.name == "accepted"
    assert reading.document is not None
    assert [(clause.position, clause.heading_path, clause.text) for clause in reading.document.clauses] == [
        (0, (), "Privacy policy"),
        (1, ("Privacy policy",), "What we collect"),
        (2, ("Privacy policy", "What we collect"), PARAGRAPHS[0]),
        (3, ("Privacy policy", "What we collect"), PARAGRAPHS[1]),
        (4, (), PARAGRAPHS[2]),
        (5, (), "Your rights"),
        (6, ("Your rights",), PARAGRAPHS[3]),
        (7, (), "Cookies"),
        (8, ("Cookies",), PARAGRAPHS[4]),
    ]
    assert (reading.document.title, reading.document.language) == ("Privacy Policy", "en")


def test_pages_are_read_in_the_declared_order() -> None:
    reading = read(*compose("mixed", pages(SECOND, FIRST)))
    assert reading.document is not None
    assert reading.document.clauses[0].text == PARAGRAPHS[2]


CHALLENGE = html("<h1>Checking your browser</h1><p>This takes a moment.</p>", title="Just a moment...")


@pytest.mark.parametrize(
    ("last", "status", "reason"),
    [
        (THIRD, 404, "not_found"),
        (THIRD, 503, "unavailable"),
        (THIRD, 403, "blocked"),
        (CHALLENGE, 200, "blocked"),
        (html("<div id=root></div><script src=app.js></script>"), 200, "empty"),
        (THIRD[: len(THIRD) // 2], 200, "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), 200, "unreadable"),
    ],
    ids=["missing", "error", "refused", "challenge", "shell", "cut", "image"],
)
def test_policy_with_a_failed_page_is_quarantined_and_page_is_named(last: bytes, status: int, reason: str) -> None:
    verdict = read(*compose("mixed", pages(FIRST, SECOND, last, status=status))).verdict
    assert verdict.name == "quarantined"
    assert verdict.evidence.startswith("page 3 of 3, https://northwind.example/privacy/3: ")
    assert verdict.reason == (reason or verdict.reason)


def test_pages_of_another_document_are_quarantined() -> None:
    text = "<p>These terms and conditions bind you when you order a delivery. We may change the terms at any time.</p>"
    cookies = html(f"<h1>Cookie policy</h1>{f'<p>{PARAGRAPHS[4]}</p>' * 9}", title="Cookie policy")
    terms = html(f"<h1>Terms and conditions</h1>{text * 9}", title="Terms and conditions")
    verdicts_on_single_pages = [read(*page).verdict for page in pages(terms, terms)]
    assert {verdict.reason for verdict in verdicts_on_single_pages} == {"other_document"}
    assert read(*compose("mixed", pages(terms, terms))).verdict.reason == "other_document"
    assert read(*compose("mixed", pages(FIRST, cookies))).verdict.name == "accepted"


def test_selectors_apply_to_every_page() -> None:
    reading = read(*compose("mixed", pages(FIRST, SECOND)), select=["h2"])
    assert reading.document is not None
    assert [clause.text for clause in reading.document.clauses] == ["What we collect", "Your rights"]


def test_page_with_a_multipart_media_type_is_read_as_a_single_page() -> None:
    composed, payload = compose("mixed", pages(FIRST, SECOND))
    served = capture(payload, media_type=composed.media_type)
    assert not is_composed(served)
    assert read(served, payload).document is not None  # read as text


@pytest.mark.parametrize("damage", [b"", b"--", b"x"], ids=["empty", "beginning", "end"])
def test_damaged_payload_of_several_pages_is_unreadable(damage: bytes) -> None:
    composed, payload = compose("mixed", pages(FIRST, SECOND))
    damaged = {b"": b"", b"--": payload[40:], b"x": payload + damage}[damage]
    assert read(composed, damaged).verdict.reason == "unreadable"
    altered = payload.replace(b"ninety", b"eighty")
    with pytest.raises(ExtractionError):
        parts_of(composed, altered)


_bodies = st.lists(st.binary(max_size=40), min_size=1, max_size=4)
_kinds: st.SearchStrategy[Literal["mixed", "alternative"]] = st.sampled_from(["mixed", "alternative"])
_media_types = st.text(st.characters(max_codepoint=255), max_size=20)


@given(_bodies, _media_types, _kinds)
def test_decomposing_a_composed_capture_returns_the_original_captures(
    bodies: list[bytes], media_type: str, kind: Literal["mixed", "alternative"]
) -> None:
    parts = [(capture(body, media_type=media_type, headers=(("X-A", media_type),)), body) for body in bodies]
    composed, payload = compose(kind, parts)
    assert parts_of(composed, payload) == tuple(parts)
    assert composed.sha256 == sha256_hex(payload)
    assert isinstance(composed, Capture)
    assert compose(kind, parts) == (composed, payload)
