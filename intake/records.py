"""A capture on its way through the intake: as a source hands it in, as it is stored, and as it is read."""

from dataclasses import dataclass

from core.captures import Capture, Verdict
from core.declarations import Policy

#: A capture, its payload (None if the payload is stored already), and its policy as it is declared.
FoundCapture = tuple[Capture, bytes | None, Policy]


@dataclass(frozen=True, slots=True)
class UnreadCapture:
    """A capture that is stored and is still to be read as `policy` declares it.

    is_new: False if it was stored before. payload: None if it must be taken from the store.
    """

    capture_id: int
    is_new: bool
    capture: Capture
    payload: bytes | None
    policy: Policy


@dataclass(frozen=True, slots=True)
class ReadCapture:
    """A capture that is stored and read.

    is_new: False if it was stored before.
    verdict: follows from the capture's reading and its reviews alone. `Library.captures` also looks at the policy's
        other captures, and may therefore quarantine it as `other_language`.
    version_id: the version it shows; None if it is quarantined.
    """

    capture_id: int
    is_new: bool
    verdict: Verdict
    version_id: str | None
