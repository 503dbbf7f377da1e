"""Stores each payload once, under its SHA-256, and reads payloads back.

Consecutive captures of a page mostly differ in a few tokens that the server generates for every answer. Most of a page
stays the same from one year to the next. So a payload is stored in one of two forms: whole (compressed by itself), or
as a delta against another payload, its keyframe. A keyframe is itself stored whole, or as a delta against a payload
that is stored whole. So at most two other payloads have to be read in order to restore a payload.

The neighbours of a payload are the payloads of the captures of the same policy that are nearest in time.
"""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.captures import Capture
from core.exceptions import RESTORE_ADVICE, DamageError, StorageError
from core.policies import PolicyKey
from storage.payloads.compression import Keyframe, compress, compress_against, restore
from storage.payloads.neighbours import MAX_INLINE_BYTES, Neighbours, PackedForm, packed_forms
from storage.payloads.object_stores import ObjectStores
from storage.tables.models import PayloadRow

# At most this many keyframes are tried for a new payload. After two keyframes, the search ends as soon as the smallest
# delta is at most 1/64 of the payload.
_MAX_KEYFRAMES_TRIED = 6
_SMALL_DELTA_PART = 64
# No further keyframes are tried after a tiny delta. A delta is tiny if it is at most 1/256 of the payload and about as
# small as the smallest delta among the neighbours.
_TINY_DELTA_PART = 256
# A delta is "about as small as" another delta if it is larger by at most a quarter of the other delta plus 16 bytes.
_EQUALLY_SMALL_RATIO = 1.25
_EQUALLY_SMALL_BYTES = 16
# After a lasting change of a page, every later delta is larger, because it contains the change again. A new keyframe is
# made when the extra bytes of these deltas add up to a fifth of the size of the new keyframe.
_DRIFT_PART = 5
# If a delta is larger than a third of the compressed payload, the payload is stored whole, because the delta would save
# too little for the additional look-up.
_MAX_DELTA_PART = 3


_LOCATION_QUERY = select(PayloadRow.sha256, PayloadRow.keyframe, PayloadRow.store).where(
    PayloadRow.sha256 == bindparam("sha256")
)


class KeyframeCache:
    """A cache of the keyframes that were used last.

    Without the cache, a keyframe would be read and indexed again for each capture of a policy.
    """

    def __init__(self) -> None:
        self._keyframes: OrderedDict[str, Keyframe] = OrderedDict()
        self._lock = Lock()

    def get(self, sha256: str) -> Keyframe | None:
        """Returns the keyframe with that SHA-256; None if it is not in the cache."""
        with self._lock:
            if sha256 in self._keyframes:
                self._keyframes.move_to_end(sha256)
            return self._keyframes.get(sha256)

    def add(self, keyframe: Keyframe) -> None:
        """Adds a keyframe, and drops the least recently used keyframes if the cache is too large.

        The cache contains at most 16 keyframes and at most 32 MB. The keyframe that was just added is never dropped.
        """
        with self._lock:
            self._keyframes[keyframe.sha256] = keyframe
            while len(self._keyframes) > 1 and (
                len(self._keyframes) > 16 or sum(len(cached.plain) for cached in self._keyframes.values()) > 32_000_000
            ):
                self._keyframes.popitem(last=False)


def session_info(url: str) -> dict[str, Any]:
    """Returns the `Session.info` that this module's functions need. url: the `payloads_url` given to `Store.open`."""
    return {"object_stores": ObjectStores(url), "keyframes": KeyframeCache()}


def put(session: Session, captures: Sequence[tuple[Capture, bytes | None]]) -> None:
    """Stores the payloads of captures, if the payloads are not stored yet. The caller then stores the captures.

    captures: each capture with its payload. The payload can be None if the payload is stored already.

    StorageError if a payload is None and not stored, or if a payload can't be written to the payload store.
    """
    forms = packed_forms(session, {capture.sha256 for capture, _ in captures})
    neighbours_by_policy: dict[PolicyKey, Neighbours] = {}
    for capture, payload in captures:
        neighbours = neighbours_by_policy.setdefault(capture.key, Neighbours(session, capture.key))
        if capture.sha256 not in forms:
            if payload is None:
                raise StorageError(
                    f"the payload of the capture of {capture.url} is not stored: pass the payload with the capture"
                )
            form, compressed = _pack(session, capture.sha256, payload, neighbours.nearest_payloads(capture.captured_at))
            # The session writes this row later, together with the rows of the following payloads. If a following
            # payload needs this row as its keyframe, the session writes the row before it reads the keyframe.
            session.add(
                PayloadRow(**store_compressed(session, capture.sha256, len(payload), form.keyframe, compressed))
            )
            forms[capture.sha256] = form
        if (known_form := forms[capture.sha256]) is not None:
            neighbours.add(capture.captured_at, known_form)
    session.flush()


def store_compressed(
    session: Session, sha256: str, size: int, keyframe: str | None, compressed: bytes
) -> dict[str, Any]:
    """Returns the column values of a payload's row. Writes large compressed bytes to the payload store.

    sha256: the payload's SHA-256. size: the payload's length in bytes. keyframe: the SHA-256 of the keyframe that the
    payload was compressed against; None if the payload was compressed by itself. compressed: the compressed bytes.

    UnavailableError (a StorageError) if the bytes can't be written to the payload store.
    """
    object_stores = object_stores_of(session)
    store = object_stores.url if len(compressed) > MAX_INLINE_BYTES and object_stores.url else None
    if store:
        # The object is written before the row. If the process is killed between the two writes, the object has no row,
        # which is harmless.
        object_stores.put(object_key(sha256, keyframe), compressed)
    return {
        "sha256": sha256,
        "size": size,
        "keyframe": keyframe,
        "store": store,
        "data": b"" if store else compressed,
    }


def get(session: Session, sha256: str) -> bytes:
    """Returns the payload with that SHA-256.

    StorageError if the payload is not stored, or if the payload store can't be read. DamageError if the payload or its
    keyframe is damaged.
    """
    row = session.get(PayloadRow, sha256)
    if row is None:
        raise StorageError(f"no payload is stored under SHA-256 {sha256}; pass the payload with the capture")
    return unpack(session, row)


def unpack(session: Session, row: PayloadRow) -> bytes:
    """Returns the payload of a row. StorageError and DamageError under the same conditions as `get`."""
    keyframe = _load_keyframe(session, row.keyframe, row.sha256) if row.keyframe else None
    return restore(compressed_bytes(session, row), row.size, row.sha256, keyframe)


def compressed_bytes(session: Session, row: PayloadRow) -> bytes:
    """Returns the compressed bytes of a payload's row, from the row or from the payload store.

    Raises the same errors as `ObjectStores.get`.
    """
    return object_stores_of(session).get(row.store, object_key(row.sha256, row.keyframe)) if row.store else row.data


def needed_stores(session: Session, sha256: str) -> set[str]:
    """Returns the URLs of the payload stores that contain a payload, its keyframe, or the keyframe's own keyframe."""
    urls: set[str] = set()
    next_sha256: str | None = sha256
    for _ in ("the payload", "its keyframe", "the keyframe's keyframe"):
        row = session.execute(_LOCATION_QUERY, {"sha256": next_sha256}).one_or_none()
        if row is None:
            break
        if row.store:
            urls.add(row.store)
        next_sha256 = row.keyframe
    return urls


def is_payload_object(session: Session, store: str, key: str) -> bool:
    """Returns whether a row in the database refers to an object in a payload store.

    store: the store's URL. key: the object's key; any text, since other programs may write to the store.
    """
    row = session.execute(_LOCATION_QUERY, {"sha256": key[3:67]}).one_or_none()
    return row is not None and row.store == store and object_key(row.sha256, row.keyframe) == key


def object_key(sha256: str, keyframe: str | None) -> str:
    """Returns the key of a payload's object in a payload store.

    The key also contains the keyframe's SHA-256, because two processes may compress the same payload against different
    keyframes at the same time.
    """
    return f"{sha256[:2]}/{sha256}.{keyframe}" if keyframe else f"{sha256[:2]}/{sha256}"


def object_stores_of(session: Session) -> ObjectStores:
    """Returns the object stores that a session reads and writes."""
    object_stores: ObjectStores = session.info["object_stores"]
    return object_stores


def _pack(session: Session, sha256: str, payload: bytes, neighbours: Sequence[PackedForm]) -> tuple[PackedForm, bytes]:
    """Decides how to store a payload: as a delta if that saves enough, otherwise whole. Returns form and stored bytes.

    neighbours: the payload's neighbours, the nearest in time first.
    """
    # Every delta contains the tokens that the server generates for each response. The smallest delta of the neighbours
    # contains little besides these tokens, so no delta of this page can be much smaller.
    smallest_neighbour = min((form.stored_size for form in neighbours if form.keyframe is not None), default=0)
    candidates = _keyframe_candidates(neighbours)

    def as_delta(keyframe: Keyframe, delta: bytes) -> tuple[PackedForm, bytes]:
        return PackedForm(sha256, keyframe.sha256, candidates.get(keyframe.sha256), len(delta)), delta

    def as_whole(compressed: bytes) -> tuple[PackedForm, bytes]:
        return PackedForm(sha256, None, None, len(compressed)), compressed

    deltas: list[tuple[Keyframe, bytes]] = []
    for candidate in list(candidates)[:_MAX_KEYFRAMES_TRIED]:
        keyframe = _load_sound_keyframe(session, candidate, sha256)
        if keyframe is None:
            continue
        delta = compress_against(payload, keyframe)
        if (
            smallest_neighbour
            and _is_about_as_small(len(delta), smallest_neighbour)
            and len(delta) * _TINY_DELTA_PART <= len(payload)
        ):
            return as_delta(keyframe, delta)
        deltas.append((keyframe, delta))
        if len(deltas) > 1 and min(len(tried_delta) for _, tried_delta in deltas) * _SMALL_DELTA_PART <= len(payload):
            break
    if not deltas:
        return as_whole(compress(payload))
    smallest = min(len(delta) for _, delta in deltas)
    # Among the deltas that are about as small as the smallest delta, a delta against a whole payload is preferred,
    # because reading that delta takes one look-up less.
    keyframe, delta = min(
        (pair for pair in deltas if _is_about_as_small(len(pair[1]), smallest)),
        key=lambda pair: (candidates[pair[0].sha256] is not None, len(pair[1])),
    )
    base_sha256 = candidates[keyframe.sha256]
    if base_sha256 is not None and smallest_neighbour:
        # The keyframe is itself a delta. Its own keyframe is called the base. If the page has drifted too far from
        # the keyframe, this payload becomes a new keyframe and is stored as a delta against the base.
        uses = 1 + sum(1 for form in neighbours if form.keyframe == keyframe.sha256)
        drift_cost = (len(delta) - smallest_neighbour) * uses * _DRIFT_PART
        # The base is loaded only if `drift_cost` exceeds the size of `delta`. The keyframe is nearer in time than the
        # base, so a delta against the base is hardly ever smaller than `delta`.
        base = _load_sound_keyframe(session, base_sha256, sha256) if drift_cost > len(delta) else None
        if base is not None and drift_cost > len(new_keyframe := compress_against(payload, base)):
            keyframe, delta = base, new_keyframe
    if len(delta) * _MAX_DELTA_PART > keyframe.whole_size:
        whole = compress(payload)
        if len(delta) * _MAX_DELTA_PART > len(whole):
            return as_whole(whole)
    return as_delta(keyframe, delta)


def _keyframe_candidates(neighbours: Sequence[PackedForm]) -> dict[str, str | None]:
    """Returns the payloads to try as keyframes, in the order in which to try them.

    The result maps the SHA-256 of each payload to the SHA-256 of the payload's own keyframe, or to None if the payload
    is stored whole.

    The candidates come only from `neighbours`, so their forms are the forms in the database. A keyframe from the
    KeyframeCache would not be safe: a transaction that was rolled back may have added it, and the payload may now be
    stored in another form.
    """
    used = [(form.keyframe, form.keyframe_of_keyframe) if form.keyframe else (form.sha256, None) for form in neighbours]
    unused = [
        (form.sha256, form.keyframe) for form in neighbours if form.keyframe and form.keyframe_of_keyframe is None
    ]
    return dict([*used[:1], *unused[:1], *used, *unused])


def _is_about_as_small(size: int, other_size: int) -> bool:
    return size <= other_size * _EQUALLY_SMALL_RATIO + _EQUALLY_SMALL_BYTES


def _load_sound_keyframe(session: Session, sha256: str, dependent: str) -> Keyframe | None:
    """Returns a keyframe; None if the keyframe is damaged, because no new delta may depend on a damaged keyframe."""
    try:
        return _load_keyframe(session, sha256, dependent)
    except DamageError:
        return None


def _load_keyframe(session: Session, sha256: str, dependent: str, must_be_whole: bool = False) -> Keyframe:
    """Returns a keyframe. DamageError if the keyframe is missing or damaged.

    dependent: the SHA-256 of the payload that needs the keyframe. must_be_whole: whether to raise DamageError if the
    keyframe is not stored whole.
    """
    keyframes: KeyframeCache = session.info["keyframes"]
    keyframe = keyframes.get(sha256)
    if keyframe is None:
        row = session.get(PayloadRow, sha256)
        if row is None:
            raise DamageError(
                f"the payload {sha256} is missing from the database, and {dependent} can't be read without it; "
                f"{RESTORE_ADVICE}"
            )
        if row.keyframe and must_be_whole:
            raise DamageError(
                f"the stored record of the payload {sha256} is damaged or was changed: it must be stored whole, "
                f"because {dependent} depends on it, but it is stored as a difference; {RESTORE_ADVICE}"
            )
        base = _load_keyframe(session, row.keyframe, dependent, must_be_whole=True) if row.keyframe else None
        try:
            compressed = compressed_bytes(session, row)
            plain = restore(compressed, row.size, sha256, base)
        except DamageError as error:
            raise DamageError(f"{dependent} is stored as a difference from another payload, but {error}") from None
        keyframe = Keyframe(sha256, plain, base.whole_size if base else len(compressed))
        keyframes.add(keyframe)
    return keyframe
