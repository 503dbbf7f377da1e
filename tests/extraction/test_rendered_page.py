"""The reading of a page that a browser rendered."""

from dataclasses import replace

from extraction import read
from formats.multipart import compose
from tests.extraction.example_pages import capture, html

REDIRECT = html(
    "<p>Welcome.</p><p>Please follow us to the new page.</p>", head='<meta http-equiv="refresh" content="5">'
)
SHELL = html("<div id='app'></div>", head="<script src='/app.js'></script>")


def test_a_served_redirect_needs_a_browser() -> None:
    verdict = read(capture(REDIRECT), REDIRECT).verdict
    assert (verdict.reason, verdict.needs_browser) == ("empty", True)


def test_a_rendered_redirect_is_empty_and_its_text_is_extracted() -> None:
    served = capture(REDIRECT), REDIRECT
    rendered = replace(served[0], rendered_by="Chromium 150"), REDIRECT
    reading = read(*compose("alternative", [served, rendered]))
    assert reading.verdict.evidence == "the page only sends the browser on to another"
    assert (reading.verdict.reason, reading.verdict.needs_browser) == ("empty", False)
    assert reading.document is not None
    assert [clause.text for clause in reading.document.clauses] == ["Welcome.", "Please follow us to the new page."]


def test_a_rendered_page_without_text_is_empty_and_needs_no_browser() -> None:
    served = capture(SHELL), SHELL
    rendered = replace(served[0], rendered_by="Chromium 150"), SHELL
    reading = read(*compose("alternative", [served, rendered]))
    assert (reading.verdict.reason, reading.verdict.needs_browser) == ("empty", False)
    assert reading.document is None
