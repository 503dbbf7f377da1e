"""Documents are unchanged after encoding as JSON and after storing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.captures import Reading, Verdict
from core.clauses import Clause, Document
from formats.document_json import decode, encode
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of

# Texts of arbitrary characters, including lone surrogates and NUL.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
clauses = st.builds(
    Clause,
    position=st.integers(0, 100_000),
    kind=st.sampled_from(["heading", "paragraph", "list_item", "table_row"]),
    label=st.none() | texts,
    heading_path=st.lists(texts, max_size=3).map(tuple),
    text=texts,
    links=st.lists(texts, max_size=2).map(tuple),
)
documents = st.builds(
    Document,
    title=st.none() | texts,
    language=st.none() | st.sampled_from(["en", "fr"]),
    effective_date=st.none() | st.dates(),
    clauses=st.lists(clauses, max_size=5).map(tuple),
    stated_date=st.none() | st.dates().map(date.isoformat) | st.just("2024-03"),
)


@given(documents)
def test_a_document_is_unchanged_after_encoding_and_decoding(document: Document) -> None:
    assert decode(encode(document)) == document


@given(documents, documents)
def test_documents_are_equal_exactly_if_their_encodings_are(first: Document, second: Document) -> None:
    assert (encode(first) == encode(second)) == (first == second)


def test_a_document_of_an_earlier_release_has_its_effective_date_as_stated_date() -> None:
    stored = b'{"title":"Privacy","language":"en","effective_date":"2019-02-28","clauses":[]}'
    assert decode(stored) == Document("Privacy", "en", date(2019, 2, 28), (), "2019-02-28")


def test_two_surrogates_are_not_joined_to_one_character() -> None:
    document = Document("\ud83d\ude00", None, None, ())
    assert decode(encode(document)) == document


def test_the_store_returns_a_document_unchanged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = Clause(3, "table_row", "\x00", ("", "\ud800"), "a\x00b \udfff 😀 \\u0000", ("mailto:a@marmot.example",))
    document = Document("\x00", "en", date(2019, 2, 28), (clause, clause))
    monkeypatch.setattr("intake.reading_task.read", lambda *_, **__: Reading(Verdict("accepted"), document))
    kept = [keep(store, capture_of(b"", days), b"", POLICY) for days in (0, 1)]
    assert [store.library.document(read.capture_id) for read in kept] == [document, document]


def test_an_empty_document_is_unchanged_after_encoding() -> None:
    assert decode(encode(Document(None, None, date(1, 1, 1), ()))) == Document(None, None, date(1, 1, 1), ())
