"""The state of a policy as a whole: its reader in force, and whether its history may have changed."""

from datetime import datetime

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, PolicyRow


def reader_in_force(session: Session, key: PolicyKey) -> str | None:
    """Returns the reader whose readings a policy is shown by; None before the first of its captures was read."""
    return session.scalar(
        select(PolicyRow.reader).where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)
    )


def touch(session: Session, key: PolicyKey, captured_at: datetime, reader: str | None = None) -> str | None:
    """Records that a capture may have changed its policy's history. Returns the reader in force.

    captured_at: the capture's. reader: comes into force at once if there is none yet, since nothing is shown so far
    that could change half-way.

    No other transaction changes the reader in force until this one ends.
    """
    statement = insert(session, PolicyRow).values(
        vendor=key.vendor, policy=key.policy, reader=reader, newest=captured_at, revision=1, composed=0
    )
    new_newest = statement.excluded.newest
    statement = statement.on_conflict_do_update(
        index_elements=[PolicyRow.vendor, PolicyRow.policy],
        set_={
            "reader": func.coalesce(PolicyRow.reader, reader),
            "revision": PolicyRow.revision + 1,
            "newest": case((PolicyRow.newest < new_newest, new_newest), else_=PolicyRow.newest),
        },
    )
    return session.scalar(statement.returning(PolicyRow.reader))


def put_in_force(session: Session, key: PolicyKey, reader: str) -> None:
    """Has a policy shown by a reader's readings, and records that this may have changed its history.

    Changes nothing if the policy's row says all that already, or if the policy has no captures. The row's values are
    computed anew, so that one that was altered is mended.
    """
    new_values = (
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
        ["vendor", "policy", "reader", "newest", "revision", "composed"], new_values
    )
    highest_revision = case(
        (PolicyRow.composed_revision > PolicyRow.revision, PolicyRow.composed_revision), else_=PolicyRow.revision
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[PolicyRow.vendor, PolicyRow.policy],
            set_={"reader": reader, "newest": statement.excluded.newest, "revision": highest_revision + 1},
            where=or_(
                PolicyRow.reader.is_distinct_from(reader),
                PolicyRow.newest != statement.excluded.newest,
                PolicyRow.composed_revision > PolicyRow.revision,
            ),
        )
    )
