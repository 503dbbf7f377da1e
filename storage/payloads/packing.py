"""The payload store: bytes under their SHA-256, written once.

Consecutive captures of a page mostly differ by a few numbers that are made anew with every answer, and what a page says
at one time and at another is mostly the same, too. So a payload is stored whole, or as its difference from a keyframe,
which is a payload stored whole or as its difference from one that is. What is read is never more than two look-ups away
from what is whole, however long the history: nothing is ever stored as a difference from what is as far as that.
"""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.captures import Capture
from core.exceptions import DamageError, StorageError
from core.policies import PolicyKey
from storage.payloads.compression import Keyframe, compress, compress_against, restore
from storage.payloads.neighbours import OUTSIDE_FROM, Neighbours, PackedForm, placed
from storage.payloads.object_stores import Objects
from storage.tables.models import PayloadRow

# Of the keyframes that come into question two are tried, and more, up to so many, while the least difference is more
# than this part of the page.
_TRIED = 6
_FAIR = 64
# Two differences with so much between them, the part and the bytes, are as small as each other.
_ALIKE_PART = 1.25
_ALIKE_BYTES = 16
# A difference as small as the neighbours' is taken at once if it is less than this part of the page.
_SMALL = 256
# What a neighbourhood may pay for having moved away from its keyframe before there is a new one: its fifth part.
_RENT = 5
# A difference of more than a third of the whole is none.
_POOR = 3


_PLACED = select(PayloadRow.sha256, PayloadRow.keyframe, PayloadRow.store).where(
    PayloadRow.sha256 == bindparam("sha256")
)


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


def put(session: Session, captures: Sequence[tuple[Capture, bytes | None]]) -> None:
    """Store the payloads of captures that are to be stored themselves next; those that are stored already stay so.

    captures: each with the bytes of its SHA-256, or None where they are stored already. StorageError when they are not,
    and when the payload store refuses.
    """
    places = placed(session, {capture.sha256 for capture, _ in captures})
    of_policies: dict[PolicyKey, Neighbours] = {}
    for capture, payload in captures:
        near = of_policies.setdefault(capture.key, Neighbours(session, capture.key))
        if capture.sha256 not in places:
            if payload is None:
                raise StorageError(
                    f"the payload of the capture of {capture.url} is not stored: hand it over with its bytes"
                )
            place, data = _packed(session, capture.sha256, payload, near.around(capture.captured_at))
            # Into the database together with those that follow, but before one of them is compared with it.
            session.add(PayloadRow(**stored(session, capture.sha256, len(payload), place.keyframe, data)))
            places[capture.sha256] = place
        if (known := places[capture.sha256]) is not None:
            near.add(capture.captured_at, known)
    session.flush()


def stored(session: Session, sha256: str, size: int, keyframe: str | None, data: bytes) -> dict[str, Any]:
    """The row for a payload as it was compressed, to be inserted: its bytes are in it, or stored outside by now."""
    objects = objects_of(session)
    store = objects.url if len(data) > OUTSIDE_FROM and objects.url else None
    if store:
        # Before the row that names it: if we are killed in between, there is an object that nothing names.
        objects.put(key_of(sha256, keyframe), data)
    return {"sha256": sha256, "size": size, "keyframe": keyframe, "store": store, "data": b"" if store else data}


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


def stores(session: Session, sha256: str) -> set[str]:
    """The payload stores that a payload cannot be had without: its own, and those of what it is a difference from."""
    found: set[str] = set()
    wanted: str | None = sha256
    for _ in ("payload", "keyframe", "what that is a difference from"):
        row = session.execute(_PLACED, {"sha256": wanted}).one_or_none()
        if row is None:
            break
        if row.store:
            found.add(row.store)
        wanted = row.keyframe
    return found


def packed(session: Session, row: PayloadRow) -> bytes:
    """The bytes of a row as they are stored, wherever that is. DamageError, StorageError."""
    return objects_of(session).get(row.store, key_of(row.sha256, row.keyframe)) if row.store else row.data


def names(session: Session, store: str, key: str) -> bool:
    """Whether a payload is stored in that store under that key, which may be of any object."""
    row = session.execute(_PLACED, {"sha256": key[3:67]}).one_or_none()
    return row is not None and row.store == store and key_of(row.sha256, row.keyframe) == key


def key_of(sha256: str, keyframe: str | None) -> str:
    """The key of an object outside. Two processes may pack the same payload against two keyframes at once."""
    return f"{sha256[:2]}/{sha256}.{keyframe}" if keyframe else f"{sha256[:2]}/{sha256}"


def _packed(
    session: Session, sha256: str, payload: bytes, neighbours: Sequence[PackedForm]
) -> tuple[PackedForm, bytes]:
    """How to store a payload, and the bytes to be stored: its difference from a keyframe, itself if none is worth it.

    neighbours: the payloads of captures of the same policy, the nearest in time first.
    """
    # What is made anew with every answer is in each of these; the least of them has little else.
    least = min((one.packed for one in neighbours if one.keyframe is not None), default=0)
    candidates = _candidates(neighbours)

    def against(keyframe: Keyframe, data: bytes) -> tuple[PackedForm, bytes]:
        return PackedForm(sha256, keyframe.sha256, candidates.get(keyframe.sha256), len(data)), data

    def alone(data: bytes) -> tuple[PackedForm, bytes]:
        return PackedForm(sha256, None, None, len(data)), data

    tried: list[tuple[Keyframe, bytes]] = []
    for candidate in list(candidates)[:_TRIED]:
        keyframe = _sound_keyframe(session, candidate, sha256)
        if keyframe is None:
            continue
        data = compress_against(payload, keyframe)
        if least and _alike(len(data), least) and len(data) * _SMALL <= len(payload):
            return against(keyframe, data)
        tried.append((keyframe, data))
        if len(tried) > 1 and min(len(one) for _, one in tried) * _FAIR <= len(payload):
            break
    if not tried:
        return alone(compress(payload))
    smallest = min(len(data) for _, data in tried)
    # Of those as small as each other, one from what is whole: it takes a look-up less.
    keyframe, data = min(
        (one for one in tried if _alike(len(one[1]), smallest)),
        key=lambda one: (candidates[one[0].sha256] is not None, len(one[1])),
    )
    base_sha256 = candidates[keyframe.sha256]
    if base_sha256 is not None and least:
        # Each that follows will pay for what has changed since the keyframe, until there is a new one.
        uses = 1 + sum(1 for one in neighbours if one.keyframe == keyframe.sha256)
        rent = (len(data) - least) * uses * _RENT
        # A new one takes at least as much as this difference, which is from something nearer.
        base = _sound_keyframe(session, base_sha256, sha256) if rent > len(data) else None
        if base is not None and rent > len(anew := compress_against(payload, base)):
            keyframe, data = base, anew
    if len(data) * _POOR > keyframe.whole and len(data) * _POOR > len(whole := compress(payload)):
        return alone(whole)
    return against(keyframe, data)


def _candidates(neighbours: Sequence[PackedForm]) -> dict[str, str | None]:
    """What a payload may be stored against, in the order to try them, each with the keyframe it is a difference from.

    It is taken from what this transaction finds and stores: another one that was undone may have had it otherwise.
    """
    used = [(one.keyframe, one.base) if one.keyframe else (one.sha256, None) for one in neighbours]
    unused = [(one.sha256, one.keyframe) for one in neighbours if one.keyframe and one.base is None]
    return dict([*used[:1], *unused[:1], *used, *unused])


def _alike(size: int, other: int) -> bool:
    """Whether a difference is as small as another, nearly."""
    return size <= other * _ALIKE_PART + _ALIKE_BYTES


def _sound_keyframe(session: Session, sha256: str, wanted_for: str) -> Keyframe | None:
    """The keyframe; None when it is damaged: what is new is not to depend on it."""
    try:
        return _keyframe(session, sha256, wanted_for)
    except DamageError:
        return None


def _keyframe(session: Session, sha256: str, wanted_for: str, must_be_whole: bool = False) -> Keyframe:
    keyframes: Keyframes = session.info["keyframes"]
    keyframe = keyframes.get(sha256)
    if keyframe is None:
        row = session.get(PayloadRow, sha256)
        if row is None:
            raise DamageError(
                f"the keyframe {sha256} is gone from the database, and with it what is stored as a difference from it, "
                f"as {wanted_for} is; restore the database from a backup"
            )
        if row.keyframe and must_be_whole:
            raise DamageError(
                f"the row of the payload {sha256} is not as it was written: it is a difference, and is to be "
                f"whole, as {wanted_for} needs it; restore the database from a backup"
            )
        base = _keyframe(session, row.keyframe, wanted_for, must_be_whole=True) if row.keyframe else None
        try:
            data = packed(session, row)
            plain = restore(data, row.size, sha256, base)
        except DamageError as error:
            raise DamageError(f"{wanted_for} is stored as a difference from another payload, but {error}") from None
        keyframe = Keyframe(sha256, plain, base.whole if base else len(data))
        keyframes.keep(keyframe)
    return keyframe


def objects_of(session: Session) -> Objects:
    """The stores outside the database that a session reaches."""
    objects: Objects = session.info["objects"]
    return objects
