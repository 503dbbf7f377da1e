import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.archives import ListedCapture
from core.exceptions import ArchiveProtocolError, ArchiveRefusalError
from crawler.archives.protocol import ListingPage
from crawler.archives.wayback import WaybackMachine

FIELDS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
GOOD_ROW = ["com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC", "12"]


def parse(body: bytes) -> ListingPage:
    return WaybackMachine("https://web.archive.org").parse_listing(200, body)


def listing(*rows: list[str]) -> bytes:
    return json.dumps([FIELDS, *rows]).encode()


def row_with(**fields: str) -> list[str]:
    return list({**dict(zip(FIELDS, GOOD_ROW, strict=True)), **fields}.values())


def test_a_query_is_sent_to_the_archives_address() -> None:
    url = WaybackMachine("http://127.0.0.1:8080").listing_url(
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


def test_a_resume_key_is_part_of_the_query() -> None:
    url = WaybackMachine("http://a").listing_url("http://example.com/", None, None, 5, "com%2Cexample%29%2F+2010")
    assert parse_qs(urlsplit(url).query)["resumeKey"] == ["com%2Cexample%29%2F+2010"]


def test_columns_may_be_in_any_order() -> None:
    table = [FIELDS[::-1], GOOD_ROW[::-1]]
    (listed,) = parse(json.dumps(table).encode()).captures
    assert listed == ListedCapture(
        "com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC"
    )
    assert listed.captured_at == datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_resume_key_is_not_counted_as_a_row() -> None:
    page = parse(listing(GOOD_ROW, [], ["com%2Cexample%29%2Fp+2011"]))
    assert len(page.captures) == 1
    assert page.resume_key == "com%2Cexample%29%2Fp+2011"
    assert page.malformed == 0


def test_an_address_that_was_never_archived_has_an_empty_listing() -> None:
    assert parse(b"[]\n").captures == ()


@pytest.mark.parametrize(
    "malformed_row",
    [
        row_with(timestamp="20000800000000"),
        row_with(timestamp="2010"),
        row_with(timestamp="20100231000000"),
        row_with(original="http://example.com/my policy"),
        row_with(original="example.com"),
        row_with(original="http://example.com/" + "a" * 8_000),
        row_with(statuscode="2OO"),
        GOOD_ROW[:-1],
        [*GOOD_ROW, "more"],
        [],
    ],
)
def test_a_malformed_row_is_counted_and_skipped(malformed_row: list[str]) -> None:
    """The indexes of real archives contain such rows, for instance with day 00 or with a space in the address."""
    page = parse(listing(GOOD_ROW, malformed_row, row_with(statuscode="-")))
    assert (len(page.captures), page.malformed) == (2, 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>no snapshots</html>", b'{"rows": []}', b"[1, 2]", b'[["a"], ["b"]]', b"\xff"]
)
def test_an_answer_that_is_not_a_listing_is_an_error(body: bytes) -> None:
    with pytest.raises(ArchiveProtocolError):
        parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=8)
)


def test_a_response_without_a_page_is_counted_and_skipped() -> None:
    page = parse(listing(GOOD_ROW, row_with(statuscode="304")))
    assert (len(page.captures), page.malformed, page.not_modified) == (1, 0, 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(json_values, max_size=8) | st.just(row_with(statuscode="-")), max_size=5))
def test_every_row_is_parsed_or_counted(rows: list[list[object]]) -> None:
    page = parse(json.dumps([FIELDS, *rows]).encode())
    if page.resume_key is None:
        assert len(page.captures) + page.malformed + page.not_modified == len(rows)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://127.0.0.1:8080", None),
        ("http://localhost:80", None),
        ("http://[::1]", None),
        ("https://Web.Archive.org", "web.archive.org"),
        ("http://10.0.0.1", "10.0.0.1"),
        ("http://127.1:80", "127.1:80"),
    ],
)
def test_only_an_archive_on_another_machine_has_a_budget(address: str, key: str | None) -> None:
    assert WaybackMachine(address).budget_key == key


def test_the_error_names_the_reason_for_a_refused_listing() -> None:
    body = b"org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
    with pytest.raises(ArchiveRefusalError, match="the archive withholds this site, at the site's request"):
        WaybackMachine("http://a").parse_listing(403, body)
    with pytest.raises(ArchiveRefusalError, match="the archive answers with status 404"):
        WaybackMachine("http://a").parse_listing(404, b"")


@pytest.mark.parametrize(
    ("fields", "has_checksum"),
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
def test_checksum_is_none_for_a_malformed_digest_or_an_error_page(fields: dict[str, str], has_checksum: bool) -> None:
    (listed,) = parse(listing(row_with(**fields))).captures
    assert listed.checksum == (listed.digest if has_checksum else None)


def test_lists_inside_each_other_are_no_listing() -> None:
    with pytest.raises(ArchiveProtocolError, match="list of captures can't be read"):
        WaybackMachine("https://archive.example").parse_listing(200, b"[" * 100_000)


@pytest.mark.parametrize("field", ["urlkey", "original", "mimetype", "digest"])
def test_a_row_with_a_lone_surrogate_is_malformed(field: str) -> None:
    page = parse(listing(GOOD_ROW, row_with(**{field: "http://example.com/?\ud800"})))
    assert (len(page.captures), page.malformed) == (1, 1)


def test_a_resume_key_with_a_lone_surrogate_is_an_error() -> None:
    with pytest.raises(ArchiveProtocolError, match="a resume key that no request can contain"):
        parse(listing(GOOD_ROW, [], ["\ud800"]))
