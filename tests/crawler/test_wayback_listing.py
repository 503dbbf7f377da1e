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
GOOD = ["com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC", "12"]


def parse(body: bytes) -> ListingPage:
    return WaybackMachine("https://web.archive.org").parse_listing(200, body)


def listing(*rows: list[str]) -> bytes:
    return json.dumps([FIELDS, *rows]).encode()


def altered(**fields: str) -> list[str]:
    return list({**dict(zip(FIELDS, GOOD, strict=True)), **fields}.values())


def test_the_query_goes_to_the_archives_address() -> None:
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


def test_columns_are_known_by_their_names_not_their_order() -> None:
    table = [FIELDS[::-1], GOOD[::-1]]
    (listed,) = parse(json.dumps(table).encode()).captures
    assert listed == ListedCapture(
        "com,example)/p", "20100102030405", "http://www.example.com:80/p?a=1", "text/html", "200", "ABC"
    )
    assert listed.captured_at == datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_resume_key_is_distinguished_from_rows() -> None:
    page = parse(listing(GOOD, [], ["com%2Cexample%29%2Fp+2011"]))
    assert len(page.captures) == 1
    assert page.resume_key == "com%2Cexample%29%2Fp+2011"
    assert page.malformed == 0


def test_an_address_that_was_never_archived_has_an_empty_listing() -> None:
    assert parse(b"[]\n").captures == ()


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
    """Indexes of real archives hold such rows: month 00, a space in the address."""
    page = parse(listing(GOOD, bad, altered(statuscode="-")))
    assert (len(page.captures), page.malformed) == (2, 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>no snapshots</html>", b'{"rows": []}', b"[1, 2]", b'[["a"], ["b"]]', b"\xff"]
)
def test_another_answer_is_never_taken_for_an_empty_listing(body: bytes) -> None:
    with pytest.raises(ArchiveProtocolError):
        parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=8)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(json_values, max_size=8) | st.just(altered(statuscode="-")), max_size=5))
def test_each_row_is_read_or_counted_as_malformed(rows: list[list[object]]) -> None:
    page = parse(json.dumps([FIELDS, *rows]).encode())
    if page.resume_key is None:
        assert len(page.captures) + page.malformed == len(rows)


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


def test_a_refused_listing_says_why() -> None:
    body = b"org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
    with pytest.raises(ArchiveRefusalError, match="the archive withholds this site, at the site's request"):
        WaybackMachine("http://a").parse_listing(403, body)
    with pytest.raises(ArchiveRefusalError, match="the archive answers with status 404"):
        WaybackMachine("http://a").parse_listing(404, b"")


@pytest.mark.parametrize(
    ("fields", "is_proof"),
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
def test_a_digest_is_a_checksum_unless_malformed_or_of_an_error_page(fields: dict[str, str], is_proof: bool) -> None:
    (listed,) = parse(listing(altered(**fields))).captures
    assert listed.checksum == (listed.digest if is_proof else None)
