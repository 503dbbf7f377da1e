"""Gives the history of a policy another name, and removes a history. Both are done only when a user asks for it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from core.exceptions import DamageError, UsageError
from core.policies import PolicyKey
from storage import clause_index
from storage.capture_rows import capture_from, capture_identity
from storage.store import Store
from storage.tables import seals
from storage.tables.models import (
    Base,
    CaptureRow,
    DocumentRow,
    ListedCaptureRow,
    ListingRow,
    PayloadRow,
    PolicyRow,
    ReadingRow,
    ReviewRow,
    StepRow,
)
from storage.tables.subscription_models import SubscriberRow, WatchedRow
from storage.upkeep.verification.row_scan import ALTERED, is_as_written

_Key = TypeVar("_Key")

_AT_ONCE = 500
# These rows only say which captures an archive's crawl still has to fetch. The next crawl lists them again.
_LISTINGS = (ListedCaptureRow.__table__, ListingRow.__table__)


def rename_vendor(store: Store, old: str, new: str) -> int:
    """Gives the histories of a vendor's policies to another vendor, and replaces the vendor in all subscriptions.

    old, new: slugs. Returns the number of captures. Raises the errors of `rename_policy`.
    """
    with store.database.write_session() as session:
        policies = {
            policy
            for table in (CaptureRow.__table__, *_tables_of_policies())
            for policy in session.scalars(select(table.c.policy).where(table.c.vendor == old).distinct())
        }
        _rename_in_subscriptions(session, old, new)
        session.flush()
        captures = sum(_rename(session, PolicyKey(old, policy), PolicyKey(new, policy)) for policy in sorted(policies))
    store.clause_index.refresh(PolicyKey(new, policy) for policy in policies)
    return captures


def rename_policy(store: Store, old: PolicyKey, new: PolicyKey) -> int:
    """Gives the captures of a policy another name, with their readings, reviews, subscribers' watermarks and counts.

    What a server sent doesn't change; only the operator's names for it do. So the identities and the seals of the
    captures, which contain the names, are computed again. Lists of archived captures that are still to be fetched are
    deleted, and the next crawl lists them again.

    Returns the number of captures. UsageError if `new` has captures already. DamageError if a capture was altered after
    it was written: its new seal would hide the damage. If an error is raised, nothing is changed.
    """
    with store.database.write_session() as session:
        captures = _rename(session, old, new)
    store.clause_index.refresh([new])
    return captures


def remove_history(store: Store, key: PolicyKey) -> int:
    """Deletes the captures of a policy with everything that belongs to them. Nothing can bring them back.

    Payloads that captures of other policies need stay. The objects of a payload store stay, too, because another
    process may be storing a capture with the same bytes; `verify` names them.

    Returns the number of captures.
    """
    with store.database.write_session() as session:
        captures = _count(session, key)
        ids = select(CaptureRow.id).where(_is_of(CaptureRow.__table__, key))
        payloads = set(session.scalars(select(CaptureRow.sha256).where(_is_of(CaptureRow.__table__, key))))
        documents = set(session.scalars(select(ReadingRow.document_sha256).where(ReadingRow.capture_id.in_(ids))))
        clause_index.remove(session, key)
        for table in (ReviewRow, ReadingRow):
            session.execute(delete(table).where(table.capture_id.in_(ids)))
        for policy_table in _tables_of_policies():
            session.execute(delete(policy_table).where(_is_of(policy_table, key)))
        session.execute(delete(CaptureRow).where(_is_of(CaptureRow.__table__, key)))
        # Another policy may have the same documents. Its steps are then made again.
        for some in _portions(documents - {None}):
            session.execute(delete(StepRow).where(StepRow.new_sha256.in_(some)))
        _delete_unused(session, DocumentRow.sha256, documents - {None}, [ReadingRow.document_sha256])
        # A payload may be the keyframe of another one that is deleted, too; at most two keyframes follow one another.
        for _ in range(3):
            _delete_unused(session, PayloadRow.sha256, payloads, [CaptureRow.sha256, PayloadRow.keyframe])
        return captures


def _tables_of_policies() -> Iterator[Table]:
    """Yields the tables whose rows are about one policy, those with foreign keys first; not the captures themselves."""
    for table in reversed(Base.metadata.sorted_tables):
        if {"vendor", "policy"} <= set(table.c.keys()) and table is not CaptureRow.__table__:
            yield table


def _is_of(table: Any, key: PolicyKey) -> ColumnElement[bool]:
    return and_(table.c.vendor == key.vendor, table.c.policy == key.policy)


def _count(session: Session, key: PolicyKey) -> int:
    query = select(func.count()).select_from(CaptureRow).where(_is_of(CaptureRow.__table__, key))
    return session.scalar(query) or 0


def _rename(session: Session, old: PolicyKey, new: PolicyKey) -> int:
    if _count(session, new):
        raise UsageError(
            f"{new} has captures of its own, and two histories can't be joined. If you don't need the captures of "
            f"{new}, delete them for good with `clausewatch vendors forget {new}`, which needs {new} not to be "
            "declared; then "
            "rename again"
        )
    captures = _rename_captures(session, old, new)
    _rename_in_subscriptions(session, str(old), str(new))
    for key in (old, new):
        clause_index.remove(session, key)  # the words of the index contain the names
    for table in _tables_of_policies():
        session.execute(delete(table).where(_is_of(table, new)))
        if table in _LISTINGS:
            session.execute(delete(table).where(_is_of(table, old)))
        else:
            session.execute(update(table).where(_is_of(table, old)).values(vendor=new.vendor, policy=new.policy))
    # A process that keeps what it read of all policies (`Library.state_of_all`) reads it again.
    renamed = _is_of(PolicyRow.__table__, new)
    session.execute(update(PolicyRow).where(renamed).values(revision=PolicyRow.revision + 1))
    return captures


def _rename_in_subscriptions(session: Session, old: str, new: str) -> None:
    """Replaces a vendor (`hesk`) or a policy (`hesk/cookies`) in all subscriptions."""
    for subscriber in session.scalars(select(SubscriberRow)):
        if old in subscriber.vendors:
            subscriber.vendors = sorted({new if name == old else name for name in subscriber.vendors})
    # A subscriber who watches both watches the new one since the time that was recorded for it.
    watched = aliased(WatchedRow)
    watches_new = select(watched.subscriber_id).where(watched.vendor == new)
    session.execute(delete(WatchedRow).where(WatchedRow.vendor == old, WatchedRow.subscriber_id.in_(watches_new)))
    session.execute(update(WatchedRow).where(WatchedRow.vendor == old).values(vendor=new))
    session.flush()


def _rename_captures(session: Session, old: PolicyKey, new: PolicyKey) -> int:
    ids = session.scalars(select(CaptureRow.id).where(_is_of(CaptureRow.__table__, old))).all()
    for some in _portions(ids):
        for row in session.scalars(select(CaptureRow).where(CaptureRow.id.in_(some))):
            if not is_as_written(row, seals.CAPTURES):
                raise DamageError(f"capture {row.id} {ALTERED}; run `clausewatch verify`. Nothing was renamed")
            row.vendor, row.policy = new
            row.identity = capture_identity(capture_from(row))
            row.seal = seals.seal(seals.CAPTURES, {name: getattr(row, name) for name in seals.CAPTURES})
        session.flush()
        session.expunge_all()
    return len(ids)


def _portions(keys: Iterable[_Key]) -> Iterator[list[_Key]]:
    remaining = iter(keys)
    while portion := list(islice(remaining, _AT_ONCE)):
        yield portion


def _delete_unused(session: Session, key: Any, candidates: Iterable[str | None], users: list[Any]) -> None:
    """Deletes the rows with some keys, except the rows whose key a column of `users` contains."""
    for some in _portions(candidates):
        unused = [key.not_in(select(user).where(user.is_not(None))) for user in users]
        session.execute(delete(key.class_).where(key.in_(some), *unused).execution_options(synchronize_session=False))
