"""Stores the state of a policy as a whole: the policy reader in force, and whether the history may have changed.

A policy reader is a combination of three things: the extractor, the sameness rule, and the policy's declaration
(`intake.policy_reader`). The sameness rule decides which texts count as the same version (`diffing.sameness`). Users
see the readings by one policy reader, which is *in force*. In this module, the variable `reader` is the name of a
policy reader.
"""

import secrets
from datetime import datetime

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.database import insert
from storage.tables.models import CaptureRow, PolicyRow


def reader_in_force(session: Session, key: PolicyKey) -> str | None:
    """Returns the name of the policy reader in force. A policy's timeline is computed from the readings by it.

    None if no capture of the policy has been read yet.
    """
    return session.scalar(
        select(PolicyRow.reader).where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)
    )


def touch(session: Session, key: PolicyKey, captured_at: datetime, reader: str | None = None) -> str | None:
    """Records that a capture may have changed its policy's history. Returns the policy reader in force.

    captured_at: the time of the capture. reader: the policy reader to put in force if none is in force yet.

    Until this transaction ends, no other transaction can change the policy reader in force.
    """
    revision = _first_revision()
    statement = insert(session, PolicyRow).values(
        vendor=key.vendor,
        policy=key.policy,
        reader=reader,
        newest=captured_at,
        revision=revision,
        composed=revision - 1,
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
    """Puts a policy reader in force for a policy, and records that the policy's history may have changed.

    Does nothing if the policy has no captures. If the policy reader is in force already, the function only repairs the
    policy's row: it computes the row's values again from the captures, and replaces values that were altered.
    """
    revision = _first_revision()
    new_values = (
        select(
            CaptureRow.vendor,
            CaptureRow.policy,
            literal(reader).label("reader"),
            func.max(CaptureRow.captured_at),
            literal(revision).label("revision"),
            literal(revision - 1).label("composed"),
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


def _first_revision() -> int:
    """Returns the revision of a new row.

    It is random, so that a history that is removed and stored again never has a revision of the removed history: what
    a process still keeps of that one doesn't count for it. The sum of the revisions of millions of policies fits into
    64 bits (`Library.state_of_all`).
    """
    return 1 + secrets.randbelow(1 << 40)
