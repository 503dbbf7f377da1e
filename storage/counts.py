"""Stores, for each policy, the number of captures and the number of reviews that were ever stored.

`verify` compares these counts with the rows in the database, and thereby detects rows that were lost.
"""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, CountRow, ReviewRow


def add(session: Session, *, captures: Iterable[PolicyKey] = (), reviews: Iterable[PolicyKey] = ()) -> None:
    """Increments the counts of policies by the numbers of captures and reviews that this transaction stores.

    captures: the policy of each new capture. reviews: the policy of each new review.
    """
    new_captures, new_reviews = Counter(captures), Counter(reviews)
    rows = [
        {"vendor": key.vendor, "policy": key.policy, "captures": new_captures[key], "reviews": new_reviews[key]}
        for key in new_captures | new_reviews
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
    """Raises a policy's counts to the numbers of captures and reviews that are in the database.

    A count is never decreased, so later runs of `verify` also report rows that were lost.
    """
    captures, reviews = session.execute(select(*present(key))).one()
    row = session.get(CountRow, key) or CountRow(vendor=key.vendor, policy=key.policy, captures=0, reviews=0)
    row.captures, row.reviews = max(row.captures, captures), max(row.reviews, reviews)
    session.add(row)


def present(policy: PolicyKey | type[CountRow]) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Returns two subqueries: the number of a policy's captures in the database, and the number of its reviews.

    policy: the key of the policy. If `CountRow` is passed, the policy is that of each row of the surrounding query.
    """
    is_of_policy = (CaptureRow.vendor == policy.vendor, CaptureRow.policy == policy.policy)
    captures = select(func.count()).select_from(CaptureRow).where(*is_of_policy)
    reviews = select(func.count()).select_from(ReviewRow).join(CaptureRow, ReviewRow.capture_id == CaptureRow.id)
    return captures.scalar_subquery(), reviews.where(*is_of_policy).scalar_subquery()
