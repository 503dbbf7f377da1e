"""`clausewatch export`, and `clausewatch ingest` of what it wrote."""

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
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES, ingested
from tests.keeping import keep
from tests.shared_material import SHARED, needs_shared
from tests.stored_captures import capture_of, page

DECLARED = Policy(locations=(Location(url=OLD_ADDRESS), Location(url=NEW_ADDRESS)))


@pytest.fixture
def history(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """A database with captures of every source, one of them at the end of redirects, one quarantined."""
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


def known(clausewatch: Clausewatch, vendor: str = "lanternpost") -> list[Any]:
    """What commands say of a policy, but for the numbers captures were given."""
    captures = json.loads(clausewatch("captures", vendor, "--format", "json").stdout)
    versions = json.loads(clausewatch("versions", vendor, "--format", "json").stdout)
    return [[{**row, "id": None} for row in captures], versions]


def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on commands use another database."""
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")


def test_what_is_exported_gives_the_same_history_elsewhere(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    result = history("export", "lanternpost", "--warc", warc)
    assert (result.stdout, result.stderr) == ("", f"{len(CAPTURES) + 4} captures written\n")
    assert [path.name for path in tmp_path.iterdir() if "warc" in path.name] == [warc.name]
    before = known(history)
    with Store.open(f"sqlite:///{tmp_path / 'clausewatch.db'}") as store:
        captures = [one.capture for one in store.library.captures(PolicyKey("lanternpost", "privacy"))]
    elsewhere(tmp_path, monkeypatch)
    history("ingest", warc, "--vendor", "lanternpost")
    assert known(history) == before
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as store:
        assert [one.capture for one in store.library.captures(PolicyKey("lanternpost", "privacy"))] == captures
    again = tmp_path / "again.warc.gz"
    history("export", "lanternpost", "--warc", again)
    assert again.read_bytes() == warc.read_bytes()


def test_what_is_exported_is_nothing_new_where_it_came_from(history: Clausewatch, tmp_path: Path) -> None:
    warc = tmp_path / "evidence.warc.gz"
    history("export", "lanternpost", "--policy", "privacy", "--warc", warc)
    said = history("ingest", warc, "--vendor", "lanternpost").stderr
    assert said.startswith(f"{len(CAPTURES) + 4} captures read, 0 new, 1 quarantined (1 blocked)")


def test_a_dash_is_standard_output(history: Clausewatch, tmp_path: Path) -> None:
    warc = tmp_path / "evidence.warc.gz"
    history("export", "lanternpost", "--warc", warc)
    assert history("export", "lanternpost", "--warc", "-").stdout_bytes == warc.read_bytes()


def test_damaged_bytes_are_left_out_and_told_by_the_exit_status(history: Clausewatch, tmp_path: Path) -> None:
    damaged = sha256_hex((PAGES / CAPTURES[1][0]).read_bytes())  # which no other is stored as a difference from
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    with connection:
        connection.execute("UPDATE payloads SET data = x'00' WHERE sha256 = ?", (bytes.fromhex(damaged),))
    connection.close()
    warc = tmp_path / "evidence.warc.gz"
    said = history("export", "lanternpost", "--warc", warc, exit_code=1).stderr
    assert damaged in said
    assert f"{len(CAPTURES) + 3} captures written" in said
    assert "1 capture left out" in said
    history("ingest", warc, "--vendor", "lanternpost")


def test_a_file_that_cannot_be_finished_is_not_there_and_the_one_before_stays(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = tmp_path / "evidence.warc.gz"
    warc.write_bytes(b"before")

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "payload", interrupt)
    history("export", "lanternpost", "--warc", warc, exit_code=1)
    assert warc.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if "warc" in path.name] == [warc.name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "--warc", "a.warc.gz"), "no vendor 'nobody'"),
        (("lanternpost", "--policy", "terms", "--warc", "a.warc.gz"), "has no policy 'terms'"),
        (("lanternpost", "--warc", "a.warc"), "let it end in .warc.gz"),
        (("lanternpost", "--warc", "a.warc.gz"), "no captures of lanternpost yet"),
        (("lanternpost",), "Missing option '--warc'"),
    ],
)
def test_what_makes_no_sense_is_one_message(clausewatch: Clausewatch, arguments: tuple[str, ...], said: str) -> None:
    assert said in clausewatch("export", *arguments, exit_code=2).stderr


def test_a_folder_that_is_not_there_is_one_message(history: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such.warc.gz"
    assert "No such file or directory" in history("export", "lanternpost", "--warc", target, exit_code=2).stderr


def test_a_reader_that_stops_reading_is_no_error(history: Clausewatch) -> None:
    command = f"{sys.executable} -m scripts.main export lanternpost --warc - | head -c 10 > /dev/null"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert "Traceback" not in result.stderr


@needs_shared
def test_a_real_archive_comes_back_as_it_was(
    clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", str(CHECKOUT / "vendors"))
    clausewatch("ingest", SHARED / "warc" / "hesk-privacy-policy.warc.gz", "--vendor", "hesk")
    before = known(clausewatch, "hesk")
    assert len(before[1]) > 1
    warc = tmp_path / "hesk.warc.gz"
    clausewatch("export", "hesk", "--warc", warc)
    elsewhere(tmp_path, monkeypatch)
    clausewatch("ingest", warc, "--vendor", "hesk")
    assert known(clausewatch, "hesk") == before
