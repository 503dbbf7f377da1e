"""Stores the readings of captures: one row for each capture and policy reader."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.captures import Capture
from core.policies import PolicyKey
from storage import documents, policies, unread
from storage.database import insert
from storage.tables.models import ReadingRow


def settled_reading(session: Session, capture_id: int, reader: str, extractor: str, declared: str) -> ReadingRow | None:
    """Returns the stored reading of a capture by a policy reader.

    If that reading is not stored, returns a reading by another policy reader that has the same `extractor` and the same
    `declared`: the two readings would be equal (see ReadingRow). None if no such reading is stored, or if the reading
    is to be made again without a person's request (`storage.unread.is_settled`).

    reader: the name of the policy reader. extractor, declared: the values of these columns in an equal reading.
    """
    row = session.get(ReadingRow, (capture_id, reader))
    if row is None:
        row = session.scalar(
            select(ReadingRow)
            .where(ReadingRow.capture_id == capture_id)
            .where(ReadingRow.extractor == extractor, ReadingRow.declared == declared)
            .limit(1)
        )
    if row is None or not unread.is_settled(row.extractor, row.rule):
        return None
    session.expunge(row)
    return row


def put(session: Session, readings: Sequence[tuple[Capture, dict[str, Any], bytes | None]]) -> None:
    """Stores readings, and updates the state of their policies. A stored lasting reading is not replaced.

    readings: for each reading, the capture, the values of the reading's row, and the encoded document. The document is
    None in two cases: the values already include the document's SHA-256, or the capture could not be read as a
    document.
    """
    document_checksums = documents.put(session, [document for _, _, document in readings if document is not None])
    for _, row, document in readings:
        if document is not None:
            row["document_sha256"] = document_checksums[document]
    statement = insert(session, ReadingRow)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[ReadingRow.capture_id, ReadingRow.reader],
            set_={name: statement.excluded[name] for name in (*readings[0][1], "seal")},
            where=ReadingRow.extractor == "",
        ),
        [row for _, row, _ in readings],
    )
    by_policy: dict[PolicyKey, list[tuple[Capture, Mapping[str, Any]]]] = defaultdict(list)
    for capture, row, _ in readings:
        by_policy[capture.key].append((capture, row))
    for key, policy_readings in by_policy.items():
        newest = max(capture.captured_at for capture, _ in policy_readings)
        in_force = policies.touch(session, key, newest, policy_readings[-1][1]["reader"])
        settled = {row["capture_id"] for _, row in policy_readings if unread.is_settled(row["extractor"], row["rule"])}
        read_ids = [row["capture_id"] for _, row in policy_readings if row["reader"] == in_force]
        unread.unmark(session, key, [capture_id for capture_id in read_ids if capture_id in settled])
        unsettled = {row["capture_id"]: capture for capture, row in policy_readings if row["capture_id"] not in settled}
        unread.mark(session, unsettled)
