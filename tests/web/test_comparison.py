"""Two versions compared on a page: its addresses, its files, and what can't be compared."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from core.limits import call_here
from reports import REPORT_FORMATS, Report, build_report
from reports.report import named_source
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page
from tests.web.policies import DAYS, KEY, VENDOR, marmot_room
from views.clause_history import blame
from web import Room, create_application


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with marmot_room(tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture(scope="module")
def reader(room: Room) -> Iterator[TestClient]:
    with TestClient(create_application(room), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def parsed(reader: TestClient, address: str) -> LexborHTMLParser:
    return LexborHTMLParser(reader.get(address).text)


def ids(room: Room) -> list[str]:
    return [version.id for version in room.store.library.history(KEY).versions]


def test_dates_and_ids_show_the_same_changes(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    by_date = reader.get("/marmot/privacy/2019-03-05..2019-03-15")
    by_id = reader.get(f"/marmot/privacy/@{old}..@{new}")
    assert by_date.status_code == by_id.status_code == 200
    changes = [LexborHTMLParser(answer.text).css_first("#changes") for answer in (by_date, by_id)]
    assert changes[0] is not None and changes[1] is not None  # noqa: PT018
    assert changes[0].html == changes[1].html
    assert "<del>30</del><ins>90</ins>" in re.sub(r"\s*\n\s*", "", by_id.text)


def test_the_canonical_address_names_both_versions(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    html = reader.get("/marmot/privacy/1..2").text
    assert f'<link rel="canonical" href="http://localhost/marmot/privacy/@{old}..@{new}">' in html


def test_each_change_has_an_address_and_leads_to_its_clause(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    html = LexborHTMLParser(reader.get("/marmot/privacy/1..2").text)
    (article,) = html.css("article")
    assert article.attributes["id"] == "change-1"
    links = [link.attributes["href"] for link in article.css("a")]
    assert f"/marmot/privacy/@{old}..@{new}#change-1" in links
    assert any(re.fullmatch(rf"/marmot/privacy/@{new}/clause/[0-9]+", link or "") for link in links)


def test_each_change_has_a_visible_link_and_a_citation(reader: TestClient, room: Room) -> None:
    html = parsed(reader, "/marmot/privacy/1..2")
    address = html.css_first("link[rel=canonical]").attributes["href"] or ""  # type: ignore[union-attr]
    (number,) = html.css("article .number")
    assert number.text() == "1 link"
    (cite,) = html.css('article a[href*="cite="]')
    assert cite.attributes["href"] == f"{address.removeprefix('http://localhost')}?cite=1#cite"
    cited = parsed(reader, f"{address}?cite=1")
    assert cited.css_first("#cite").text() == "Cite change 1"  # type: ignore[union-attr]
    citation = cited.css_first(".citation").text()  # type: ignore[union-attr]
    assert ", change 1, under “Privacy policy › What we collect”." in citation
    assert f"{address}#change-1, seen" in citation
    assert "change 1" not in html.css_first(".citation").text()  # type: ignore[union-attr]


@pytest.mark.parametrize("number", ["0", "2", "x", "²", "9" * 30])
def test_a_citation_of_a_change_that_is_not_there_is_refused(reader: TestClient, number: str) -> None:
    response = reader.get("/marmot/privacy/1..2", params={"cite": number})
    assert (response.status_code, "has 1 change." in response.text) == (404, True)


def test_the_form_has_the_numbers_of_the_versions_that_the_address_names_by_id(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    form = parsed(reader, f"/marmot/privacy/@{old}..@{new}").css("form.comparing input")
    assert [field.attributes["value"] for field in form] == ["1", "2"]


def test_a_shortened_id_leads_to_the_full_address(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    response = reader.get(f"/marmot/privacy/@{old[:8]}..@{new[:8]}.json")
    assert response.headers["Location"] == f"/marmot/privacy/@{old}..@{new}.json"


@pytest.mark.parametrize(("suffix", "name"), [("md", "markdown"), ("json", "json")])
def test_a_download_equals_what_the_command_writes(reader: TestClient, room: Room, suffix: str, name: str) -> None:
    response = reader.get(f"/marmot/privacy/2019-03-05..2019-03-15.{suffix}")
    report = build_report(room.store, VENDOR, KEY, "2019-03-05", "2019-03-15")
    content = REPORT_FORMATS[name](report)
    assert isinstance(content, str)
    assert response.content == content.encode()
    expected = f'attachment; filename="marmot-privacy-2019-03-05..2019-03-15.{suffix}"'
    assert response.headers["Content-Disposition"] == expected


def test_the_word_file_is_a_word_file(reader: TestClient) -> None:
    response = reader.get("/marmot/privacy/1..2.docx")
    assert response.headers["Content-Type"].endswith("wordprocessingml.document")
    assert response.content.startswith(b"PK")


def test_text_from_a_vendor_stays_text(reader: TestClient) -> None:
    html = LexborHTMLParser(reader.get("/marmot/privacy/2..3").text)
    assert all(script.attributes.get("src") for script in html.css("script"))
    assert html.css("img") == []
    assert "49" not in html.css("article")[0].text()


def test_the_page_needs_no_inline_style_or_script(reader: TestClient) -> None:
    html = LexborHTMLParser(reader.get("/marmot/privacy/1..2").text)
    assert html.css("style, [style]") == []
    assert all(not (script.text() or "").strip() for script in html.css("script"))
    for node in html.css("link[rel=stylesheet]"):
        assert reader.get(node.attributes["href"] or "").status_code == 200
    names = [node.attributes["id"] for node in html.css("[id]")]
    assert len(names) == len(set(names))
    assert len(html.css("main")) == len(html.css("h1")) == 1


@pytest.mark.parametrize(
    ("sides", "sentence"),
    [
        ("2019..2999", "2999 is in the future"),
        ("1999..2019", "no accepted capture from 1999 or earlier"),
        ("1..9", "has no version 9"),
        ("@000..1", "has no version @000"),
        ("once..2019", "is not a date"),
    ],
)
def test_what_cannot_be_compared_is_said_on_a_page(reader: TestClient, sides: str, sentence: str) -> None:
    response = reader.get(f"/marmot/privacy/{sides}")
    assert response.status_code == 404
    assert sentence in response.text
    assert 'action="/marmot/privacy/-/compare"' in response.text


def test_dates_in_the_wrong_order_can_be_turned_round(reader: TestClient) -> None:
    response = reader.get("/marmot/privacy/2019-04..2019-03")
    assert response.status_code == 422
    assert "2019-04 is later than 2019-03; give the earlier date first." in response.text
    assert 'href="/marmot/privacy/2019-03..2019-04"' in response.text


def test_the_same_version_and_an_older_one_are_compared(reader: TestClient) -> None:
    assert "No difference: both sides are the same version." in reader.get("/marmot/privacy/2..2").text
    assert "Compared backwards" in reader.get("/marmot/privacy/2..1").text


def test_the_form_leads_to_the_readable_address(reader: TestClient) -> None:
    response = reader.get("/marmot/privacy/-/compare?old=2019-03-05&new=%232")
    assert (response.status_code, response.headers["Location"]) == (303, "/marmot/privacy/2019-03-05..2")
    assert reader.get("/marmot/privacy/-/compare?old=//evil.example&new=2").status_code == 404
    assert "Give two dates" in reader.get("/marmot/privacy/-/compare").text


def test_links_and_the_cited_address_contain_a_public_path(room: Room) -> None:
    public = replace(room, public_url="https://docs.example.org/watch")
    old, new = ids(room)[:2]
    with TestClient(create_application(public), base_url="https://docs.example.org", follow_redirects=False) as client:
        html = client.get("/watch/marmot/privacy/1..2").text
        redirect = client.get("/watch/marmot/privacy/-/compare?old=1&new=2")
    assert f'<link rel="canonical" href="https://docs.example.org/watch/marmot/privacy/@{old}..@{new}">' in html
    assert f'href="/watch/marmot/privacy/@{old}..@{new}#change-1"' in html
    assert not re.search(r'href="/(?!watch/)', html)
    assert redirect.headers["Location"] == "/watch/marmot/privacy/1..2"


def test_neighbouring_changes_are_linked(reader: TestClient, room: Room) -> None:
    first, second, third, fourth = ids(room)
    html = LexborHTMLParser(reader.get("/marmot/privacy/2..3").text)
    links = {rel: html.css_first(f"a[rel={rel}]") for rel in ("prev", "next")}
    assert {rel: link and link.attributes["href"] for rel, link in links.items()} == {
        "prev": f"/marmot/privacy/@{first}..@{second}",
        "next": f"/marmot/privacy/@{third}..@{fourth}",
    }


def test_the_dates_of_clauses_name_the_changes_that_the_page_numbers(room: Room) -> None:
    """Blame takes its numbers from the steps that are kept; the page compares the texts once more."""
    history = room.history(KEY)
    for number in range(2, len(DAYS) + 1):
        for of in blame(room.store, KEY, f"#{number}", call_here).clauses:
            if of.change is not None:
                sides = f"@{of.change.old.id}", f"@{of.change.new.id}"
                source = named_source(room.store, VENDOR, KEY, history.whole, history.settled, *sides)
                change = source.report().comparison.changes[of.change.number - 1]
                assert (change.kind, change.significance) == (of.kind, of.significance)


def test_an_address_by_ids_ignores_later_captures_of_the_versions(tmp_path: Path) -> None:
    """Captures of one version may differ in links. So the changes keep their numbers, which blame and trace name."""
    linked = [
        page(f'You may <a href="https://marmot.example/{name}">write to us</a> by post at any time.') for name in "ab"
    ]
    other = page("We keep your messages for a year.")
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        for day, payload in ((0, linked[0]), (1, linked[0]), (10, other), (11, other)):
            keep(store, capture_of(payload, day), payload, POLICY)
        before = report_by_ids(store)
        for day, payload in ((2, linked[1]), (3, linked[1])):
            keep(store, capture_of(payload, day), payload, POLICY)
        after = report_by_ids(store)
    assert after.comparison.changes == before.comparison.changes
    assert (after.old.document, after.new.document) == (before.old.document, before.new.document)


def report_by_ids(store: Store) -> Report:
    old, new = (f"@{version.id}" for version in store.library.history(KEY).versions)
    return build_report(store, VENDOR, KEY, old, new)


def test_the_page_by_ids_and_the_command_compare_the_same_captures(reader: TestClient, room: Room) -> None:
    old, new = ids(room)[:2]
    report = build_report(room.store, VENDOR, KEY, f"@{old}", f"@{new}")
    assert reader.get(f"/marmot/privacy/@{old}..@{new}.json").json() == report.to_dict()


def test_a_new_capture_is_shown_at_once(tmp_path: Path) -> None:
    with marmot_room(tmp_path) as room:
        assert len(room.history(KEY).whole.versions) == len(DAYS)
        with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
            payload = page("We keep nothing.")
            keep(store, capture_of(payload, 90), payload, POLICY)
        assert len(room.history(KEY).whole.versions) == len(DAYS) + 1


def test_a_comparison_is_made_once(room: Room) -> None:
    calls = 0

    def counting(function):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        return function()

    with TestClient(create_application(Room(room.store, room.vendors_folder, counting))) as client:
        for _ in range(3):
            assert client.get("/marmot/privacy/1..4", headers={"Host": "localhost"}).status_code == 200
    assert calls == 1


def test_the_json_is_valid_json(reader: TestClient) -> None:
    assert json.loads(reader.get("/marmot/privacy/2..3.json").content)["counts"]["modified"] == 1


def test_a_change_back_happened_when_its_neighbour_returned(tmp_path: Path) -> None:
    """The text of version 1 returns twice: after version 2, and after version 3."""
    first, second = (page(f"We keep your messages for {days} days after you delete them.") for days in (30, 90))
    third = page("We sell your messages to everybody who pays us for them.")
    with marmot_room(tmp_path) as room, Store.open(f"sqlite:///{tmp_path / 'returns.db'}") as store:
        for day, payload in enumerate((first, first, second, second, first, first, third, third, first, first)):
            keep(store, capture_of(payload, day * 20), payload, POLICY)
        one, two, _ = store.library.history(KEY).versions
        with TestClient(create_application(replace(room, store=store)), base_url="http://localhost") as reader:
            back = reader.get(f"/marmot/privacy/@{two.id}..@{one.id}.json").json()
    assert back["interval"]["before"]["captured_at"].startswith("2019-05-23")
