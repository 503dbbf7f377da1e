"""What becomes of a capture that is handed to the intake."""

from dataclasses import dataclass

from core.captures import Capture, Verdict
from core.declarations import Policy


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
    verdict: by its reading and by its reviews. The other captures of the policy may change it to `other_language`,
        which `Library.captures` tells.
    version_id: the version it shows; None if it is quarantined.
    """

    capture_id: int
    is_new: bool
    verdict: Verdict
    version_id: str | None
