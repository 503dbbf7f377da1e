"""The text of a version on a page, and a vendor's policies."""

import json
from collections.abc import Iterator

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from tests.web.policies import KEY, marmot_room
from views.version_text import clauses_as_text, version_text
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
    response = reader.get(address)
    assert response.status_code == 200
    return LexborHTMLParser(response.text)


def test_every_clause_stands_on_the_page_in_order(reader: TestClient, room: Room) -> None:
    document = version_text(room.store, KEY, "2").document
    page = parsed(reader, "/marmot/privacy/2")
    assert [node.text() for node in page.css(".clause .text")] == [clause.text for clause in document.clauses]


def test_a_clause_has_one_number_in_the_margin_in_its_anchor_and_in_its_address(reader: TestClient, room: Room) -> None:
    version = version_text(room.store, KEY, "2").version.id
    clauses = parsed(reader, "/marmot/privacy/2").css(".clause")
    for number, clause in enumerate(clauses, start=1):
        assert clause.attributes["id"] == f"clause-{number}"
        assert [node.text() for node in clause.css(".clause-number")] == [str(number)]
        assert clause.css(f'a[href="/marmot/privacy/@{version}/clause/{number}"]')
    page = parsed(reader, f"/marmot/privacy/@{version}/clause/{len(clauses)}")
    assert page.css(f'a[href="/marmot/privacy/@{version}#clause-{len(clauses)}"]')
    assert f"clause {len(clauses)}," in page.css_first(".citation").text()  # type: ignore[union-attr]


def test_the_contents_list_nests_and_its_links_have_targets(reader: TestClient) -> None:
    page = parsed(reader, "/marmot/privacy/2019-03-05")
    assert [node.text().strip() for node in page.css(".contents > ul > li > a")] == ["Privacy policy"]
    assert [node.text().strip() for node in page.css(".contents ul ul > li > a")] == ["What we collect", "Your rights"]
    ids = {node.attributes["id"] for node in page.css("[id]")}
    assert {(node.attributes["href"] or "")[1:] for node in page.css(".contents a")} <= ids


def test_each_clause_says_since_when_it_reads_so(reader: TestClient, room: Room) -> None:
    versions = [version.id for version in room.store.library.history(KEY).versions]
    page = parsed(reader, "/marmot/privacy/2")
    notes = {node.css_first(".text").text(): node.css_first(".since") for node in page.css(".clause")}  # type: ignore[union-attr]
    changed, kept = (
        notes[text] for text in ("We keep your messages for 90 days after you delete them.", "Your rights")
    )
    assert changed is not None and kept is not None  # noqa: PT018
    links = [link.attributes["href"] for link in changed.css("a")]
    assert links[0] == f"/marmot/privacy/@{versions[0]}..@{versions[1]}#change-1"
    assert (links[1] or "").startswith(f"/marmot/privacy/@{versions[1]}/clause/")
    assert "2019-03-14" in changed.text()
    assert "2019-03-04 or earlier" in kept.text()


def test_the_page_says_where_the_text_was_captured(reader: TestClient, room: Room) -> None:
    capture = version_text(room.store, KEY, "1").period.first
    html = reader.get("/marmot/privacy/1").text
    for expected in (capture.sha256, capture.url, "2019-03-04T05:06:07Z", f'href="/-/captures/{capture.capture_id}"'):
        assert expected in html


def test_the_address_by_id_is_canonical(reader: TestClient, room: Room) -> None:
    version_id = version_text(room.store, KEY, "1").version.id
    html = reader.get("/marmot/privacy/1").text
    assert f'<link rel="canonical" href="http://localhost/marmot/privacy/@{version_id}">' in html
    shortened = reader.get(f"/marmot/privacy/@{version_id[:7]}.txt")
    assert shortened.headers["Location"] == f"/marmot/privacy/@{version_id}.txt"


def test_neighbouring_versions_are_linked(reader: TestClient, room: Room) -> None:
    versions = [version.id for version in room.store.library.history(KEY).versions]
    page = parsed(reader, "/marmot/privacy/2")
    assert [node.attributes["href"] for node in page.css("a[rel=prev], a[rel=next]")] == [
        f"/marmot/privacy/@{versions[0]}",
        f"/marmot/privacy/@{versions[2]}",
    ]


def test_a_hostile_clause_stays_text(reader: TestClient) -> None:
    page = parsed(reader, "/marmot/privacy/3")
    assert page.css("script, img") == []
    assert any("<script>alert(1)</script>" in node.text() for node in page.css(".clause"))


def test_the_files_have_what_the_command_prints(reader: TestClient, room: Room) -> None:
    text = reader.get("/marmot/privacy/3.txt")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.text == f"{clauses_as_text(version_text(room.store, KEY, '3').document.clauses)}\n"
    assert "<script>alert(1)</script>" in text.text
    fields = json.loads(reader.get("/marmot/privacy/3.json").content)
    assert fields == json.loads(json.dumps(version_text(room.store, KEY, "3").to_dict()))


@pytest.mark.parametrize("when", ["9", "@00", "1999", "2999", "2019-99", "captures-of-nothing"])
def test_a_version_that_is_not_there_is_said_on_a_page(reader: TestClient, when: str) -> None:
    response = reader.get(f"/marmot/privacy/{when}")
    assert response.status_code == 404
    assert "<h1>" in response.text


def test_a_vendor_lists_its_policies_and_what_changed_last(reader: TestClient, room: Room) -> None:
    versions = [version.id for version in room.store.library.history(KEY).versions]
    page = parsed(reader, "/marmot")
    assert [node.text() for node in page.css("h2")] == ["privacy", "cookies"]
    change = page.css_first(f'a[href="/marmot/privacy/@{versions[2]}..@{versions[3]}"]')
    assert change is not None
    assert change.text() == "1 substantive change: 1 modified"
    text = page.body.text() if page.body else ""
    assert "4 versions" in text
    assert "Not captured yet." in text
    assert "https://www.marmot.example/cookies from 2020-01-01" in text


def test_an_unknown_vendor_is_said_on_a_page(reader: TestClient) -> None:
    assert "No vendor vole is declared here." in reader.get("/vole").text


def test_a_date_leads_to_its_text_and_to_the_captures_around_it(reader: TestClient, room: Room) -> None:
    assert 'action="/marmot/privacy/-/text"' in reader.get("/marmot/privacy").text
    page = parsed(reader, "/marmot/privacy/2019-03-12")
    assert page.css('form[action="/marmot/privacy/-/text"] input[name=date]')
    assert reader.get("/marmot/privacy/-/text?date=2019-03-12").headers["Location"] == "/marmot/privacy/2019-03-12"
    lines = [node.text() for node in page.css("section.on-date li")]
    assert lines[0] == "Last capture up to this date: 2019-03-05T05:06:07Z, which shows this text."
    assert lines[1] == "First capture after it: 2019-03-14T05:06:07Z, which shows version 2."
    first = room.store.library.history(KEY).versions[1].first
    assert [link.attributes["href"] for link in page.css("section.on-date a")][1] == f"/-/captures/{first.capture_id}"
    assert parsed(reader, "/marmot/privacy/1").css("section.on-date") == []


@pytest.mark.parametrize("date", ["", "soon", "2", "@12"])
def test_a_date_that_cant_be_read_is_refused_in_a_sentence(reader: TestClient, date: str) -> None:
    response = reader.get("/marmot/privacy/-/text", params={"date": date})
    assert response.status_code == 404
    assert "is not a date: give a year, a month or a day" in response.text


def test_the_site_and_the_last_capture_stand_beside_the_name(reader: TestClient) -> None:
    for path in ("/marmot/privacy", "/marmot/privacy/2"):
        assert parsed(reader, path).css_first("h1 .site").text() == "marmot.example"  # type: ignore[union-attr]
    assert "Last captured 2019-04-04T05:06:07Z" in parsed(reader, "/marmot/privacy").text()
    facts = {row.css_first("th").text(): row for row in parsed(reader, "/marmot/privacy/2").css(".facts tr")}  # type: ignore[union-attr]
    assert "2019-03-15T05:06:07Z" in facts["Last captured"].text()
    assert len(facts["SHA-256 of the stored bytes"].css_first("td").text()) == 64  # type: ignore[union-attr]
