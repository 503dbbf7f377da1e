"""Digests and held texts: a text that shares nothing with the text before is announced in one line, and told later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.policies import PolicyKey
from reports import build_report
from reports.wording import circumstances
from storage import Review, Store
from tests.reports.digest_examples import (
    COURTS,
    MARMOT,
    composed,
    html,
    keep_confirmed,
    keep_once,
    subscribe,
    unwrapped,
)
from tests.stored_captures import BEGIN

KEY = PolicyKey("marmot", "privacy")


def other_page(title: str, *sentences: str) -> bytes:
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<!DOCTYPE html><title>Marmot</title><main><h1>{title}</h1>{paragraphs}</main>".encode()


# Two pages that have no sentence in common with the policy.
REWRITE = other_page(
    "How Marmot treats your letters",
    "Marmot keeps the letters you send on servers in Norway, encrypted with a key that only you hold.",
    "Nobody at Marmot can open a letter, and nobody else is ever handed one by us without an order of a judge.",
)
OTHER = other_page(
    "Autumn catalogue",
    "Woollen socks, felt slippers and tea cosies are knitted by hand in small numbers until they run out.",
    "Every order above forty euros is delivered free of charge, wrapped in paper that our neighbours print.",
)
LINE = "this address shows an entirely different text."
TAKEN_BACK = "was not the policy."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        keep_confirmed(opened, COURTS, 0)
        subscribe(opened, 1)
        yield opened


def test_an_entirely_different_text_is_announced_at_once_in_one_line(store: Store) -> None:
    keep_confirmed(store, REWRITE, 2)
    (message,) = composed(store, 2.5)
    assert message["Subject"] == "Marmot Mail privacy: an entirely different text"
    for text in (unwrapped(message), html(message)):
        assert LINE in text
        assert "Norway" not in text
    keep_confirmed(store, REWRITE, 3)
    assert composed(store, 3.5) == []


def test_the_rewrite_is_told_in_full_three_days_later(store: Store) -> None:
    keep_confirmed(store, REWRITE, 2)
    assert len(composed(store, 2.5)) == 1
    keep_confirmed(store, REWRITE, 5.1)
    (message,) = composed(store, 6)
    assert "Norway" in unwrapped(message)
    assert TAKEN_BACK not in unwrapped(message)
    keep_confirmed(store, REWRITE, 7)
    assert composed(store, 8) == []


def test_a_text_that_goes_away_is_taken_back_in_one_line(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    assert len(composed(store, 2.5)) == 1
    keep_confirmed(store, COURTS, 3)
    (message,) = composed(store, 3.5)
    assert message["Subject"] == "Marmot Mail privacy: the different text was not the policy"
    assert TAKEN_BACK in unwrapped(message)
    keep_confirmed(store, COURTS, 9)
    assert composed(store, 9.5) == []


def test_an_earlier_capture_of_the_held_text_is_no_news(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    assert len(composed(store, 2.5)) == 1
    keep_once(store, OTHER, 1.5)
    assert composed(store, 3) == []


def test_a_text_that_was_taken_back_is_not_announced_again(store: Store) -> None:
    for day, payload in ((2, OTHER), (3, COURTS), (4, OTHER), (5, COURTS)):
        keep_confirmed(store, payload, day)
        assert len(composed(store, day + 0.5)) == (day < 4)


def test_an_error_page_with_the_sites_heading_is_held(store: Store) -> None:
    page = b"<title>Privacy</title><h1>Privacy policy</h1><p>We are updating our website. Please come back later.</p>"
    keep_confirmed(store, page, 2)
    held = store.library.settled(KEY).held_now
    assert held is not None
    assert held.first.captured_at.day == 6


def test_a_report_marks_the_held_text(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    report = build_report(store, MARMOT, KEY, "2019-03-04", "2019-03-06")
    assert (report.old.to_dict().get("held"), report.new.to_dict().get("held")) == (None, True)
    assert any("version 2 is held" in sentence for sentence in circumstances(report))


def test_nothing_is_sent_if_the_text_went_away_before_the_digest(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    keep_confirmed(store, COURTS, 3)
    assert composed(store, 3.5) == []


def test_an_accepted_text_is_told_in_full(store: Store) -> None:
    keep_confirmed(store, REWRITE, 2)
    assert len(composed(store, 2.5)) == 1
    held = store.library.settled(KEY).held_now
    assert held is not None
    store.library.review([held.first.capture_id], Review("accepted", "ada", "a rewrite", BEGIN))
    (message,) = composed(store, 3)
    assert "Norway" in unwrapped(message)


def test_a_rejected_text_is_taken_back(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    assert len(composed(store, 2.5)) == 1
    held = store.library.settled(KEY).held_now
    assert held is not None
    captures = [observation.capture_id for observation in held.observations]
    store.library.review(captures, Review("rejected", "ada", "the shop", BEGIN))
    (message,) = composed(store, 3)
    assert TAKEN_BACK in unwrapped(message)
    assert composed(store, 4) == []


def test_a_new_subscriber_is_not_told_of_an_older_hold(store: Store) -> None:
    keep_confirmed(store, OTHER, 2)
    subscribe(store, 3, address="late@client.example")
    (message,) = composed(store, 3.5)
    assert message["To"] == "reader@client.example"
    keep_confirmed(store, COURTS, 4)
    assert [message["To"] for message in composed(store, 4.5)] == ["reader@client.example"]
