"""Captures as a list shows them: `clausewatch captures` and `clausewatch ingest`."""

from dataclasses import dataclass
from typing import Any

from core.captures import Capture, Verdict
from core.dates import iso
from core.policies import PolicyKey
from storage import Store
from views.versions import version_numbers


@dataclass(frozen=True, slots=True)
class CaptureView:
    """A capture with its verdict and the version it shows.

    id: the number by which `clausewatch review` knows the capture.
    version: the number of the version for display; None if the capture is quarantined.
    """

    id: int
    capture: Capture
    verdict: Verdict
    version: int | None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that redirects led through, in order, and last the address the bytes came from."""
        return (*self.capture.redirects, self.capture.url)

    def to_dict(self) -> dict[str, Any]:
        """Returns the capture as the JSON contract has it."""
        capture = self.capture
        return {
            "id": self.id,
            "captured_at": iso(capture.captured_at),
            "url": capture.url,
            "source": capture.source,
            "sha256": capture.sha256,
            "media_type": capture.media_type,
            "verdict": self.verdict.name,
            "reason": self.verdict.reason,
            "version": self.version,
        }


def policy_captures(store: Store, key: PolicyKey) -> tuple[CaptureView, ...]:
    """Returns the captures of a policy, oldest first. StorageError if the database refuses."""
    numbers = version_numbers(store.library.history(key))
    return tuple(
        CaptureView(stored.id, stored.capture, stored.verdict, numbers.get(stored.version_id or ""))
        for stored in store.library.captures(key)
    )
