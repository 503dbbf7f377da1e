"""The captures of a policy with their verdicts, for `clausewatch captures` and `clausewatch ingest`."""

from dataclasses import dataclass
from typing import Any

from core.captures import Capture, Verdict
from core.dates import iso
from core.history import History
from core.policies import PolicyKey
from storage import Store
from views.versions import version_numbers


@dataclass(frozen=True, slots=True)
class CaptureView:
    """A capture with the verdict and the number of the version that the capture shows.

    id: the capture's number, which users pass to `clausewatch review`.
    version: the number of the version, from 1, in order of first appearance; None if the capture is quarantined.
    """

    id: int
    capture: Capture
    verdict: Verdict
    version: int | None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that redirected, in order, and finally the address that the bytes came from."""
        return (*self.capture.redirects, self.capture.url)

    def to_dict(self) -> dict[str, Any]:
        """Returns the capture's JSON fields, which docs/contract.md describes."""
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
            "rule": self.verdict.rule,
            "version": self.version,
        }


def policy_captures(store: Store, key: PolicyKey, history: History | None = None) -> tuple[CaptureView, ...]:
    """Returns the captures of a policy, oldest first. StorageError if the database can't be read.

    history: the policy's history, if the caller has it; None to read it.
    """
    numbers = version_numbers(history or store.library.history(key))
    return tuple(
        CaptureView(stored.id, stored.capture, stored.verdict, numbers.get(stored.version_id or ""))
        for stored in store.library.captures(key)
    )
