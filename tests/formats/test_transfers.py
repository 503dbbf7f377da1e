"""What an HTTP response's status and headers say about missing parts of the page."""

import pytest

from extraction import read
from formats.transfers import missing_part
from tests.extraction.example_pages import POLICY, capture, html

PAGE = html(POLICY)


@pytest.mark.parametrize(
    ("status", "headers", "is_missing"),
    [
        (200, {}, False),
        (200, {"Content-Length": "100"}, False),
        (200, {"Content-Length": "99"}, False),
        (200, {"Content-Length": "101"}, True),
        (200, {"Content-Length": "101", "Content-Encoding": "gzip"}, False),
        (200, {"Content-Length": "101", "Transfer-Encoding": "chunked"}, False),
        (200, {"Content-Length": "100", "X-Archive-Orig-Content-Length": "101"}, True),
        (200, {"X-Archive-Orig-Content-Length": "101", "X-Archive-Orig-Content-Encoding": "br"}, False),
        (200, {"X-Archive-Truncated": "length"}, True),
        (206, {}, True),
        (206, {"Content-Range": "bytes 0-99/500"}, True),
        (206, {"Content-Range": "bytes 400-499/500"}, True),
        (206, {"Content-Range": "bytes 0-99/*"}, True),
        (206, {"Content-Range": "bytes 0-99/100"}, False),
    ],
)
def test_headers_and_status_show_a_missing_part(status: int, headers: dict[str, str], is_missing: bool) -> None:
    assert bool(missing_part(status, headers.items(), 100)) == is_missing


def test_a_part_of_a_page_is_truncated_even_if_it_ends_between_paragraphs() -> None:
    part = PAGE[: PAGE.index(b"<h2>Cookies")]
    verdict = read(capture(part, status=206), part).verdict
    assert (verdict.reason, verdict.rule) == ("truncated", "incomplete_transfer")
