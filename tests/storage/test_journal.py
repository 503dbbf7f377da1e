"""The journal remembers failed fetches, permanent redirects, and the last runs."""

from datetime import timedelta

from core.policies import PolicyKey
from storage import FailedFetches, MovedPage, Run, Store
from storage.upkeep import rename_vendor
from tests.stored_captures import BEGIN

KEY = PolicyKey("marmot", "privacy")
URL, FURTHER = "https://www.marmot.example/privacy", "https://www.marmot.example/cookies"
NEW, NEWER = "https://marmot.example/privacy", "https://marmot.example/legal"
DAY = timedelta(days=1)


def test_failures_are_counted_until_the_next_success(store: Store) -> None:
    journal = store.journal
    journal.note_failed_fetch(KEY, URL, URL, "connection refused", BEGIN)
    journal.note_failed_fetch(KEY, FURTHER, FURTHER, "the answer is cut off", BEGIN + timedelta(hours=1))
    journal.note_failed_fetch(KEY, URL, FURTHER, "the host does not exist \x00\ud800", BEGIN + DAY)
    failed, other = journal.failed_fetches()
    reason = "the host does not exist \x00\ud800"
    assert failed == FailedFetches("marmot", "privacy", URL, FURTHER, reason, BEGIN, BEGIN + DAY, 2)
    assert other.times == 1
    journal.note_fetched(KEY, URL, {}, BEGIN + 2 * DAY)
    assert journal.failed_fetches() == (other,)
    journal.note_failed_fetch(KEY, URL, URL, "connection refused", BEGIN + 3 * DAY)
    assert journal.failed_fetches()[1] == FailedFetches(
        "marmot", "privacy", URL, URL, "connection refused", BEGIN + 3 * DAY, BEGIN + 3 * DAY, 1
    )


def test_a_redirect_is_remembered_since_it_first_led_there(store: Store) -> None:
    journal = store.journal
    for days, moves in enumerate(({}, {URL: NEW}, {URL: NEW, FURTHER: NEWER}, {URL: NEWER, FURTHER: NEWER})):
        journal.note_fetched(KEY, URL, moves, BEGIN + days * DAY)
    assert sorted(journal.moved_pages(), key=lambda moved: moved.since) == [
        MovedPage("marmot", "privacy", URL, FURTHER, NEWER, BEGIN + 2 * DAY),
        MovedPage("marmot", "privacy", URL, URL, NEWER, BEGIN + 3 * DAY),
    ]
    journal.note_fetched(KEY, URL, {}, BEGIN + 4 * DAY)
    assert not journal.moved_pages()


def test_locations_that_are_no_longer_fetched_are_forgotten(store: Store) -> None:
    journal = store.journal
    for url in (URL, FURTHER):
        journal.note_failed_fetch(KEY, url, url, "connection refused", BEGIN)
        journal.note_fetched(PolicyKey("marmot", "terms"), url, {url: NEW}, BEGIN)
        journal.note_failed_fetch(PolicyKey("vole", "privacy"), url, url, "connection refused", BEGIN)
    journal.keep_only({"marmot"}, {(KEY, URL)})
    kept = [(failed.vendor, failed.url) for failed in journal.failed_fetches()]
    assert sorted(kept) == [("marmot", URL), ("vole", FURTHER), ("vole", URL)]
    assert not journal.moved_pages()


def test_a_run_that_did_not_end_is_told_from_one_that_did(store: Store) -> None:
    journal = store.journal
    assert journal.last_run() is journal.last_ended_run() is None
    number = journal.begin_run(BEGIN)
    assert journal.last_run() == Run(BEGIN, None, None, "")
    journal.end_run(number, BEGIN + timedelta(minutes=5), 3, "1 failed")
    ended = Run(BEGIN, BEGIN + timedelta(minutes=5), 3, "1 failed")
    assert journal.last_run() == ended
    journal.begin_run(BEGIN + DAY)
    assert (journal.last_run(), journal.last_ended_run()) == (Run(BEGIN + DAY, None, None, ""), ended)
    journal.begin_run(BEGIN + 2 * DAY)
    assert (journal.last_run(), journal.last_ended_run()) == (Run(BEGIN + 2 * DAY, None, None, ""), None)


def test_failures_and_redirects_follow_a_renamed_vendor(store: Store) -> None:
    store.journal.note_failed_fetch(KEY, URL, URL, "connection refused", BEGIN)
    store.journal.note_fetched(KEY, FURTHER, {FURTHER: NEW}, BEGIN)
    rename_vendor(store, "marmot", "badger")
    assert [failed.vendor for failed in store.journal.failed_fetches()] == ["badger"]
    assert [moved.vendor for moved in store.journal.moved_pages()] == ["badger"]
