"""Properties of extraction for any input: only ExtractionError is raised, and all clauses are valid."""

import html as html_module
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.exceptions import ExtractionError
from extraction import extract, read
from tests.extraction.example_pages import assert_well_formed, capture

MEDIA_TYPES = st.sampled_from(
    ["text/html", "text/plain", "text/markdown", "application/pdf", "", "text/html; charset=utf-16", "image/png"]
)
MARKUP = """
<p> </p> <div> </div> <ul> <li> </ul> <ol> <table> <tr> <td> <th> </table> <br> <h1> </h1> <b> </b> <a/href=/x> </a>
<a/href=//[x> <nav> <form> <pre> <button> <details> <summary> <script> <!-- --> <span/hidden> &amp; &#0; <base/href=//[>
</p></p></li></li></a> 1. (a) § words https://[x * # > | é © ] [ ![ ]( `
"""
SCRAPS = st.lists(
    st.sampled_from(
        [*MARKUP.split(), "\n", "\n\n", "\t", "\x00", "\ufeff", "Last updated: 3 May 2018", "personal data,"]
    ),
    max_size=60,
).map(" ".join)
DATA = st.one_of(st.binary(max_size=400), SCRAPS.map(lambda text: text.encode("utf-8", "replace")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=DATA, media_type=MEDIA_TYPES)
def test_extract_returns_a_document_or_raises_extraction_error(data: bytes, media_type: str) -> None:
    try:
        document = extract(data, media_type, url="https://northwind.example/")
    except ExtractionError:
        return
    assert_well_formed(document)


@settings(max_examples=100, deadline=None)
@given(data=DATA, media_type=MEDIA_TYPES)
@example(data=b"<p><a href=//[x>1.</a></p>", media_type="text/html")  # no IPv6 address
def test_read_returns_a_valid_reading_for_any_bytes(data: bytes, media_type: str) -> None:
    reading = read(capture(data, media_type=media_type), data)
    assert (reading.verdict.reason is None) == (reading.verdict.name == "accepted")
    assert (reading.document is None) <= (reading.verdict.name == "quarantined")


SENTENCE = "we hold your name and its été Straße data for ninety days"
SENTENCES = st.lists(st.sampled_from(SENTENCE.split(" ")), min_size=3, max_size=25).map(
    lambda words: " ".join(words).capitalize() + "."
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SENTENCES, min_size=2, max_size=8))
def test_clauses_are_the_same_for_the_same_words_in_other_markup(paragraphs: list[str]) -> None:
    escaped = [html_module.escape(text) for text in paragraphs]
    pages = [
        "".join(f"<p>{text}</p>" for text in escaped),
        "<p>" + "<br><br>".join(escaped) + "</p>",
        "".join(f"<div>{text}</div>\n" for text in escaped),
        "<ul>" + "".join(f"<li><span>{text}</span>" for text in escaped) + "</ul>",
        "<div>" + "<p>".join(escaped) + "</div>",
    ]
    readings = [extract(f"<body>{page}</body>".encode(), "text/html").clauses for page in pages]
    for clauses in readings:
        assert [clause.text for clause in clauses] == paragraphs
    plain = extract("\n\n".join(paragraphs).encode(), "text/plain").clauses
    assert [clause.text for clause in plain] == paragraphs


def test_extract_raises_extraction_error_for_random_bytes() -> None:
    noise = random.Random(1).randbytes(20_000)
    for media_type in ("text/plain", "text/html", "text/markdown"):
        with pytest.raises(ExtractionError, match="no text"):
            extract(noise, media_type)
