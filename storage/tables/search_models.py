"""The tables of the search: the distinct clauses of all policies, and what is known of each policy.

Everything in these tables is derived from the readings, and is derived again where it is missing. So they have metadata
of their own, and are in no backup. SQLite's full-text table `clause_words` over the column `words`, and the triggers
that keep it the same as the column, are made by the migration; PostgreSQL has an index of the column.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Index, Integer, Table, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.clauses import ClauseKind
from core.search_words import LEFT_OUT
from storage.tables.column_types import AnyText, Json, Moment


class SearchWords(TypeDecorator[Sequence[str]]):
    """The words of a text with their places, for the full-text search of the database. The column is never read."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Returns the type of the column in a database."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        """Returns the words as SQLite's full-text table divides them, or in the form of PostgreSQL's `tsvector`."""
        if value is None or dialect.name != "postgresql":
            return None if value is None else " ".join(value)
        places: dict[str, list[str]] = {}
        for place, word in enumerate(value, start=1):
            places.setdefault(word, []).append(str(place))
        places.pop(LEFT_OUT, None)
        return " ".join(f"'{word}':{','.join(word_places)}" for word, word_places in places.items())


class SearchBase(DeclarativeBase):
    """The base of the search's tables."""


class ClauseTextRow(SearchBase):
    """A distinct text of a policy's clauses, with all versions that stand and have it.

    id: contains the time at which the policy had the text first, so that the order of the ids is the order of these
        times (`storage.clause_index.id_of`).
    text_key: the text's name within the policy (`diffing.clause_spans.text_key`).
    kind, label, heading_path, text, position: the clause in the first version that has it (`core.clauses.Clause`).
    words: the words of the text, and those of the vendor and the policy (`core.search_words`).
    version_id: the id of the first version that has the text.
    appeared_at: the first time in `spans`.
    gone_at: the last time in `spans`; None if the policy still has the text.
    spans: when the policy had the text (`diffing.clause_spans.HeldText`).
    """

    __tablename__ = "clause_texts"
    __table_args__ = (Index("clause_texts_by_policy", "vendor", "policy", "text_key", unique=True),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    vendor: Mapped[str] = mapped_column(AnyText)
    policy: Mapped[str] = mapped_column(AnyText)
    text_key: Mapped[str] = mapped_column(AnyText)
    kind: Mapped[ClauseKind] = mapped_column(AnyText)
    label: Mapped[str | None] = mapped_column(AnyText)
    heading_path: Mapped[Sequence[str]] = mapped_column(Json)
    text: Mapped[str] = mapped_column(AnyText)
    words: Mapped[Sequence[str]] = mapped_column(SearchWords, deferred=True)
    version_id: Mapped[str] = mapped_column(AnyText)
    position: Mapped[int] = mapped_column(Integer)
    appeared_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)
    spans: Mapped[Sequence[Sequence[str | None]]] = mapped_column(Json)


class IndexedPolicyRow(SearchBase):
    """The state of a policy from which its rows in `clause_texts` were made.

    rules: the rules by which they were made.
    revision, reader: as in `PolicyRow`; the revision is -1 if the rows have to be made again.
    periods: for each period that stands, the version's id, the time of the period's first capture, and the id of the
        first capture that shows the version.
    captures, newest: how many captures the policy had, and the time of the newest.
    steady_version, steady_language: if further captures that show this version in this language can change nothing, the
        version's id and the language; otherwise None.
    """

    __tablename__ = "indexed_policies"

    vendor: Mapped[str] = mapped_column(AnyText, primary_key=True)
    policy: Mapped[str] = mapped_column(AnyText, primary_key=True)
    rules: Mapped[str] = mapped_column(AnyText)
    revision: Mapped[int] = mapped_column(BigInteger)
    reader: Mapped[str | None] = mapped_column(AnyText)
    periods: Mapped[Sequence[tuple[str, str, int]]] = mapped_column(Json)
    captures: Mapped[int] = mapped_column(BigInteger)
    newest: Mapped[datetime | None] = mapped_column(Moment)
    steady_version: Mapped[str | None] = mapped_column(AnyText)
    steady_language: Mapped[str | None] = mapped_column(AnyText)


#: The tables of the rows.
CLAUSE_TEXTS: Table = SearchBase.metadata.tables["clause_texts"]
INDEXED_POLICIES: Table = SearchBase.metadata.tables["indexed_policies"]
