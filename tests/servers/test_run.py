"""Runs `clausewatch run` as cron does, with live pages on loopback. Digests are written to files."""

import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from core.declarations import load_vendors
from core.settings import load_settings
from demo.captures import PAGES
from intake.service import Intake
from loopback.pages import Page, Site, serve_pages
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import HELD_PAGE, HELD_TEXT
from tests.servers.raw_server import free_port
from tests.servers.web_receiver import web_receiver
from tests.stored_captures import capture_of

BEFORE = (PAGES / "20240505120000.html").read_bytes()
AFTER = (PAGES / "live.html").read_bytes()


@pytest.fixture
def site(clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Yields a site on loopback. The site's page is declared as the only location of lanternpost's privacy policy."""
    monkeypatch.setenv("CLAUSEWATCH_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("CLAUSEWATCH_CONFIRM_AFTER", "5")
    with serve_pages({"/privacy": Page(BEFORE)}) as running:
        (tmp_path / "vendors" / "lanternpost.yaml").write_text(
            "name: Lanternpost\nhomepage: https://www.lanternpost.example/\npolicies:\n  privacy:\n    locations:\n"
            f"      - url: {running.url}/privacy\n",
            encoding="utf-8",
        )
        yield running


def mails(folder: Path) -> list[str]:
    """Returns the plain-text part of each digest in a folder."""
    texts = []
    for path in sorted(folder.glob("*.eml")):
        body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
        assert body is not None
        texts.append(body.get_content())
    return texts


def test_a_change_is_reported_once_by_the_run_that_sees_it(
    clausewatch: Clausewatch, site: Site, tmp_path: Path
) -> None:
    mail = tmp_path / "mail"
    clausewatch("subscribe", "reader@example.org")
    first = clausewatch("run", "--to", mail)
    assert first.stderr.splitlines()[-1].startswith("run: ")
    assert mails(mail) == []

    site.pages["/privacy"] = Page(AFTER)
    second = clausewatch("run", "--to", mail)
    assert second.stdout.split() == [str(path) for path in mail.glob("*.eml")]
    (text,) = mails(mail)
    assert "Lanternpost" in text
    assert "advertisements beside the inbox" in " ".join(text.split())

    clausewatch("run", "--to", mail)
    assert len(mails(mail)) == 1


def test_a_webhook_and_a_chat_are_told_though_the_mail_server_is_dead(
    clausewatch: Clausewatch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    with web_receiver() as receiver:
        secret = clausewatch("subscribe", f"{receiver.url}/hook").stdout.strip()
        clausewatch("subscribe", f"{receiver.url.replace('http', 'ntfy')}/legal")
        clausewatch("run")
        site.pages["/privacy"] = Page(AFTER)
        summary = clausewatch("run").stderr.splitlines()[-1]
        assert summary.endswith("; 2 digests sent")
        chat, webhook = sorted(receiver.received, key=lambda request: request.path)
        digest = Webhook(secret).verify(webhook.body.decode(), dict(webhook.headers))
        assert digest["data"]["items"][0]["vendor"] == "lanternpost"
        assert "Lanternpost" in json.loads(chat.body)["title"]

        clausewatch("subscribe", "reader@example.org")
        site.pages["/privacy"] = Page(BEFORE)
        failed = clausewatch("run", exit_code=1)
        assert "2 digests sent to webhooks and chats, 0 digests sent, 1 not sent" in failed.stderr
        assert len(receiver.received) == 4


def test_status_shows_the_run_and_the_page_that_it_could_not_fetch(
    clausewatch: Clausewatch, site: Site, tmp_path: Path
) -> None:
    site.pages["/privacy"] = Page(drop=True)
    summary = clausewatch("run", "--to", tmp_path / "mail", exit_code=1).stderr.splitlines()[-1].removeprefix("run: ")
    (row,) = json.loads(clausewatch("status", "--format", "json").stdout)
    assert row["failing"] == "never captured"
    (failed,) = row["failed_fetches"]
    assert (failed["address"], failed["reason"], failed["times"]) == (
        f"{site.url}/privacy",
        "the connection was lost",
        1,
    )
    last_run = json.loads(clausewatch("status", "--run", "--format", "json").stdout)["last_run"]
    assert (last_run["state"], last_run["summary"]) == ("ended", summary)
    assert last_run["exit_status"] == 1
    site.pages["/privacy"] = Page(BEFORE)
    clausewatch("run", "--to", tmp_path / "mail")
    (row,) = json.loads(clausewatch("status", "--format", "json").stdout)
    assert (row["failing"], row["failed_fetches"]) == (None, [])
    assert json.loads(clausewatch("status", "--run", "--format", "json").stdout)["last_run"]["exit_status"] == 0


def test_counters_and_a_block_page_are_not_reported(clausewatch: Clausewatch, site: Site, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    clausewatch("subscribe", "reader@example.org")
    clausewatch("run", "--to", mail)
    for body in (BEFORE.replace(b"b610", b"ffff").replace(b"515", b"9"), (PAGES / "20220202221845.html").read_bytes()):
        site.pages["/privacy"] = Page(body)
        clausewatch("run", "--to", mail)
    assert mails(mail) == []


def test_run_names_a_policy_that_needs_a_browser(clausewatch: Clausewatch, site: Site, tmp_path: Path) -> None:
    site.pages["/privacy"] = Page(b"<html><body><div id=root></div><script src=app.js></script></body></html>")
    lines = clausewatch("run", "--to", tmp_path / "mail").stderr.splitlines()
    assert lines[0].endswith("Add `render: browser` to the policy's location in the declaration.")
    assert lines[-1].startswith("run: ")


def test_run_names_a_quarantined_and_a_held_policy_on_the_first_day(
    clausewatch: Clausewatch, site: Site, tmp_path: Path
) -> None:
    mail = tmp_path / "mail"
    clausewatch("run", "--to", mail)
    site.pages["/privacy"] = Page((PAGES / "20220202221845.html").read_bytes())
    sentence, advice, summary = clausewatch("run", "--to", mail).stderr.splitlines()[-3:]
    assert advice.startswith("`clausewatch review`")
    assert sentence.startswith("lanternpost/privacy: quarantined since ")
    assert sentence.endswith(" (blocked): the page says: 'Just a moment...'")
    assert summary.startswith("run: ")
    site.pages["/privacy"] = Page(HELD_PAGE.encode())
    sentence, advice, summary = clausewatch("run", "--to", mail).stderr.splitlines()[-3:]
    assert advice.startswith("`clausewatch review`")
    assert sentence.startswith("lanternpost/privacy: held since ")
    assert sentence.endswith(f"; it begins: {HELD_TEXT}")
    assert summary.startswith("run: ")


def test_a_change_that_did_not_last_is_stored_but_not_reported(
    clausewatch: Clausewatch, site: Site, tmp_path: Path
) -> None:
    mail = tmp_path / "mail"
    clausewatch("subscribe", "reader@example.org")
    clausewatch("run", "--to", mail)
    site.pages["/privacy"] = [Page(AFTER), Page(BEFORE)]
    clausewatch("run", "--to", mail)
    assert mails(mail) == []
    listed = clausewatch("versions", "lanternpost").stdout
    assert "did not last: the next captures showed another text" in listed


def test_history_that_is_ingested_later_is_not_reported(clausewatch: Clausewatch, site: Site, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    clausewatch("subscribe", "reader@example.org")
    clausewatch("run", "--to", mail)
    for name in ("20210304101500.html", "20220620140501.html"):
        moment = f"{name[:4]}-{name[4:6]}-{name[6:8]}"
        address = f"{site.url}/privacy"
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    clausewatch("run", "--to", mail)
    assert mails(mail) == []


def test_a_page_that_robots_txt_forbids_fails_only_the_crawl(
    clausewatch: Clausewatch, site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /members", headers={"Content-Type": "text/plain"})
    (tmp_path / "vendors" / "shy.yaml").write_text(
        "name: Shy\nhomepage: https://shy.example/\npolicies:\n  privacy:\n    locations:\n"
        f"      - url: {site.url}/members/privacy\n",
        encoding="utf-8",
    )
    mail = tmp_path / "mail"
    clausewatch("subscribe", "reader@example.org")
    clausewatch("run", "--to", mail, exit_code=3)
    site.pages["/privacy"] = Page(AFTER)
    capfd.readouterr()
    result = clausewatch("run", "--to", mail, exit_code=3)
    waiting, failure = (capfd.readouterr().err + result.stderr.partition("run: ")[0]).splitlines()
    assert waiting.startswith("live: the text of 1 page has changed; waiting until ")
    assert failure.startswith("failed: shy/privacy")
    assert failure.endswith("the site's robots.txt forbids crawlers to fetch this page")
    assert len(mails(mail)) == 1


def test_a_second_run_at_the_same_time_is_refused(clausewatch: Clausewatch, site: Site) -> None:
    clausewatch("run")
    with Store.open(load_settings().database_url) as store, store.database.only_run():
        result = clausewatch("run", exit_code=1)
    assert "another run on this database is in progress" in result.stderr
    assert len(site.requests) == 2  # robots.txt and the page, of the first run


def test_the_last_line_reports_digests_that_could_not_be_sent(
    clausewatch: Clausewatch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_MAIL_FROM", "")
    monkeypatch.setattr("core.settings.getpass.getuser", lambda: "no address")
    result = clausewatch("run", exit_code=1)
    assert "is not an e-mail address" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("run: 1 capture found, 1 new")


def test_captures_that_a_killed_command_left_unread_are_read(
    clausewatch: Clausewatch, site: Site, tmp_path: Path
) -> None:
    """The next capture of the page has them read, too, but the page may be gone."""
    address, settings = f"{site.url}/privacy", load_settings()
    policy = load_vendors(settings.vendors)["lanternpost"].policies["privacy"]
    with Store.open(settings.database_url) as store, Intake(store) as intake:
        capture = capture_of(BEFORE, vendor="lanternpost", url=address, asked_url=address)
        list(intake.keep_unread([(capture, BEFORE, policy)]))
        assert store.library.standings()[0].unread == 1
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /", headers={"Content-Type": "text/plain"})
    clausewatch("run", "--to", tmp_path / "mail", exit_code=1)
    with Store.open(settings.database_url) as store:
        (standing,) = store.library.standings()
        assert (standing.unread, standing.last_accepted) == (0, capture.captured_at)
