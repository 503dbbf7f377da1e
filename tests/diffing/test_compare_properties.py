from hypothesis import given
from hypothesis import strategies as st

from core.changes import CHANGE_KINDS, SIGNIFICANCES, Change, Comparison
from core.clauses import Clause, Document
from diffing.comparison import compare

WORDS = [
    "we",
    "may",
    "share",
    "sell",
    "collect",
    "your",
    "personal",
    "data",
    "with",
    "partners",
    "and",
    "never",
    "without",
    "consent",
    "for",
    "days",
    "months",
    "account",
    "cookies",
    "delete",
    "request",
    "access",
    "right",
    "contact",
    "privacy@example.com",
    "30",
    "60",
    "2024",
    "January",
    "service",
    "law",
    "purpose",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join) | st.text(min_size=1, max_size=12)
LABELS = st.sampled_from([None, "1.", "2.", "(a)", "2.1"])
KINDS = st.sampled_from(["heading", "paragraph", "list_item", "table_row"])
LINKS = st.sampled_from([(), ("https://example.com/",), ("mailto:a@example.com",)])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    drawn = draw(st.lists(st.tuples(KINDS, LABELS, TEXTS, LINKS), max_size=14))
    clauses = (Clause(at, kind, label, (), text, links) for at, (kind, label, text, links) in enumerate(drawn))
    return Document(None, None, None, tuple(clauses))


@st.composite
def edited_pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    """A document and what is left of it after clauses were dropped, moved, doubled, edited, cut and joined."""
    old = draw(documents())
    texts = [(clause.kind, clause.label, clause.text, clause.links) for clause in old.clauses]
    for _ in range(draw(st.integers(0, 6)) if texts else 0):
        at = draw(st.integers(0, len(texts) - 1))
        kind, label, text, links = texts.pop(at)
        words = text.split() or [text]
        middle = len(words) // 2
        edit = draw(st.sampled_from(["drop", "move", "double", "edit", "split", "label", "case"]))
        if edit == "move":
            texts.insert(draw(st.integers(0, len(texts))), (kind, label, text, links))
        elif edit == "double":
            texts[at:at] = [(kind, label, text, links)] * 2
        elif edit == "edit":
            texts.insert(at, (kind, label, " ".join([*words[:middle], draw(TEXTS), *words[middle + 1 :]]), links))
        elif edit == "split" and middle:
            texts[at:at] = [(kind, label, " ".join(half), links) for half in (words[:middle], words[middle:])]
        elif edit == "label":
            texts.insert(at, (kind, draw(LABELS), text, draw(LINKS)))
        elif edit == "case":
            texts.insert(at, (kind, label, text.upper() or text, links))
        if not texts:
            break
    new = (Clause(at, kind, label, (), text, links) for at, (kind, label, text, links) in enumerate(texts))
    return old, Document(None, None, None, tuple(new))


PAIRS = edited_pairs() | st.tuples(documents(), documents())


def accounted_for(comparison: Comparison, old: Document, new: Document) -> bool:
    old_places = [clause.position for change in comparison.changes for clause in change.old]
    new_places = [clause.position for change in comparison.changes for clause in change.new]
    old_places += [place for place, _ in comparison.unchanged]
    new_places += [place for _, place in comparison.unchanged]
    return sorted(old_places) == list(range(len(old.clauses))) and sorted(new_places) == list(range(len(new.clauses)))


def rebuilds(change: Change) -> bool:
    old = "".join(text for operation, text in change.redline if operation != "insert")
    new = "".join(text for operation, text in change.redline if operation != "delete")
    return (
        old.split() == " ".join(clause.text for clause in change.old).split()
        and new.split() == " ".join(clause.text for clause in change.new).split()
    )


def mirrored(comparison: Comparison) -> set[tuple[object, ...]]:
    kinds = {"added": "removed", "removed": "added", "split": "merged", "merged": "split"}
    return {
        (kinds.get(change.kind, change.kind), change.significance, change.confidence, change.new, change.old)
        for change in comparison.changes
    }


def as_set(comparison: Comparison) -> set[tuple[object, ...]]:
    return {
        (change.kind, change.significance, change.confidence, change.old, change.new) for change in comparison.changes
    }


@given(PAIRS)
def test_every_clause_is_in_one_change_or_unchanged(pair: tuple[Document, Document]):
    assert accounted_for(compare(*pair), *pair)


@given(PAIRS)
def test_redlines_rebuild_both_sides_and_stand_where_words_changed(pair: tuple[Document, Document]):
    for change in compare(*pair).changes:
        if change.redline:
            assert rebuilds(change)
        else:
            assert change.kind in ("added", "removed", "moved", "renumbered")


@given(documents())
def test_a_document_compared_with_itself_gives_nothing(document: Document):
    comparison = compare(document, document)
    assert comparison.changes == ()
    assert comparison.unchanged == tuple((at, at) for at in range(len(document.clauses)))


@given(PAIRS)
def test_the_comparison_of_the_other_direction_is_the_mirror(pair: tuple[Document, Document]):
    old, new = pair
    there, back = compare(old, new), compare(new, old)
    assert mirrored(back) == as_set(there)
    assert {(before, after) for after, before in back.unchanged} == set(there.unchanged)


@given(PAIRS)
def test_the_same_documents_give_the_same_comparison(pair: tuple[Document, Document]):
    assert compare(*pair) == compare(*pair)


@given(PAIRS)
def test_kinds_have_the_sides_their_names_say(pair: tuple[Document, Document]):
    for change in compare(*pair).changes:
        sides = (len(change.old), len(change.new))
        assert change.kind in CHANGE_KINDS
        assert change.significance in SIGNIFICANCES
        assert 0 <= change.confidence <= 1
        if change.kind in ("added", "removed"):
            assert sides == ((0, 1) if change.kind == "added" else (1, 0))
            assert change.confidence == 1
        elif change.kind == "split":
            assert sides[0] == 1
            assert sides[1] > 1
        elif change.kind == "merged":
            assert sides[0] > 1
            assert sides[1] == 1
        else:
            assert sides == (1, 1)


@given(PAIRS)
def test_changes_stand_in_the_new_documents_order(pair: tuple[Document, Document]):
    places = [change.new[0].position for change in compare(*pair).changes if change.new]
    assert places == sorted(places)
