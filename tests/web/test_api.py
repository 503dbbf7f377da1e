"""The API answers with what the commands print, in pages, and says in a sentence what is wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.exceptions import StoppedWorkError
from core.settings import CHECKOUT
from demo.captures import NEW_ADDRESS
from tests.conftest import Clausewatch
from views import addresses
from web import Room, create_application

_POLICY = f"{addresses.API}/policies/lanternpost/privacy"


def get(reader: TestClient, path: str, status: int = 200) -> Any:
    response = reader.get(path)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def printed(clausewatch: Clausewatch, *arguments: str) -> Any:
    return json.loads(clausewatch(*arguments, "--format", "json").stdout)


def walk(reader: TestClient, path: str) -> Iterator[list[Any]]:
    """Yields the items of each page of a list, and checks that both forms of the next address agree."""
    while path:
        response = reader.get(path)
        page = response.json()
        assert response.links.get("next", {}).get("url") == page["next"]
        yield page["items"]
        path = page["next"]


def test_texts_and_reports_are_what_the_commands_print(clausewatch: Clausewatch, reader: TestClient) -> None:
    newest = "@" + get(reader, f"{_POLICY}/versions")["items"][-1]["id"]
    for old, new in (("2021", "2023"), ("1", newest), ("2022-06-20", "4")):
        expected = printed(clausewatch, "report", "lanternpost", old, new)
        assert get(reader, f"{_POLICY}/changes?from={old}&to={new}") == expected
    for when in ("2022", "1", newest):
        assert get(reader, f"{_POLICY}/versions/{when}") == printed(clausewatch, "show", "lanternpost", "--at", when)
        expected = printed(clausewatch, "blame", "lanternpost", "--at", when)
        assert get(reader, f"{_POLICY}/versions/{when}/blame") == expected


def test_a_trace_is_what_the_command_prints(clausewatch: Clausewatch, reader: TestClient) -> None:
    expected = printed(clausewatch, "trace", "lanternpost", "account", "--clause", "1")
    path = f"{_POLICY}/versions/{expected['id']}/clauses/{expected['clause']['position']}/trace"
    assert get(reader, path) == expected


def test_versions_are_what_the_command_prints_and_what_changed(clausewatch: Clausewatch, reader: TestClient) -> None:
    items = get(reader, f"{_POLICY}/versions")["items"]
    changes = [item.pop("changes") for item in items]
    assert items == printed(clausewatch, "versions", "lanternpost")
    assert changes[0] is None
    for before, item, change in zip(items, items[1:], changes[1:], strict=False):
        assert change["old"] == {"version": before["version"], "id": before["id"]}
        report = printed(clausewatch, "report", "lanternpost", f"@{before['id']}", f"@{item['id']}")
        assert change["counts"] == report["counts"]


def test_captures_are_what_the_command_prints(clausewatch: Clausewatch, reader: TestClient) -> None:
    captures = printed(clausewatch, "captures", "lanternpost")
    assert get(reader, f"{_POLICY}/captures")["items"] == captures
    for capture in captures:
        expected = json.loads(clausewatch("review", "show", str(capture["id"]), "--format", "json").stdout)
        del expected["evidence"], expected["reviews"]
        assert get(reader, f"{addresses.API}/captures/{capture['id']}") == expected


def test_changes_of_all_are_what_the_command_prints(clausewatch: Clausewatch, reader: TestClient) -> None:
    expected = printed(clausewatch, "changes", "--since", "2000")
    assert len(expected) == 3
    assert get(reader, f"{addresses.API}/changes")["items"] == expected
    assert get(reader, f"{addresses.API}/changes?since=2023-01-01&vendor=lanternpost")["items"] == expected[:2]
    assert get(reader, f"{addresses.API}/changes?policy=cookies")["items"] == []


def test_what_is_held_is_no_change(clausewatch: Clausewatch, reader: TestClient, tmp_path: Path) -> None:
    before = get(reader, f"{addresses.API}/changes")["items"]
    page = tmp_path / "held.html"
    page.write_text("<!DOCTYPE html><main><h1>Catalogue</h1><p>Socks and tea cosies, knitted by hand.</p></main>")
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2024-12-01", "--url", NEW_ADDRESS)
    assert get(reader, f"{addresses.API}/changes")["items"] == before


def test_a_search_is_what_the_command_prints(clausewatch: Clausewatch, reader: TestClient) -> None:
    expected = printed(clausewatch, "search", "we", "--limit", "2")
    found = get(reader, f"{addresses.API}/search?q=we&limit=2")
    assert found["items"] == expected["clauses"]
    assert f"after={expected['next']}" in found["next"]


def test_status_is_what_the_command_prints_without_what_is_for_operators(
    clausewatch: Clausewatch, reader: TestClient
) -> None:
    (expected,) = printed(clausewatch, "status")
    fields = get(reader, _POLICY)
    assert fields == {name: expected[name] for name in fields}
    assert not fields.keys() & {"failing", "fault", "evidence", "failed_fetches", "moved", "reason"}
    assert get(reader, f"{addresses.API}/policies")["items"] == [fields]
    assert [vendor["vendor"] for vendor in get(reader, f"{addresses.API}/vendors")["items"]] == ["lanternpost"]


def test_the_pages_of_a_list_have_each_item_once(reader: TestClient) -> None:
    for path in (
        f"{_POLICY}/versions",
        f"{_POLICY}/captures",
        f"{addresses.API}/changes",
        f"{addresses.API}/search?q=we",
    ):
        whole = get(reader, path)
        assert whole["next"] is None
        separator = "&" if "?" in path else "?"
        for limit in (1, 2, 3):
            pages = list(walk(reader, f"{path}{separator}limit={limit}"))
            assert [item for page in pages for item in page] == whole["items"], path
            assert {len(page) for page in pages[:-1]} <= {limit}


def test_a_page_names_the_page_before(reader: TestClient) -> None:
    first = reader.get(f"{_POLICY}/captures?limit=2")
    second = reader.get(first.json()["next"])
    third = reader.get(second.json()["next"])
    assert reader.get(third.links["prev"]["url"]).json() == second.json()
    assert reader.get(second.links["prev"]["url"]).json() == first.json()
    assert "prev" not in first.links


def test_an_answer_that_has_not_changed_is_not_sent_again(clausewatch: Clausewatch, reader: TestClient) -> None:
    first = reader.get(f"{_POLICY}/versions")
    known = {"If-None-Match": first.headers["ETag"]}
    assert reader.get(f"{_POLICY}/versions", headers=known).status_code == 304
    clausewatch("review", "reject", "7")
    assert reader.get(f"{_POLICY}/versions", headers=known).status_code == 200


_ERRORS = (
    ("/nothing", 404, "There is no page at this address."),
    ("/policies/nobody/privacy", 404, "No vendor nobody is declared here."),
    ("/policies/lanternpost/cookies", 404, "it has: privacy"),
    ("/policies/lanternpost/privacy/versions/9", 404, "it has versions 1 to 4"),
    ("/policies/lanternpost/privacy/versions/yesterday", 422, "when: 'yesterday' is not a date"),
    ("/policies/lanternpost/privacy/versions/2022/clauses/0/trace", 404, "has no version @2022"),
    ("/policies/lanternpost/privacy/changes?from=2021", 422, "to: this parameter is missing"),
    ("/policies/lanternpost/privacy/changes?from=2021&to=x", 422, "to: 'x' is not a date"),
    ("/policies/lanternpost/privacy/changes?from=2023&to=2021", 422, "2023 is later than 2021; give the earlier date"),
    ("/policies/lanternpost/privacy/versions?limit=101", 422, "limit: input should be less than or equal to 100"),
    ("/policies/lanternpost/privacy/versions?after=x", 422, "after: the list has no such place"),
    ("/changes?after=x", 422, "after: the list has no such place"),
    ("/changes?since=x", 422, "since: 'x' is not a date"),
    ("/captures/99", 404, "no capture 99 is stored"),
    ("/captures/99999999999999999999", 422, "capture_id: input should be less than or equal to"),
    ("/search?q=", 422, "q: "),
)


def test_an_error_is_a_sentence(reader: TestClient) -> None:
    for path, status, sentence in _ERRORS:
        answer = get(reader, addresses.API + path, status)
        assert list(answer) == ["error"]
        assert sentence in answer["error"]


def test_texts_that_can_not_be_compared_are_named(room: Room) -> None:
    def stop(_: object) -> Any:
        raise StoppedWorkError("comparing the texts took longer than the limit of 60 seconds")

    with TestClient(create_application(replace(room, call=stop)), base_url="http://localhost") as reader:
        assert "took longer" in get(reader, f"{_POLICY}/changes?from=2021&to=2023", 422)["error"]
        items = get(reader, f"{addresses.API}/changes")["items"]
        assert [item["new"]["version"] for item in items] == [4, 3, 2]
        assert all("could not be compared" in item["error"] for item in items)


def test_what_is_not_declared_is_not_shown(clausewatch: Clausewatch, room: Room, tmp_path: Path) -> None:
    declaration = tmp_path / "vendors" / "lanternpost.yaml"
    declaration.write_text(declaration.read_text(encoding="utf-8").replace("privacy:", "terms:"), encoding="utf-8")
    with TestClient(create_application(room), base_url="http://localhost") as reader:
        for path in (_POLICY, f"{_POLICY}/versions", f"{addresses.API}/captures/1"):
            get(reader, path, 404)
        for path in ("changes", "search?q=account"):
            assert get(reader, f"{addresses.API}/{path}")["items"] == []


def test_unsafe_characters_of_a_text_are_json_escapes(
    clausewatch: Clausewatch, reader: TestClient, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    texts = ["<!DOCTYPE html><title>T</title><main><h1>Privacy policy</h1>"]
    texts += [
        f"<p>We collect your personal data for purpose {n}. \u202egnihtyna\u202c &#xD800; \x07</p>" for n in "abcd"
    ]
    page.write_text("".join(texts), encoding="utf-8")
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2025-01-01", "--url", NEW_ADDRESS)
    capture = printed(clausewatch, "captures", "lanternpost")[-1]["id"]
    answer = reader.get(f"{addresses.API}/captures/{capture}")
    assert "gnihtyna" in answer.text
    assert not re.search("[\x00-\x1f\u202a-\u202e]", answer.text)


def test_answers_have_the_headers_of_pages_and_are_for_no_other_site(reader: TestClient) -> None:
    for path in (_POLICY, f"{addresses.API}/nothing"):
        headers = reader.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers
    assert reader.get(_POLICY, headers={"Host": "attacker.example"}).status_code == 400


def test_an_unexpected_error_is_a_sentence_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr("web.api.policies.policy_captures", fail)
    application = create_application(room)
    with TestClient(application, base_url="http://localhost", raise_server_exceptions=False) as reader:
        answer = reader.get(f"{_POLICY}/captures")
    assert (answer.status_code, list(answer.json())) == (500, ["error"])
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_every_example_of_the_docs_works(reader: TestClient) -> None:
    docs = (CHECKOUT / "docs" / "api.md").read_text(encoding="utf-8")
    examples = re.findall(r'^curl "http://localhost:8642([^"]*)"$', docs, re.MULTILINE)
    assert len(examples) == 6
    for path in examples:
        response = reader.get(path)
        assert response.status_code == 200, path
        assert b"lanternpost" in response.content


def test_under_a_path_all_addresses_have_it(room: Room) -> None:
    public = replace(room, public_url="https://docs.example.org/watch")
    with TestClient(create_application(public), base_url="https://docs.example.org") as reader:
        assert get(reader, f"/watch{_POLICY}/versions?limit=1")["next"].startswith(f"/watch{_POLICY}/versions?")
        description = get(reader, f"/watch{addresses.API}/openapi.json")
        assert description["servers"] == [{"url": f"/watch{addresses.API}"}]
        get(reader, f"/watch{addresses.API}/nothing", 404)


def test_the_page_about_the_api_names_every_address_and_field(reader: TestClient) -> None:
    html = reader.get(addresses.API_PAGE).text
    description = get(reader, f"{addresses.API}/openapi.json")
    assert len(description["paths"]) == 12
    for path in description["paths"]:
        assert f"<code>GET {path}</code>" in html
    for name, shape in description["components"]["schemas"].items():
        assert f'id="{name}"' in html
        for field in shape["properties"]:
            assert re.search(rf"<code>{field}\??</code>", html), f"{name}.{field}"
    assert "the time of the capture" in html  # docs/contract.md
    assert "//" not in re.sub(r"https?://www\.lanternpost", "", html).replace("<!--", "")
