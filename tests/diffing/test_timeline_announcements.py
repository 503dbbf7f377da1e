"""Announcements: each new text, each return and each alternation is announced once, whatever the times of digests."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Announcement, Observation
from diffing.timeline import announcements
from tests.diffing.timelines import BEGIN, Look, captures_of, history_of, looks, observations_of, settled_of

BEFORE_ALL = BEGIN - timedelta(days=1)


def shorthand(announcement: Announcement) -> str:
    """Returns `A>B` for a change to a new text, `A<B` for a return to an earlier text, `AB` for an alternation."""
    if announcement.alternation:
        return "".join(version.id for version in announcement.alternation.versions)
    return f"{announcement.old.version_id}{'<' if announcement.returned_to else '>'}{announcement.new.version_id}"


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
def test_new_texts_returns_and_alternations_are_announced_once(texts: str, expected: list[str]) -> None:
    assert [shorthand(announcement) for announcement in announcements(history_of(texts), BEFORE_ALL)] == expected


def test_a_return_names_the_period_that_last_showed_the_text() -> None:
    *_, back = announcements(history_of("AABB A"), BEFORE_ALL)
    assert back.returned_to is not None
    assert back.returned_to.last.captured_at == BEGIN + timedelta(hours=12)


def announced(captures: list[Observation], runs: list[int]) -> list[Announcement]:
    """Returns all announcements that a subscriber gets if several digests are composed.

    runs: the number of captures that were stored before each digest. A last digest is composed after all captures.
    """
    result: list[Announcement] = []
    watermark = captures[0].captured_at if captures else BEFORE_ALL
    for run in [*sorted(runs), len(captures)]:
        settled_history = settled_of(captures[:run])
        result += announcements(settled_history.history, watermark)
        if settled_history.until:
            watermark = max(watermark, settled_history.until)
    return result


@given(looks, st.lists(st.integers(0, 14), max_size=8))
def test_announcements_do_not_depend_on_when_digests_are_composed(drawn: list[Look], runs: list[int]) -> None:
    captures = observations_of(drawn)
    result = [(shorthand(item), item.new.first) for item in announced(captures, runs)]
    assert result == [(shorthand(item), item.new.first) for item in announced(captures, [])]
    assert len(result) == len(set(result))


@given(looks, st.lists(st.integers(0, 14), max_size=8))
def test_each_new_version_that_stands_is_announced_exactly_once(drawn: list[Look], runs: list[int]) -> None:
    captures = observations_of(drawn)
    result = announced(captures, runs)
    standing = settled_of(captures).history.periods
    appeared = Counter(item.new.version_id for item in result if item.returned_to is None)
    assert appeared == Counter(
        {period.version_id for period in standing} - {period.version_id for period in standing[:1]}
    )


@given(st.text("ABC", min_size=1, max_size=60))
def test_a_long_alternation_makes_few_announcements(texts: str) -> None:
    captures = list(captures_of(texts, every=1))
    result = announced(captures, list(range(len(captures))))
    versions = len(set(texts))
    # Upper limit of the number of announcements. For each text, there may be an announcement of the text, a return
    # and an alternation. For each text that becomes a part of an alternation, there may be one more return and one
    # more alternation.
    assert len(result) <= (versions - 1) + 2 * versions + 2 * versions


@given(st.text("ABC", min_size=1, max_size=20), st.integers(2, 20))
def test_the_last_announcement_names_the_newest_text(texts: str, more: int) -> None:
    history = history_of(texts)
    result = announcements(history, BEFORE_ALL)
    last = result[-1].new.version_id if result else texts[0]
    alternating = (
        {version.id for version in result[-1].alternation.versions} if result and result[-1].alternation else set()
    )
    assert history.periods[-1].version_id in alternating | {last}
