"""The feeds follow RFC 4287, and tell each change once, whatever is captured later."""

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from core.exceptions import StoppedWorkError
from demo.captures import NEW_ADDRESS, OLD_ADDRESS, PAGES
from tests.conftest import Clausewatch
from views import addresses
from web import Room, create_application

_ATOM = "{http://www.w3.org/2005/Atom}"
_FEEDS = (
    addresses.feed(),
    addresses.feed("lanternpost"),
    addresses.feed("lanternpost", "privacy"),
    addresses.search_feed('"your account"'),
)
# What the HTML of an entry may consist of. The only attribute is `dir`.
_TAGS = {"p", "strong", "em", "h3", "del", "ins", "bdi", "blockquote", "mark", "ul", "li"}


def feed_of(reader: TestClient, address: str) -> ElementTree.Element:
    response = reader.get(address)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)  # noqa: S314 - our own feed


def entries_of(reader: TestClient, address: str = _FEEDS[2]) -> list[ElementTree.Element]:
    return feed_of(reader, address).findall(f"{_ATOM}entry")


def text_of(element: ElementTree.Element, name: str) -> str:
    (found,) = element.findall(_ATOM + name)
    assert found.text
    return found.text


def ids_by_time(reader: TestClient) -> dict[str, str]:
    """Returns the ids of the entries of a policy's feed by the time of the change."""
    return {text_of(entry, "updated"): text_of(entry, "id") for entry in entries_of(reader)}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.found.append((tag, attrs))


def tags_of(html: str) -> list[tuple[str, list[Any]]]:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser.found


def page_with(folder: Path, *paragraphs: str) -> Path:
    """Writes a page that reads as the newest text of the demo's policy does, with more paragraphs in a section."""
    newest = max(PAGES.glob("2*.html")).read_text(encoding="utf-8")
    page = folder / "page.html"
    more = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page.write_text(newest.replace("</section>", f"{more}</section>", 1), encoding="utf-8")
    return page


def test_every_feed_has_what_atom_requires(reader: TestClient) -> None:
    for address in _FEEDS:
        feed = feed_of(reader, address)
        assert feed.tag == f"{_ATOM}feed"
        entries = feed.findall(f"{_ATOM}entry")
        assert entries
        for element in (feed, *entries):
            for name in ("id", "title", "updated"):
                text_of(element, name)
            moment = text_of(element, "updated")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)  # RFC 3339
            assert datetime.fromisoformat(moment) <= datetime.fromisoformat(text_of(feed, "updated"))
            alternate = [link for link in element.findall(f"{_ATOM}link") if link.get("rel") == "alternate"]
            assert [link.get("type") for link in alternate] == ["text/html"]
            for link in element.findall(f"{_ATOM}link"):
                parts = urlsplit(link.get("href", ""))
                assert (parts.scheme, parts.netloc) == ("http", "localhost")
        (own,) = (link for link in feed.findall(f"{_ATOM}link") if link.get("rel") == "self")
        assert own.get("href") == f"http://localhost{address}" == text_of(feed, "id")
        ids = [text_of(entry, "id") for entry in entries]
        assert len(set(ids)) == len(ids)
        for entry in entries:
            assert UUID(text_of(entry, "id")).version == 5
            assert text_of(entry.find(f"{_ATOM}author") or feed, "name") == "Lanternpost"
            content = entry.find(f"{_ATOM}content")
            assert content is not None
            assert content.get("type") == "html"
        moments = [text_of(entry, "updated") for entry in entries]
        assert moments == sorted(moments, reverse=True)


def test_an_entry_holds_the_change_itself(reader: TestClient) -> None:
    newest = entries_of(reader)[0]
    html = text_of(newest, "content")
    assert "<del>" in html
    assert "<ins>" in html
    assert text_of(newest, "title").startswith("Lanternpost privacy: changed")
    (link,) = newest.findall(f"{_ATOM}link")
    assert re.fullmatch(r"http://localhost/lanternpost/privacy/@[0-9a-f]{12}\.\.@[0-9a-f]{12}", link.get("href", ""))
    assert reader.get(link.get("href", "")).status_code == 200


def test_the_feeds_of_all_of_a_vendor_and_of_a_policy_have_the_same_entries(reader: TestClient) -> None:
    whole, vendor, policy = ([text_of(entry, "id") for entry in entries_of(reader, feed)] for feed in _FEEDS[:3])
    assert whole == vendor == policy
    assert len(policy) == 3


def test_ids_stay_when_captures_are_added_later(clausewatch: Clausewatch, reader: TestClient, tmp_path: Path) -> None:
    before = ids_by_time(reader)
    # A text before all others changes all numbers, and one in the middle comes between two texts.
    oldest = tmp_path / "oldest.html"
    oldest.write_text(min(PAGES.glob("2*.html")).read_text(encoding="utf-8").replace("2021", "2019"), encoding="utf-8")
    clausewatch("ingest", oldest, "--vendor", "lanternpost", "--captured-at", "2020-01-01", "--url", OLD_ADDRESS)
    between = page_with(tmp_path, "We also keep a list of the colours that you like best for a year.")
    clausewatch("ingest", between, "--vendor", "lanternpost", "--captured-at", "2023-12-01", "--url", NEW_ADDRESS)
    after = ids_by_time(reader)
    assert len(after) > len(before)
    assert {moment: after[moment] for moment in before} == before


def test_a_return_to_an_earlier_text_has_an_id_of_its_own(clausewatch: Clausewatch, reader: TestClient) -> None:
    before = ids_by_time(reader)
    *_, earlier, _ = sorted(PAGES.glob("2*.html"))
    clausewatch("ingest", earlier, "--vendor", "lanternpost", "--captured-at", "2025-03-01", "--url", NEW_ADDRESS)
    after = ids_by_time(reader)
    assert before.items() < after.items()
    assert len(set(after.values())) == len(after) == len(before) + 1


def test_a_feed_that_has_not_changed_is_not_sent_again(
    clausewatch: Clausewatch, reader: TestClient, tmp_path: Path
) -> None:
    first = reader.get(_FEEDS[0])
    by_tag = {"If-None-Match": first.headers["ETag"]}
    by_time = {"If-Modified-Since": first.headers["Last-Modified"]}
    for known in (by_tag, by_time):
        again = reader.get(_FEEDS[0], headers=known)
        assert (again.status_code, again.content) == (304, b"")
    assert reader.get(_FEEDS[0], headers={"If-Modified-Since": "yesterday"}).status_code == 200
    page = page_with(tmp_path, "We also keep a list of the colours that you like best for a year.")
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2025-01-01", "--url", NEW_ADDRESS)
    assert reader.get(_FEEDS[2], headers=by_tag).status_code == 200


def test_a_reader_who_has_a_feed_is_answered_without_a_comparison(reader: TestClient, room: Room) -> None:
    """A room that was just started has compared nothing yet, and every reader comes back with an entity tag."""
    tag = reader.get(_FEEDS[0]).headers["ETag"]

    def fail(_: object) -> Any:
        raise AssertionError("texts were compared")

    with TestClient(create_application(replace(room, call=fail)), base_url="http://localhost") as restarted:
        assert restarted.get(_FEEDS[0], headers={"If-None-Match": tag}).status_code == 304


def test_an_entry_that_could_not_be_compared_is_sent_when_it_can(room: Room) -> None:
    def stop(_: object) -> Any:
        raise StoppedWorkError("comparing the texts took longer than the limit of 60 seconds")

    with TestClient(create_application(replace(room, call=stop)), base_url="http://localhost") as reader:
        tag = reader.get(_FEEDS[0]).headers["ETag"]
    with TestClient(create_application(room), base_url="http://localhost") as reader:
        assert "<del>" in text_of(entries_of(reader)[0], "content")
        assert reader.get(_FEEDS[0], headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("address", [*_FEEDS[:3], addresses.search_feed("account")])
def test_the_pages_of_a_feed_have_each_entry_once(
    reader: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5005, section 3."""
    whole = [text_of(entry, "id") for entry in entries_of(reader, address)]
    monkeypatch.setattr("web.feeds.ENTRIES", 1)
    found, following = [], f"http://localhost{address}"
    while following:
        feed = feed_of(reader, following)
        links = {link.get("rel"): link.get("href", "") for link in feed.findall(f"{_ATOM}link")}
        assert links["self"] == following
        assert links["first"] == text_of(feed, "id") == f"http://localhost{address}"
        found += [text_of(entry, "id") for entry in feed.findall(f"{_ATOM}entry")]
        following = links.get("next", "")
    assert len(found) > 1
    assert sorted(found) == sorted(whole)


def test_a_page_that_a_feed_does_not_have_is_an_error(reader: TestClient) -> None:
    for address in _FEEDS:
        wrong = f"{address}{'&' if '?' in address else '?'}after=x"
        assert reader.get(wrong).status_code == 422


def test_a_hostile_text_stays_text(clausewatch: Clausewatch, reader: TestClient, tmp_path: Path) -> None:
    hostile = (
        "&lt;script&gt;alert(1)&lt;/script&gt; is a word that we use",
        "We keep &lt;/p&gt;&lt;img src=x onerror=alert(1)&gt; and ]]&gt; for a year",
        "We share your data \u202ewith nobody\u202c, \x07, \ufffe and &#xD800; at all",
        "We like &lt;del&gt;your&lt;/del&gt; data, &amp;lt;b&amp;gt;",
    )
    page = page_with(tmp_path, *hostile)
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2025-01-01", "--url", NEW_ADDRESS)
    response = reader.get(_FEEDS[2])
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", response.text)
    html = text_of(entries_of(reader)[0], "content")
    assert "alert(1)" in html
    tags = tags_of(html)
    assert {tag for tag, _ in tags} <= _TAGS
    assert {attribute for _, attributes in tags for attribute in attributes} <= {("dir", "auto")}
    assert "We like &lt;del&gt;your&lt;/del&gt; data" in html


def test_an_entry_that_can_not_be_compared_says_so(room: Room) -> None:
    def stop(_: object) -> Any:
        raise StoppedWorkError("comparing the texts took longer than the limit of 60 seconds")

    with TestClient(create_application(replace(room, call=stop)), base_url="http://localhost") as reader:
        entries = entries_of(reader)
    assert len(entries) == 3
    assert all("could not be compared" in text_of(entry, "content") for entry in entries)


def test_the_feed_of_a_search_says_when_clauses_appeared_and_went(reader: TestClient) -> None:
    for entry in entries_of(reader, addresses.search_feed("account")):
        html = text_of(entry, "content")
        assert "<mark>" in html
        assert re.search(r"First captured on 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ; (still there|gone on 20)", html)
    assert feed_of(reader, addresses.search_feed("unicorns")).findall(f"{_ATOM}entry") == []
    for wrong in ("", "x" * 10_000):
        assert reader.get(addresses.search_feed(wrong)).status_code == 422


def test_links_begin_with_the_public_address(room: Room) -> None:
    public = replace(room, public_url="https://docs.example.org/watch")
    with TestClient(create_application(public), base_url="http://localhost") as reader:
        feed = feed_of(reader, f"/watch{_FEEDS[0]}")
    for link in feed.iter(f"{_ATOM}link"):
        assert link.get("href", "").startswith("https://docs.example.org/watch/")


def test_pages_name_their_feeds(reader: TestClient) -> None:
    pages = {"/": 1, "/lanternpost/privacy": 3}
    for page, feeds in pages.items():
        found = re.findall(
            r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">', reader.get(page).text
        )
        assert len(found) == feeds
        for address in found:
            feed_of(reader, address)


@pytest.fixture(autouse=True)
def fresh_standings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room looks at the database for every request, and not every few seconds."""
    monkeypatch.setattr("web.room._FRESH", 0)
