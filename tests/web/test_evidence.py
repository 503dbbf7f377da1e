"""Captures as evidence: their facts, the page in its frame, the bytes, the WARC record and the citation."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from core.limits import call_here
from core.settings import load_settings
from demo.captures import PAGES
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES, with_held_text
from views.capture_words import SOURCE_SENTENCES
from web import Room, create_application


@contextmanager
def reading(tmp_path: Path) -> Iterator[TestClient]:
    """Opens a room over the database of the test."""
    with Store.open(load_settings().database_url, read_only=True) as store:
        room = Room(store, tmp_path / "vendors", call_here)
        with TestClient(create_application(room), base_url="http://localhost") as client:
            yield client


def test_the_list_has_every_capture_newest_first(reader: TestClient) -> None:
    html = reader.get("/lanternpost/privacy/captures").text
    places = [html.index(moment) for _, moment, _ in CAPTURES]
    assert places == sorted(places, reverse=True)
    assert '<a href="/lanternpost/privacy/@' in html


def test_the_list_can_show_the_quarantined_captures_alone(clausewatch: Clausewatch, tmp_path: Path) -> None:
    with_held_text(clausewatch, tmp_path)
    clausewatch("review", "reject", "1", "--only")
    with reading(tmp_path) as reader:
        quarantined = reader.get("/lanternpost/privacy/captures?verdict=quarantined").text
        accepted = reader.get("/lanternpost/privacy/captures?verdict=accepted").text
    assert "/-/captures/1" in quarantined
    assert "/-/captures/2" not in quarantined
    assert '/-/captures/1"' not in accepted


def test_a_page_that_the_list_does_not_have_is_not_found(reader: TestClient) -> None:
    for number in ("0", "2", "x", "9" * 20):
        assert reader.get(f"/lanternpost/privacy/captures?page={number}").status_code == 404


def test_a_capture_has_its_facts_its_verdict_and_its_citation(reader: TestClient, room: Room) -> None:
    stored = room.store.library.capture(1).capture
    html = reader.get("/-/captures/1").text
    assert stored.sha256 in html
    assert CAPTURES[0][1] in html
    assert stored.url in html
    assert "Accepted" in html
    assert SOURCE_SENTENCES[stored.source] in html
    assert "@misc{lanternpost-" in html
    assert 'sandbox referrerpolicy="no-referrer"' in html


def test_a_quarantined_capture_says_so_where_it_is_cited(clausewatch: Clausewatch, tmp_path: Path) -> None:
    with_held_text(clausewatch, tmp_path)
    clausewatch("review", "reject", "1", "--only")
    with reading(tmp_path) as reader:
        html = reader.get("/-/captures/1").text
    assert ", quarantined (rejected). " in html
    assert "A person looked at the page and decided that it does not show the policy." in html


def test_a_capture_that_does_not_exist_is_not_found(reader: TestClient) -> None:
    for number in ("0", "999", "-1", "x", "9223372036854775808", "1" * 400, "%00", "%C2%B2"):
        for ending in ("", "/page", "/raw", "/record.warc.gz"):
            assert reader.get(f"/-/captures/{number}{ending}").status_code == 404, (number, ending)


def test_the_bytes_are_given_unchanged_as_a_download(reader: TestClient) -> None:
    response = reader.get("/-/captures/1/raw")
    assert response.content == (PAGES / CAPTURES[0][0]).read_bytes()
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="lanternpost-privacy-')


def test_the_warc_record_is_what_export_writes(reader: TestClient, room: Room, clausewatch: Clausewatch) -> None:
    record = gzip.decompress(reader.get("/-/captures/2/record.warc.gz").content)
    exported = gzip.decompress(clausewatch("export", "lanternpost", "--warc", "-").stdout_bytes)
    payload = (PAGES / CAPTURES[1][0]).read_bytes()
    assert payload in record
    _, of_capture = record.split(
        b"WARC-Type: metadata", 1
    )  # the record about the file itself names another newest time
    assert of_capture in exported


def test_the_stored_page_can_do_nothing_in_its_frame(reader: TestClient) -> None:
    response = reader.get("/-/captures/1/page")
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "sandbox" in policy  # without any permission
    assert {"default-src 'none'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert not any(directive.startswith("script-src") for directive in policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_stored_page_is_never_a_window_of_its_own(reader: TestClient) -> None:
    headers = {"Sec-Fetch-Dest": "document"}
    response = reader.get("/-/captures/1/page", headers=headers, follow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (303, "/-/captures/1")
