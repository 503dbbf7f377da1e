"""Compares the versions of clausewatch with the versions that Open Terms Archive (OTA) recorded.

Open Terms Archive uses selectors that are written by hand for each page.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from itertools import groupby

from bench.extraction.captures import labelled_captures
from core.dates import iso
from diffing.sameness import version_id
from extraction import read

# Documents of ../shared/warc-wide of which Open Terms Archive records versions of several pages together.
_OF_SEVERAL_PAGES = frozenset(["grok-privacy-policy-legal-privacy-policy", "le-chat-data-processor-agreement-terms"])


@dataclass(slots=True)
class Counts:
    """Counts for one policy, or for all policies.

    captures: the number of captures.
    quarantined: the number of captures that clausewatch quarantined.
    ota_versions: the number of captures at which Open Terms Archive recorded a version.
    versions: the number of versions that clausewatch makes from the captures counted in `ota_versions`.
    ota_changes: the number of versions of Open Terms Archive whose words differ from the previous version.
    missed: the number of changes counted in `ota_changes` whose capture is accepted, with the version of the capture
        before.
    """

    captures: int = 0
    quarantined: int = 0
    ota_versions: int = 0
    versions: int = 0
    ota_changes: int = 0
    missed: int = 0

    def add(self, other: "Counts") -> None:
        """Adds the counts of another policy."""
        self.captures += other.captures
        self.quarantined += other.quarantined
        self.ota_versions += other.ota_versions
        self.versions += other.versions
        self.ota_changes += other.ota_changes
        self.missed += other.missed


@dataclass(slots=True)
class Figures:
    """The counts of each policy and of all policies together.

    policies: the counts by policy.
    total: the sums of the counts over all policies.
    missed: the policy and time of each missed change.
    notes: a line for each missed change and each quarantined capture.
    """

    policies: dict[str, Counts] = field(default_factory=dict)
    total: Counts = field(default_factory=Counts)
    missed: set[tuple[str, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The number of versions of clausewatch, divided by the number of versions of Open Terms Archive."""
        return self.total.versions / self.total.ota_versions


def measure(folder: str = "warc") -> Figures:
    """Reads the captures of each policy and counts the versions.

    folder: `warc` or `warc-wide`. Documents that Open Terms Archive puts together from several pages are left out.
    """
    figures = Figures()
    for name, captures in groupby(labelled_captures(folder), lambda labelled: labelled.document):
        if name in _OF_SEVERAL_PAGES:
            continue
        counts = Counts()
        shown_versions: list[str | None] = []  # the version of each capture; None for quarantined captures
        versions: set[str] = set()
        for labelled in captures:
            reading = read(labelled.capture, labelled.payload)
            accepted = reading.verdict.name == "accepted" and reading.document is not None
            version = version_id(reading.document) if accepted and reading.document else None
            counts.captures += 1
            counts.quarantined += not accepted
            counts.ota_versions += labelled.ota_version
            counts.ota_changes += labelled.ota_words_changed
            if labelled.ota_version and version:
                versions.add(version)
            when = iso(labelled.capture.captured_at)
            if labelled.ota_words_changed and version and shown_versions and shown_versions[-1] == version:
                counts.missed += 1
                figures.missed.add((name, when))
                figures.notes.append(f"missed: {name} {when}")
            if not accepted:
                figures.notes.append(f"quarantined: {name} {when} {reading.verdict.reason}: {reading.verdict.evidence}")
            shown_versions.append(version)
        counts.versions = len(versions)
        figures.policies[name] = counts
        figures.total.add(counts)
    return figures


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print."""
    for folder in ("warc", "warc-wide"):
        figures = measure(folder)
        yield f"{folder:32} captures  quarantined  OTA versions    versions  OTA changes  missed"
        for name, counts in (*figures.policies.items(), ("in all", figures.total)):
            cells = (f"{count:{width}}" for count, width in zip(astuple(counts), (8, 12, 13, 11, 12, 7), strict=True))
            yield f"{name:32} {' '.join(cells)}"
        yield f"versions / OTA versions: {figures.ratio:.3f}"
        if details:
            yield from figures.notes
