"""The payload store: bytes under their SHA-256, written once.

Consecutive captures of a page mostly differ by a few numbers that are made anew with every answer. So a payload is kept
either by itself, as a keyframe, or as its difference from a keyframe, and so read with one more look-up at most.
"""

from collections import Counter, OrderedDict
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.captures import Capture
from core.exceptions import DamageError, StorageError
from storage.columns import Moment
from storage.compression import Keyframe, compress, compress_against, restore
from storage.database import insert
from storage.models import CaptureRow, PayloadRow
from storage.objects import Objects

# What is smaller stays in the database: a file of its own would take this much of a disk in any case, and a request
# to a server more time than it is worth.
_OUTSIDE_FROM = 4096
# Captures of the policy, on either side in time, whose keyframes come into question, and how many of those are tried.
_NEIGHBOURS = 12
_TRIED = 3
# A delta of less than the 64th part of its keyframe is good enough to look no further.
_GOOD = 64
# One of more than the third part is compared with the payload by itself, and must be less than the third part of that.
_POOR = 3
# What drifting from a keyframe may cost a neighbourhood in all before there is a new one: the fifth part of it.
_RENT = 5

_same = (
    select(PayloadRow.sha256, PayloadRow.keyframe)
    .join(CaptureRow, CaptureRow.sha256 == PayloadRow.sha256)
    .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
    .limit(_NEIGHBOURS)
)
_moment = bindparam("moment", type_=Moment)
_BEFORE = _same.where(CaptureRow.captured_at <= _moment).order_by(CaptureRow.captured_at.desc())
_AFTER = _same.where(CaptureRow.captured_at > _moment).order_by(CaptureRow.captured_at)
_PLACED = select(PayloadRow.sha256, PayloadRow.keyframe, PayloadRow.store).where(
    PayloadRow.sha256 == bindparam("sha256")
)
_HELD = select(PayloadRow.sha256).where(PayloadRow.sha256 == bindparam("sha256"))


class Keyframes:
    """The keyframes used last, to save getting and indexing them again for each of a policy's captures."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Keyframe] = OrderedDict()
        self._lock = Lock()

    def get(self, sha256: str) -> Keyframe | None:
        """The keyframe of that name, when it is at hand."""
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
            return self._kept.get(sha256)

    def keep(self, keyframe: Keyframe) -> None:
        """Have it at hand: 16 of them, of 32 MB together, but for the last one."""
        with self._lock:
            self._kept[keyframe.sha256] = keyframe
            while len(self._kept) > 1 and (
                len(self._kept) > 16 or sum(len(one.plain) for one in self._kept.values()) > 32_000_000
            ):
                self._kept.popitem(last=False)


def session_info(url: str) -> dict[str, Any]:
    """What sessions have to carry along for the functions here. url: as `Store.open` has it."""
    return {"objects": Objects(url), "keyframes": Keyframes()}


def holds(session: Session, sha256: str) -> bool:
    """Whether a payload of that digest is stored."""
    return session.scalar(_HELD, {"sha256": sha256}) is not None


def put(session: Session, capture: Capture, payload: bytes) -> None:
    """Store the payload of a capture, whose digest is capture.sha256, unless it is stored already.

    It is stored as a difference from what is stored of the same policy, so those captures' rows come before.
    StorageError when the payload store refuses.
    """
    if holds(session, capture.sha256):
        return
    keyframe, data = _packed(session, capture, payload)
    put_packed(session, capture.sha256, len(payload), keyframe, data)


def put_packed(session: Session, sha256: str, size: int, keyframe: str | None, data: bytes) -> None:
    """Store a payload as it was compressed, in the database or outside, as the setting and its size have it."""
    objects = objects_of(session)
    store = objects.url if len(data) > _OUTSIDE_FROM and objects.url else None
    if store:
        # Before the row that names it: if we are killed in between, there is an object that nothing names.
        objects.put(key_of(sha256, keyframe), data)
    values = {"sha256": sha256, "size": size, "keyframe": keyframe, "store": store, "data": b"" if store else data}
    session.connection().execute(insert(session, PayloadRow).on_conflict_do_nothing(), values)


def get(session: Session, sha256: str) -> bytes:
    """The payload of that digest.

    StorageError when there is none or the payload store cannot be read; DamageError when it is damaged, or its keyframe
    is.
    """
    row = session.get(PayloadRow, sha256)
    if row is None:
        raise StorageError(f"no payload is stored under SHA-256 {sha256}; hand the capture over with its bytes")
    return unpacked(session, row)


def unpacked(session: Session, row: PayloadRow) -> bytes:
    """See `get`: the payload that a row stands for."""
    keyframe = _keyframe(session, row.keyframe, row.sha256) if row.keyframe else None
    return restore(packed(session, row), row.size, row.sha256, keyframe)


def packed(session: Session, row: PayloadRow) -> bytes:
    """The bytes of a row as they are stored, wherever that is. DamageError, StorageError."""
    return objects_of(session).get(row.store, key_of(row.sha256, row.keyframe)) if row.store else row.data


def names(session: Session, store: str, key: str) -> bool:
    """Whether a payload is stored in that store under that key."""
    row = session.execute(_PLACED, {"sha256": key[3:67]}).one_or_none()
    return row is not None and row.store == store and key_of(row.sha256, row.keyframe) == key


def key_of(sha256: str, keyframe: str | None) -> str:
    """The key of an object outside. Two processes may pack the same payload against two keyframes at once."""
    return f"{sha256[:2]}/{sha256}.{keyframe}" if keyframe else f"{sha256[:2]}/{sha256}"


def _packed(session: Session, capture: Capture, payload: bytes) -> tuple[str | None, bytes]:
    """The keyframe to store a payload against, and its difference from that; None and itself where none is worth it."""
    neighbours = _neighbours(session, capture)
    uses = Counter(keyframe or sha256 for sha256, keyframe in neighbours)
    best: tuple[Keyframe, bytes] | None = None
    for sha256 in list(uses)[:_TRIED]:
        try:
            keyframe = _keyframe(session, sha256, capture.sha256)
        except DamageError:  # what is new is not to depend on it
            continue
        data = compress_against(payload, keyframe)
        if best is None or len(data) < len(best[1]):
            best = keyframe, data
        if len(data) * _GOOD <= keyframe.size:
            return keyframe.sha256, data
    if best is None:
        return None, compress(payload)
    keyframe, data = best
    if len(data) * _POOR > keyframe.size and len(data) * _POOR > len(alone := compress(payload)):
        return None, alone
    # Either the page has moved away from the keyframe, or it has much that is new with every answer. Only the former is
    # mended by a new keyframe; a neighbour, which moved along, tells which it is.
    neighbour = next((sha256 for sha256, used in neighbours if used == keyframe.sha256), None)
    if neighbour is not None and len(data) * uses[keyframe.sha256] * _RENT > keyframe.size:
        rent = (len(data) - _distance(session, payload, neighbour)) * uses[keyframe.sha256]
        if rent * _RENT > keyframe.size:
            return None, compress(payload)
    return keyframe.sha256, data


def _neighbours(session: Session, capture: Capture) -> list[tuple[str, str | None]]:
    """The captures of the same policy that are nearest in time, as their payloads and those's keyframes."""
    place = {"vendor": capture.vendor, "policy": capture.policy, "moment": capture.captured_at}
    return [(row[0], row[1]) for query in (_BEFORE, _AFTER) for row in session.execute(query, place)]


def _distance(session: Session, payload: bytes, neighbour: str) -> int:
    """How large the payload would be if the neighbour were its keyframe. DamageError is no distance at all."""
    try:
        return len(compress_against(payload, Keyframe(neighbour, get(session, neighbour), 0)))
    except DamageError:
        return 0


def _keyframe(session: Session, sha256: str, wanted_for: str) -> Keyframe:
    keyframes: Keyframes = session.info["keyframes"]
    keyframe = keyframes.get(sha256)
    if keyframe is None:
        row = session.get(PayloadRow, sha256)
        if row is None:
            raise DamageError(
                f"the keyframe {sha256} is gone from the database, and with it what is stored as a difference from it, "
                f"as {wanted_for} is; restore the database from a backup"
            )
        try:
            data = packed(session, row)
            keyframe = Keyframe(sha256, restore(data, row.size, sha256), len(data))
        except DamageError as error:
            raise DamageError(f"{wanted_for} is stored as a difference from another payload, but {error}") from None
        keyframes.keep(keyframe)
    return keyframe


def objects_of(session: Session) -> Objects:
    """The stores outside the database that a session reaches."""
    objects: Objects = session.info["objects"]
    return objects
