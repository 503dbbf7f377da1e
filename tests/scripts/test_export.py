"""`clausewatch export`, and `clausewatch ingest` of the file it wrote."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.archives import Provenance
from core.captures import sha256_hex
from core.declarations import Location, Policy
from core.policies import PolicyKey
from core.settings import CHECKOUT
from demo.captures import NEW_ADDRESS, OLD_ADDRESS, PAGES
from storage import Store
from storage.library import Library
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES, ingested
from tests.keeping import keep
from tests.shared_material import SHARED, needs_shared
from tests.stored_captures import capture_of, page

DECLARED = Policy(locations=(Location(url=OLD_ADDRESS), Location(url=NEW_ADDRESS)))


@pytest.fixture
def history(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """A database with captures of every source; one was reached through redirects, one is quarantined."""
    ingested(clausewatch)
    text = page("We keep your messages for a year.")
    fields: dict[str, Any] = {"vendor": "lanternpost", "url": NEW_ADDRESS, "asked_url": NEW_ADDRESS}
    live = capture_of(text, 2800, **fields, headers=(("Content-Encoding", "br"),))
    with Store.open(f"sqlite:///{tmp_path / 'clausewatch.db'}") as store:
        for capture in (
            live,
            capture_of(text, 2801, **fields),
            replace(live, source="wayback", provenance=Provenance("wayback", {"timestamp": "20261102", "digest": "X"})),
            replace(live, source="warc", asked_url=OLD_ADDRESS, redirects=(OLD_ADDRESS, "https://a.example/ä b")),
        ):
            keep(store, capture, text, DECLARED)
    return clausewatch


def listings(clausewatch: Clausewatch, vendor: str = "lanternpost") -> list[Any]:
    """Returns what `captures` and `versions` print, without the captures' ids, which depend on the database."""
    captures = json.loads(clausewatch("captures", vendor, "--format", "json").stdout)
    versions = json.loads(clausewatch("versions", vendor, "--format", "json").stdout)
    return [[{**row, "id": None} for row in captures], versions]


def use_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the commands that follow use another, empty database."""
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")


def test_an_exported_file_gives_the_same_history_elsewhere(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    result = history("export", "lanternpost", "--warc", warc)
    assert (result.stdout, result.stderr) == ("", f"{len(CAPTURES) + 4} captures written\n")
    assert [path.name for path in tmp_path.iterdir() if "warc" in path.name] == [warc.name]
    before = listings(history)
    with Store.open(f"sqlite:///{tmp_path / 'clausewatch.db'}") as store:
        captures = [stored.capture for stored in store.library.captures(PolicyKey("lanternpost", "privacy"))]
    use_another_database(tmp_path, monkeypatch)
    history("ingest", warc, "--vendor", "lanternpost")
    assert listings(history) == before
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as store:
        assert [stored.capture for stored in store.library.captures(PolicyKey("lanternpost", "privacy"))] == captures
    again = tmp_path / "again.warc.gz"
    history("export", "lanternpost", "--warc", again)
    assert again.read_bytes() == warc.read_bytes()


def test_ingesting_into_the_same_database_adds_nothing(history: Clausewatch, tmp_path: Path) -> None:
    warc = tmp_path / "evidence.warc.gz"
    history("export", "lanternpost", "--policy", "privacy", "--warc", warc)
    result = history("ingest", warc, "--vendor", "lanternpost").stderr
    assert result.startswith(f"{len(CAPTURES) + 4} captures read, 0 new, 1 quarantined (1 blocked)")


def test_a_dash_stands_for_standard_output(history: Clausewatch, tmp_path: Path) -> None:
    warc = tmp_path / "evidence.warc.gz"
    history("export", "lanternpost", "--warc", warc)
    assert history("export", "lanternpost", "--warc", "-").stdout_bytes == warc.read_bytes()


def test_damaged_payloads_are_omitted_and_give_status_1(history: Clausewatch, tmp_path: Path) -> None:
    damaged = sha256_hex((PAGES / CAPTURES[1][0]).read_bytes())  # no payload is stored as a difference from it
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    with connection:
        connection.execute("UPDATE payloads SET data = x'00' WHERE sha256 = ?", (bytes.fromhex(damaged),))
    connection.close()
    warc = tmp_path / "evidence.warc.gz"
    result = history("export", "lanternpost", "--warc", warc, exit_code=1).stderr
    assert damaged in result
    assert f"{len(CAPTURES) + 3} captures written" in result
    assert "1 capture omitted" in result
    history("ingest", warc, "--vendor", "lanternpost")


def test_an_interrupted_export_leaves_the_earlier_file_unchanged(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    warc.write_bytes(b"before")

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "payload", interrupt)
    history("export", "lanternpost", "--warc", warc, exit_code=1)
    assert warc.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if "warc" in path.name] == [warc.name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "--warc", "a.warc.gz"), "no vendor 'nobody'"),
        (("lanternpost", "--policy", "terms", "--warc", "a.warc.gz"), "has no policy 'terms'"),
        (("lanternpost", "--warc", "a.warc"), "must end in .warc.gz"),
        (("lanternpost", "--warc", "a.warc.gz"), "no captures of lanternpost yet"),
        (("lanternpost",), "Missing option '--warc'"),
    ],
)
def test_an_invalid_request_gives_one_message_and_status_2(
    clausewatch: Clausewatch, arguments: tuple[str, ...], message: str
) -> None:
    assert message in clausewatch("export", *arguments, exit_code=2).stderr


def test_a_missing_folder_gives_one_message(history: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such.warc.gz"
    assert "No such file or directory" in history("export", "lanternpost", "--warc", target, exit_code=2).stderr


def test_a_reader_that_stops_reading_causes_no_traceback(history: Clausewatch) -> None:
    command = f"{sys.executable} -m scripts.main export lanternpost --warc - | head -c 10 > /dev/null"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert "Traceback" not in result.stderr


@needs_shared
def test_a_real_archive_is_restored_exactly(
    clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", str(CHECKOUT / "vendors"))
    clausewatch("ingest", SHARED / "warc" / "hesk-privacy-policy.warc.gz", "--vendor", "hesk")
    before = listings(clausewatch, "hesk")
    assert len(before[1]) > 1
    warc = tmp_path / "hesk.warc.gz"
    clausewatch("export", "hesk", "--warc", warc)
    use_another_database(tmp_path, monkeypatch)
    clausewatch("ingest", warc, "--vendor", "hesk")
    assert listings(clausewatch, "hesk") == before
