"""After a wrong request, a single message says what to do, and a failed command never exits with status 0."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import CHECKOUT, load_settings
from demo.captures import OLD_ADDRESS, PAGES
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES, ingested

PAGE = PAGES / CAPTURES[0][0]
INGEST = ("--vendor", "lanternpost", "--captured-at", "2021", "--url", OLD_ADDRESS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("status", "--run", "--metrics", "-"), "--run and --metrics exclude each other"),
        (("captures", "nobody"), "no vendor 'nobody' is declared"),
        (("captures", "lanternpost", "--policy", "terms"), "has no policy 'terms'; it has: privacy"),
        (("show", "lanternpost"), "has been accepted yet"),
        (("show", "lanternpost", "--at", "soon"), "has been accepted yet"),
        (("report", "lanternpost", "2020", "2021"), "has been accepted yet"),
        (("ingest", "missing.html", *INGEST), "missing.html: No such file"),
        (("ingest", "missing.warc", "--vendor", "lanternpost"), "missing.warc: No such file"),
        (("ingest", "page.docx", *INGEST), "the name of a saved page must end in"),
        (("ingest", str(PAGE), "--vendor", "lanternpost"), "--captured-at"),
        (("ingest", str(PAGE), "--vendor", "lanternpost", "--captured-at", "2021"), "--url"),
        (("ingest", str(PAGE), *INGEST[:4], "--url", "http://evil.example/"), "declare the location"),
        (("ingest", str(PAGE), *INGEST[:2], "--captured-at", "2024", *INGEST[4:]), "until 2023-01-01"),
        (("ingest", str(PAGE), *INGEST[:2], "--captured-at", "2999", *INGEST[4:]), "is in the future"),
        (("ingest", str(PAGE), *INGEST[:2], "--captured-at", "then", *INGEST[4:]), "'then' is not a date"),
        (("diff", str(PAGE), "missing.md"), "missing.md: No such file"),
        (("diff", "gone.txt", str(PAGE)), "gone.txt: No such file"),
        (("subscribe", "nobody"), "nobody"),
        (("subscribe", "a@b.example\r\nBcc: c@d.example"), "is not an e-mail address"),
        (("subscribe", "http://hooks.example.org/1"), "at hooks.example.org with https://"),
        (("subscribe", "https://hooks.example.org/...0123456789"), "give the whole address"),
        (("subscribe", "nothing://chat.example/1"), "Apprise doesn't understand nothing://..."),
        (("subscribe", "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV"), "is a chat's address"),
        (("unsubscribe", "https://hooks.example.org/1"), "https://hooks.example.org/...06b1732a2e is not subscribed"),
        (("subscribe", "reader@example.org", "--vendor", "nobody"), "no vendor 'nobody'"),
        (("subscribe", "reader@example.org", "lanternpost/nothing"), "lanternpost has no policy 'nothing'"),
        (("subscribe", "reader@example.org", "--every", "day", "--timezone", "Mars"), "no time zone 'Mars'"),
        (("subscribe", "reader@example.org", "--every", "day", "--at", "25:00"), "give hours and minutes"),
        (("subscribe", "reader@example.org", "--at", "07:00"), "need --every day or --every week"),
        (("subscribe", "reader@example.org", "--words", "!"), "'!' is no word to watch for"),
        (("subscribe", "reader@example.org", "--dates", "nowhere"), "no language 'nowhere'"),
        (
            ("vendors", "try", "http://northwind.example:99999/"),
            "is not a web address: the port must be a number from 0 to 65535",
        ),
        (("vendors", "try", "http://[northwind"), "'http://[northwind' is not a web address"),
        (("unsubscribe", "reader@example.org"), "is not subscribed"),
        (
            ("vendors", "try", "https://a.example/", "--ignore", "("),
            "'(' is not a regular expression that RE2 can read",
        ),
        (("vendors", "add", "privacy.html", "--yes"), "'privacy.html': must be a web address"),
        (("vendors", "add", "https://a.example/", "--policy", "My Terms", "--yes"), "can't be a policy's name"),
        (("vendors", "add", "https://a.example/", "--slug", "A B", "--yes"), "can't be a vendor's name"),
        (("vendors", "forget", "nobody", "--confirm", "nobody"), "no captures of 'nobody' are stored"),
    ],
)
def test_an_invalid_request_gives_one_message_and_status_2(
    clausewatch: Clausewatch, arguments: tuple[str, ...], message: str
) -> None:
    result = clausewatch(*arguments, exit_code=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_a_date_or_an_id_that_matches_no_version_gives_status_2(clausewatch: Clausewatch) -> None:
    clausewatch("ingest", PAGE, *INGEST)
    assert (
        "the first one is from 2021-01-01" in clausewatch("report", "lanternpost", "2019", "2021", exit_code=2).stderr
    )
    assert (
        "lanternpost/privacy has no version @zzz; it has: @"
        in clausewatch("show", "lanternpost", "--at", "@zzz", exit_code=2).stderr
    )


@pytest.fixture
def with_broken_declaration(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """The vendor `broken` has a broken declaration. The vendor `lanternpost` has a valid declaration and a capture."""
    ingested(clausewatch, 1)
    (tmp_path / "vendors" / "broken.yaml").write_text("name: Broken\n", encoding="utf-8")
    return clausewatch


@pytest.mark.parametrize(
    "arguments",
    [
        ("vendors", "check"),
        ("ingest", str(PAGE), "--vendor", "broken", *INGEST[2:]),
        ("export", "broken", "--warc", "broken.warc.gz"),
        ("captures", "broken"),
        ("versions", "broken"),
        ("show", "broken"),
        ("report", "broken", "2020", "2021"),
        ("review", "--vendor", "broken"),
        ("changes", "--vendor", "broken"),
        ("reextract", "broken"),
        ("subscribe", "reader@example.org", "--vendor", "broken"),
    ],
)
def test_a_broken_declaration_gives_status_2_and_names_file_and_line(
    with_broken_declaration: Clausewatch, arguments: tuple[str, ...]
) -> None:
    result = with_broken_declaration(*arguments, exit_code=2)
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("command", "exit_code", "shown"),
    [
        ("status", 0, "lanternpost"),
        ("verify", 1, "1 capture"),
        ("reextract", 1, "lanternpost/privacy: 0 captures read again"),
        ("review", 1, "no quarantined capture waits"),
        ("changes", 1, "no change has been seen"),
    ],
)
def test_a_broken_declaration_is_named_beside_the_other_vendors(
    with_broken_declaration: Clausewatch, command: str, exit_code: int, shown: str
) -> None:
    result = with_broken_declaration(command, exit_code=exit_code)
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
    assert shown in result.stdout + result.stderr


def test_changes_below_a_broken_declaration_are_told_when_it_is_mended(
    clausewatch: Clausewatch, tmp_path: Path
) -> None:
    ingested(clausewatch, 1)
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe("reader@example.org", [], datetime(2020, 1, 1, tzinfo=UTC))
    declaration = tmp_path / "vendors" / "lanternpost.yaml"
    sound = declaration.read_text(encoding="utf-8")
    declaration.write_text("name: Lanternpost\n", encoding="utf-8")
    result = clausewatch("digest", "--to", tmp_path / "mail", exit_code=1)
    assert "; digests report its changes again when this is corrected" in result.stderr
    assert "lanternpost.yaml:1: homepage: this field is missing" in result.stderr
    declaration.write_text(sound, encoding="utf-8")
    assert clausewatch("digest", "--to", tmp_path / "mail").stderr.startswith("0 digests")


@pytest.mark.parametrize(
    "arguments",
    [
        ("captures", "lanternpost"),
        ("versions", "lanternpost"),
        ("show", "lanternpost"),
        ("report", "lanternpost", "2021", "2022"),
        ("ingest", str(PAGE), *INGEST),
        ("export", "lanternpost", "--warc", "-"),
        ("review", "--vendor", "lanternpost"),
        ("reextract", "lanternpost"),
        ("subscribe", "reader@example.org", "--vendor", "lanternpost"),
        ("diff", str(PAGE), str(PAGE)),
        ("vendors", "schema"),
    ],
)
def test_commands_ignore_broken_declarations_of_other_vendors(
    with_broken_declaration: Clausewatch, arguments: tuple[str, ...]
) -> None:
    with_broken_declaration(*arguments)


def test_a_file_that_cannot_be_read_as_a_document_gives_status_1(clausewatch: Clausewatch, tmp_path: Path) -> None:
    image = tmp_path / "policy.html"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    result = clausewatch("diff", image, PAGE, exit_code=1)
    assert result.stderr.startswith(f"Error: {image}: ")
    assert result.stdout == ""


@pytest.mark.parametrize("page", ["", "<title>Privacy</title><div id=root></div><script>show('Privacy')</script>"])
def test_files_without_text_are_not_compared(clausewatch: Clausewatch, tmp_path: Path, page: str) -> None:
    empty = tmp_path / "empty.html"
    empty.write_text(page)
    other = tmp_path / "only-front-matter.md"
    other.write_text("---\ntitle: Privacy\n---\n")
    for files in ((empty, PAGE), (PAGE, empty), (empty, empty), (empty, other)):
        result = clausewatch("diff", *files, "--format", "json", exit_code=1)
        named = set(files) - {PAGE}
        assert all(f"{file}: this file contains no text" in result.stderr for file in named)
        assert result.stderr.count("this file contains no text") == len(named)
        assert result.stdout == ""


@pytest.mark.slow
def test_a_page_that_cannot_be_fetched_gives_status_1(clausewatch: Clausewatch) -> None:
    assert "a private address" in clausewatch("vendors", "try", "http://127.0.0.1:9/", exit_code=1).stderr


def test_a_bad_setting_is_reported_with_its_variable(clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYBACK_URL", "web.archive.org")
    assert "WAYBACK_URL='web.archive.org': " in clausewatch("vendors", "check", exit_code=2).stderr


def test_a_file_that_is_not_a_database_gives_one_message(clausewatch: Clausewatch, tmp_path: Path) -> None:
    shutil.copy(PAGE, tmp_path / "clausewatch.db")
    assert "is not a SQLite database" in clausewatch("captures", "lanternpost", exit_code=1).stderr


@pytest.mark.parametrize("url", ["nonsense", "nosuch://host/name", "sqlite://", "sqlite:///"])
@pytest.mark.parametrize("command", ["digest", "versions"])
def test_an_invalid_database_url_gives_one_message(
    clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch, command: str, url: str
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", url)
    arguments = [command] if command == "digest" else [command, "lanternpost"]
    assert clausewatch(*arguments, exit_code=1).stderr.startswith("Error: ")


def test_an_output_file_that_cannot_be_written_gives_one_message(clausewatch: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "folder.html"
    result = clausewatch("diff", PAGE, PAGE, "--format", "html", "--output", target, exit_code=2)
    assert "No such file or directory" in result.stderr


@pytest.mark.slow
def test_a_closed_output_stream_gives_status_1() -> None:
    for redirection in (">&-", "2>&-"):
        command = f"{sys.executable} -m scripts.main vendors schema {redirection}"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT, check=False)
        assert (result.returncode, result.stdout, result.stderr) == (1, "", "")


@pytest.mark.slow
def test_a_closed_pipe_causes_no_traceback() -> None:
    command = f"{sys.executable} -m scripts.main vendors schema | head -n 1"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert result.stdout == "{\n"
    assert "Traceback" not in result.stderr
