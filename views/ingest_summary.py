"""The numbers of captures and of left-out records in ingested files, for `clausewatch ingest`."""

from collections import Counter
from dataclasses import dataclass, field

from core.captures import Reason, Verdict
from core.plurals import plural


@dataclass(slots=True)
class IngestSummary:
    """Counts what an ingest reads. The counts are correct at any time, also if an error ends the ingest early.

    captures: the number of captures that were stored and read.
    new: the number of captures that were not stored before.
    quarantined: the number of quarantined captures, by reason.
    left_out: the number of WARC records that were not read as captures, by the phrase that says why
        (`ingestion.LeftOut.why`).
    """

    captures: int = 0
    new: int = 0
    quarantined: Counter[Reason | None] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def add_capture(self, verdict: Verdict, is_new: bool) -> None:
        """Counts a capture that was stored and read. is_new: whether the capture was not stored before."""
        self.captures += 1
        self.new += is_new
        if verdict.name == "quarantined":
            self.quarantined[verdict.reason] += 1

    def add_left_out(self, why: str) -> None:
        """Counts a WARC record that was not read as a capture."""
        self.left_out[why] += 1

    @property
    def text(self) -> str:
        """The counts on one line. The most frequent reasons come first."""
        line = f"{plural(self.captures, 'capture')} read, {self.new} new, {self.quarantined.total()} quarantined"
        if self.quarantined:
            line += f" ({', '.join(f'{count} {reason}' for reason, count in self.quarantined.most_common())})"
        for why, count in self.left_out.most_common():
            line += f"; {plural(count, 'record')} {why} left out"
        return line
