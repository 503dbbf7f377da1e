"""`clausewatch vendors check`, `add`, `rename` and `forget`."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.captures import Capture, sha256_hex
from core.declarations import Location, load_vendor
from core.settings import Settings, load_settings
from scripts.commands.vendors import trial
from scripts.main import cli
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from tests.extraction.example_pages import POLICY, html
from tests.scripts.tables import cells_of

ADDRESS = "https://www.marmot.example/legal/privacy"
PAGE = html(f"<h1>Privacy Policy</h1>{POLICY}<p>Guest no. 7</p>", title="Marmot Mail: Privacy Policy")
SAVED = """\
name: Marmot
homepage: https://www.marmot.example/
policies:
  privacy:
    locations:
      - url: https://www.marmot.example/legal/privacy
"""


@pytest.fixture
def vendors(tmp_path: Path) -> Path:
    return tmp_path / "vendors"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Replaces the fetching of pages: each page is the last element of the returned list."""
    pages = [PAGE]

    def fetch_once(location: Location, settings: Settings) -> tuple[Capture, bytes]:
        payload = pages[-1]
        capture = Capture(
            vendor="",
            policy="",
            source="live",
            captured_at=datetime(2024, 5, 1, tzinfo=UTC),
            url=location.url,
            asked_url=location.url,
            status=200,
            media_type="text/html",
            sha256=sha256_hex(payload),
        )
        return capture, payload

    monkeypatch.setattr(trial, "fetch_once", fetch_once)
    return pages


def answered(monkeypatch: pytest.MonkeyPatch, answer: str, *arguments: str) -> tuple[int, str]:
    """Runs a command whose standard input is a terminal with an answer. Returns exit status and standard error."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    result = CliRunner().invoke(cli, list(arguments), input=f"{answer}\n", catch_exceptions=False)
    return result.exit_code, result.stderr


def test_check_lists_every_location_within_80_columns(clausewatch: Clausewatch) -> None:
    lines = clausewatch("vendors", "check").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [row[:4] for row in cells_of(lines)] == [
        ["vendor", "policy", "since", "until"],
        ["lanternpost", "privacy", "", "2023-01-01"],
        ["lanternpost", "privacy", "2022-06-01", ""],
    ]


def test_check_names_selectors_patterns_and_duplicate_addresses(clausewatch: Clausewatch, vendors: Path) -> None:
    (vendors / "marmot.yaml").write_text(SAVED + "        select: [main, 'p >']\n", encoding="utf-8")
    (vendors / "twin.yaml").write_text(
        SAVED
        + "        since: 2020\n        select: [main]\n"
        + "  cookies:\n    locations:\n"
        + "      - url: http://marmot.example/legal/Privacy/\n        select: ['#cookies']\n"
        + "  terms:\n    locations:\n      - url: http://a.example/\n        until: 2020\n"
        + "      - url: https://a.example\n        since: 2020\n      - url: http://a.example/\n        since: 2024\n",
        encoding="utf-8",
    )
    (vendors / "wrong.yaml").write_text(SAVED + "        ignore: ['(']\n", encoding="utf-8")
    result = clausewatch("vendors", "check", exit_code=2)
    field = "policies.privacy, location 1"
    advice = (
        "location 2 of this policy, and their dates overlap; give the two locations dates that don't overlap, or "
        "remove "
        "one of them"
    )
    assert result.stdout == ""
    assert result.stderr.removeprefix("Error: ").splitlines() == [
        (
            f"{vendors}/wrong.yaml:7: {field}, ignore, entry 1: '(' is not a regular expression that RE2 can read: "
            "missing )"
        ),
        (
            f"{vendors}/marmot.yaml:7: {field}, select, entry 2: 'p >' is not a CSS selector; correct it in the "
            "declaration"
        ),
        f"{vendors}/twin.yaml:19: policies.terms, location 3: http://a.example/ is also an address of {advice}",
    ]


def test_two_policies_with_one_address_at_one_time_are_named(clausewatch: Clausewatch, vendors: Path) -> None:
    (vendors / "marmot.yaml").write_text(SAVED, encoding="utf-8")
    twin = vendors / "twin.yaml"
    twin.write_text(SAVED.replace("www.", "").replace("policies:", "policies:\n  # moved"), encoding="utf-8")
    stderr = clausewatch("vendors", "check", exit_code=2).stderr
    assert (
        f"{twin}:7: policies.privacy, location 1: https://marmot.example/legal/privacy is also an address of" in stderr
    )
    assert "location 1 of marmot/privacy" in stderr


def test_try_ends_with_a_declaration_that_can_be_saved(
    clausewatch: Clausewatch, vendors: Path, fetched: list[bytes]
) -> None:
    result = clausewatch("vendors", "try", ADDRESS, "--ignore", r"Guest no\. \d")
    assert "Guest" not in result.stdout
    _, _, declaration = result.stderr.partition(f"# {vendors}/marmot.yaml\n")
    assert declaration.strip() == SAVED + "        ignore:\n          - Guest no\\. \\d"
    (vendors / "marmot.yaml").write_text(declaration, encoding="utf-8")
    assert load_vendor(vendors / "marmot.yaml").policies["privacy"].locations[0].ignore == (r"Guest no\. \d",)
    fetched.append(html("<h1>Checking your browser</h1>", title="Just a moment..."))
    assert "marmot.yaml" not in clausewatch("vendors", "try", ADDRESS).stderr


def test_add_saves_what_it_showed(clausewatch: Clausewatch, vendors: Path, fetched: list[bytes]) -> None:
    result = clausewatch("vendors", "add", ADDRESS, "--yes")
    assert "verdict: accepted" in result.stderr
    assert "# Privacy Policy" in result.stdout
    assert (vendors / "marmot.yaml").read_text("utf-8") == SAVED
    clausewatch("vendors", "check")


def test_add_asks_on_a_terminal(
    clausewatch: Clausewatch, vendors: Path, fetched: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, stderr = answered(monkeypatch, "n", "vendors", "add", ADDRESS)
    assert (status, "nothing was saved" in stderr) == (0, True)
    assert not (vendors / "marmot.yaml").exists()
    status, stderr = answered(monkeypatch, "y", "vendors", "add", ADDRESS, "--slug", "badger", "--policy", "terms")
    assert (status, list(load_vendor(vendors / "badger.yaml").policies)) == (0, ["terms"])


def test_add_overwrites_no_file_and_saves_no_other_page(
    clausewatch: Clausewatch, vendors: Path, fetched: list[bytes]
) -> None:
    (vendors / "marmot.yaml").write_text("name: mine\n", encoding="utf-8")
    assert "exists and isn't overwritten" in clausewatch("vendors", "add", ADDRESS, "--yes", exit_code=2).stderr
    assert (vendors / "marmot.yaml").read_text("utf-8") == "name: mine\n"
    fetched.append(html("<h1>Checking your browser</h1>", title="Just a moment..."))
    arguments = ("vendors", "add", ADDRESS, "--slug", "new")
    assert "doesn't seem to show the policy" in clausewatch(*arguments, "--yes", exit_code=1).stderr
    assert "add --yes" in clausewatch(*arguments, exit_code=2).stderr
    assert not (vendors / "new.yaml").exists()


def test_a_renamed_vendor_keeps_its_versions_and_its_subscribers(clausewatch: Clausewatch, vendors: Path) -> None:
    ingested(clausewatch, 2)
    clausewatch("subscribe", "ann@example.org", "--vendor", "lanternpost")
    versions = clausewatch("versions", "lanternpost").stdout
    result = clausewatch("vendors", "rename", "lanternpost", "lantern")
    assert result.stderr == (
        f"lanternpost is renamed to lantern; its declaration is in {vendors}/lantern.yaml; it has 2 stored captures\n"
    )
    assert clausewatch("versions", "lantern").stdout == versions
    with Store.open(load_settings().database_url) as store:
        assert [subscriber.vendors for subscriber in store.subscriptions.subscribers()] == [("lantern",)]


def test_a_renamed_policy_changes_only_its_name_in_the_file(clausewatch: Clausewatch, vendors: Path) -> None:
    ingested(clausewatch, 2)
    path = vendors / "lanternpost.yaml"
    text = (
        path.read_text("utf-8").replace("  privacy:", '  # our privacy\n  "privacy" :  # privacy').replace("\n", "\r\n")
    )
    path.write_bytes(text.encode())
    clausewatch("vendors", "rename", "lanternpost/privacy", "lanternpost/notice")
    assert path.read_bytes().decode() == text.replace('"privacy"', "notice")
    assert "#1" in clausewatch("versions", "lanternpost", "--policy", "notice").stdout


@pytest.mark.parametrize("name", ["2024", "no", "null"])
def test_a_new_name_that_yaml_would_not_read_as_text_is_quoted(
    clausewatch: Clausewatch, vendors: Path, name: str
) -> None:
    clausewatch("vendors", "rename", "lanternpost/privacy", f"lanternpost/{name}")
    assert f'"{name}":' in (vendors / "lanternpost.yaml").read_text("utf-8")
    clausewatch("vendors", "check")


def test_a_policy_that_is_named_by_an_alias_is_not_renamed(clausewatch: Clausewatch, vendors: Path) -> None:
    path = vendors / "lanternpost.yaml"
    text = (
        path.read_text("utf-8").replace("name: Lanternpost", "name: &name privacy").replace("  privacy:", "  *name :")
    )
    path.write_text(text, "utf-8")
    refused = clausewatch("vendors", "rename", "lanternpost/privacy", "lanternpost/notice", exit_code=2)
    assert "by an alias" in refused.stderr
    assert path.read_text("utf-8") == text


def test_what_is_no_ordinary_file_is_no_declaration(clausewatch: Clausewatch, vendors: Path) -> None:
    """Reading a pipe waits for ever, and a device may have no end."""
    os.mkfifo(vendors / "pipe.yaml")
    (vendors / "zero.yaml").symlink_to("/dev/zero")
    faults = clausewatch("status").stderr
    assert "pipe.yaml is no ordinary file" in faults
    assert "zero.yaml is no ordinary file" in faults


def test_a_declaration_that_was_renamed_by_hand_gets_its_history(clausewatch: Clausewatch, vendors: Path) -> None:
    ingested(clausewatch, 2)
    (vendors / "lanternpost.yaml").rename(vendors / "lantern.yaml")
    status = clausewatch("status").stdout
    assert "lanternpost/privacy: 2 captures stored without a declaration." in status
    clausewatch("vendors", "rename", "lanternpost", "lantern")
    assert "without a declaration" not in clausewatch("status").stdout
    assert "#1" in clausewatch("versions", "lantern").stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lanternpost", "other/privacy", "name two vendors"),
        ("lanternpost/privacy", "other/privacy", "two policies of one vendor"),
        ("lanternpost", "lanternpost", "are the same"),
        ("lanternpost", "Lantern Post", "neither VENDOR nor VENDOR/POLICY"),
        ("nobody", "noone", "neither 'nobody' nor 'noone' is declared"),
        ("lanternpost", "marmot", "marmot is already declared"),
    ],
)
def test_a_rename_that_makes_no_sense_is_refused(
    clausewatch: Clausewatch, vendors: Path, old: str, new: str, message: str
) -> None:
    (vendors / "marmot.yaml").write_text(SAVED, encoding="utf-8")
    assert message in clausewatch("vendors", "rename", old, new, exit_code=2).stderr


def test_a_history_without_a_declaration_is_exported_and_forgotten(
    clausewatch: Clausewatch, vendors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(clausewatch, 2)
    assert "is still declared in" in clausewatch("vendors", "forget", "lanternpost", exit_code=2).stderr
    (vendors / "lanternpost.yaml").unlink()
    (vendors / "marmot.yaml").write_text(SAVED, encoding="utf-8")
    assert "2 captures written" in clausewatch("export", "lanternpost", "--warc", tmp_path / "x.warc.gz").stderr
    assert "add --confirm lanternpost" in clausewatch("vendors", "forget", "lanternpost", exit_code=2).stderr
    status, stderr = answered(monkeypatch, "lantern", "vendors", "forget", "lanternpost")
    assert (status, "'lantern' is not 'lanternpost'; nothing was deleted" in stderr) == (2, True)
    name = ("lanternpost/privacy", "--confirm", "lanternpost/privacy")
    assert "2 captures of lanternpost/privacy deleted" in clausewatch("vendors", "forget", *name).stderr
    assert (
        "no captures of 'lanternpost/privacy' are stored" in clausewatch("vendors", "forget", *name, exit_code=2).stderr
    )
    assert "without a declaration" not in clausewatch("status").stdout
    assert "nothing is damaged" in clausewatch("verify").stderr
