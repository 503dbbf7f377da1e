"""The laws of comparison, checked on generated documents."""

from hypothesis import given
from hypothesis import strategies as st

from core.changes import CHANGE_KINDS, SIGNIFICANCES
from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from tests.diffing.comparison_laws import accounts_for_all, as_set, mirrored, rebuilds

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
KINDS: st.SearchStrategy[ClauseKind] = st.sampled_from(["heading", "paragraph", "list_item", "table_row"])
LINKS = st.sampled_from([(), ("https://example.com/",), ("mailto:a@example.com",)])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    drawn = draw(st.lists(st.tuples(KINDS, LABELS, TEXTS, LINKS), max_size=14))
    clauses = (
        Clause(position, kind, label, (), text, links) for position, (kind, label, text, links) in enumerate(drawn)
    )
    return Document(None, None, None, tuple(clauses))


@st.composite
def edited_pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    """Draws a document and an edited copy: clauses are dropped, moved, doubled, edited, split and relabelled."""
    old = draw(documents())
    texts = [(clause.kind, clause.label, clause.text, clause.links) for clause in old.clauses]
    for _ in range(draw(st.integers(0, 6)) if texts else 0):
        position = draw(st.integers(0, len(texts) - 1))
        kind, label, text, links = texts.pop(position)
        words = text.split() or [text]
        middle = len(words) // 2
        edit = draw(st.sampled_from(["drop", "move", "double", "edit", "split", "label", "case"]))
        if edit == "move":
            texts.insert(draw(st.integers(0, len(texts))), (kind, label, text, links))
        elif edit == "double":
            texts[position:position] = [(kind, label, text, links)] * 2
        elif edit == "edit":
            texts.insert(position, (kind, label, " ".join([*words[:middle], draw(TEXTS), *words[middle + 1 :]]), links))
        elif edit == "split" and middle:
            texts[position:position] = [
                (kind, label, " ".join(half), links) for half in (words[:middle], words[middle:])
            ]
        elif edit == "label":
            texts.insert(position, (kind, draw(LABELS), text, draw(LINKS)))
        elif edit == "case":
            texts.insert(position, (kind, label, text.upper() or text, links))
        if not texts:
            break
    new = (Clause(position, kind, label, (), text, links) for position, (kind, label, text, links) in enumerate(texts))
    return old, Document(None, None, None, tuple(new))


PAIRS = edited_pairs() | st.tuples(documents(), documents())


@given(PAIRS)
def test_every_clause_is_either_in_one_change_or_unchanged(pair: tuple[Document, Document]) -> None:
    assert accounts_for_all(compare(*pair), *pair)


@given(PAIRS)
def test_the_old_and_the_new_text_can_be_rebuilt_from_every_redline(pair: tuple[Document, Document]) -> None:
    for change in compare(*pair).changes:
        if change.redline:
            assert rebuilds(change)
        else:
            assert change.kind in ("added", "removed", "moved", "renumbered")


@given(documents())
def test_a_document_compared_with_itself_has_no_changes(document: Document) -> None:
    comparison = compare(document, document)
    assert comparison.changes == ()
    assert comparison.unchanged == tuple((position, position) for position in range(len(document.clauses)))


@given(PAIRS)
def test_a_comparison_of_new_and_old_is_the_mirror_image(pair: tuple[Document, Document]) -> None:
    old, new = pair
    forwards, backwards = compare(old, new), compare(new, old)
    assert mirrored(backwards) == as_set(forwards)
    assert {(before, after) for after, before in backwards.unchanged} == set(forwards.unchanged)


@given(PAIRS)
def test_the_same_documents_give_the_same_comparison(pair: tuple[Document, Document]) -> None:
    assert compare(*pair) == compare(*pair)


@given(PAIRS)
def test_the_kind_of_a_change_determines_the_number_of_clauses(pair: tuple[Document, Document]) -> None:
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
def test_changes_are_in_the_order_of_the_new_document(pair: tuple[Document, Document]) -> None:
    positions = [change.new[0].position for change in compare(*pair).changes if change.new]
    assert positions == sorted(positions)
