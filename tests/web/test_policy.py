"""The timeline of a policy, and a clause through time."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from core.limits import call_here
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, URL, capture_of, page
from tests.web.marmot_room import KEY, marmot_room
from views import addresses
from views.timeline_data import PolicyTimeline, policy_timeline
from web import Room, create_application
from web.timeline_layout import change_title


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with marmot_room(tmp_path_factory.mktemp("marmot")) as room:
        yield room


@pytest.fixture(scope="module")
def reader(room: Room) -> Iterator[TestClient]:
    with TestClient(create_application(room), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def timeline(room: Room) -> PolicyTimeline:
    return policy_timeline(room.store, KEY, room.store.library.settled(KEY))


def test_a_timeline_knows_how_much_each_version_changed(timeline: PolicyTimeline) -> None:
    assert [version.number for version in timeline.versions] == [1, 2, 3]
    first, second, third = timeline.changes
    assert first.size is None
    assert second.size is not None
    assert third.size is not None
    assert [change.size.significances for change in (second, third) if change.size] == [{"substantive": 1}] * 2
    assert (len(timeline.captures), len(timeline.quarantined)) == (6, 1)
    assert [version.captures for version in timeline.versions] == [2, 2, 2]


def test_versions_are_listed_newest_first_with_links(reader: TestClient, timeline: PolicyTimeline) -> None:
    html = reader.get("/marmot/privacy").text
    rows = re.findall(r'<tr id="version-(\d+)">', html)
    assert rows == ["3", "2", "1"]
    old, new = timeline.versions[1].id, timeline.versions[2].id
    assert f'href="{addresses.version_page(KEY, f"@{new}")}"' in html
    assert f'href="{addresses.comparison_page(KEY, f"@{old}", f"@{new}")}"' in html
    assert "30 → 90 days" in html
    assert f'href="{addresses.captures_page(KEY)}"' in html
    assert f'href="{addresses.feed("marmot", "privacy")}"' in html


def test_the_drawing_is_well_formed_and_links_to_comparisons(reader: TestClient, timeline: PolicyTimeline) -> None:
    html = reader.get("/marmot/privacy").text
    drawing = re.search(r"<svg.*?</svg>", html, re.S)
    assert drawing is not None
    svg = ElementTree.fromstring(drawing[0])  # noqa: S314 - our own
    links = [link.get("href") for link in svg.iter("{http://www.w3.org/2000/svg}a")]
    old, new = timeline.versions[0].id, timeline.versions[1].id
    assert addresses.comparison_page(KEY, f"@{old}", f"@{new}") in links
    assert "style" not in {name for element in svg.iter() for name in element.attrib}


def test_a_row_says_why_its_version_is_not_compared_with_the_one_numbered_before(tmp_path: Path) -> None:
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "marmot.yaml").write_text(
        f"name: Marmot\nhomepage: {URL}\npolicies:\n  privacy:\n    locations:\n      - url: {URL}\n", encoding="utf-8"
    )
    sentences = [f"We keep your messages for {days} days after you delete them." for days in (30, 60, 90)]
    with Store.open(f"sqlite:///{tmp_path}/store.db") as store:
        for day, sentence in ((0, 0), (1, 0), (100, 1), (101, 1), (200, 0), (201, 0), (500, 2), (501, 2)):
            payload = page(sentences[sentence])
            keep(store, capture_of(payload, day), payload, POLICY)
        application = create_application(Room(store, tmp_path / "vendors", call_here))
        with TestClient(application, base_url="http://localhost") as client:
            html = client.get("/marmot/privacy").text
    (row,) = re.findall(r'<tr id="version-3">.*?</tr>', html, re.S)
    assert ">Compare with 1</a>" in row
    assert "The page had gone back to version 1 before." in row
    assert html.count("had gone back") == 1
    assert re.findall(r'<a href="#version-(\d)">(\d{4})</a>', html) == [("3", "2020"), ("2", "2019")]


def test_a_bar_counts_changes_as_the_list_does(timeline: PolicyTimeline) -> None:
    assert change_title(timeline.changes[1]).endswith(": 1 change, 1 of them substantive")


def test_any_two_versions_can_be_compared_by_a_form(reader: TestClient, timeline: PolicyTimeline) -> None:
    html = reader.get("/marmot/privacy").text
    assert '<form class="compare" action="/marmot/privacy/-/compare">' in html
    first, *_, last = timeline.versions
    answer = reader.get(f"/marmot/privacy/-/compare?old=@{first.id}&new=@{last.id}", follow_redirects=False)
    assert answer.headers["Location"].endswith(addresses.comparison_page(KEY, f"@{first.id}", f"@{last.id}"))


def test_a_policy_without_captures_says_how_to_capture_it(reader: TestClient) -> None:
    html = reader.get("/vole/privacy").text
    assert "Nothing has been captured yet." in html
    assert "scrapy crawl live -a vendor=vole" in html
    assert "<svg" not in html


@pytest.mark.parametrize(
    "path", ["/marmot/terms", "/nobody/privacy", "/marmot/privacy?page=2", "/marmot/privacy?page=x"]
)
def test_what_is_not_there_is_not_found(reader: TestClient, path: str) -> None:
    assert reader.get(path).status_code == 404


def clause_address(room: Room, version: int) -> str:
    """The address of the clause that changes, in a version."""
    of_version = room.store.library.settled(KEY).history.versions[version - 1]
    document = room.store.library.document(of_version.first.capture_id, of_version.first.reader)
    (position,) = (clause.position for clause in document.clauses if "alert(1)" in clause.text)
    return addresses.clause_page(KEY, of_version.id, position)


def test_a_clause_shows_each_change_with_a_redline_and_dates(room: Room, reader: TestClient) -> None:
    html = reader.get(clause_address(room, 3)).text
    titles = re.findall(r"<h3>(.*?)</h3>", html)
    assert titles == [
        "In the oldest version, 1",
        "Number changed in version 2 (substantive)",
        "Modified in version 3 (substantive)",
    ]
    assert "<del>30</del><ins>90</ins>" in html
    assert re.search("<ins> ?and messages ?</ins>", html)
    assert "<time>2019-03-14T05:06:07Z</time> and <time>2019-12-29T05:06:07Z</time>" in html
    assert re.search(r'href="/marmot/privacy/@\w+\.\.@\w+#change-1"', html)


def test_every_version_of_a_clause_has_the_same_line(room: Room, reader: TestClient) -> None:
    events = [re.findall(r"<h3>.*?</h3>", reader.get(clause_address(room, version)).text) for version in (1, 2, 3)]
    assert events[0] == events[1] == events[2]


def test_a_vendors_text_and_name_stay_text(room: Room, reader: TestClient) -> None:
    for path in ("/marmot/privacy", clause_address(room, 1), "/", "/-/search"):
        html = reader.get(path).text
        assert "<script" not in html, path
        assert "<b>" not in html, path
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in reader.get(clause_address(room, 1)).text


def test_a_clause_names_its_neighbours_and_how_to_cite_it(room: Room, reader: TestClient) -> None:
    address = clause_address(room, 3)
    html = reader.get(address).text
    path, _, number = address.rpartition("/")
    assert f'<a rel="prev" href="{path}/{int(number) - 1}">' in html
    assert f'<a rel="next" href="{path}/{int(number) + 1}">' in html
    assert re.search(rf"Privacy policy.*, clause {number}, .*http://localhost{address}, seen", html)
    assert "@misc{" in html


@pytest.mark.parametrize("path", ["@000000000000/clause/1", "2/clause/1", "@/clause/99999", "@/clause/0"])
def test_a_clause_that_is_not_there_is_not_found(reader: TestClient, path: str) -> None:
    assert reader.get(f"/marmot/privacy/{path}").status_code == 404
