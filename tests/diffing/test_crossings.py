"""Sentences that crossed the border between two clauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import Change
from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from tests.diffing.comparison_laws import accounts_for_all, as_set, mirrored, rebuilds

KEPT = "The toll gate notes the hour at which each cart comes by."
CROSSING = "Once a month, the notes of carts with two horses are read aloud in the market hall."
BELOW = "Carts with a load of hay are let through for nothing."
NEW = "We write down how many bells the horse wears."


def document(*texts: str, kind: ClauseKind = "paragraph") -> Document:
    around = ("Rules of the toll gate", *texts, "Complaints go to the keeper of the bridge.")
    return Document(None, None, None, tuple(Clause(n, kind, None, (), text) for n, text in enumerate(around)))


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    comparison = compare(old, new)
    assert accounts_for_all(comparison, old, new)
    assert mirrored(compare(new, old)) == as_set(comparison)
    assert all(rebuilds(change) for change in comparison.changes)
    return comparison.changes


def joined(*sentences: str) -> str:
    return " ".join(sentences)


def test_a_sentence_that_crosses_to_the_next_clause_is_editorial() -> None:
    told = changes(document(joined(KEPT, CROSSING), BELOW), document(KEPT, joined(CROSSING, BELOW)))
    assert [(change.kind, change.significance, change.crossed) for change in told] == [
        ("modified", "editorial", (CROSSING,))
    ] * 2


@pytest.mark.parametrize(
    ("crossing", "kind"),
    [
        (CROSSING, "list_item"),
        ("So they do.", "paragraph"),
        ("With your consent.", "paragraph"),
        ("At the end of the month, you can opt out of this.", "paragraph"),
        ("This does not apply to the carts of the millers in the valley.", "paragraph"),
        ("Nothing in the list below is ever told to the king:", "paragraph"),
        ("Nothing on the board is ever told to the king;", "paragraph"),
        ("Wir fragen jeden Müller im Tal, ob dies erlaubt ist.", "paragraph"),
    ],
)
def test_a_sentence_that_may_refer_to_others_has_not_crossed(crossing: str, kind: ClauseKind) -> None:
    old = document(joined(KEPT, crossing), BELOW, kind=kind)
    new = document(KEPT, joined(crossing, BELOW), kind=kind)
    told = changes(old, new)
    assert "substantive" in {change.significance for change in told}
    assert not any(change.crossed for change in told)


@pytest.mark.parametrize(
    ("old", "new", "significances"),
    [
        ((joined(KEPT, CROSSING), BELOW), (joined(KEPT, NEW), joined(CROSSING, BELOW)), ["substantive", "editorial"]),
        ((joined(KEPT, CROSSING), BELOW), (KEPT, joined(CROSSING, BELOW, NEW)), ["editorial", "substantive"]),
        ((KEPT, joined(CROSSING, BELOW)), (joined(KEPT, CROSSING), joined(BELOW, NEW)), ["editorial", "substantive"]),
        (
            (joined(KEPT, CROSSING), BELOW),
            (KEPT.replace("notes", "writes down"), joined(CROSSING, BELOW)),
            ["substantive", "editorial"],
        ),
    ],
)
def test_what_else_changes_beside_a_crossing_sentence_counts(
    old: tuple[str, ...], new: tuple[str, ...], significances: list[str]
) -> None:
    told = changes(document(*old), document(*new))
    assert [(change.kind, change.significance) for change in told] == [("modified", worth) for worth in significances]


def test_words_that_cross_within_a_sentence_are_substantive() -> None:
    old = document("We do not weigh the carts of farmers.", "With their consent we weigh the carts of millers.")
    new = document("We do not weigh the carts of farmers with their consent.", "We weigh the carts of millers.")
    assert {change.significance for change in changes(old, new)} == {"substantive"}


def test_a_sentence_that_also_stays_has_not_crossed() -> None:
    old = document(joined(KEPT, CROSSING), BELOW)
    new = document(joined(KEPT, CROSSING), joined(CROSSING, BELOW))
    (change,) = changes(old, new)
    assert (change.significance, change.crossed) == ("substantive", ())


def test_a_sentence_that_leaves_its_lead_in_is_substantive() -> None:
    def with_list(lead_in: str, item: str) -> Document:
        kinds: tuple[ClauseKind, ...] = ("paragraph", "list_item")
        return Document(
            None, None, None, tuple(Clause(n, kinds[n], None, (), text) for n, text in enumerate((lead_in, item)))
        )

    told = changes(with_list(joined(KEPT, CROSSING), BELOW), with_list(KEPT, joined(CROSSING, BELOW)))
    assert {change.significance for change in told} == {"substantive"}


def test_one_sentence_of_a_removed_clause_that_stays_makes_a_merge() -> None:
    last = "Farmers of the next valley find their own rules on the board."
    gone = "When notes are burnt, some ash may stay in the stove. Some notes may never be burnt at all."
    (change,) = changes(document(joined(CROSSING, gone), last), document(joined(CROSSING, last)))
    assert (change.kind, change.significance) == ("merged", "substantive")


def test_one_sentence_that_a_new_clause_takes_over_makes_a_split() -> None:
    new_sentences = joined("Notes are made of slate and of chalk.", "Slate is counted, chalk is weighed.", NEW)
    told = changes(document(joined(CROSSING, KEPT)), document(joined(CROSSING, new_sentences), KEPT))
    assert [change.kind for change in told] == ["split"]


SENTENCES = (KEPT, CROSSING, BELOW, NEW, "Mules of any age count as horses.", "Nobody pays twice on one of the days.")


@given(st.permutations(SENTENCES), st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_no_border_between_sentences_makes_a_substantive_change(order: list[str], borders: tuple[int, int]) -> None:
    old, new = (document(joined(*order[:border]), joined(*order[border:])) for border in borders)
    assert {change.significance for change in changes(old, new)} <= {"editorial"}


def test_sentences_grouped_into_other_paragraphs_are_editorial() -> None:
    old = document(
        KEPT,
        joined(CROSSING, BELOW, "Mules of any age count as horses."),
        joined(NEW, "Bells of brass are not counted."),
    )
    new = document(
        joined(KEPT, CROSSING),
        joined(BELOW, "Mules of any age count as horses.", NEW, "Bells of brass are not counted."),
    )
    told = changes(old, new)
    assert {change.significance for change in told} == {"editorial"}
    assert not {change.kind for change in told} & {"added", "removed"}
    reworded = document(
        joined(KEPT, CROSSING), joined(BELOW, "Mules of any age count as goats.", NEW, "Bells of tin are not counted.")
    )
    assert "substantive" in {change.significance for change in compare(old, reworded).changes}
