"""What is stored of a policy around a moment: what is captured then is most like that."""

from bisect import bisect_right, insort
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from storage.columns import Moment
from storage.models import CaptureRow, PayloadRow

# What is smaller stays in the database: a file of its own would take this much of a disk in any case, and a request
# to a server more time than it is worth.
OUTSIDE_FROM = 4096
# So many captures on either side in time.
_MANY = 12


@dataclass(frozen=True, slots=True)
class Place:
    """How a payload is stored.

    keyframe: what it is a difference from; base: what that one is a difference from; None: it is whole. packed: how
    many bytes are stored; if they are outside the database, there may be more.
    """

    sha256: str
    keyframe: str | None
    base: str | None
    packed: int


_of_keyframe = aliased(PayloadRow)
_PLACED = select(
    PayloadRow.sha256,
    PayloadRow.keyframe,
    _of_keyframe.keyframe,
    case((PayloadRow.store.is_not(None), OUTSIDE_FROM), else_=func.length(PayloadRow.data)),
).outerjoin(_of_keyframe, _of_keyframe.sha256 == PayloadRow.keyframe)
_has_its_keyframe = PayloadRow.keyframe.is_(None) | _of_keyframe.sha256.is_not(None)
_of_policy = (
    _PLACED.add_columns(CaptureRow.captured_at, CaptureRow.id)
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


def placed(session: Session, digests: set[str]) -> dict[str, Place | None]:
    """How those of the payloads that are stored are stored, by digest; None where the keyframe is gone."""
    query = _PLACED.add_columns(_has_its_keyframe).where(PayloadRow.sha256.in_(digests))
    return {row[0]: Place(*row[:-1]) if row[-1] else None for row in session.execute(query)}


class Neighbours:
    """The captures of a policy, as this transaction finds them; one that is about to be stored may be among them.

    One query serves for captures that follow each other in time, as those of a crawl and of a file mostly do.
    """

    def __init__(self, session: Session, vendor: str, policy: str) -> None:
        self._session = session
        self._of = {"vendor": vendor, "policy": policy}
        # Those that are stored, as far as they are known: from the first of them to the last, oldest first.
        self._stored: list[tuple[datetime, Place]] | None = None
        self._from_the_first = self._to_the_last = False
        self._to_be_stored: list[tuple[datetime, Place]] = []

    def add(self, captured_at: datetime, place: Place) -> None:
        """Count in a capture that is about to be stored, whose payload is stored so."""
        insort(self._to_be_stored, (captured_at, place), key=lambda one: one[0])

    def around(self, moment: datetime) -> list[Place]:
        """The payloads of those that are nearest in time, the nearest first: so many on either side.

        Of one time, the one stored last is the nearest.
        """
        found = sorted([*self._stored_around(moment), *self._to_be_stored], key=lambda one: one[0])
        later = bisect_right(found, moment, key=lambda one: one[0])
        before, after = found[max(later - _MANY, 0) : later], found[later : later + _MANY]
        return [place for _, place in sorted([*reversed(before), *after], key=lambda one: abs(one[0] - moment))]

    def _stored_around(self, moment: datetime) -> list[tuple[datetime, Place]]:
        if self._stored is None or not self._is_known(self._stored, moment):
            # Past the session, which would write what it was given to store first.
            rows = self._session.connection().execute(_NEAREST, {**self._of, "moment": moment}).all()
            found = [(at, Place(*place)) for *place, at, _ in sorted(rows, key=lambda row: row[-2:])]
            later = sum(at > moment for at, _ in found)
            self._stored = found
            self._from_the_first, self._to_the_last = len(found) - later < _MANY, later < _MANY
        return self._stored

    def _is_known(self, stored: list[tuple[datetime, Place]], moment: datetime) -> bool:
        later = sum(at > moment for at, _ in stored)
        return (self._from_the_first or len(stored) - later >= _MANY) and (self._to_the_last or later >= _MANY)
