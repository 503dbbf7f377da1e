"""Operators sign in, and decide about captures; nobody else writes anything."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from core.limits import call_here
from core.settings import load_settings
from demo.captures import NEW_ADDRESS
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import with_held_text
from web import Room, create_application
from web.operators import Attempts, Operators, TooManyFailuresError, client_of, is_of_this_room

TOKEN = "a token that nobody guesses"
_OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def held_room(clausewatch: Clausewatch, tmp_path: Path) -> Iterator[Room]:
    """A room with two captures that are held: 3 and 4."""
    with_held_text(clausewatch, tmp_path)
    url = load_settings().database_url
    with Store.open(url, read_only=True) as store:
        yield Room(store, tmp_path / "vendors", call_here, writable=lambda: Store.open(url), operator_token=TOKEN)


@pytest.fixture
def operator(held_room: Room) -> Iterator[TestClient]:
    """An operator who has not signed in yet."""
    with TestClient(create_application(held_room), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, token: str = TOKEN, **headers: str) -> int:
    """Sends the form to sign in. Returns the status."""
    form = {"name": "Ann", "token": token}
    return client.post("/-/operator", data=form, headers={**_OWN, **headers}).status_code


def form_token(client: TestClient, path: str) -> str:
    """Returns the value that the forms of a page contain."""
    match = re.search('name="form" value="([0-9a-f]+)"', client.get(path).text)
    assert match
    return match[1]


def test_an_operator_accepts_a_held_text_with_a_note(operator: TestClient, held_room: Room) -> None:
    assert sign_in(operator) == 303
    assert "/-/captures/4" in operator.get("/-/review").text
    form = {"form": form_token(operator, "/-/captures/4"), "decision": "accepted", "scope": "text", "note": "moved"}
    answer = operator.post("/-/captures/4/review", data=form, headers=_OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/-/captures/4#review")
    (review,) = held_room.store.library.capture(4).reviews
    assert (review.decision, review.by, review.note, review.only) == ("accepted", "Ann", "moved", False)
    assert "Accepted by <bdi>Ann</bdi>" in operator.get("/-/captures/4").text
    assert "No capture waits" in operator.get("/-/review").text


def test_a_decision_can_be_about_one_capture_only(operator: TestClient, held_room: Room) -> None:
    sign_in(operator)
    form = {"form": form_token(operator, "/-/captures/3"), "decision": "rejected", "scope": "capture"}
    operator.post("/-/captures/3/review", data=form, headers=_OWN)
    assert held_room.store.library.capture(3).verdict.reason == "rejected"
    assert held_room.store.library.capture(4).verdict.name == "accepted"


def test_nothing_is_written_by_a_forged_form(operator: TestClient, held_room: Room) -> None:
    sign_in(operator)
    sound = {"form": form_token(operator, "/-/captures/4"), "decision": "rejected", "scope": "text"}
    forged = [
        ({**sound, "form": ""}, _OWN),
        ({**sound, "form": "0" * 64}, _OWN),
        ({**sound, "form": "ü"}, _OWN),
        (sound, {"Origin": "https://attacker.example"}),
        (sound, {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-site"}),  # another port of this machine
        (sound, {}),
    ]
    for form, headers in forged:
        assert operator.post("/-/captures/4/review", data=form, headers=headers).status_code == 403
    operator.cookies.clear()
    assert operator.post("/-/captures/4/review", data=sound, headers=_OWN).status_code == 403
    assert held_room.store.library.capture(4).reviews == ()


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "https://a.example"}, True),
        ({"origin": "https://a.example"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, False),
        ({"origin": "https://a.example:444"}, False),
        ({}, False),
    ],
)
def test_a_form_must_come_from_the_room(headers: dict[str, str], *, is_own: bool) -> None:
    assert is_of_this_room(headers, {"https://a.example"}) is is_own


def test_a_wrong_token_signs_nobody_in_and_the_sixth_waits(operator: TestClient) -> None:
    assert [sign_in(operator, "wrong") for _ in range(6)] == [403] * 5 + [429]
    assert sign_in(operator) == 429
    assert "form" not in operator.cookies
    assert "Sign in" in operator.get("/-/review").text


def test_failures_are_forgotten_after_a_minute_and_bounded() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for _ in range(5):
        attempts.begin("192.0.2.1")
    with pytest.raises(TooManyFailuresError):
        attempts.begin("192.0.2.1")
    for number in range(95):
        attempts.begin(f"198.51.100.{number}")
    with pytest.raises(TooManyFailuresError):
        attempts.begin("203.0.113.9")
    now = 60.0
    attempts.begin("192.0.2.1")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(held_room: Room) -> None:
    public = replace(held_room, public_url="https://docs.example.org/watch")
    with TestClient(create_application(public), base_url="https://docs.example.org", follow_redirects=False) as client:
        form = {"name": "Ann", "token": TOKEN}
        origin = {"Origin": "https://docs.example.org"}
        answer = client.post("/watch/-/operator", data=form, headers=origin)
    assert answer.headers["Location"] == "/watch/-/review"
    attributes = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Path=/watch", "SameSite=strict", "Secure"} <= set(attributes)


def test_signing_out_a_new_token_and_time_end_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    operators = Operators(TOKEN)
    cookie = operators.sign_in("192.0.2.1", TOKEN, "Ann")
    assert cookie
    session = operators.session(cookie)
    assert session
    assert session.name == "Ann"
    assert Operators(TOKEN + "!").session(cookie) is None
    # The first character of the signature: the last one has bits that no byte of it needs.
    signed, _, signature = cookie.rpartition(".")
    assert operators.session(f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}") is None
    operators.end(session)
    assert operators.session(cookie) is None
    later = Operators(TOKEN)
    assert later.session(cookie)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 4_000_000_000)
    assert later.session(cookie) is None


def test_without_a_token_nobody_signs_in(held_room: Room) -> None:
    with TestClient(create_application(replace(held_room, operator_token="")), base_url="http://localhost") as client:
        assert "CLAUSEWATCH_OPERATOR_TOKEN" in client.get("/-/review").text
        assert sign_in(client, "") == 403
        assert "clausewatch_operator" not in client.cookies


def test_what_operators_see_is_kept_by_no_cache(operator: TestClient) -> None:
    sign_in(operator)
    for path in ("/", "/-/review", "/-/captures/4", "/-/captures/999", "/-/captures/4/raw"):
        assert operator.get(path).headers["Cache-Control"] == "private, no-store"


def test_a_capture_without_text_is_refused_in_a_sentence(
    operator: TestClient, held_room: Room, clausewatch: Clausewatch, tmp_path: Path
) -> None:
    page = tmp_path / "empty.html"
    page.write_text("<p hidden></p>", encoding="utf-8")
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2024-07-01", "--url", NEW_ADDRESS)
    sign_in(operator)
    form = {"form": form_token(operator, "/-/captures/5"), "decision": "accepted", "note": "<b>why</b>"}
    answer = operator.post("/-/captures/5/review", data=form, headers=_OWN)
    assert answer.status_code == 422
    assert "no text could be read" in answer.text
    assert "&lt;b&gt;why" in answer.text


def test_only_short_forms_are_read(operator: TestClient) -> None:
    form = "application/x-www-form-urlencoded"
    many = b"&".join(b"a%d=1" % number for number in range(50))
    for content, media_type, status in (
        (b"a=" + b"x" * 70_000, form, 413),
        (b"{}", "text/plain", 415),
        (many, form, 400),
    ):
        headers = {**_OWN, "Content-Type": media_type}
        assert operator.post("/-/operator", content=content, headers=headers).status_code == status


def test_clients_are_told_apart_by_address_and_ipv6_network() -> None:
    def client(host: str) -> str:
        return client_of(Request({"type": "http", "client": (host, 1), "headers": []}))

    assert client("2001:db8::1") == client("2001:db8::ffff:2") != client("2001:db8:0:1::1")
    assert client("::ffff:192.0.2.1") == "192.0.2.1"
    assert client("testclient") == "testclient"
