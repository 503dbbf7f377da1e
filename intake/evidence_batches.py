"""Stores captures as evidence in batches. Each batch is committed before any capture in the batch is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from core.captures import Capture, sha256_hex
from core.exceptions import RefusedError, StorageError
from intake.deferred_error import DeferredError
from intake.records import FoundCapture, UnreadCapture
from storage import archive_listings, evidence
from storage.capture_rows import capture_identity
from storage.database import Database

# A batch is complete if it has this many captures, or if its payloads have this many bytes.
_BATCH = 16
_BATCH_BYTES = 8 * 1024 * 1024


#: Called with a capture that the database refuses to store, and with the reason. It may raise the reason.
OnRefusal = Callable[[Capture, RefusedError], object]


def keep_evidence(
    database: Database, captures: Iterable[FoundCapture], on_refusal: OnRefusal
) -> Iterator[list[UnreadCapture]]:
    """Stores captures in batches, and yields each batch after the batch was committed.

    on_refusal: called for each capture that the database refuses. The other captures are stored.

    If `captures` raises an exception, the captures before the exception are stored first; then the exception is raised.
    StorageError if the database can't be used; the captures before are stored.
    """
    for batch in _batches(captures):
        try:
            stored = _keep_batch(database, batch)
        except StorageError:
            # The captures are stored one by one. So the captures that can be stored are kept.
            for incoming in batch:
                try:
                    stored = _keep_batch(database, [incoming])
                except RefusedError as error:
                    on_refusal(incoming[0], error)
                else:
                    yield stored
        else:
            yield stored


def _keep_batch(database: Database, batch: Sequence[FoundCapture]) -> list[UnreadCapture]:
    """Stores captures in one transaction."""
    for capture, payload, _ in batch:
        if payload is not None and sha256_hex(payload) != capture.sha256:
            raise RefusedError(
                f"the bytes of {capture.url} don't match their checksum, because of an error in clausewatch itself; "
                "they "
                "were not stored; fetch the page again"
            )
    captures = [capture for capture, _, _ in batch]
    identities = [capture_identity(capture) for capture in captures]
    with database.read_session() as session:
        stored_before = evidence.stored_ids(session, identities)
        is_listed = archive_listings.any_to_fetch(session, captures)
    ids = stored_before
    if is_listed or not stored_before.keys() >= set(identities):
        with database.write_session() as session:
            # One transaction both stores the captures and takes them off the list of captures to fetch. So the list
            # never contains a stored capture.
            archive_listings.drop_fetched(session, captures)
            # The look-up is repeated, because another process may have stored some of the captures since the first
            # look-up.
            stored_before = evidence.stored_ids(session, identities)
            new = {
                identity: (capture, payload)
                for identity, (capture, payload, _) in zip(identities, batch, strict=True)
                if identity not in stored_before
            }
            ids = stored_before | evidence.put(session, new)
    unread = []
    for identity, (capture, payload, policy) in zip(identities, batch, strict=True):
        unread.append(UnreadCapture(ids[identity], identity not in stored_before, capture, payload, policy))
        stored_before[identity] = ids[identity]  # if the batch contains a capture twice, only the first is new
    return unread


def _batches(captures: Iterable[FoundCapture]) -> Iterator[list[FoundCapture]]:
    """Yields captures in batches. If `captures` raises an exception, first yields the captures before the exception."""
    batch: list[FoundCapture] = []
    size = 0
    error = DeferredError()
    for incoming in error.until_error(captures):
        _, payload, _ = incoming
        batch.append(incoming)
        size += len(payload or b"")
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    error.raise_if_any()
