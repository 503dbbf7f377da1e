"""The last run and the outbox: how a run that did not end is told from one in progress."""

from datetime import UTC, datetime, timedelta

from core.policies import PolicyKey
from storage import Store
from tests.stored_digests import enqueue, waiting_messages
from views.operation import operation, operation_sentences

BEGAN = datetime(2026, 11, 2, 6, 15, 3, tzinfo=UTC)


def test_the_last_run_is_named_with_its_end(store: Store) -> None:
    assert list(operation_sentences(operation(store))) == ["last run: none yet", "outbox: empty"]
    number = store.journal.begin_run(BEGAN)
    store.journal.end_run(number, BEGAN + timedelta(minutes=4, seconds=12), 1, "the server said:\n\x1b[2J550")
    shown = operation(store)
    assert next(operation_sentences(shown)) == (
        "last run: began 2026-11-02T06:15:03Z, took 4 min 12 s, exit status 1: the server said:; \\x1b[2J550"
    )
    last_run = {
        "begun_at": "2026-11-02T06:15:03Z",
        "ended_at": "2026-11-02T06:19:15Z",
        "exit_status": 1,
        "summary": "the server said:\n\x1b[2J550",
    }
    assert shown.to_dict() == {
        "last_run": {"state": "ended", **last_run},
        "last_ended_run": last_run,
        "outbox": {"waiting": 0, "oldest": None, "refused": 0},
        "troubles": [],
    }


def test_a_run_in_progress_is_told_from_a_killed_one(store: Store) -> None:
    with store.database.only_run():
        store.journal.end_run(store.journal.begin_run(BEGAN), BEGAN + timedelta(hours=2, minutes=1), 0, "0 failed")
        store.journal.begin_run(BEGAN + timedelta(days=1))
        assert operation(store).state == "in progress"
        assert list(operation_sentences(operation(store)))[:2] == [
            "last run: began 2026-11-03T06:15:03Z, in progress",
            "the run before: began 2026-11-02T06:15:03Z, took 2 h 1 min, exit status 0: 0 failed",
        ]


def test_a_run_whose_process_has_died_was_killed(store: Store) -> None:
    store.journal.begin_run(BEGAN)
    shown = operation(store)
    assert (shown.state, shown.last_ended_run) == ("killed", None)
    assert next(operation_sentences(shown)) == "last run: began 2026-11-02T06:15:03Z, did not end: it was killed"


def test_waiting_messages_are_counted_until_they_are_sent(store: Store) -> None:
    store.subscriptions.subscribe("reader@example.org", [], BEGAN)
    (reader,) = store.subscriptions.subscribers()
    for days in (1, 0):
        moment = BEGAN + timedelta(days=days)
        enqueue(store, reader.id, b"digest", {PolicyKey("marmot", "privacy"): moment}, moment)
    *_, line = operation_sentences(operation(store))
    assert line == "outbox: 2 digests not sent yet, the oldest since 2026-11-02T06:15:03Z"
    for message in waiting_messages(store):
        store.outbox.mark_sent(message.id, BEGAN)
    assert operation(store).outbox.waiting == 0
