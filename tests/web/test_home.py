"""The first page: the vendors, what changed last, and what fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from core.declarations import Location, Policy, Vendor
from core.policies import PolicyKey
from storage import Standing
from tests.web.marmot_room import KEY, marmot_room
from tests.web.test_review import TOKEN, sign_in
from views import addresses
from views.vendor_list import vendor_lines
from web import Room, create_application

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with marmot_room(tmp_path_factory.mktemp("marmot")) as room:
        yield room


@pytest.fixture(scope="module")
def reader(room: Room) -> Iterator[TestClient]:
    with TestClient(create_application(room), base_url="http://localhost") as client:
        yield client


def test_a_vendor_has_its_newest_change_in_a_line(room: Room, reader: TestClient) -> None:
    html = reader.get("/").text
    _, old, new = room.store.library.settled(KEY).history.versions
    address = addresses.comparison_page(KEY, f"@{old.id}", f"@{new.id}")
    assert html.count(f'href="{address}"') == 1
    assert html.count("1 substantive change: 1 modified") == 1
    assert '<td data-name="Last captured"><time datetime="2021-02-21T05:06:07Z"' in html
    assert '<span class="site">marmot.example</span>' in html
    assert html.index("Marmot") < html.index("Vole")
    assert "not captured yet" in html


def test_vendors_are_found_by_a_part_of_their_name(reader: TestClient) -> None:
    html = reader.get("/?name=vOL").text
    assert "Vole" in html
    assert "Marmot" not in html
    html = reader.get("/", params={"name": "<script>"}).text
    assert "No vendor’s name contains “<bdi>&lt;script&gt;</bdi>”." in html


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "²"])
def test_a_page_of_vendors_that_isnt_there_is_not_found(reader: TestClient, page: str) -> None:
    assert reader.get("/", params={"page": page}).status_code == 404


def test_only_operators_see_what_fails(room: Room, reader: TestClient) -> None:
    assert "failing" not in reader.get("/").text
    with_token = replace(room, operator_token=TOKEN, writable=lambda: room.store)
    with TestClient(create_application(with_token), base_url="http://localhost", follow_redirects=False) as operator:
        assert sign_in(operator) == 303
        html = operator.get("/").text
    assert "What is failing (2)" in html
    assert "its captures are quarantined" in html
    assert "it was never captured" in html


def test_a_hundred_vendors_are_on_a_page(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    vendors = {
        f"v{number:03}": Vendor(
            slug=f"v{number:03}",
            name=f"V {number:03}",
            homepage="https://v.example/",
            policies={"privacy": Policy(locations=(Location(url="https://v.example/privacy"),))},
        )
        for number in range(230)
    }
    monkeypatch.setattr(Room, "vendors", lambda _: vendors)
    with TestClient(create_application(replace(room)), base_url="http://localhost") as client:
        first, last = client.get("/").text, client.get("/?page=3").text
    assert first.count('<th scope="row">') == 100
    assert '<a rel="next" href="/?page=2#all">' in first
    assert last.count('<th scope="row">') == 30
    assert '<a rel="prev" href="/?page=2#all">' in last


def test_vendors_are_sorted_by_their_last_change_then_by_name() -> None:
    vendors = {
        slug: Vendor(
            slug=slug,
            name=slug.title(),
            homepage="https://v.example/",
            policies={"privacy": Policy(locations=(Location(url="https://v.example/privacy"),))},
        )
        for slug in ("ant", "bee", "cat", "dog")
    }
    standings = {
        PolicyKey(slug, "privacy"): Standing(
            vendor=slug, policy="privacy", captures=2, last_change=BEGIN + timedelta(days=days)
        )
        for slug, days in (("bee", 1), ("dog", 2))
    }
    assert [line.vendor.slug for line in vendor_lines(vendors, standings)] == ["dog", "bee", "ant", "cat"]
