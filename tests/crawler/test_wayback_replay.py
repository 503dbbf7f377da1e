from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.archives import ListedCapture, Provenance
from core.exceptions import ArchiveError, ArchiveNotAnsweringError, ArchiveProtocolError, ArchiveRateLimitError
from crawler.archives.protocol import ArchivedAnswer, ArchiveRedirect, CaptureNotGiven, Memento, Replay, RequestKind
from crawler.archives.wayback import WaybackMachine, read_memento

ARCHIVE = WaybackMachine("https://web.archive.org")
LISTED = ListedCapture("com,example)/p", "20100102030405", "http://www.example.com:80/p", "text/html", "200", "ABC")
REPLAY = Replay.begin(LISTED)
ARCHIVED = {
    "memento-datetime": "Sat, 02 Jan 2010 03:04:05 GMT",
    "link": '<http://www.example.com/p>; rel="original", '
    '<https://web.archive.org/web/timemap/link/http://www.example.com/p>; rel="timemap"; type="text/plain"',
}
CAPTURED_AT = datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_replay_url_requests_the_original_bytes() -> None:
    assert ARCHIVE.replay_url("20100102030405", "http://e.com/?a=b") == (
        "https://web.archive.org/web/20100102030405id_/http://e.com/?a=b"
    )


def test_the_captured_address_comes_from_the_link_header() -> None:
    assert read_memento(ARCHIVED, "http://asked/") == Memento(CAPTURED_AT, "http://www.example.com/p")


@pytest.mark.parametrize(
    "link",
    [
        "<http://www.example.com/p>;rel=original",
        '<http://x/>; rel="timegate", <http://www.example.com/p>; type="a,b"; rel="first original memento"',
        '<http://www.example.com/p> ; REL="original"',
    ],
)
def test_the_captured_address_is_read_from_any_form_of_link_header(link: str) -> None:
    memento = read_memento({**ARCHIVED, "link": link}, "http://asked/")
    assert memento is not None
    assert memento.url == "http://www.example.com/p"


def test_without_an_original_link_a_memento_has_the_requested_url() -> None:
    assert read_memento({"memento-datetime": ARCHIVED["memento-datetime"]}, "http://asked/") == Memento(
        CAPTURED_AT, "http://asked/"
    )


@pytest.mark.parametrize("headers", [{}, {"memento-datetime": "yesterday"}])
def test_without_memento_datetime_there_is_no_memento(headers: dict[str, str]) -> None:
    assert read_memento(headers, "http://asked/") is None


@pytest.mark.parametrize("status", [200, 404, 429, 503, 302])
def test_an_archived_answer_may_have_any_status(status: int) -> None:
    assert ARCHIVE.temporary_error("replay", status, ARCHIVED, b"") is None
    assert ARCHIVE.parse_replay(REPLAY, status, ARCHIVED, b"") == ArchivedAnswer(
        Memento(CAPTURED_AT, "http://www.example.com/p")
    )


def test_a_capture_of_another_time_is_not_accepted() -> None:
    headers = {**ARCHIVED, "memento-datetime": "Sat, 02 Jan 2010 03:04:06 GMT"}
    assert ARCHIVE.parse_replay(REPLAY, 200, headers, b"") == CaptureNotGiven(
        "the archive returns its capture of 2010-01-02T03:04:06Z instead"
    )


def test_a_redirect_to_the_nearest_capture_is_not_followed() -> None:
    headers = {"location": "https://web.archive.org/web/20110101000000id_/http://www.example.com/p"}
    assert isinstance(ARCHIVE.parse_replay(REPLAY, 302, headers, b""), CaptureNotGiven)


def test_a_redirect_to_another_form_of_the_address_is_followed() -> None:
    headers = {"location": "/web/20100102030405id_/https://example.com/p"}
    assert ARCHIVE.parse_replay(REPLAY, 302, headers, b"") == ArchiveRedirect(
        replace(REPLAY, url="https://example.com/p", hops=1)
    )


@pytest.mark.parametrize(
    "location",
    [
        "/new?x=1",
        "http://www.example.com/new?x=1",
        "http://www.example.com/new?x=1#top",
        "https://web.archive.org/web/20100102030405id_/http://www.example.com/new?x=1",
    ],
)
def test_an_archived_redirect_is_followed_inside_the_archive(location: str) -> None:
    answer = ARCHIVE.parse_replay(REPLAY, 301, {**ARCHIVED, "location": location}, b"")
    assert isinstance(answer, ArchivedAnswer)
    assert answer.next_replay == Replay(
        LISTED,
        "20100102030405",
        "http://www.example.com/new?x=1",
        redirected_from=("http://www.example.com/p",),
        hops=1,
    )


@pytest.mark.parametrize(
    "location",
    [
        "/l\xc3\xa9gal",
        "/l%C3%A9gal",
        "https://web.archive.org/web/20100102030405id_/http://www.example.com/l\xc3\xa9gal",
    ],
)
def test_the_bytes_of_a_redirect_are_requested_as_they_are(location: str) -> None:
    """Servers send Location in UTF-8. Scrapy's headers are decoded as ISO 8859-1."""
    answer = ARCHIVE.parse_replay(REPLAY, 301, {**ARCHIVED, "location": location}, b"")
    assert isinstance(answer, ArchivedAnswer)
    assert answer.next_replay is not None
    assert answer.next_replay.url == "http://www.example.com/l%C3%A9gal"


def test_a_response_without_a_page_is_not_given() -> None:
    assert isinstance(ARCHIVE.parse_replay(REPLAY, 304, ARCHIVED, b""), CaptureNotGiven)


@pytest.mark.parametrize(
    "location", ["ftp://example.com/p", "javascript:alert(1)", "http://www.example.com/p", "http://"]
)
def test_a_redirect_that_cannot_be_followed_becomes_the_capture(location: str) -> None:
    answer = ARCHIVE.parse_replay(REPLAY, 301, {**ARCHIVED, "location": location}, b"")
    assert answer == ArchivedAnswer(Memento(CAPTURED_AT, "http://www.example.com/p"))


locations = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"\A((https?:)?//[a-z\[\]:@0-9]{0,9})?/web/[0-9]{1,16}(id_)?/.*\Z"),
    st.sampled_from(["http://[", "//[", "http://a:b/", "/web/20109999id_/http://a/"]),
)


@settings(deadline=None)
@given(locations, st.booleans())
def test_no_location_header_raises_an_error(location: str, is_archived: bool) -> None:
    headers = {**(ARCHIVED if is_archived else {}), "location": location}
    assert isinstance(
        ARCHIVE.parse_replay(REPLAY, 302, headers, b""),
        ArchivedAnswer if is_archived else CaptureNotGiven | ArchiveRedirect,
    )


def test_at_most_five_redirects_are_followed() -> None:
    after_five_redirects = replace(REPLAY, hops=5)
    assert ARCHIVE.parse_replay(after_five_redirects, 301, {**ARCHIVED, "location": "/next"}, b"") == ArchivedAnswer(
        Memento(CAPTURED_AT, "http://www.example.com/p")
    )
    headers = {"location": "/web/20100102030405id_/https://example.com/p"}
    assert isinstance(ARCHIVE.parse_replay(after_five_redirects, 302, headers, b""), CaptureNotGiven)


def test_a_redirect_target_may_be_captured_up_to_a_day_later() -> None:
    target = replace(REPLAY, url="http://www.example.com/new", redirected_from=("http://www.example.com/p",), hops=1)
    hours_later = {**ARCHIVED, "memento-datetime": "Sat, 02 Jan 2010 13:04:05 GMT"}
    days_later = {**ARCHIVED, "memento-datetime": "Sat, 12 Jan 2010 03:04:05 GMT"}
    assert isinstance(ARCHIVE.parse_replay(target, 200, hours_later, b""), ArchivedAnswer)
    assert isinstance(ARCHIVE.parse_replay(target, 200, days_later, b""), CaptureNotGiven)


def test_an_excluded_site_is_distinguished_from_a_missing_capture() -> None:
    body = b"org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
    assert ARCHIVE.parse_replay(REPLAY, 403, {}, body) == CaptureNotGiven(
        "the archive withholds this site, at the site's request"
    )
    assert ARCHIVE.parse_replay(REPLAY, 404, {}, b"") == CaptureNotGiven("the archive answers with status 404")


@pytest.mark.parametrize(
    ("answer", "expected_error"),
    [
        (
            ("replay", 429, {"retry-after": "7"}, b""),
            ArchiveRateLimitError("status 429", retry_after="7", affects_all=True),
        ),
        (("listing", 599, {}, b""), ArchiveNotAnsweringError("status 599")),
        (("listing", 503, {"retry-after": "7"}, b""), ArchiveNotAnsweringError("status 503", retry_after="7")),
        (
            ("replay", 200, {}, b"<html>no snapshots</html>"),
            ArchiveProtocolError("it sends a page of its own instead of the capture"),
        ),
        (
            ("listing", 200, {}, b"<html>no snapshots</html>"),
            ArchiveProtocolError(
                "the archive's list of captures can't be read: it begins with '<html>no snapshots</html>'; run this "
                "crawl again later"
            ),
        ),
        (
            ("listing", 200, {}, b""),
            ArchiveProtocolError("the archive's list of captures has no content; run this crawl again later"),
        ),
    ],
)
def test_an_error_of_the_archive_itself_is_temporary(
    answer: tuple[RequestKind, int, dict[str, str], bytes], expected_error: ArchiveError
) -> None:
    actual = ARCHIVE.temporary_error(*answer)
    assert actual is not None
    assert (type(actual), str(actual), vars(actual)) == (
        type(expected_error),
        str(expected_error),
        vars(expected_error),
    )


def test_a_final_answer_is_not_a_temporary_error() -> None:
    assert ARCHIVE.temporary_error("listing", 200, {}, b"[]") is None
    assert ARCHIVE.temporary_error("listing", 403, {}, b"") is None
    assert ARCHIVE.temporary_error("replay", 404, {}, b"") is None


def test_provenance_has_the_row_of_the_index_and_the_memento() -> None:
    assert ARCHIVE.provenance(LISTED, "https://web.archive.org/web/x") == Provenance(
        "wayback",
        {
            "timestamp": "20100102030405",
            "digest": "ABC",
            "urlkey": "com,example)/p",
            "memento": "https://web.archive.org/web/x",
        },
    )
