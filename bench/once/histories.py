"""Strategies for random histories (hypothesis)."""

from hypothesis import strategies as st

from bench.once.oracle import ERROR, GONE, OTHER
from bench.once.world import SLUGS, Step

_slugs = st.sampled_from(SLUGS)
_letters = st.sampled_from("AABBCD")
# Live captures are made every six hours. None of these times is within an hour of one, so no capture of the past
# refutes a live text (the hour in docs/versions.md), a rule that the oracle leaves to tests/diffing.
_HOURS_AGO = (1, 32, 200, 2000)
_ordinary: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("edit"), _slugs, _letters),
    st.tuples(st.just("crawl"), _slugs, st.sampled_from([2, 2, 1])),
    st.tuples(st.just("crawl"), _slugs, st.just(2)),
    st.tuples(st.just("digest"), st.booleans()),
    st.tuples(st.just("digest"), st.just(False)),
    st.tuples(st.just("backfill"), _slugs, _letters, st.sampled_from(_HOURS_AGO)),
    st.tuples(st.just("review"), _slugs, _letters, st.sampled_from(["rejected", "rejected", "accepted"])),
    st.just(("read_again",)),
    st.tuples(
        st.just("subscribe"), st.sampled_from(["ann", "bob"]), st.sampled_from([(), ("marmot",), ("marmot", "otter")])
    ),
    st.tuples(st.just("trouble"), st.lists(st.sampled_from(["refuse", "hang up"]), max_size=3).map(tuple)),
    st.tuples(st.just("pass_time"), st.sampled_from([24, 24 * 20])),
    st.tuples(
        st.just("disappear"), _slugs, st.sampled_from([GONE, GONE, GONE, ERROR, OTHER]), st.sampled_from([24, 24 * 8])
    ),
)
_clocks: st.SearchStrategy[Step] = st.tuples(st.just("set_clock"), st.sampled_from([0, 0, 1, 1, 800, 4000, -800]))

#: Histories with a clock that is always right: what is told is compared with the oracle change by change.
with_a_right_clock = st.lists(_ordinary, min_size=4, max_size=18)
#: Histories with a clock that is ahead by a day or by years, or behind, for a while: nothing is told twice, and nothing
#: new is missed.
with_a_wrong_clock = st.lists(st.one_of(_ordinary, _ordinary, _ordinary, _clocks), min_size=4, max_size=18)

#: Histories that random ones meet seldom: a rejected text that is captured again, and digests of two processes.
REJECTED_AND_CAPTURED_AGAIN: list[Step] = [
    ("edit", "marmot", "B"),
    ("crawl", "marmot", 2),
    ("digest", True),
    ("review", "marmot", "B", "rejected"),
    ("read_again",),
    ("crawl", "marmot", 2),
    ("digest", False),
]
#: A policy is gone for more than a week, with an error of the server in between, and comes back.
GONE_AND_THERE_AGAIN: list[Step] = [
    ("disappear", "marmot", GONE, 24 * 4),
    ("disappear", "marmot", ERROR, 24),
    ("digest", False),
    ("disappear", "marmot", GONE, 24 * 4),
    ("digest", True),
    ("subscribe", "bob", ("marmot",)),
    ("crawl", "marmot", 1),
    ("digest", False),
    ("edit", "marmot", "B"),
    ("crawl", "marmot", 2),
    ("digest", True),
    ("review", "marmot", "B", "rejected"),
    ("disappear", "marmot", GONE, 24),
    ("digest", False),
    ("digest", False),
]
#: The clock is ahead when a change is captured, and is set right afterwards.
AHEAD_FOR_A_WHILE: list[Step] = [
    ("set_clock", 800),
    ("edit", "marmot", "B"),
    ("crawl", "marmot", 2),
    ("digest", False),
    ("set_clock", 0),
    ("crawl", "marmot", 2),
    ("digest", False),
]
#: The clock is two days ahead. Then that time comes, and the wrong capture lies between two captures of a new text.
AHEAD_UNTIL_TOMORROW: list[Step] = [
    ("set_clock", 2),
    ("crawl", "marmot", 2),
    ("digest", False),
    ("set_clock", 0),
    ("crawl", "marmot", 2),
    ("digest", False),
    ("edit", "marmot", "B"),
    ("crawl", "marmot", 2),
    ("pass_time", 24),
    ("digest", False),
    ("crawl", "marmot", 2),
    ("digest", False),
]
#: The clock is a day ahead when a page is captured. The page changes, and is captured again, when that time comes.
AHEAD_UNTIL_A_CHANGE: list[Step] = [
    ("set_clock", 1),
    ("crawl", "marmot", 2),
    ("digest", False),
    ("edit", "marmot", "A"),
]
