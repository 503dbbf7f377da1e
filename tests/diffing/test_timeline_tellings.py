"""What there is to tell of a history: each new text once, a return once, an alternation once; whatever is run when."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Observation, Telling
from diffing.timeline import settled, tellings, timeline
from tests.diffing.test_timeline_settled import looks, observations_of
from tests.diffing.timelines import BEGIN, history_of, shown

BEFORE_ALL = BEGIN - timedelta(days=1)


def said(telling: Telling) -> str:
    if telling.alternation:
        return "".join(version.id for version in telling.alternation.versions)
    return f"{telling.old.version_id}{'<' if telling.returned_to else '>'}{telling.new.version_id}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("A", []),
        ("AABBCC", ["A>B", "B>C"]),
        ("AABBAA", ["A>B", "B<A"]),
        ("ABAB", ["A>B", "B<A", "AB"]),
        ("ABABABABAB", ["A>B", "B<A", "AB"]),
        ("ABABABC", ["A>B", "B<A", "AB", "B>C"]),
        ("ABABC", ["A>B", "B<A", "AB", "B>C"]),
        ("ABABCBCB", ["A>B", "B<A", "AB", "B>C", "C<B", "BC"]),
        ("ABCABCABC", ["A>B", "B>C", "C<A", "ABC"]),
        ("XABABABX", ["X>A", "A>B", "B<A", "AB", "B<X"]),
        ("XABABXABABX", ["X>A", "A>B", "B<A", "AB", "B<X", "XAB"]),
        ("A" * 61 + "B" * 61 + "A" * 61 + "B" * 61, ["A>B", "B<A", "A<B"]),
    ],
)
def test_what_is_told(texts: str, expected: list[str]) -> None:
    assert [said(one) for one in tellings(history_of(texts), BEFORE_ALL)] == expected


def test_a_return_says_when_its_text_was_last_seen() -> None:
    *_, back = tellings(history_of("AABB A"), BEFORE_ALL)
    assert back.returned_to is not None
    assert back.returned_to.last.captured_at == BEGIN + timedelta(hours=12)


def told_of(captures: list[Observation], runs: list[int]) -> list[Telling]:
    """What a subscriber is told when digests are composed after so many captures each."""
    told: list[Telling] = []
    watermark = captures[0].captured_at if captures else BEFORE_ALL
    for run in [*sorted(runs), len(captures)]:
        known = settled(timeline(captures[:run]))
        told += tellings(known.history, watermark)
        if known.until:
            watermark = max(watermark, known.until)
    return told


@given(looks, st.lists(st.integers(0, 14), max_size=8))
def test_whenever_digests_are_composed_the_same_is_told_and_nothing_twice(drawn: list, runs: list[int]) -> None:
    captures = observations_of(drawn)
    told = [(said(one), one.new.first) for one in told_of(captures, runs)]
    assert told == [(said(one), one.new.first) for one in told_of(captures, [])]
    assert len(told) == len(set(told))


@given(looks, st.lists(st.integers(0, 14), max_size=8))
def test_each_new_version_that_stands_is_told_exactly_once(drawn: list, runs: list[int]) -> None:
    captures = observations_of(drawn)
    told = told_of(captures, runs)
    standing = settled(timeline(captures)).history.periods
    appeared = Counter(one.new.version_id for one in told if one.returned_to is None)
    assert appeared == Counter({period.version_id for period in standing} - {p.version_id for p in standing[:1]})


@given(st.text("ABC", min_size=1, max_size=60))
def test_however_long_it_goes_back_and_forth_the_messages_are_few(texts: str) -> None:
    captures = list(shown(texts, every=1))
    told = told_of(captures, list(range(len(captures))))
    versions = len(set(texts))
    # Each text once; after each the return and the alternation; and both again for one that joins.
    assert len(told) <= (versions - 1) + 2 * versions + 2 * versions


@given(st.text("ABC", min_size=1, max_size=20), st.integers(2, 20))
def test_a_reader_always_knows_the_text_or_that_it_alternates(texts: str, more: int) -> None:
    history = history_of(texts)
    told = tellings(history, BEFORE_ALL)
    at = told[-1].new.version_id if told else texts[0]
    alternating = {v.id for v in told[-1].alternation.versions} if told and told[-1].alternation else set()
    assert history.periods[-1].version_id in alternating | {at}
