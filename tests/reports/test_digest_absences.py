"""Digests and absences: a policy that is gone for a week is told once, and once more when it is there again."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from core.policies import PolicyKey
from reports import compose
from storage import Review, Store
from tests import keeping
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    SENDER,
    VENDORS,
    composed,
    html,
    keep_confirmed,
    subscribe,
    unwrapped,
)
from tests.stored_captures import BEGIN, POLICY, capture_of
from tests.stored_digests import waiting_messages

KEY = PolicyKey("marmot", "privacy")
BLANK = b"<!DOCTYPE html><html lang=en><head><title></title></head><body></body></html>"
SOFT_404 = b"<!DOCTYPE html><title>Page not found</title><h1>Page not found</h1><p>This page does not exist.</p>"
SCRIPTED = b"<!DOCTYPE html><title>Privacy</title><div id=app></div><script src=app.js></script>"
LOGIN = b"<!DOCTYPE html><title>Log in</title><form><input name=user><input type=password></form>"


@pytest.fixture
def database_url(tmp_path: Path, empty_sqlite: Path) -> str:
    """Returns the URL of a SQLite database. `bench/once` tells the same on PostgreSQL."""
    shutil.copy(empty_sqlite, tmp_path / "store.db")
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store: Store) -> Store:
    """Returns a store with a policy and a subscriber."""
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 0.5)
    return store


def look(store: Store, days: float, payload: bytes = b"", status: int = 404, **fields: Any) -> int:
    """Stores a live capture that is quarantined. Returns its id."""
    kept = keeping.keep(store, capture_of(payload, days, status=status, **fields), payload, POLICY)
    assert kept.verdict.name == "quarantined"
    return kept.capture_id


def subjects(store: Store, days: float) -> list[str]:
    return [message["Subject"].removeprefix("Marmot Mail privacy: ") for message in composed(store, days)]


GONE, AGAIN = "no longer there", "there again"


def test_a_policy_that_is_gone_for_a_week_is_told_once_and_once_when_it_is_back(store: Store) -> None:
    told = {}
    for day in range(2, 12):
        look(store, day)
        if messages := composed(store, day + 0.1):
            (told[day],) = messages
    assert list(told) == [9]
    assert told[9]["Subject"] == "Marmot Mail privacy: no longer there"
    for text in (unwrapped(told[9]), html(told[9])):
        assert (
            "Since 2019-03-06T05:06:07Z this policy is no longer there: its address answers 404 "
            "(the last text was of 2019-03-04T05:11:07Z)." in text
        )
        assert "The newest capture that says so is of 2019-03-13T05:06:07Z, from https://www.marmot.example/p" in text
        assert "clausewatch captures marmot" in text
    keep_confirmed(store, COURTS, 12)
    (message,) = composed(store, 12.1)
    assert message["Subject"] == "Marmot Mail privacy: there again"
    for text in (unwrapped(message), html(message)):
        assert "Since 2019-03-16T05:06:07Z this policy is there again, unchanged." in text
        assert "it was no longer there since 2019-03-06T05:06:07Z" in text
    keep_confirmed(store, COURTS, 13)
    assert composed(store, 14) == []


def test_a_policy_that_comes_back_with_another_text_is_told_with_the_change(store: Store) -> None:
    look(store, 2)
    look(store, 9)
    assert subjects(store, 9.1) == [GONE]
    keep_confirmed(store, ADVERTISERS, 10)
    (message,) = composed(store, 10.1)
    assert "this policy is there again, with another text than before." in unwrapped(message)
    assert "advertisers" in unwrapped(message)
    assert message["Subject"].startswith("Marmot Mail: ")


@pytest.mark.parametrize(
    ("payload", "status", "says"),
    [
        (b"gone", 410, "its address answers 410 ("),
        (b"", 200, "its address shows an empty page ("),
        (BLANK, 200, "its address shows an empty page ("),
        (SOFT_404, 200, "no longer there: the page says: 'Page not found' ("),
    ],
)
def test_each_page_that_says_that_the_policy_is_gone_counts(
    store: Store, payload: bytes, status: int, says: str
) -> None:
    for day in (2, 9):
        look(store, day, payload, status)
    (message,) = composed(store, 9.1)
    assert says in unwrapped(message)


@pytest.mark.parametrize(
    ("payload", "status"), [(b"", 503), (b"", 403), (b"", 401), (LOGIN, 200), (SCRIPTED, 200), (COURTS, 206)]
)
def test_what_is_not_gone_is_not_told(store: Store, payload: bytes, status: int) -> None:
    for day in range(2, 20):
        look(store, day, payload, status)
    assert composed(store, 20) == []


def test_an_error_of_the_server_in_between_is_passed_over(store: Store) -> None:
    for day, status in ((2, 404), (3, 503), (9, 503)):
        look(store, day, status=status)
    assert subjects(store, 9.1) == []
    look(store, 9.5)
    assert subjects(store, 9.6) == [GONE]


def test_another_page_in_between_begins_the_week_anew(store: Store) -> None:
    look(store, 2)
    look(store, 5, COURTS, 206)
    look(store, 6)
    look(store, 12.9)
    assert subjects(store, 13) == []
    look(store, 13.1)
    assert subjects(store, 13.2) == [GONE]


def test_a_policy_that_was_never_there_is_not_gone(store: Store) -> None:
    for day in (2, 20):
        look(store, day, vendor="otter")
    assert subjects(store, 20.1) == []


def test_captures_of_archives_do_not_say_that_a_policy_is_gone(store: Store) -> None:
    for day in (2, 20):
        look(store, day, source="warc")
    assert subjects(store, 20.1) == []


def test_an_archived_text_from_within_the_week_is_no_return(store: Store) -> None:
    for day in (2, 4, 9, 10):
        look(store, day)
    assert subjects(store, 10.1) == [GONE]
    keeping.keep(store, capture_of(COURTS, 3, source="warc"), COURTS, POLICY)
    look(store, 10.5)
    assert subjects(store, 10.6) == []
    look(store, 12)
    assert subjects(store, 12.1) == []
    keep_confirmed(store, COURTS, 13)
    (message,) = composed(store, 13.1)
    assert "Since 2019-03-17T05:06:07Z this policy is there again, unchanged." in unwrapped(message)


def test_a_new_subscriber_is_told_of_a_policy_that_is_gone_already(store: Store) -> None:
    look(store, 2)
    look(store, 9)
    assert subjects(store, 9.1) == [GONE]
    subscribe(store, 20, address="late@client.example")
    look(store, 21)
    assert [message["To"] for message in composed(store, 21.1)] == ["late@client.example"]
    keep_confirmed(store, COURTS, 22)
    assert subjects(store, 22.1) == [AGAIN, AGAIN]


def test_a_return_that_is_not_confirmed_yet_is_told_later(store: Store) -> None:
    look(store, 2)
    look(store, 9)
    assert subjects(store, 9.1) == [GONE]
    keeping.keep(store, capture_of(ADVERTISERS, 10), ADVERTISERS, POLICY)
    assert subjects(store, 10.01) == []
    keep_confirmed(store, ADVERTISERS, 11)
    assert len(composed(store, 11.1)) == 1


def test_a_person_who_accepts_the_page_takes_the_absence_back(store: Store) -> None:
    first = look(store, 2, SOFT_404, 200)
    look(store, 9, SOFT_404, 200)
    assert subjects(store, 9.1) == [GONE]
    store.library.review([first], Review("accepted", "ann", "", BEGIN))
    (message,) = composed(store, 9.5)
    assert "Since 2019-03-06T05:06:07Z this policy is there again, with another text" in unwrapped(message)
    assert composed(store, 10) == []


def test_a_person_who_rejects_the_return_has_it_told_that_the_policy_is_still_gone(store: Store) -> None:
    look(store, 2)
    look(store, 9)
    (first_message,) = composed(store, 9.1)
    keep_confirmed(store, ADVERTISERS, 10)
    assert len(composed(store, 10.1)) == 1
    rejected = [stored.id for stored in store.library.captures(KEY)][-1]
    store.library.review([rejected], Review("rejected", "ann", "", BEGIN))
    look(store, 11)
    (message,) = composed(store, 11.1)
    assert "Since 2019-03-06T05:06:07Z this policy is no longer there" in unwrapped(message)
    # Otherwise, mail programs would take it for the first message.
    assert message["Message-ID"] != first_message["Message-ID"]


def test_an_absence_seen_by_a_clock_that_was_ahead_ends_with_the_next_return(store: Store) -> None:
    look(store, 400)
    look(store, 408)
    assert subjects(store, 408.1) == [GONE]
    # The clock is set right. The text of the first day is no return.
    assert subjects(store, 2) == []
    look(store, 3)
    look(store, 10.5)
    assert subjects(store, 10.6) == []
    keep_confirmed(store, COURTS, 12)
    assert subjects(store, 12.1) == [AGAIN]
    for day in (13, 21):
        look(store, day)
    assert subjects(store, 21.1) == [GONE]


def test_two_processes_at_once_tell_an_absence_once(store: Store, database_url: str) -> None:
    look(store, 2)
    look(store, 9)
    now = BEGIN + timedelta(days=9.1)
    enqueue = store.subscriptions.enqueue
    with Store.open(database_url) as other:

        def enqueue_second(*arguments: Any) -> bool:
            assert compose(other, VENDORS, now, SENDER) == 1
            return enqueue(*arguments)

        with patch.object(store.subscriptions, "enqueue", enqueue_second):
            assert compose(store, VENDORS, now, SENDER) == 0
    with Store.open(database_url) as restarted:
        assert len(waiting_messages(restarted)) == 1
        look(restarted, 10)
        assert subjects(restarted, 10.1) == []


def test_an_address_in_an_absence_is_shown_without_control_characters(store: Store) -> None:
    hostile = "https://www.marmot.example/\x1b[31m" + "x" * 3000
    for day in (2, 9):
        keeping.keep(store, replace(capture_of(b"", day, status=404), url=hostile), b"", POLICY)
    (message,) = composed(store, 9.1)
    assert "\x1b" not in unwrapped(message)
    assert len(unwrapped(message)) < 3000
