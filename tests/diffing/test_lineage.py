"""A clause is followed through the versions of a policy, and dated by the last change of its words."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause, Document
from core.history import SettledHistory
from core.lineage import ChainEntry, EventKind, Gap, Since, Step
from diffing.lineage import chain, first_step, line_of, reads_so_since, step_between
from formats import step_json
from tests.diffing.timelines import HERE, captures_of, observed, settled_of
from tests.stored_captures import BEGIN

NAME = "When you open an account we ask for your name and your e-mail address."
LOGS = "Our servers keep a log of every request for 30 days, and delete it afterwards."
COOKIES = "We set a cookie in your browser, so that you need not sign in on every page."
RIGHTS = "You may ask us at any time for a copy of all data that we hold about you."
SALE = "We never sell personal data to advertisers, brokers or anybody else."

SENTENCES = (NAME, LOGS, COOKIES, RIGHTS, SALE, LOGS.replace("30", "90"), SALE.replace("never", "sometimes"))


def document(*texts: str, labels: Sequence[str | None] = ()) -> Document:
    labels = labels or [None] * len(texts)
    clauses = (
        Clause(position, "paragraph", label, (), text)
        for position, (label, text) in enumerate(zip(labels, texts, strict=True))
    )
    return Document(None, None, None, tuple(clauses))


def steps_of(*documents: Document) -> list[Step]:
    return [first_step(documents[0]), *(step_between(old, new) for old, new in pairwise(documents))]


def dates(*documents: Document) -> list[int]:
    return [since.index for since in reads_so_since(steps_of(*documents))]


def events(steps: Sequence[Step], index: int, position: int) -> list[tuple[int, EventKind]]:
    return [(event.index, event.kind) for event in line_of(steps, index, position).events]


def test_an_unchanged_clause_reads_so_since_the_first_version() -> None:
    assert dates(document(NAME, LOGS), document(NAME, LOGS, COOKIES)) == [0, 0, 1]


def test_other_words_and_other_numbers_date_a_clause_anew() -> None:
    new = document(LOGS.replace("30", "90"), SALE.replace("never", "sometimes"), NAME)
    since = reads_so_since(steps_of(document(LOGS, SALE, NAME), new, new))
    assert [(item.index, item.number) for item in since] == [(1, 1), (1, 2), (0, None)]


def test_a_move_a_number_and_typography_keep_the_date() -> None:
    assert dates(document(NAME, LOGS, COOKIES, RIGHTS), document(RIGHTS, NAME, LOGS, COOKIES)) == [0, 0, 0, 0]
    numbered = document(NAME, LOGS, labels=["1.", "2."]), document(NAME, LOGS, labels=["2.", "3."])
    assert dates(*numbered) == [0, 0]
    assert dates(document(f"“{NAME}”", LOGS), document(f'"{NAME}"', LOGS)) == [0, 0]


def test_a_clause_that_returned_reads_so_since_its_return() -> None:
    with_it, without = document(NAME, COOKIES, RIGHTS), document(NAME, RIGHTS)
    steps = steps_of(with_it, without, without, with_it)
    assert [since.index for since in reads_so_since(steps)] == [0, 3, 0]
    history: list[tuple[int, EventKind]] = [(0, "appeared"), (1, "removed"), (3, "returned")]
    assert events(steps, 0, 1) == events(steps, 3, 1) == history
    assert line_of(steps, 0, 1).places == ((1,), (), (), (1,))
    (returned,) = (event for event in line_of(steps, 0, 1).events if event.kind == "returned")
    assert (returned.old_index, returned.old, returned.new) == (0, (1,), (1,))


def test_a_clause_that_is_missing_briefly_keeps_its_date_and_no_event_tells_it() -> None:
    with_it, without = document(NAME, COOKIES, RIGHTS), document(NAME, RIGHTS)
    steps = steps_of(with_it, with_it, without, with_it, with_it)
    begins = [BEGIN + timedelta(days=days) for days in (0, 10, 20, 20.5, 30)]
    gap = Gap(2, 3)
    assert reads_so_since(steps, begins) == (Since(0, None), Since(0, None, (gap,)), Since(0, None))
    for index in (0, 1, 3, 4):
        line = line_of(steps, index, 1, begins)
        assert [(event.index, event.kind) for event in line.events] == [(0, "appeared")]
        assert line.gaps == (gap,)
        assert line.places == ((1,), (1,), (), (1,), (1,))
    begins[3] += timedelta(days=1)
    assert [since.index for since in reads_so_since(steps, begins)] == [0, 3, 0]
    assert [event.kind for event in line_of(steps, 0, 1, begins).events] == ["appeared", "removed", "returned"]


def test_a_clause_that_is_missing_briefly_twice_and_then_removed_is_removed_once() -> None:
    with_it, without = document(NAME, COOKIES, RIGHTS), document(NAME, RIGHTS)
    steps = steps_of(with_it, without, with_it, without, with_it, without)
    begins = [BEGIN + timedelta(days=days) for days in (0, 10, 10.5, 20, 20.5, 30)]
    line = line_of(steps, 2, 1, begins)
    assert [(event.index, event.kind) for event in line.events] == [(0, "appeared"), (5, "removed")]
    assert line.gaps == (Gap(1, 2), Gap(3, 4))
    assert reads_so_since(steps[:5], begins[:5])[1] == Since(0, None, line.gaps)


def test_a_line_goes_on_through_changes_and_moves_to_removal() -> None:
    steps = steps_of(
        document(NAME, LOGS, COOKIES, RIGHTS, SALE),
        document(NAME, LOGS.replace("30", "90"), COOKIES, RIGHTS, SALE),
        document(LOGS.replace("30", "90"), NAME, COOKIES, RIGHTS, SALE),
        document(NAME, COOKIES, RIGHTS, SALE),
    )
    line = line_of(steps, 1, 1)
    kinds = [event.kind for event in line.events]
    assert kinds[:2] == ["appeared", "modified"]
    assert kinds[-1] == "removed"
    assert line.events[1].numbers == (("30 days", "90 days"),)
    assert line.places == ((1,), (1,), (0,), ())


def test_both_halves_of_a_split_clause_descend_from_it() -> None:
    steps = steps_of(document(NAME, f"{LOGS} {COOKIES}", RIGHTS), document(NAME, LOGS, COOKIES, RIGHTS))
    assert events(steps, 0, 1) == [(0, "appeared"), (1, "split")]
    assert line_of(steps, 0, 1).places == ((1,), (1, 2))
    assert line_of(steps, 1, 2).places == ((1,), (2,))


def test_a_merged_clause_descends_from_both() -> None:
    steps = steps_of(document(NAME, LOGS, COOKIES, RIGHTS), document(NAME, f"{LOGS} {COOKIES}", RIGHTS))
    assert events(steps, 1, 1) == [(0, "appeared"), (0, "appeared"), (1, "merged")]
    assert line_of(steps, 1, 1).places == ((1, 2), (1,))


def test_behind_a_missing_comparison_nothing_is_claimed() -> None:
    old, new = document(NAME, LOGS), document(NAME, LOGS, COOKIES)
    steps = [first_step(old), first_step(new), step_between(new, old)]
    assert events(steps, 2, 0) == [(1, "unknown")]
    assert [(since.index, since.number) for since in reads_so_since(steps)] == [(1, None), (1, None)]


def shown(entries: Sequence[ChainEntry]) -> str:
    return "".join(entry.version_id + "?" * entry.pending for entry in entries)


def chain_of(texts: str) -> tuple[ChainEntry, ...]:
    return chain(settled_of(captures_of(texts)))


def test_the_chain_has_each_standing_version_in_order() -> None:
    entries = chain_of("AABBA")
    assert shown(entries) == "ABA"
    assert entries[1].before is not None
    assert (entries[1].before.version_id, entries[1].first.version_id) == ("A", "B")
    assert entries[2].text == entries[0].first  # one document stands for a version


def test_of_an_alternation_first_and_last_periods_are_in_the_chain() -> None:
    assert shown(chain_of("ABABABAB")) == "AB"
    assert shown(chain_of("ABABABA")) == "ABA"
    assert shown(chain_of("ABABABC")) == "ABC"


def test_texts_that_did_not_last_are_not_in_the_chain() -> None:
    looks = [(0, "A"), (24, "B"), (24.1, "A"), (48, "A")]
    entries = chain(settled_of(observed(hours, text) for hours, text in looks))
    assert shown(entries) == "A"


def test_the_newest_text_is_in_the_chain_and_marked_until_confirmed() -> None:
    def settled_by(*looks: tuple[float, str]) -> SettledHistory:
        return settled_of(observed(hours, text, HERE) for hours, text in looks)

    assert shown(chain(settled_by((0, "A"), (24, "B")))) == "AB?"
    assert shown(chain(settled_by((0, "A"), (24, "B"), (24.1, "B")))) == "AB"


chains = st.lists(
    st.lists(st.sampled_from(SENTENCES) | st.sampled_from(("Cookies", "Logs", "5")), max_size=7), min_size=1, max_size=5
)


@given(chains)
def test_laws_of_lines(texts: list[list[str]]) -> None:
    """Every clause is in one place of its step, and two clauses are either both on each other's lines or neither."""
    documents = [document(*of_version) for of_version in texts]
    steps = steps_of(*documents)
    for step, new in zip(steps, documents, strict=True):
        positions = [at for _, new_at, length in step.kept for at in range(new_at, new_at + length)]
        positions += [at for link in step.links for at in link.new]
        assert sorted(positions) == list(range(len(new.clauses)))
        assert step.clauses == len(new.clauses)
        assert step_json.decode(step_json.encode(step)) == step
    for count in range(1, len(steps) + 1):
        since = reads_so_since(steps[:count])
        assert len(since) == len(documents[count - 1].clauses)
        assert all(item.index < count for item in since)
    nodes = [(index, at) for index, new in enumerate(documents) for at in range(len(new.clauses))]
    lines = {node: line_of(steps, *node) for node in nodes}
    related = {
        (node, (index, at)) for node, line in lines.items() for index, places in enumerate(line.places) for at in places
    }
    for node, line in lines.items():
        assert node[1] in line.places[node[0]]
        assert [event.index for event in line.events] == sorted(event.index for event in line.events)
        assert line.events[0].kind in ("appeared", "unknown")
    assert related == {(other, node) for node, other in related}
