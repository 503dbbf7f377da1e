"""What is stored of a policy around a moment: what is captured then is most like that."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from core.policies import PolicyKey
from storage.tables.column_types import Moment
from storage.tables.models import CaptureRow, PayloadRow

# What is smaller stays in the database: a file of its own would take this much of a disk in any case, and a request
# to a server more time than it is worth.
OUTSIDE_FROM = 4096
# So many captures on either side in time.
_MANY = 12


@dataclass(frozen=True, slots=True)
class PackedForm:
    """How a payload is stored.

    keyframe: what it is a difference from; base: what that one is a difference from; None: it is whole. packed: how
    many bytes are stored; if they are outside the database, there may be more.
    """

    sha256: str
    keyframe: str | None
    base: str | None
    packed: int


_of_keyframe = aliased(PayloadRow)
_PLACES = select(
    PayloadRow.sha256,
    PayloadRow.keyframe,
    _of_keyframe.keyframe,
    case((PayloadRow.store.is_not(None), OUTSIDE_FROM), else_=func.length(PayloadRow.data)),
).outerjoin(_of_keyframe, _of_keyframe.sha256 == PayloadRow.keyframe)
_has_its_keyframe = PayloadRow.keyframe.is_(None) | _of_keyframe.sha256.is_not(None)
_of_policy = (
    _PLACES.add_columns(CaptureRow.captured_at, CaptureRow.id)
    .join(CaptureRow, PayloadRow.sha256 == CaptureRow.sha256)
    .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
    .where(_has_its_keyframe)
    .limit(_MANY)
)
_moment = bindparam("moment", type_=Moment)
_before = _of_policy.where(CaptureRow.captured_at <= _moment)
_before = _before.order_by(CaptureRow.captured_at.desc(), CaptureRow.id.desc())
_after = _of_policy.where(CaptureRow.captured_at > _moment).order_by(CaptureRow.captured_at, CaptureRow.id)
_NEAREST = union_all(_before.subquery().select(), _after.subquery().select())


def placed(session: Session, digests: set[str]) -> dict[str, PackedForm | None]:
    """How those of the payloads that are stored are stored, by digest; None where the keyframe is gone."""
    query = _PLACES.add_columns(_has_its_keyframe).where(PayloadRow.sha256.in_(digests))
    return {row[0]: PackedForm(*row[:-1]) if row[-1] else None for row in session.execute(query)}


class Neighbours:
    """The captures of a policy, as this transaction finds them; one that is about to be stored may be among them.

    One query serves for captures that follow each other in time, as those of a crawl and of a file mostly do.
    """

    def __init__(self, session: Session, key: PolicyKey) -> None:
        self._session = session
        self._of = key._asdict()
        # Those that are stored, as far as they are known: from the first of them to the last, oldest first.
        self._stored: list[tuple[datetime, PackedForm]] = []
        self._from_the_first = self._to_the_last = False
        self._to_be_stored: list[tuple[datetime, PackedForm]] = []

    def add(self, captured_at: datetime, place: PackedForm) -> None:
        """Count in a capture that is about to be stored, whose payload is stored so."""
        self._to_be_stored.append((captured_at, place))

    def around(self, moment: datetime) -> list[PackedForm]:
        """The payloads of those that are nearest in time, the nearest first: so many on either side.

        Of one time, the one stored last is the nearest.
        """
        found = sorted([*self._stored_around(moment), *self._to_be_stored], key=lambda one: one[0])
        later = bisect_right(found, moment, key=lambda one: one[0])
        before, after = found[max(later - _MANY, 0) : later], found[later : later + _MANY]
        return [place for _, place in sorted([*reversed(before), *after], key=lambda one: abs(one[0] - moment))]

    def _stored_around(self, moment: datetime) -> list[tuple[datetime, PackedForm]]:
        before, after = self._sides(moment)
        if not ((self._from_the_first or before >= _MANY) and (self._to_the_last or after >= _MANY)):
            # Past the session, which would write what it was given to store first.
            rows = self._session.connection().execute(_NEAREST, {**self._of, "moment": moment}).all()
            self._stored = [(at, PackedForm(*place)) for *place, at, _ in sorted(rows, key=lambda row: row[-2:])]
            before, after = self._sides(moment)
            self._from_the_first, self._to_the_last = before < _MANY, after < _MANY
        return self._stored

    def _sides(self, moment: datetime) -> tuple[int, int]:
        """How many of the stored ones that are known are from before that moment or of it, and how many from after."""
        before = bisect_right(self._stored, moment, key=lambda one: one[0])
        return before, len(self._stored) - before
