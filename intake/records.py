"""Types for a capture in three states: passed to the intake by a source; stored but not read yet; stored and read."""

from dataclasses import dataclass

from core.captures import Capture, Verdict
from core.declarations import Policy

#: A capture that a source passes to the intake: the capture, its payload, and its policy's declaration. The payload can
#: be None if the payload is stored already.
FoundCapture = tuple[Capture, bytes | None, Policy]


@dataclass(frozen=True, slots=True)
class UnreadCapture:
    """A capture that is stored and still has to be read.

    capture_id: the id of the capture's row.
    is_new: whether the capture was stored just now; False if it was stored before.
    capture: the capture.
    payload: the capture's payload; None if it must be loaded from the store.
    policy: the policy's declaration, which determines how the capture is read.
    """

    capture_id: int
    is_new: bool
    capture: Capture
    payload: bytes | None
    policy: Policy


@dataclass(frozen=True, slots=True)
class ReadCapture:
    """A capture that is stored and was read.

    capture_id: the id of the capture's row.
    is_new: whether the capture was stored just now; False if the capture was stored before.
    verdict: the verdict that follows from the capture's reading and reviews alone. `Library.captures` also considers
        the policy's other captures, so there the capture may be quarantined as `other_language`.
    version_id: the version that the capture shows; None if the capture is quarantined.
    """

    capture_id: int
    is_new: bool
    verdict: Verdict
    version_id: str | None
