"""The order in which captures arrive does not influence a policy's history."""

import json
from datetime import datetime, timedelta
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.captures import Capture
from core.declarations import Location, Policy
from core.history import History
from core.policies import PolicyKey
from ingestion import LeftOut, captures_from_warc
from storage import Decision, Review, Store
from tests.keeping import keep, reextract
from tests.shared_material import SHARED, needs_shared
from tests.stored_captures import BEGIN, POLICY, capture_of, page

PAGES = [page(f"We keep your messages for {term}.") for term in ("a year", "a month", "a day")]
vendors = (f"vendor-{number}" for number in count())

# The number of captures that are used from each WARC file. A test with all captures would take too long.
PER_POLICY = 5
WARCS = sorted((SHARED / "warc").glob("*.warc.gz"))

REAL = PolicyKey("real", "privacy")

PlainHistory = tuple[list[tuple[str, list[tuple[datetime, str, str]]]], list[tuple[int, str]]]


def plain(history: History) -> PlainHistory:
    """Returns a history without the ids of captures, because the ids depend on the order of arrival."""
    periods = [
        (
            period.version_id,
            [(observation.captured_at, observation.url, observation.sha256) for observation in period.observations],
        )
        for period in history.periods
    ]
    return periods, [(version.number, version.id) for version in history.versions]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(PAGES)), max_size=6), data=st.data())
def test_any_order_of_arrival_gives_the_same_history(
    store: Store, arrivals: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    histories = []
    for arrival in (arrivals, data.draw(st.permutations(arrivals + arrivals[:2]))):
        vendor = next(vendors)
        for days, payload in arrival:
            keep(store, capture_of(payload, days, vendor=vendor), payload, POLICY)
        histories.append(plain(store.library.history(PolicyKey(vendor, "privacy"))))
    assert histories[0] == histories[1]
    assert sum(len(observations) for _, observations in histories[0][0]) == len(set(arrivals))


def other_page(title: str, *sentences: str) -> bytes:
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<!DOCTYPE html><title>{title}</title><main><h1>{title}</h1>{paragraphs}</main>".encode()


# Pages whose verdict or period depends on the other captures: the policy under the title of another document, a text
# that shares nothing with the policy, and a list of links.
DOUBTFUL = [
    PAGES[0]
    .replace(b"Privacy policy - Marmot Mail", b"Page not found")
    .replace(b"<h1>Privacy policy", b"<h1>Not found"),
    other_page(
        "Slippers", "Woollen slippers are knitted by hand, from October on, until they have all been sold again."
    ),
    other_page("Legal", *(f"<a href=/{name}>{name}</a>" for name in ("terms", "privacy", "cookies", "imprint"))),
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([*PAGES, *DOUBTFUL])), min_size=1, max_size=7, unique=True
    ),
    reviews=st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), max_size=3),
    data=st.data(),
)
def test_any_order_of_arrival_gives_the_same_verdicts_and_periods(
    store: Store, arrivals: list[tuple[int, bytes]], reviews: list[tuple[int, bool, bool]], data: st.DataObject
) -> None:
    results = []
    for arrival in (arrivals, data.draw(st.permutations(arrivals))):
        key = PolicyKey(next(vendors), "privacy")
        for days, payload in arrival:
            keep(store, capture_of(payload, days, vendor=key.vendor), payload, POLICY)
        for number, (place, accepts, only) in enumerate(reviews):
            reviewed = capture_of(arrivals[place % len(arrivals)][1], arrivals[place % len(arrivals)][0])
            capture_id = next(
                stored.id
                for stored in store.library.captures(key)
                if (stored.capture.captured_at, stored.capture.sha256) == (reviewed.captured_at, reviewed.sha256)
            )
            decision: Decision = "accepted" if accepts else "rejected"
            at = BEGIN + timedelta(days=20 + number)
            store.library.review([capture_id], Review(decision, "ada", "", at, only))
        for _ in range(2):
            settled = store.library.settled(key)
            verdicts = [
                (stored.capture.captured_at, stored.capture.sha256, stored.verdict, stored.version_id)
                for stored in store.library.captures(key)
            ]
            groups = (settled.history.periods, settled.transient, settled.held, settled.pending)
            results.append((verdicts, [plain(History(group, settled.history.versions)) for group in groups]))
            reextract(store, key, POLICY)
    assert all(result == results[0] for result in results)


def real_captures(path: Path) -> tuple[Policy, list[tuple[Capture, bytes]]]:
    """Returns the first captures of a WARC file, and a policy that declares every address in the file."""
    lines = path.with_name(path.name.replace(".warc.gz", ".jsonl")).read_text(encoding="utf-8").splitlines()
    addresses = sorted({json.loads(line)["url"] for line in lines})
    policy = Policy(locations=tuple(Location(url=address) for address in addresses))
    entries = (
        entry
        for entry in captures_from_warc(path, PolicyKey("real", "privacy"), policy)
        if not isinstance(entry, LeftOut)
    )
    return policy, [(capture, payload) for capture, payload in islice(entries, PER_POLICY) if payload is not None]


@needs_shared
@pytest.mark.parametrize("path", WARCS, ids=lambda path: path.name.partition("-")[0])
def test_reverse_order_and_repetition_do_not_change_the_history(tmp_path: Path, path: Path) -> None:
    policy, captures = real_captures(path)
    histories = []
    for name, arrival in (("forward", captures), ("backward", captures[::-1])):
        with Store.open(f"sqlite:///{tmp_path / name}.db") as store:
            first_time = [keep(store, capture, payload, policy).is_new for capture, payload in arrival]
            history = plain(store.library.history(REAL))
            second_time = [keep(store, capture, payload, policy).is_new for capture, payload in arrival]
            assert plain(store.library.history(REAL)) == history
            assert all(first_time)
            assert not any(second_time)
            histories.append(history)
    assert histories[0] == histories[1]
    assert captures
