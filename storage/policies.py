"""What is known of a policy as a whole: by which reader it is shown, that something happened in it, and how much."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, case, func, literal, or_, select
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, CountRow, PolicyRow, ReviewRow


def reader_in_force(session: Session, key: PolicyKey) -> str | None:
    """Which reader's readings a policy is shown by; None before its first capture was read."""
    return session.scalar(
        select(PolicyRow.reader).where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)
    )


def touch(session: Session, key: PolicyKey, captured_at: datetime, reader: str | None = None) -> str | None:
    """Note that a capture of that time may have changed the policy's history. The reader in force.

    reader: the one in force from now on, where there was none: nothing is shown yet that must not change half-way.

    Until the transaction ends nobody else changes that reader.
    """
    statement = insert(session, PolicyRow).values(
        vendor=key.vendor, policy=key.policy, reader=reader, newest=captured_at, revision=1, composed=0
    )
    newer = statement.excluded.newest
    statement = statement.on_conflict_do_update(
        index_elements=[PolicyRow.vendor, PolicyRow.policy],
        set_={
            "reader": func.coalesce(PolicyRow.reader, reader),
            "revision": PolicyRow.revision + 1,
            "newest": case((PolicyRow.newest < newer, newer), else_=PolicyRow.newest),
        },
    )
    return session.scalar(statement.returning(PolicyRow.reader))


def put_in_force(session: Session, key: PolicyKey, reader: str) -> None:
    """Have a policy shown by that reader's readings, and note that its history may be another, unless it was so before.

    What the policy's row said before is not relied upon. No change where the policy has no captures.
    """
    newest = (
        select(
            CaptureRow.vendor,
            CaptureRow.policy,
            literal(reader).label("reader"),
            func.max(CaptureRow.captured_at),
            literal(1).label("revision"),
            literal(0).label("composed"),
        )
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
        .group_by(CaptureRow.vendor, CaptureRow.policy)
    )
    statement = insert(session, PolicyRow).from_select(
        ["vendor", "policy", "reader", "newest", "revision", "composed"], newest
    )
    higher = case(
        (PolicyRow.composed_revision > PolicyRow.revision, PolicyRow.composed_revision), else_=PolicyRow.revision
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[PolicyRow.vendor, PolicyRow.policy],
            set_={"reader": reader, "newest": statement.excluded.newest, "revision": higher + 1},
            where=or_(
                PolicyRow.reader.is_distinct_from(reader),
                PolicyRow.newest != statement.excluded.newest,
                PolicyRow.composed_revision > PolicyRow.revision,
            ),
        )
    )


def count(session: Session, *, captures: Iterable[PolicyKey] = (), reviews: Iterable[PolicyKey] = ()) -> None:
    """Count captures and reviews that this transaction stores, each given by the policy it is of."""
    of_captures, of_reviews = Counter(captures), Counter(reviews)
    rows = [
        {"vendor": key.vendor, "policy": key.policy, "captures": of_captures[key], "reviews": of_reviews[key]}
        for key in of_captures | of_reviews
    ]
    if rows:
        statement = insert(session, CountRow)
        statement = statement.on_conflict_do_update(
            index_elements=[CountRow.vendor, CountRow.policy],
            set_={
                "captures": CountRow.captures + statement.excluded.captures,
                "reviews": CountRow.reviews + statement.excluded.reviews,
            },
        )
        session.connection().execute(statement, rows)


def recount(session: Session, key: PolicyKey) -> None:
    """Have at least as many captures and reviews of a policy counted as there are: what is gone stays missed."""
    captures, reviews = session.execute(select(*how_many(*key))).one()
    row = session.get(CountRow, key) or CountRow(vendor=key.vendor, policy=key.policy, captures=0, reviews=0)
    row.captures, row.reviews = max(row.captures, captures), max(row.reviews, reviews)
    session.add(row)


def how_many(vendor: Any, policy: Any) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """How many captures, and how many reviews, of a policy there are. vendor, policy: columns of a query, or values."""
    same = (CaptureRow.vendor == vendor, CaptureRow.policy == policy)
    captures = select(func.count()).select_from(CaptureRow).where(*same)
    reviews = select(func.count()).select_from(ReviewRow).join(CaptureRow, ReviewRow.capture_id == CaptureRow.id)
    return captures.scalar_subquery(), reviews.where(*same).scalar_subquery()
