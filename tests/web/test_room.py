"""What holds for every page of the reading room: its headers, its errors, and the names it answers to."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from web import Room, create_application


@pytest.mark.parametrize("path", ["/", "/nowhere", "/-/static/room.css", "/-/static/nothing.css"])
def test_every_answer_forbids_foreign_and_inline_code(reader: TestClient, path: str) -> None:
    response = reader.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_home_names_each_vendor_and_when_it_last_changed(reader: TestClient) -> None:
    html = reader.get("/").text
    assert '<a href="/lanternpost">Lanternpost</a>' in html
    assert '<a href="/lanternpost/privacy">privacy</a>' in html


def test_a_page_that_has_not_changed_is_not_sent_twice(reader: TestClient) -> None:
    first = reader.get("/")
    again = reader.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_an_unknown_address_says_so_on_a_page(reader: TestClient) -> None:
    response = reader.get("/no-such/page/at/all")
    assert response.status_code == 404
    assert "There is no page at this address." in response.text


def test_a_foreign_host_name_is_refused(reader: TestClient) -> None:
    assert reader.get("/", headers={"Host": "attacker.example"}).status_code == 400


def test_a_public_address_with_a_path_is_in_every_link(room: Room) -> None:
    public = replace(room, public_url="https://docs.example.org/watch")
    with TestClient(create_application(public), base_url="https://docs.example.org") as client:
        assert client.get("/").status_code == 404
        html = client.get("/watch/").text
    assert 'href="/watch/lanternpost"' in html
    assert 'href="/watch/-/static/room.css?' in html
