"""Finds the payloads of captures near in time, which are the ones most like a new payload of the same policy."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from core.policies import PolicyKey
from storage.tables.column_types import Moment
from storage.tables.models import CaptureRow, PayloadRow

# Compressed payloads up to this many bytes stay in the database: a file of its own would take this much of a disk in
# any case, and a request to a server would take more time than it is worth.
OUTSIDE_FROM = 4096
# How many captures on either side in time count as neighbours.
_NEIGHBOURS_EACH_SIDE = 12


@dataclass(frozen=True, slots=True)
class PackedForm:
    """How a payload is stored.

    keyframe: the payload that it is a delta against; None if it is stored whole.
    base: the keyframe's own keyframe; None if the keyframe is stored whole.
    stored_size: how many bytes it takes; of one outside the database only that there are at least `OUTSIDE_FROM`.
    """

    sha256: str
    keyframe: str | None
    base: str | None
    stored_size: int


_keyframe_row = aliased(PayloadRow)
_FORM_QUERY = select(
    PayloadRow.sha256,
    PayloadRow.keyframe,
    _keyframe_row.keyframe,
    case((PayloadRow.store.is_not(None), OUTSIDE_FROM), else_=func.length(PayloadRow.data)),
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
    """Returns how payloads are stored, by SHA-256; None for a payload whose keyframe is gone.

    sha256s: of the payloads asked about; those that are not stored are left out.
    """
    query = _FORM_QUERY.add_columns(_is_whole_or_has_keyframe).where(PayloadRow.sha256.in_(sha256s))
    return {row[0]: PackedForm(*row[:-1]) if row[-1] else None for row in session.execute(query)}


class Neighbours:
    """The captures of a policy that are stored or about to be stored, as seen by one transaction.

    Captures that follow each other in time, as those of a crawl or a file mostly do, are served by one query.
    """

    def __init__(self, session: Session, key: PolicyKey) -> None:
        self._session = session
        self._parameters = key._asdict()
        # A part of the stored captures without gaps, oldest first, and whether it reaches to the first and to the last.
        self._stored: list[tuple[datetime, PackedForm]] = []
        self._reaches_first = self._reaches_last = False
        self._to_be_stored: list[tuple[datetime, PackedForm]] = []

    def add(self, captured_at: datetime, form: PackedForm) -> None:
        """Adds a capture that is about to be stored. form: how its payload is stored."""
        self._to_be_stored.append((captured_at, form))

    def around(self, moment: datetime) -> list[PackedForm]:
        """Returns the payloads of the captures nearest in time to a moment, the nearest first.

        At most twelve captures before or at the moment are taken into account, and twelve after it. Of captures at the
        same time, the one stored last is the nearest.
        """
        captures = sorted([*self._stored_around(moment), *self._to_be_stored], key=lambda capture: capture[0])
        first_after = bisect_right(captures, moment, key=lambda capture: capture[0])
        before = captures[max(first_after - _NEIGHBOURS_EACH_SIDE, 0) : first_after]
        after = captures[first_after : first_after + _NEIGHBOURS_EACH_SIDE]
        nearest = sorted([*reversed(before), *after], key=lambda capture: abs(capture[0] - moment))
        return [form for _, form in nearest]

    def _stored_around(self, moment: datetime) -> list[tuple[datetime, PackedForm]]:
        before, after = self._count_sides(moment)
        enough_before = self._reaches_first or before >= _NEIGHBOURS_EACH_SIDE
        enough_after = self._reaches_last or after >= _NEIGHBOURS_EACH_SIDE
        if not (enough_before and enough_after):
            # On the connection, since the session would first write the payloads that are waiting in it.
            rows = self._session.connection().execute(_NEIGHBOUR_QUERY, {**self._parameters, "moment": moment}).all()
            self._stored = [(at, PackedForm(*form)) for *form, at, _ in sorted(rows, key=lambda row: row[-2:])]
            before, after = self._count_sides(moment)
            self._reaches_first, self._reaches_last = before < _NEIGHBOURS_EACH_SIDE, after < _NEIGHBOURS_EACH_SIDE
        return self._stored

    def _count_sides(self, moment: datetime) -> tuple[int, int]:
        """Returns how many of the known stored captures are from before or at a moment, and how many from after it."""
        before = bisect_right(self._stored, moment, key=lambda capture: capture[0])
        return before, len(self._stored) - before
