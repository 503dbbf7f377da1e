"""Stores captures as evidence in batches. A batch is committed before any of its captures is read."""

from collections.abc import Iterable, Iterator, Sequence

from core.captures import sha256_hex
from core.exceptions import StorageError
from intake.deferred_error import DeferredError
from intake.records import FoundCapture, UnreadCapture
from storage import archive_listings, evidence
from storage.capture_rows import capture_identity
from storage.database import Database

# A batch is complete at this many captures, or at this many bytes of payloads.
_BATCH = 16
_BATCH_BYTES = 8 * 1024 * 1024


def keep_evidence(database: Database, captures: Iterable[FoundCapture]) -> Iterator[list[UnreadCapture]]:
    """Stores captures, and yields each batch once it is committed.

    An exception that `captures` raises is raised after all captures before it are stored. StorageError for the first
    capture that is refused; the captures before it are stored.
    """
    for batch in _batches(captures):
        try:
            stored = _keep_batch(database, batch)
        except StorageError:
            if len(batch) == 1:
                raise
            # One by one, so that the captures before the refused one are stored.
            for found in batch:
                yield _keep_batch(database, [found])
        else:
            yield stored


def _keep_batch(database: Database, batch: Sequence[FoundCapture]) -> list[UnreadCapture]:
    """Stores captures in one transaction."""
    for capture, payload, _ in batch:
        if payload is not None and sha256_hex(payload) != capture.sha256:
            raise StorageError(
                f"the bytes handed in with the capture of {capture.url} do not match its SHA-256: fetch it again"
            )
    captures = [capture for capture, _, _ in batch]
    identities = [capture_identity(capture) for capture in captures]
    with database.read_session() as session:
        stored_before = evidence.stored_ids(session, identities)
        is_listed = archive_listings.any_to_fetch(session, captures)
    ids = stored_before
    if is_listed or not stored_before.keys() >= set(identities):
        with database.write_session() as session:
            # In the transaction that stores the captures, so that an archive is asked again for exactly the captures
            # that are not stored.
            archive_listings.drop_fetched(session, captures)
            # Once more, since another process may have stored some of them meanwhile.
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
        stored_before[identity] = ids[identity]  # a capture that is twice in the batch is new only once
    return unread


def _batches(captures: Iterable[FoundCapture]) -> Iterator[list[FoundCapture]]:
    """Yields captures in batches. An exception of the iterable is raised after the captures before it are yielded."""
    batch: list[FoundCapture] = []
    size = 0
    error = DeferredError()
    for found in error.until_error(captures):
        _, payload, _ = found
        batch.append(found)
        size += len(payload or b"")
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    error.raise_if_any()
