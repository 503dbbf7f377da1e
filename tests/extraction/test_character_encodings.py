"""Detection of a page's character encoding."""

import pytest

from extraction import extract


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("<meta charset=windows-1252><p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html"),
        ("<p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<p>café “data”</p>".encode(), "text/html; charset=ISO-8859-1"),
        ("\ufeff<p>café “data”</p>".encode("utf-16-le"), "text/html"),
        ("<p>café “data”</p>".encode("utf-16-le"), "text/html; charset=utf-16le"),
    ],
)
def test_page_is_decoded_with_the_encoding_of_the_bytes(data: bytes, media_type: str) -> None:
    assert [clause.text for clause in extract(data, media_type).clauses] == ["café “data”"]
