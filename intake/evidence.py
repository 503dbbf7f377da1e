"""Keeps captures as evidence: a batch at a time, each batch committed before anything looks into its captures."""

from collections.abc import Iterable, Iterator, Sequence

from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.exceptions import StorageError
from intake.records import UnreadCapture
from intake.worker_pool import DeferredError
from storage import archive_listings, evidence
from storage.capture_rows import capture_identity
from storage.database import Database

#: A capture with its payload, None if that is stored already, and the policy as it is declared.
FoundCapture = tuple[Capture, bytes | None, Policy]

# A batch is full with so many captures, or with so many bytes of payloads.
_BATCH = 16
_BATCH_BYTES = 8 * 1024 * 1024


def keep_evidence(database: Database, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
    """Stores captures, and yields each once it is committed.

    What `captures` raises is raised once all captures before it are stored. StorageError for the first capture that is
    refused; those before it are stored.
    """
    for batch in _batches(captures):
        try:
            yield from _keep_batch(database, batch)
        except StorageError:
            if len(batch) == 1:
                raise
            # One by one, so that the captures before the refused one are stored.
            for capture in batch:
                yield from _keep_batch(database, [capture])


def _keep_batch(database: Database, captures: Sequence[FoundCapture]) -> list[UnreadCapture]:
    """Stores captures in one transaction."""
    for capture, payload, _ in captures:
        if payload is not None and sha256_hex(payload) != capture.sha256:
            raise StorageError(f"these are not the bytes that the capture of {capture.url} names: get it again")
    identities = [capture_identity(capture) for capture, _, _ in captures]
    with database.read_session() as session:
        known = evidence.stored_ids(session, identities)
        listed = archive_listings.any_to_fetch(session, [capture for capture, _, _ in captures])
    ids = known
    if listed or not known.keys() >= set(identities):
        with database.write_session() as session:
            # In one transaction, so that a stored capture is never fetched again, and one that is not stored is.
            archive_listings.drop_fetched(session, [capture for capture, _, _ in captures])
            known = evidence.stored_ids(session, identities)  # another process may have stored some since we looked
            new = {
                identity: (capture, payload)
                for identity, (capture, payload, _) in zip(identities, captures, strict=True)
                if identity not in known
            }
            ids = known | evidence.put(session, new)
    kept = []
    for identity, (capture, payload, policy) in zip(identities, captures, strict=True):
        kept.append(UnreadCapture(ids[identity], identity not in known, capture, payload, policy))
        known[identity] = ids[identity]  # the same capture twice in one batch is new once
    return kept


def _batches(captures: Iterable[FoundCapture]) -> Iterator[list[FoundCapture]]:
    """Yields captures in batches. What the iterable raises is raised after the captures before it."""
    batch: list[FoundCapture] = []
    size = 0
    error = DeferredError()
    for found in error.deferred(captures):
        batch.append(found)
        size += len(found[1] or b"")
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    error.raise_if_any()
