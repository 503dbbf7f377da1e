"""Subscribing webhooks and chats with the commands, which show their addresses in a short form."""

import base64
import json
from pathlib import Path

import pytest

from core.recipients import shown_address
from core.settings import load_settings
from core.webhook_signatures import webhook_secret
from storage import Store
from tests.conftest import Clausewatch

WEBHOOK = "https://hooks.client.example/s3cret"
CHAT = "ntfy://chat.example/s3cret"


def addresses(clausewatch: Clausewatch) -> list[str]:
    return [row["address"] for row in json.loads(clausewatch("subscriptions", "--format", "json").stdout)]


def test_the_secret_of_a_webhook_is_printed_and_stays_the_same(clausewatch: Clausewatch) -> None:
    first = clausewatch("subscribe", WEBHOOK)
    secret = first.stdout.strip()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert "s3cret" not in first.stderr
    assert clausewatch("subscribe", WEBHOOK, "--every", "day").stdout.strip() == secret
    with Store.open(load_settings().database_url) as store:
        assert webhook_secret(store.secrets.for_links(), WEBHOOK) == secret
    assert clausewatch("subscribe", WEBHOOK + "2").stdout.strip() != secret
    assert clausewatch("subscribe", "reader@example.org").stdout == ""


def test_the_secret_of_a_webhook_follows_from_the_setting(
    clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_SECRET", "a secret of 16 characters")
    assert clausewatch("subscribe", WEBHOOK).stdout.strip() == webhook_secret("a secret of 16 characters", WEBHOOK)


@pytest.mark.parametrize("address", [WEBHOOK, CHAT], ids=["webhook", "chat"])
def test_a_subscription_can_be_changed_and_ended_by_its_short_form(clausewatch: Clausewatch, address: str) -> None:
    clausewatch("subscribe", address, "--significance", "all")
    shown = shown_address(address)
    assert addresses(clausewatch) == [shown]
    assert "s3cret" not in clausewatch("subscriptions").stdout
    clausewatch("subscribe", shown, "--every", "week")
    (row,) = json.loads(clausewatch("subscriptions", "--format", "json").stdout)
    assert (row["address"], row["every"], row["significance"]) == (shown, "week", "all")
    result = clausewatch("unsubscribe", shown)
    assert result.stderr == f"{shown} will receive no more digests\n"
    assert addresses(clausewatch) == []


def test_a_whole_url_ends_a_subscription_and_is_not_shown(clausewatch: Clausewatch) -> None:
    clausewatch("subscribe", CHAT)
    result = clausewatch("unsubscribe", CHAT)
    assert "s3cret" not in result.stderr
    assert addresses(clausewatch) == []


def test_digests_for_webhooks_and_chats_are_written_to_a_folder(clausewatch: Clausewatch, tmp_path: Path) -> None:
    clausewatch("subscribe", WEBHOOK)
    with Store.open(load_settings().database_url) as store:
        (subscriber,) = store.subscriptions.subscribers()
        now = store.subscriptions.subscribed_since()[subscriber.id]
        store.subscriptions.enqueue(subscriber, b'{"id":"msg_1"}', now, 0)
    (written,) = clausewatch("digest", "--to", tmp_path / "out").stdout.split()
    assert written.endswith(".json")
    assert "s3cret" not in written
    assert Path(written).read_bytes() == b'{"id":"msg_1"}'
