"""The whole text of a report: the old and the new text, merged into one."""

from hypothesis import given
from hypothesis import strategies as st

from core.changes import Change, ChangeKind, Comparison
from core.clauses import Document
from reports.merged_text import MergedRow, merged_rows
from tests.reports.report_examples import EVERY_KIND, added, change, clause, document, file_report, removed


def rows_of(*changes: Change) -> tuple[MergedRow, ...]:
    report = file_report(*changes)
    return merged_rows(report.comparison, report.old.document, report.new.document)


def test_a_moved_clause_is_shown_at_the_old_and_the_new_place() -> None:
    rows = rows_of(
        change("moved", (clause(0, "Moved."),), (clause(1, "Moved."),)),
        change("cosmetic", (clause(1, "Stays"),), (clause(0, "stays"),)),
    )
    assert [row.role for row in rows] == ["moved_from", "changed", "moved_to"]


def test_a_removed_clause_stands_after_the_clause_it_followed() -> None:
    rows = rows_of(
        change("cosmetic", (clause(0, "One"),), (clause(0, "one"),)),
        removed(1, "Gone."),
        added(1, "Come."),
        change("cosmetic", (clause(2, "Two"),), (clause(2, "two"),)),
    )
    assert [row.role for row in rows] == ["changed", "removed", "added", "changed"]


def test_any_pair_that_is_out_of_order_is_shown_as_moved() -> None:
    rows = rows_of(
        change(
            "factual", (clause(0, "A 1"),), (clause(2, "A 2"),), (("equal", "A "), ("delete", "1"), ("insert", "2"))
        ),
        change("cosmetic", (clause(1, "b"),), (clause(0, "B"),)),
        change("cosmetic", (clause(2, "c"),), (clause(1, "C"),)),
    )
    assert [row.role for row in rows] == ["moved_from", "changed", "changed", "moved_to"]
    assert rows[0].redline == (("equal", "A "), ("delete", "1"))
    assert rows[3].redline == (("equal", "A "), ("insert", "2"))


def test_a_split_around_another_clause_is_shown_in_several_rows() -> None:
    rows = rows_of(
        change("split", (clause(0, "X. Y."),), (clause(0, "X."), clause(2, "Y.")), (("equal", "X. Y."),)),
        added(1, "Between."),
    )
    assert [(row.role, row.redline) for row in rows] == [
        ("moved_from", (("delete", "X. Y."),)),
        ("moved_to", (("insert", "X."),)),
        ("added", (("insert", "Between."),)),
        ("moved_to", (("insert", "Y."),)),
    ]


def test_the_merged_text_contains_changes_of_every_kind() -> None:
    report = file_report(*EVERY_KIND)
    rows = merged_rows(report.comparison, report.old.document, report.new.document)
    assert {row.change.number for row in rows if row.change} == set(range(1, len(EVERY_KIND) + 1))


# The kind of the change that an old and a new clause belong to; None if the clause is unchanged.
KINDS: st.SearchStrategy[ChangeKind | None] = st.sampled_from(["modified", "moved", "factual", None])


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Comparison, Document, Document]:
    """Draws a comparison that pairs old and new clauses at random, even in ways in which `compare` never pairs them."""
    old_count, new_count = draw(st.integers(0, 12)), draw(st.integers(0, 12))
    pairs = list(zip(draw(st.permutations(range(old_count))), draw(st.permutations(range(new_count))), strict=False))
    pairs = pairs[: draw(st.integers(0, len(pairs)))]
    old = [clause(position, f"old {position}") for position in range(old_count)]
    new = [clause(position, f"new {position}") for position in range(new_count)]
    changes, unchanged = [], []
    for o, n in pairs:
        kind = draw(KINDS)
        if kind is None:
            new[n] = clause(n, old[o].text)
            unchanged.append((o, n))
        elif kind == "moved":
            new[n] = clause(n, old[o].text)
            changes.append(change("moved", (old[o],), (new[n],)))
        else:
            changes.append(change(kind, (old[o],), (new[n],)))
    changes += [change("removed", (clause,), ()) for clause in old if clause.position not in {o for o, _ in pairs}]
    changes += [change("added", (), (clause,)) for clause in new if clause.position not in {n for _, n in pairs}]
    sides = document(*old), document(*new)
    return Comparison(*sides, tuple(changes), tuple(unchanged)), *sides


@given(comparisons())
def test_the_rows_contain_both_texts_in_order(case: tuple[Comparison, Document, Document]) -> None:
    comparison, old, new = case
    rows = merged_rows(comparison, old, new)
    assert tuple(clause for row in rows for clause in row.old) == old.clauses
    assert tuple(clause for row in rows for clause in row.new) == new.clauses
