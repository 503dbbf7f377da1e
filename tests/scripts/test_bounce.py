"""`clausewatch bounce`, which the mail server runs for each message to the sender of the digests."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.settings import CHECKOUT, load_settings
from reports.bounces import bounce_header
from scripts.main import cli
from storage import Store
from tests.conftest import Clausewatch
from tests.stored_digests import enqueue

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
READER = "reader@client.example"
NOTIFICATION = """\
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.client.example

Final-Recipient: rfc822; reader@client.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

{header}Subject: News

--b--
"""


def bounce(message: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["bounce"], input=message)
    return result.exit_code, result.stderr


@pytest.fixture
def notification(clausewatch: Clausewatch) -> str:
    """Returns a notification that a digest which was sent from the database can't be delivered."""
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe(READER, (), NOW)
        (subscriber,) = store.subscriptions.subscribers()
        enqueue(store, subscriber.id, b"Subject: News\r\n\r\nHello\r\n", {}, NOW)
        message = store.outbox.claim(READER)
        assert message is not None
        store.outbox.mark_sent(message.id, NOW)
        header = bounce_header(store.secrets.for_links(), message.id, NOW).decode().replace("\r", "")
    return NOTIFICATION.format(header=header)


def test_a_refused_address_is_told_wherever_refused_addresses_are(clausewatch: Clausewatch, notification: str) -> None:
    status, sentence = bounce(notification)
    assert status == 0
    assert sentence.startswith(f"refused: {READER} gets no more digests since")
    assert f"refused: {READER}" in clausewatch("status", "--run").output
    assert "refused since" in clausewatch("subscriptions").output
    clausewatch("subscribe", READER)
    assert READER not in clausewatch("status", "--run").output


@pytest.mark.parametrize("message", ["", "Subject: Thank you\n\nI like it.\n", "\x00" * 9])
def test_other_messages_succeed_so_that_the_mail_server_returns_nothing(notification: str, message: str) -> None:
    status, sentence = bounce(message)
    assert (status, sentence.count("\n")) == (0, 1)
    assert "Nothing was changed." in sentence


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("CLAUSEWATCH_DATABASE_URL", "sqlite:////dev/null/store.db", "can't be created"),
        ("CLAUSEWATCH_DATABASE_URL", "sqlite:///{folder}/another.db", "has never sent a message"),
        ("CLAUSEWATCH_SMTP_URL", "mail.client.example", "must be like smtp://host:25"),
    ],
)
def test_the_mail_server_keeps_what_cannot_be_handled_now(
    notification: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value.format(folder=tmp_path))
    status, sentence = bounce(notification)
    assert (status, reason in sentence) == (75, True)


def test_standard_input_may_be_closed(notification: str) -> None:
    command = f"{sys.executable} -m scripts.main bounce <&-"
    done = subprocess.run(["sh", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Nothing was changed." in done.stderr


def test_a_message_may_come_back_before_it_is_recorded_that_it_was_sent(clausewatch: Clausewatch) -> None:
    """A mail server on this machine returns a message to an unknown user of its own in milliseconds."""
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe(READER, (), NOW)
        (subscriber,) = store.subscriptions.subscribers()
        enqueue(store, subscriber.id, b"Subject: News\r\n\r\nHello\r\n", {}, NOW)
        message = store.outbox.claim(READER)
        assert message is not None
        header = bounce_header(store.secrets.for_links(), message.id, NOW).decode().replace("\r", "")
        status, sentence = bounce(NOTIFICATION.format(header=header))
        assert (status, "try again in a minute" in sentence) == (75, True)
        store.outbox.mark_sent(message.id, NOW)
        status, sentence = bounce(NOTIFICATION.format(header=header))
        assert (status, sentence.startswith(f"refused: {READER}")) == (0, True)
