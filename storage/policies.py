"""What is known of a policy as a whole: by which reader it is shown, and that something happened in it."""

from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from storage.database import insert
from storage.models import PolicyRow


def reader_in_force(session: Session, vendor: str, policy: str) -> str | None:
    """Which reader's readings a policy is shown by; None before its first capture was read."""
    return session.scalar(select(PolicyRow.reader).where(PolicyRow.vendor == vendor, PolicyRow.policy == policy))


def touch(session: Session, vendor: str, policy: str, captured_at: datetime) -> str | None:
    """Note that a capture of that time may have changed the policy's history. The reader in force.

    Until the transaction ends nobody else changes that reader.
    """
    statement = insert(session, PolicyRow).values(
        vendor=vendor, policy=policy, reader=None, newest=captured_at, revision=1, composed=0
    )
    newer = statement.excluded.newest
    statement = statement.on_conflict_do_update(
        index_elements=[PolicyRow.vendor, PolicyRow.policy],
        set_={
            "revision": PolicyRow.revision + 1,
            "newest": case((PolicyRow.newest < newer, newer), else_=PolicyRow.newest),
        },
    )
    return session.scalar(statement.returning(PolicyRow.reader))


def lock(session: Session, vendor: str, policy: str) -> None:
    """Have `touch` of other transactions wait until this one ends."""
    session.execute(
        select(PolicyRow.reader).where(PolicyRow.vendor == vendor, PolicyRow.policy == policy).with_for_update()
    )


def put_in_force(session: Session, vendor: str, policy: str, reader: str) -> None:
    """Have a policy shown by that reader's readings. No change before one of its captures was read."""
    session.execute(
        update(PolicyRow)
        .where(PolicyRow.vendor == vendor, PolicyRow.policy == policy)
        .values(reader=reader, revision=PolicyRow.revision + 1)
    )
