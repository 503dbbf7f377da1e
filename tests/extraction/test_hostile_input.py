"""Pages and texts that are designed to break a parser."""

import time

import pytest

from extraction import extract
from extraction.readers.html_tree import parse_page
from tests.extraction.example_pages import assert_well_formed

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
    "nested elements and end tags of others": b"<div></x>" * 100_000 + b"words",
    "end tags, then nested elements": b"</x>" * 100_000 + b"<div>" * 100_000 + b"words",
    "nested cells in a drawing": b"<table><tr><td><svg>" + b"<td>" * 100_000 + b"words",
    "a long heading": b"<h1>" + b"words " * 20_000 + b"</h1>" + b"<p>a</p>" * 20_000,
    "a table with a wide first row": b"<table><tr>" + b"<td>a" * 8_000 + b"<tr><td>b<td>c" * 8_000 + b"</table>words",
    "a style rule that searches": b"<style>p:has(~ p ~ x){text-decoration:line-through}</style>" + b"<p>y</p>" * 4_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_is_read_in_bounded_time(name: str) -> None:
    begin = time.process_time()
    assert_well_formed(extract(HOSTILE[name], "text/html"))
    assert time.process_time() - begin < 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [b"> " * 20_000, b"[" * 50_000, b"**a " * 20_000, b"a\n" * 100_000, b"|" * 50_000 + b"\n|-|"]
)
@pytest.mark.parametrize("media_type", ["text/markdown", "text/plain"])
def test_hostile_text_is_read_in_bounded_time(text: bytes, media_type: str) -> None:
    begin = time.process_time()
    assert_well_formed(extract(text + b"words", media_type))
    assert time.process_time() - begin < 10


def test_a_long_part_of_a_page_without_tags_is_searched_once() -> None:
    """A search that begins at the last tag for each stretch of the page takes the square of the size: here, 3 s."""
    begin = time.process_time()
    parse_page(b"<p>" + b"a" * 30_000_000)
    assert time.process_time() - begin < 1
