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

DECLARATION = Policy(locations=(Location(url=OLD_ADDRESS), Location(url=NEW_ADDRESS)))


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """The database has captures from every source. Redirects led to one capture, and one is quarantined."""
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
            keep(store, capture, text, DECLARATION)
    return clausewatch


def listings(clausewatch: Clausewatch, vendor: str = "lanternpost") -> list[Any]:
    """Returns what `captures` and `versions` print, without the captures' ids, which depend on the database."""
    captures = json.loads(clausewatch("captures", vendor, "--format", "json").stdout)
    versions = json.loads(clausewatch("versions", vendor, "--format", "json").stdout)
    return [[{**row, "id": None} for row in captures], versions]


def use_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes all later commands of the test use another database, which is empty."""
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")


def test_another_database_gets_the_same_history_from_an_exported_file(
    clausewatch_with_captures: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    result = clausewatch_with_captures("export", "lanternpost", "--warc", warc)
    assert (result.stdout, result.stderr) == ("", f"{len(CAPTURES) + 4} captures written\n")
    assert [path.name for path in tmp_path.iterdir() if "warc" in path.name] == [warc.name]
    before = listings(clausewatch_with_captures)
    with Store.open(f"sqlite:///{tmp_path / 'clausewatch.db'}") as store:
        captures = [stored.capture for stored in store.library.captures(PolicyKey("lanternpost", "privacy"))]
    use_another_database(tmp_path, monkeypatch)
    clausewatch_with_captures("ingest", warc, "--vendor", "lanternpost")
    assert listings(clausewatch_with_captures) == before
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as store:
        assert [stored.capture for stored in store.library.captures(PolicyKey("lanternpost", "privacy"))] == captures
    second_warc = tmp_path / "again.warc.gz"
    clausewatch_with_captures("export", "lanternpost", "--warc", second_warc)
    assert second_warc.read_bytes() == warc.read_bytes()


def test_ingesting_an_exported_file_again_adds_no_captures(
    clausewatch_with_captures: Clausewatch, tmp_path: Path
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    clausewatch_with_captures("export", "lanternpost", "--policy", "privacy", "--warc", warc)
    result = clausewatch_with_captures("ingest", warc, "--vendor", "lanternpost").stderr
    assert result.startswith(f"{len(CAPTURES) + 4} captures read, 0 new, 1 quarantined (1 blocked)")


def test_a_dash_stands_for_standard_output(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    warc = tmp_path / "evidence.warc.gz"
    clausewatch_with_captures("export", "lanternpost", "--warc", warc)
    assert clausewatch_with_captures("export", "lanternpost", "--warc", "-").stdout_bytes == warc.read_bytes()


def test_damaged_payloads_are_omitted_and_give_status_1(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    damaged = sha256_hex((PAGES / CAPTURES[1][0]).read_bytes())  # no other payload is stored as a delta of this one
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    with connection:
        connection.execute("UPDATE payloads SET data = x'00' WHERE sha256 = ?", (bytes.fromhex(damaged),))
    connection.close()
    warc = tmp_path / "evidence.warc.gz"
    result = clausewatch_with_captures("export", "lanternpost", "--warc", warc, exit_code=1).stderr
    assert damaged in result
    assert f"{len(CAPTURES) + 3} captures written" in result
    assert "1 capture omitted" in result
    clausewatch_with_captures("ingest", warc, "--vendor", "lanternpost")


def test_an_interrupted_export_leaves_the_earlier_file_unchanged(
    clausewatch_with_captures: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    warc.write_bytes(b"before")

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "payload", interrupt)
    clausewatch_with_captures("export", "lanternpost", "--warc", warc, exit_code=1)
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


def test_a_missing_folder_gives_one_message(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such.warc.gz"
    assert (
        "No such file or directory"
        in clausewatch_with_captures("export", "lanternpost", "--warc", target, exit_code=2).stderr
    )


@pytest.mark.slow
def test_a_closed_pipe_causes_no_traceback(clausewatch_with_captures: Clausewatch) -> None:
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
