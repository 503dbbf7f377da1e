"""What holds for all input: no failure but ExtractionError, well-formed clauses, the same words in any markup."""

import html as html_module
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.exceptions import ExtractionError
from extraction import extract, read
from tests.extraction.pages import capture

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


def check(document):
    assert [clause.position for clause in document.clauses] == list(range(len(document.clauses)))
    for clause in document.clauses:
        assert clause.text
        assert clause.text == " ".join(clause.text.split())
        assert clause.kind in ("heading", "paragraph", "list_item", "table_row")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.one_of(st.binary(max_size=400), SCRAPS.map(lambda text: text.encode("utf-8", "replace"))), kind=MEDIA_TYPES
)
def test_any_bytes_give_a_document_or_an_extraction_error(data, kind):
    try:
        document = extract(data, kind, url="https://northwind.example/")
    except ExtractionError:
        return
    check(document)


@settings(max_examples=100, deadline=None)
@given(
    data=st.one_of(st.binary(max_size=400), SCRAPS.map(lambda text: text.encode("utf-8", "replace"))), kind=MEDIA_TYPES
)
def test_reading_a_capture_never_fails(data, kind):
    reading = read(capture(data, media_type=kind), data)
    assert (reading.verdict.reason is None) == (reading.verdict.name == "accepted")
    assert (reading.document is None) <= (reading.verdict.name == "quarantined")


OURS = "we hold your name and its été Straße data for ninety days"
WORDS = st.lists(st.sampled_from(OURS.split(" ")), min_size=3, max_size=25).map(
    lambda words: " ".join(words).capitalize() + "."
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=8))
def test_the_same_words_in_other_markup_give_the_same_clauses(paragraphs):
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


HOSTILE = {
    "100,000 nested elements": b"<div>" * 100_000 + b"words",
    "100,000 nested bold": b"<b>" * 100_000 + b"words",
    "nested lists": b"<ul><li>" * 20_000 + b"words",
    "nested tables": b"<table><tr><td>" * 20_000 + b"words",
    "nested addresses": b"<address>" * 5_000 + b"words",
    "a huge attribute": b"<p class='" + b"nav " * 500_000 + b"'>words</p>",
    "a huge paragraph": b"<p>" + b"words " * 500_000,
    "entities": b"&amp;&#xD800;&#0;&nbsp" * 100_000 + b"words",
    "NULs": b"<p>wo\x00rds</p>" * 1000,
    "invalid UTF-8": b"<p>words \xff\xfe\xc3\x28</p>" * 1000,
    "line breaks": b"words<br>" * 50_000,
    "open brackets": b"<" * 200_000 + b" words",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_read_in_bounded_time(name):
    begin = time.process_time()
    check(extract(HOSTILE[name], "text/html"))
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    "text", [b"> " * 20_000, b"[" * 50_000, b"**a " * 20_000, b"a\n" * 100_000, b"|" * 50_000 + b"\n|-|"]
)
@pytest.mark.parametrize("kind", ["text/markdown", "text/plain"])
def test_hostile_texts_are_read_in_bounded_time(text, kind):
    begin = time.process_time()
    check(extract(text + b"words", kind))
    assert time.process_time() - begin < 10


def test_bytes_without_any_pattern_are_no_text() -> None:
    noise = random.Random(1).randbytes(20_000)  # no secret
    for media_type in ("text/plain", "text/html", "text/markdown"):
        with pytest.raises(ExtractionError, match="no text"):
            extract(noise, media_type)
