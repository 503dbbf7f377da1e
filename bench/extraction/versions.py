"""Versions, compared with those of Open Terms Archive, whose selectors are written by hand for each page."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from itertools import groupby

from bench.extraction.captures import labelled_captures
from core.dates import iso
from diffing.sameness import version_id
from extraction import read


@dataclass(slots=True)
class Counts:
    """Counts over captures.

    quarantined: captures. ota_versions: captures at which Open Terms Archive recorded a version; versions: distinct
    texts that clausewatch reads from those. ota_changes: versions of Open Terms Archive whose words changed; missed:
    those among them that make no version here.
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
    """The counts of each policy and in all.

    missed: policy and time of each change that makes no version here. notes: the missed changes and the quarantined
    captures, line by line.
    """

    policies: dict[str, Counts] = field(default_factory=dict)
    total: Counts = field(default_factory=Counts)
    missed: set[tuple[str, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Our versions to theirs."""
        return self.total.versions / self.total.ota_versions


def measure() -> Figures:
    """Reads the captures of each policy and compares the versions."""
    figures = Figures()
    for name, captures in groupby(labelled_captures(), lambda labelled: labelled.document):
        counts = Counts()
        shown: list[str | None] = []  # the version each capture shows; None for quarantined captures
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
            if labelled.ota_words_changed and (version is None or (shown and shown[-1] == version)):
                counts.missed += 1
                figures.missed.add((name, when))
                figures.notes.append(f"missed: {name} {when} ({reading.verdict.reason or 'the same text here'})")
            if not accepted:
                figures.notes.append(f"quarantined: {name} {when} {reading.verdict.reason}: {reading.verdict.evidence}")
            shown.append(version)
        counts.versions = len(versions)
        figures.policies[name] = counts
        figures.total.add(counts)
    return figures


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print."""
    figures = measure()
    yield f"{'':26} captures  quarantined  its versions  ours there  its changes  missed"
    for name, counts in (*figures.policies.items(), ("in all", figures.total)):
        cells = (f"{count:{width}}" for count, width in zip(astuple(counts), (8, 12, 13, 11, 12, 7), strict=True))
        yield f"{name:26} {' '.join(cells)}"
    yield f"our versions to its versions: {figures.ratio:.3f}"
    if details:
        yield from figures.notes
