import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.archives import ListedCapture
from core.exceptions import ArchiveError
from crawler.archives.wayback import is_local, listing_url, parse_listing

FIELDS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
GOOD = ["com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC", "12"]


def listing(*rows: list[str]) -> bytes:
    return json.dumps([FIELDS, *rows]).encode()


def altered(**fields: str) -> list[str]:
    return list({**dict(zip(FIELDS, GOOD, strict=True)), **fields}.values())


def test_the_query_asks_the_archive_of_the_setting() -> None:
    url = listing_url(
        "http://127.0.0.1:8080",
        "https://www.example.com/i.php?page=privacy&x=1",
        datetime(2010, 1, 1, tzinfo=UTC),
        datetime(2011, 12, 31, 23, 59, 59, tzinfo=UTC),
        500,
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "127.0.0.1:8080", "/cdx/search/cdx")
    assert parse_qs(parts.query) == {
        "url": ["https://www.example.com/i.php?page=privacy&x=1"],
        "from": ["20100101000000"],
        "to": ["20111231235959"],
        "limit": ["500"],
        "output": ["json"],
        "fl": [",".join(FIELDS)],
        "gzip": ["false"],
        "showResumeKey": ["true"],
    }


def test_the_query_goes_on_from_a_resume_key() -> None:
    url = listing_url("http://a", "http://example.com/", None, None, 5, "com%2Cexample%29%2F+2010")
    assert parse_qs(urlsplit(url).query)["resumeKey"] == ["com%2Cexample%29%2F+2010"]


def test_rows_are_read_as_they_are_named_whatever_their_order() -> None:
    table = [FIELDS[::-1], GOOD[::-1]]
    (row,) = parse_listing(json.dumps(table).encode()).rows
    assert row == ListedCapture(
        "com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC"
    )
    assert row.moment == datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_resume_key_is_told_from_the_rows() -> None:
    page = parse_listing(listing(GOOD, [], ["com%2Cexample%29%2Fp+2011"]))
    assert len(page.rows) == 1
    assert page.resume_key == "com%2Cexample%29%2Fp+2011"
    assert page.malformed == 0


def test_an_address_that_was_never_archived_has_an_empty_listing() -> None:
    assert parse_listing(b"[]\n").rows == ()


@pytest.mark.parametrize(
    "bad",
    [
        altered(timestamp="20000800000000"),
        altered(timestamp="2010"),
        altered(timestamp="20100231000000"),
        altered(original="http://example.com/my policy"),
        altered(original="example.com"),
        altered(statuscode="2OO"),
        GOOD[:-1],
        [*GOOD, "more"],
        [],
    ],
)
def test_a_malformed_row_is_counted_and_the_others_are_read(bad: list[str]) -> None:
    page = parse_listing(listing(GOOD, bad, altered(statuscode="-")))
    assert (len(page.rows), page.malformed) == (2, 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>no snapshots</html>", b'{"rows": []}', b"[1, 2]", b'[["a"], ["b"]]', b"\xff"]
)
def test_what_is_no_listing_is_never_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(ArchiveError):
        parse_listing(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=8)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(json_values, max_size=8) | st.just(altered(statuscode="-")), max_size=5))
def test_whatever_the_rows_hold_each_is_read_or_counted(rows: list[list[object]]) -> None:
    page = parse_listing(json.dumps([FIELDS, *rows]).encode())
    if page.resume_key is None:
        assert len(page.rows) + page.malformed == len(rows)


def test_an_archive_on_this_machine_is_told_by_its_address() -> None:
    assert all(map(is_local, ("http://127.0.0.1:8080", "http://localhost:80", "http://[::1]")))
    assert not any(map(is_local, ("https://web.archive.org", "http://10.0.0.1", "http://127.1:80")))


@pytest.mark.parametrize(
    ("fields", "tells"),
    [
        ({}, True),
        ({"statuscode": "-", "mimetype": "warc/revisit"}, True),
        ({"statuscode": "404"}, False),
        ({"statuscode": "-"}, False),
        ({"digest": "-"}, False),
        ({"digest": ""}, False),
        ({"digest": "A" * 5000}, False),
    ],
)
def test_a_digest_tells_of_other_rows_unless_it_is_none_or_that_of_an_error_page(
    fields: dict[str, str], tells: bool
) -> None:
    (row,) = parse_listing(listing(altered(**fields))).rows
    assert (row.text == row.digest) is tells
    assert tells or row.text is None
