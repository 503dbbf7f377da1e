from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.archives import ListedCapture
from crawler.archives.wayback import (
    Answer,
    Elsewhere,
    Memento,
    Missing,
    Trouble,
    Visit,
    memento,
    read_replay,
    replay_url,
    trouble,
)

BASE = "https://web.archive.org"
ROW = ListedCapture("com,example)/p", "20100102030405", "http://www.example.com:80/p", "text/html", "200", "ABC")
VISIT = Visit.of(ROW)
ARCHIVED = {
    "memento-datetime": "Sat, 02 Jan 2010 03:04:05 GMT",
    "link": '<http://www.example.com/p>; rel="original", '
    '<https://web.archive.org/web/timemap/link/http://www.example.com/p>; rel="timemap"; type="text/plain"',
}
AT = datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_replay_is_asked_for_unaltered() -> None:
    assert replay_url(BASE, "20100102030405", "http://e.com/?a=b") == (
        "https://web.archive.org/web/20100102030405id_/http://e.com/?a=b"
    )


def test_the_captured_address_is_the_links_original() -> None:
    assert memento(ARCHIVED, "http://asked/") == Memento(AT, "http://www.example.com/p")


@pytest.mark.parametrize(
    "link",
    [
        "<http://www.example.com/p>;rel=original",
        '<http://x/>; rel="timegate", <http://www.example.com/p>; type="a,b"; rel="first original memento"',
        '<http://www.example.com/p> ; REL="original"',
    ],
)
def test_the_links_original_is_found_however_it_is_written(link: str) -> None:
    found = memento({**ARCHIVED, "link": link}, "http://asked/")
    assert found is not None
    assert found.url == "http://www.example.com/p"


def test_without_an_original_the_captured_address_is_the_one_asked_for() -> None:
    assert memento({"memento-datetime": ARCHIVED["memento-datetime"]}, "http://asked/") == Memento(AT, "http://asked/")


@pytest.mark.parametrize("headers", [{}, {"memento-datetime": "yesterday"}])
def test_without_a_date_there_is_no_archived_answer(headers: dict[str, str]) -> None:
    assert memento(headers, "http://asked/") is None


@pytest.mark.parametrize("status", [200, 404, 429, 503, 302])
def test_an_archived_answer_is_one_whatever_its_status(status: int) -> None:
    assert trouble("replay", status, ARCHIVED, b"") is None
    assert read_replay(VISIT, BASE, status, ARCHIVED, b"") == Answer(Memento(AT, "http://www.example.com/p"))


def test_a_capture_of_another_time_is_not_the_one_asked_for() -> None:
    headers = {**ARCHIVED, "memento-datetime": "Sat, 02 Jan 2010 03:04:06 GMT"}
    assert read_replay(VISIT, BASE, 200, headers, b"") == Missing(
        "the archive gives its capture of 2010-01-02T03:04:06Z instead"
    )


def test_the_nearest_capture_is_not_asked_for_in_place_of_the_missing_one() -> None:
    headers = {"location": "https://web.archive.org/web/20110101000000id_/http://www.example.com/p"}
    assert isinstance(read_replay(VISIT, BASE, 302, headers, b""), Missing)


def test_the_archives_own_redirect_to_another_form_of_the_address_is_followed() -> None:
    headers = {"location": "/web/20100102030405id_/https://example.com/p"}
    assert read_replay(VISIT, BASE, 302, headers, b"") == Elsewhere(replace(VISIT, url="https://example.com/p", hops=1))


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
    answer = read_replay(VISIT, BASE, 301, {**ARCHIVED, "location": location}, b"")
    assert isinstance(answer, Answer)
    assert answer.then == Visit(
        ROW, "20100102030405", "http://www.example.com/new?x=1", passed=("http://www.example.com/p",), hops=1
    )


@pytest.mark.parametrize(
    "location", ["ftp://example.com/p", "javascript:alert(1)", "http://www.example.com/p", "http://"]
)
def test_a_redirect_that_leads_off_the_web_or_back_is_itself_the_answer(location: str) -> None:
    answer = read_replay(VISIT, BASE, 301, {**ARCHIVED, "location": location}, b"")
    assert answer == Answer(Memento(AT, "http://www.example.com/p"))


locations = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"\A((https?:)?//[a-z\[\]:@0-9]{0,9})?/web/[0-9]{1,16}(id_)?/.*\Z"),
    st.sampled_from(["http://[", "//[", "http://a:b/", "/web/20109999id_/http://a/"]),
)


@settings(deadline=None)
@given(locations, st.booleans())
def test_whatever_an_answer_redirects_to_it_is_read(location: str, archived: bool) -> None:
    headers = {**(ARCHIVED if archived else {}), "location": location}
    assert isinstance(read_replay(VISIT, BASE, 302, headers, b""), Answer if archived else Missing | Elsewhere)


def test_redirects_without_end_are_not_followed_for_ever() -> None:
    far = replace(VISIT, hops=5)
    assert read_replay(far, BASE, 301, {**ARCHIVED, "location": "/next"}, b"") == Answer(
        Memento(AT, "http://www.example.com/p")
    )
    headers = {"location": "/web/20100102030405id_/https://example.com/p"}
    assert isinstance(read_replay(far, BASE, 302, headers, b""), Missing)


def test_a_redirects_target_may_have_been_captured_hours_later_not_days() -> None:
    target = replace(VISIT, url="http://www.example.com/new", passed=("http://www.example.com/p",), hops=1)
    soon = {**ARCHIVED, "memento-datetime": "Sat, 02 Jan 2010 13:04:05 GMT"}
    late = {**ARCHIVED, "memento-datetime": "Sat, 12 Jan 2010 03:04:05 GMT"}
    assert isinstance(read_replay(target, BASE, 200, soon, b""), Answer)
    assert isinstance(read_replay(target, BASE, 200, late, b""), Missing)


def test_an_excluded_site_is_told_from_a_missing_capture() -> None:
    body = b"org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
    assert read_replay(VISIT, BASE, 403, {}, body) == Missing("the archive withholds this site, at the site's request")
    assert read_replay(VISIT, BASE, 404, {}, b"") == Missing("the archive answers with status 404")


def test_the_archives_own_errors_are_trouble() -> None:
    assert trouble("replay", 429, {"retry-after": "7"}, b"") == Trouble("status 429", "7", too_many=True, of_all=True)
    assert trouble("listing", 599, {}, b"") == Trouble("status 599")
    assert trouble("replay", 200, {}, b"<html>no snapshots</html>") is not None
    assert trouble("listing", 200, {}, b"<html>no snapshots</html>") is not None
    assert trouble("listing", 200, {}, b"") is not None


def test_what_is_answered_for_good_is_no_trouble() -> None:
    assert trouble("listing", 200, {}, b"[]") is None
    assert trouble("listing", 403, {}, b"") is None
    assert trouble("replay", 404, {}, b"") is None
