"""What digests say to webhooks, as JSON, and to chats, as a short text."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.preferences import Preferences
from reports import compose
from reports.chat_digest import TEXT_LENGTH
from reports.digest_email import Links
from reports.webhook_digest import BODY_LENGTH
from storage import Store
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    SENDER,
    VENDORS,
    keep_confirmed,
    keep_once,
    subscribe,
)
from tests.stored_captures import BEGIN, page
from tests.stored_digests import waiting_messages

WEBHOOK = "https://hooks.client.example/1"
CHAT = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
CATALOGUE = (
    b"<!DOCTYPE html><title>Marmot</title><main><h1>Autumn catalogue</h1>"
    b"<p>Woollen socks, felt slippers and tea cosies are knitted by hand in small numbers until they run out.</p>"
    b"<p>Every order above forty euros is delivered free of charge, wrapped in paper that neighbours print.</p></main>"
)
ROOM = Links("https://watch.example.org", "a secret of 16 characters")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def told(store: Store, address: str, days: float, links: Links | None = ROOM) -> bytes:
    """Composes digests on a day, and returns the only message to an address, without sending it."""
    compose(store, VENDORS, BEGIN + timedelta(days=days), SENDER, links=links)
    (message,) = (message.message for message in waiting_messages(store) if message.address == address)
    return message


def items(body: bytes) -> list[dict[str, Any]]:
    assert len(body) <= BODY_LENGTH
    found: list[dict[str, Any]] = json.loads(body)["data"]["items"]
    return found


def many_clauses(count: int, word: str, length: int = 400) -> bytes:
    clauses = "".join(
        f"<h2>Part {number}</h2><p>We give your data to {word} of kind {number}. {'It is safe. ' * (length // 12)}</p>"
        for number in range(count)
    )
    return page("We collect the personal data that you give us.").replace(b"</body>", clauses.encode() + b"</body>")


def test_a_webhook_gets_the_change_with_its_evidence_and_links(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=WEBHOOK)
    keep_confirmed(store, ADVERTISERS, 2)
    body = json.loads(told(store, WEBHOOK, 3))
    assert (body["type"], body["timestamp"]) == ("digest", "2019-03-07T05:06:07Z")
    assert body["data"]["subject"] == "Marmot Mail: “What we collect” changed"
    assert body["data"]["page"] == "https://watch.example.org/"
    (item,) = body["data"]["items"]
    assert (item["kind"], item["vendor"], item["policy"]) == ("change", "marmot", "privacy")
    assert (
        item["page"] == f"https://watch.example.org/marmot/privacy/@{item['old']['id'][:12]}..@{item['new']['id'][:12]}"
    )
    assert item["counts"]["modified"] == 1
    assert item["interval"]["after"]["captured_at"] == item["after"] == "2019-03-04T05:11:07Z"
    assert item["interval"]["before"]["page"].startswith("https://watch.example.org/-/captures/")
    (change,) = item["changes"]
    assert (change["number"], change["significance"]) == (1, "substantive")
    assert ["insert", "advertisers"] in change["redline"]
    assert (item["changes_left_out"], body["data"]["others"], body["data"]["others_left_out"]) == (0, [], 0)


def test_without_a_reading_room_there_are_no_links(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=WEBHOOK)
    keep_confirmed(store, ADVERTISERS, 2)
    body = json.loads(told(store, WEBHOOK, 3, None))
    (item,) = body["data"]["items"]
    assert [body["data"]["page"], item["page"], item["interval"]["after"]["page"]] == [None, None, None]
    assert item["command"].startswith("clausewatch report marmot @")


def test_a_change_taken_back_and_a_held_text_have_no_clause_level_changes(store: Store) -> None:
    store.subscriptions.subscribe(WEBHOOK, (), BEGIN + timedelta(days=1), Preferences(every="week"))
    keep_confirmed(store, COURTS, 0)
    keep_confirmed(store, ADVERTISERS, 2)
    keep_confirmed(store, COURTS, 3)
    (item,) = items(told(store, WEBHOOK, 4))
    assert (item["kind"], item["changes"], item["changes_left_out"], item["interval"]) == ("reverted", [], 0, None)
    assert "counts" not in item
    assert "has its former text again" in item["summary"]


def test_a_held_text_and_its_end_are_told_with_what_is_known(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=WEBHOOK)
    keep_confirmed(store, CATALOGUE, 2)
    (held,) = items(told(store, WEBHOOK, 2.5))
    assert (held["kind"], held["changes"], "counts" in held) == ("held", [], False)
    assert held["interval"]["before"]["captured_at"] == "2019-03-06T05:06:07Z"
    assert held["page"].startswith("https://watch.example.org/marmot/privacy/@")
    store.outbox.mark_sent(waiting_messages(store)[0].id, BEGIN)
    keep_confirmed(store, COURTS, 3)
    (taken_back,) = items(told(store, WEBHOOK, 3.5))
    assert (taken_back["kind"], taken_back["interval"]) == ("taken back", None)


def test_the_id_depends_on_what_is_told_and_whom(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    others = f"{WEBHOOK}2"
    subscribe(store, 1, address=WEBHOOK)
    subscribe(store, 1, address=others)
    keep_confirmed(store, ADVERTISERS, 2)
    first = json.loads(told(store, WEBHOOK, 3))
    second = json.loads(next(message.message for message in waiting_messages(store) if message.address == others))
    assert first["id"] != second["id"]
    assert first["data"] == second["data"]


def test_a_large_digest_leaves_out_whole_changes_and_counts_them(store: Store) -> None:
    keep_confirmed(store, many_clauses(150, "courts"), 0)
    keep_confirmed(store, COURTS, 0, "otter")
    subscribe(store, 1, address=WEBHOOK)
    keep_confirmed(store, many_clauses(150, "insurers"), 2)
    keep_confirmed(store, ADVERTISERS, 2, "otter")
    large, small = items(told(store, WEBHOOK, 3))
    numbers = [change["number"] for change in large["changes"]]
    assert numbers == sorted(numbers)
    assert len(numbers) + large["changes_left_out"] == large["counts"]["modified"] == 150
    assert len(numbers) > 20
    assert (len(small["changes"]), small["changes_left_out"]) == (1, 0)


def test_a_change_longer_than_the_body_is_left_out_and_the_others_are_told(store: Store) -> None:
    long = " ".join(f"word{number}" for number in range(12_000))
    keep_confirmed(store, many_clauses(3, "courts"), 0)
    subscribe(store, 1, address=WEBHOOK)
    changed = many_clauses(3, "insurers").replace(b"</body>", f"<h2>New</h2><p>{long}</p></body>".encode())
    keep_confirmed(store, changed, 2)
    (item,) = items(told(store, WEBHOOK, 3))
    assert len(item["changes"]) >= 3
    assert item["changes_left_out"] == 1


def test_a_chat_gets_who_changed_what_and_a_link(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=CHAT)
    keep_confirmed(store, ADVERTISERS, 2)
    title, summary, link, change = told(store, CHAT, 3).decode().split("\n")
    assert title == "Marmot Mail: “What we collect” changed"
    assert summary == "Marmot Mail privacy: 1 substantive change: 1 modified. 7 clauses unchanged."
    assert link.startswith("https://watch.example.org/marmot/privacy/@")
    assert "[-courts-]{+advertisers+}" in change


def test_a_chat_without_a_reading_room_gets_the_command(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=CHAT)
    keep_confirmed(store, ADVERTISERS, 2)
    assert "\nclausewatch report marmot @" in told(store, CHAT, 3, None).decode()


def test_the_text_of_a_chat_is_short_and_counts_what_it_leaves_out(store: Store) -> None:
    for vendor in VENDORS:
        keep_confirmed(store, many_clauses(20, "courts"), 0, vendor)
    subscribe(store, 1, address=CHAT)
    for day, word in ((2, "insurers"), (3, "advertisers"), (4, "bailiffs"), (5, "lawyers")):
        for vendor in VENDORS:
            keep_confirmed(store, many_clauses(20, word), day, vendor)
    text = told(store, CHAT, 6).decode().partition("\n")[2]
    assert len(text) <= TEXT_LENGTH
    assert text.splitlines()[-1].startswith("There ")
    assert text.endswith(": https://watch.example.org/")


def test_a_clause_mentions_nobody_and_makes_no_link_in_a_chat(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=CHAT)
    hostile = "We share it, @everyone @channel &lt;!here&gt; [see here](https://evil.example/) dpo@marmot.example now."
    keep_confirmed(store, page(hostile), 2)
    text = told(store, CHAT, 3).decode()
    for mark in ("@everyone", "@channel", "<!here>", "](https://evil"):
        assert mark not in text
    assert "everyone" in text
    assert "dpo@marmot.example" in text


@pytest.mark.parametrize("before", ["", "+", "-", ".", "_", "x_", "dpo"])
def test_whatever_stands_before_a_mention_it_mentions_nobody(store: Store, before: str) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=CHAT)
    # The new clause begins with it, after the mark of an insertion.
    added = f"<p>{before}@channel and {before}@everyone may read the personal data that you give us.</p></body>"
    keep_confirmed(store, COURTS.replace(b"</body>", added.encode()), 2)
    text = told(store, CHAT, 3).decode()
    assert f"{before}@" in text
    assert "@channel" not in text
    assert "@everyone" not in text


def test_one_address_of_each_kind_gets_one_message_of_its_own_form(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    for address in ("reader@client.example", WEBHOOK, CHAT):
        subscribe(store, 1, address=address)
    keep_once(store, ADVERTISERS, 2)
    keep_once(store, ADVERTISERS, 2.5)
    assert compose(store, VENDORS, BEGIN + timedelta(days=3), SENDER) == 3
    begins = {message.address: message.message[:5] for message in waiting_messages(store)}
    assert begins == {"reader@client.example": b"From:", WEBHOOK: b'{"id"', CHAT: b"Marmo"}
    assert compose(store, VENDORS, BEGIN + timedelta(days=4), SENDER) == 0


def test_the_dates_of_a_chat_are_in_the_subscriber_language(store: Store) -> None:
    store.subscriptions.subscribe(CHAT, (), BEGIN + timedelta(days=1), Preferences(every="week", dates="de"))
    keep_confirmed(store, COURTS, 0)
    keep_confirmed(store, INSURERS, 2)
    keep_confirmed(store, COURTS, 3)
    assert "From 6. März 2019, 05:06 UTC this policy had another text" in told(store, CHAT, 4).decode()
