"""Finds the neighbours of a new capture: the captures of the same policy that are nearest in time.

Their payloads are usually the most similar to the payload of the new capture.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from core.policies import PolicyKey
from storage.tables.column_types import Moment
from storage.tables.models import CaptureRow, PayloadRow

# If there is a payload store, it gets the compressed payloads with more bytes than this. Smaller payloads stay in the
# database: a file on a disk occupies at least this many bytes, and a server needs a request for each payload.
MAX_INLINE_BYTES = 4096
# At most this many neighbours before (or at) a moment, and at most this many after the moment.
_NEIGHBOURS_EACH_SIDE = 12


@dataclass(frozen=True, slots=True)
class PackedForm:
    """How a payload is stored.

    sha256: the payload's SHA-256.
    keyframe: the SHA-256 of the payload's keyframe; None if the payload is stored whole.
    keyframe_of_keyframe: the SHA-256 of the keyframe's own keyframe; None if the payload or the keyframe is stored
        whole.
    stored_size: the compressed size in bytes. For a payload in a payload store, `stored_size` is `MAX_INLINE_BYTES`,
        which is a lower bound of the size.
    """

    sha256: str
    keyframe: str | None
    keyframe_of_keyframe: str | None
    stored_size: int


_keyframe_row = aliased(PayloadRow)
_FORM_QUERY = select(
    PayloadRow.sha256,
    PayloadRow.keyframe,
    _keyframe_row.keyframe,
    case((PayloadRow.store.is_not(None), MAX_INLINE_BYTES), else_=func.length(PayloadRow.data)),
).outerjoin(_keyframe_row, _keyframe_row.sha256 == PayloadRow.keyframe)
_is_whole_or_has_keyframe = PayloadRow.keyframe.is_(None) | _keyframe_row.sha256.is_not(None)
_policy_query = (
    _FORM_QUERY.add_columns(CaptureRow.captured_at, CaptureRow.id)
    .join(CaptureRow, PayloadRow.sha256 == CaptureRow.sha256)
    .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
    .where(_is_whole_or_has_keyframe)
    .limit(_NEIGHBOURS_EACH_SIDE)
)
_moment = bindparam("moment", type_=Moment)
_before_query = _policy_query.where(CaptureRow.captured_at <= _moment)
_before_query = _before_query.order_by(CaptureRow.captured_at.desc(), CaptureRow.id.desc())
_after_query = _policy_query.where(CaptureRow.captured_at > _moment).order_by(CaptureRow.captured_at, CaptureRow.id)
_NEIGHBOUR_QUERY = union_all(_before_query.subquery().select(), _after_query.subquery().select())


def packed_forms(session: Session, sha256s: set[str]) -> dict[str, PackedForm | None]:
    """Returns how payloads are stored, by SHA-256. The value is None if the payload's keyframe is missing.

    sha256s: the SHA-256s of the payloads. Payloads that are not stored are left out of the result.
    """
    query = _FORM_QUERY.add_columns(_is_whole_or_has_keyframe).where(PayloadRow.sha256.in_(sha256s))
    return {row[0]: PackedForm(*row[:-1]) if row[-1] else None for row in session.execute(query)}


class Neighbours:
    """The captures of a policy that one transaction has read from the database or is about to store.

    The captures of a crawl or of a file usually come in chronological order. If `nearest_payloads` is called in
    chronological order, the result of one query is usually enough for many calls.
    """

    def __init__(self, session: Session, key: PolicyKey) -> None:
        self._session = session
        self._parameters = key._asdict()
        # A contiguous range of the policy's stored captures, oldest first. The first flag is true if the range includes
        # the policy's first stored capture; the second flag is true if the range includes the last stored capture.
        self._stored: list[tuple[datetime, PackedForm]] = []
        self._reaches_first = self._reaches_last = False
        self._to_be_stored: list[tuple[datetime, PackedForm]] = []

    def add(self, captured_at: datetime, form: PackedForm) -> None:
        """Adds a capture that is about to be stored. form: how the capture's payload is stored."""
        self._to_be_stored.append((captured_at, form))

    def nearest_payloads(self, moment: datetime) -> list[PackedForm]:
        """Returns the payloads of the captures nearest in time to a moment, the nearest first.

        At most twelve of the captures are before or at the moment, and at most twelve are after the moment. Among
        captures at the same time, the capture that was stored last counts as the nearest.
        """
        captures = sorted([*self._stored_around(moment), *self._to_be_stored], key=lambda capture: capture[0])
        first_after = bisect_right(captures, moment, key=lambda capture: capture[0])
        before = captures[max(first_after - _NEIGHBOURS_EACH_SIDE, 0) : first_after]
        after = captures[first_after : first_after + _NEIGHBOURS_EACH_SIDE]
        nearest = sorted([*reversed(before), *after], key=lambda capture: abs(capture[0] - moment))
        return [form for _, form in nearest]

    def _stored_around(self, moment: datetime) -> list[tuple[datetime, PackedForm]]:
        count_before, count_after = self._count_sides(moment)
        enough_before = self._reaches_first or count_before >= _NEIGHBOURS_EACH_SIDE
        enough_after = self._reaches_last or count_after >= _NEIGHBOURS_EACH_SIDE
        if not (enough_before and enough_after):
            # The query is executed on the connection. `session.execute` would first write the pending payload rows.
            rows = self._session.connection().execute(_NEIGHBOUR_QUERY, {**self._parameters, "moment": moment}).all()
            self._stored = [(at, PackedForm(*form)) for *form, at, _ in sorted(rows, key=lambda row: row[-2:])]
            count_before, count_after = self._count_sides(moment)
            self._reaches_first = count_before < _NEIGHBOURS_EACH_SIDE
            self._reaches_last = count_after < _NEIGHBOURS_EACH_SIDE
        return self._stored

    def _count_sides(self, moment: datetime) -> tuple[int, int]:
        """Returns the number of loaded captures before or at a moment, and the number of loaded captures after it."""
        count_before = bisect_right(self._stored, moment, key=lambda capture: capture[0])
        return count_before, len(self._stored) - count_before
