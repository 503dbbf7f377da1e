"""Attacks on the reading room: hostile texts, hostile requests, and databases that fail."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core.captures import sha256_hex
from core.exceptions import StorageError
from core.limits import call_here
from core.policies import PolicyKey
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page
from views import addresses
from web import Room, create_application

_KEY = PolicyKey("marmot", "privacy")
_SCRIPT = "<script>alert(1)</script>"
_TEXTS = (
    _SCRIPT,
    "\"'><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "</style><style>@import 'http://x.example'</style>",
    "\u202edesrever\u2066",
    "{{ 7 * 7 }}",
)
_HOSTILE = "".join(_TEXTS)
_DECLARATION = """\
name: "{name}"
homepage: https://www.marmot.example/
policies:
  privacy:
    locations:
      - url: https://www.marmot.example/privacy
"""


# What doesn't depend on the database is tested on one.
_on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def hostile(store: Store, database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """A reader of a room whose vendor has written everything that does harm elsewhere. On SQLite and PostgreSQL."""
    (tmp_path / "vendors").mkdir()
    name = _SCRIPT + "<img src=x onerror=alert(1)>"
    (tmp_path / "vendors" / "marmot.yaml").write_text(_DECLARATION.format(name=name), encoding="utf-8")
    escaped = _HOSTILE.replace("&", "&amp;").replace("<", "&lt;")
    payload = page(f"{escaped} &#0;")
    keep(
        store,
        capture_of(
            payload,
            url=f"https://www.marmot.example/privacy?{_HOSTILE}",
            asked_url="javascript:alert(1)",
            redirects=("javascript:alert(1)", f"https://www.marmot.example/{_HOSTILE}"),
            media_type="text/html; charset=utf-8\r\nX-Injected: 1",
            headers=((f"X-{_SCRIPT}", _HOSTILE), ("Set-Cookie", "a=b\r\nX-Injected: 1"), ("Nul", "\x01\udc80")),
        ),
        payload,
        POLICY,
    )
    evil = f"<title>Just a moment...</title><p>{escaped}".encode()
    keep(store, capture_of(evil, 1, status=403, sha256=sha256_hex(evil)), evil, POLICY)
    with Store.open(database_url, read_only=True) as read_only:
        room = Room(read_only, tmp_path / "vendors", call_here, operator_token="0123456789abcdef")
        with TestClient(
            create_application(room), base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False
        ) as client:
            yield client


_PAGES = (
    "/",
    "/marmot/privacy/captures",
    "/-/captures/1",
    "/-/captures/2",
    "/-/review",
    "/-/operator",
    "/-/captures/3",
    "/-/captures/9",
)


@_on_sqlite
def test_no_text_of_a_vendor_becomes_markup_or_a_header(hostile: TestClient, store: Store) -> None:
    long = page(f"{'long ' * 200_000} &lt;script>")
    keep(store, capture_of(long, 2), long, POLICY)
    for path in _PAGES:
        response = hostile.get(path)
        assert response.status_code == (404 if path.endswith("/9") else 200), path
        for fragment in ("<script>", "<img", "<svg", "<style>", "\u202e", "\u2066", 'href="javascript:', "\0"):
            assert fragment not in response.text, (path, fragment)
        assert "X-Injected" not in response.headers
    for ending in ("page", "raw", "record.warc.gz"):
        response = hostile.get(f"/-/captures/1/{ending}")
        assert response.status_code == 200
        assert "X-Injected" not in response.headers
        assert "sandbox" in response.headers["Content-Security-Policy"]


@_on_sqlite
def test_every_answer_has_a_policy_that_forbids_inline_code(hostile: TestClient) -> None:
    etag = hostile.get("/").headers["ETag"]
    answers = [
        *(hostile.get(path) for path in (*_PAGES, "/nowhere", "/-/static/../../pyproject.toml", "/-/static/room.css")),
        hostile.get("/", headers={"If-None-Match": etag}),
        hostile.post("/"),
        hostile.post("/-/operator"),
        hostile.get("/", headers={"Host": "attacker.example"}),
    ]
    assert {answer.status_code for answer in answers} == {200, 304, 400, 403, 404, 405}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@_on_sqlite
def test_no_address_accepts_anything_but_reading(hostile: TestClient) -> None:
    for path in (
        "/",
        "/marmot/privacy/captures",
        "/-/captures/1",
        "/-/captures/1/raw",
        "/-/review",
        "/-/static/room.css",
    ):
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"):
            assert hostile.request(method, path).status_code == 405, (method, path)


@_on_sqlite
def test_head_is_answered_as_get_without_the_body(hostile: TestClient) -> None:
    for path in (
        "/",
        "/marmot/privacy",
        "/marmot/privacy/1",
        "/marmot/privacy/feed.atom",
        "/-/captures/1/raw",
        "/-/static/room.css",
        "/-/nothing",
        f"{addresses.API}/vendors",
        f"{addresses.API}/openapi.json",
        f"{addresses.API}/policies/marmot/privacy/versions",
    ):
        head, get = hostile.head(path), hostile.get(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers == get.headers, path
        tag = get.headers.get("ETag")
        if tag:
            assert hostile.head(path, headers={"If-None-Match": tag}).status_code == 304


@_on_sqlite
def test_static_files_are_only_the_rooms_own(hostile: TestClient) -> None:
    for name in (
        "../application.py",
        "..%2fapplication.py",
        "%2e%2e/room.py",
        "/etc/passwd",
        "..\\room.py",
        "room.css%00",
    ):
        assert hostile.get(f"/-/static/{name}").status_code == 404


@_on_sqlite
def test_the_room_answers_to_its_own_names_only(hostile: TestClient) -> None:
    for host in (
        "attacker.example",
        "localhost.attacker.example",
        "localhost@attacker.example",
        "",
        "localhost:x",
        "[::1",
    ):
        assert hostile.get("/", headers={"Host": host}).status_code == 400, host
    for host in ("localhost", "127.0.0.1:8642", "[::1]:8642", "LOCALHOST"):
        assert hostile.get("/", headers={"Host": host}).status_code == 200, host
    assert hostile.get("/", headers={"Host": "192.0.2.1"}).status_code == 400


@_on_sqlite
def test_no_address_leads_elsewhere(hostile: TestClient) -> None:
    for path in (
        "//attacker.example",
        "//attacker.example/",
        "/\\attacker.example",
        "/-/captures/1/page/",
        "/%0d%0aX: 1",
    ):
        location = hostile.get(path, headers={"Sec-Fetch-Dest": "document"}).headers.get("Location", "/")
        assert location.startswith(("/-/", "http://localhost/")) or location == "/", path


@_on_sqlite
def test_strange_requests_have_plain_answers(hostile: TestClient) -> None:
    assert hostile.get("/" + "x" * 60_000).status_code == 404
    assert hostile.get("/-/captures/1?" + "a=1&" * 5_000).status_code == 200
    assert hostile.get("/-/captures/1/raw", headers={"Range": "bytes=0-9"}).status_code == 200
    assert (
        hostile.get("/", headers={b"Cookie": b"clausewatch_operator=\xff.x.y; " + b"a=b; " * 1_000}).status_code == 200
    )
    assert hostile.get("/marmot/privacy/captures?verdict=%00&page=%ff").status_code == 404


def test_the_store_of_the_room_refuses_every_write(hostile: TestClient) -> None:
    room: Room = hostile.app.state.room  # type: ignore[attr-defined]  # the application is Starlette's
    for statement in ("DELETE FROM captures", "UPDATE captures SET url = ''", "CREATE TABLE t (a INTEGER)"):
        with pytest.raises(StorageError), room.store.database.write_session() as session:
            session.execute(text(statement))
    assert hostile.get("/-/captures/1").status_code == 200


def test_readers_read_while_a_crawl_writes(hostile: TestClient, store: Store) -> None:
    stop = threading.Event()
    errors: list[Exception] = []

    def crawl() -> None:
        number = 10
        while not stop.is_set() and number < 200:
            number += 1
            payload = page(f"Sentence {number}.")
            try:
                keep(store, capture_of(payload, number), payload, POLICY)
            except Exception as error:
                errors.append(error)
                return

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        statuses = {hostile.get("/marmot/privacy/captures").status_code for _ in range(20)}
    finally:
        stop.set()
        thread.join()
    assert statuses == {200}
    assert errors == []
    assert len(store.library.captures(_KEY)) > 2


@pytest.mark.parametrize("fault", ["damaged", "gone", "locked"])
def test_a_database_that_fails_is_a_sentence(tmp_path: Path, empty_sqlite: Path, fault: str) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(empty_sqlite.read_bytes())
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "marmot.yaml").write_text(_DECLARATION.format(name="Marmot"), encoding="utf-8")
    with Store.open(f"sqlite:///{path}?timeout=0.1", read_only=True) as store:
        room = Room(store, tmp_path / "vendors", call_here)
        store.close()  # its connections; the next request opens a new one
        blocker = None
        if fault == "damaged":
            path.write_bytes(b"SQLite format 3\0" + b"\xff" * 50_000)
        elif fault == "gone":
            path.unlink()
        else:
            blocker = sqlite3.connect(path, isolation_level=None)
            blocker.execute("PRAGMA journal_mode = DELETE")
            blocker.execute("BEGIN EXCLUSIVE")
        with TestClient(create_application(room), base_url="http://localhost") as client:
            answer = client.get("/-/captures/1")
        with suppress(AttributeError):
            blocker.close()  # type: ignore[union-attr]  # None unless the database is locked
    assert answer.status_code == 503
    assert "The database can&#39;t be read at the moment." in answer.text
    assert str(path) not in answer.text
    assert answer.headers["Retry-After"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_unexpected_error_says_nothing_about_the_server(tmp_path: Path) -> None:
    class Broken:
        @property
        def library(self) -> None:
            raise ZeroDivisionError("secret")

    room = Room(Broken(), tmp_path, call_here)  # type: ignore[arg-type]  # it stands for a fault of the program
    with TestClient(create_application(room), base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/-/captures/1")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
