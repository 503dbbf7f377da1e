"""Against Open Terms Archive, whose selectors are written by hand for each page."""

from itertools import groupby

from bench.extraction.captures import labelled
from core.dates import iso
from diffing.sameness import version_id
from extraction import read


def measure(*, details: bool) -> None:
    """Distinct texts at the captures of which it recorded a version, and whether each change of words is one here."""
    print(f"{'':26} captures  quarantined  its versions  ours there  its changes  missed")
    totals = [0] * 6
    notes = []
    for name, captures in groupby(labelled(), lambda one: one.document):
        shown: list[str | None] = []
        row = [0] * 6
        ours = set()
        for one in captures:
            reading = read(one.capture, one.payload)
            accepted = reading.verdict.name == "accepted" and reading.document is not None
            version = version_id(reading.document) if accepted and reading.document else None
            row[0] += 1
            row[1] += not accepted
            row[2] += one.ota_version
            row[4] += one.words_changed
            if one.ota_version and version:
                ours.add(version)
            when = iso(one.capture.captured_at)
            if one.words_changed and (version is None or (shown and shown[-1] == version)):
                row[5] += 1
                notes.append(f"missed: {name} {when} ({reading.verdict.reason or 'the same text here'})")
            if not accepted:
                notes.append(f"quarantined: {name} {when} {reading.verdict.reason}: {reading.verdict.evidence}")
            shown.append(version)
        row[3] = len(ours)
        totals = [total + count for total, count in zip(totals, row, strict=True)]
        print(f"{name:26} {row[0]:8} {row[1]:12} {row[2]:13} {row[3]:11} {row[4]:12} {row[5]:7}")
    print(f"{'in all':26} {totals[0]:8} {totals[1]:12} {totals[2]:13} {totals[3]:11} {totals[4]:12} {totals[5]:7}")
    print(f"our versions to its versions: {totals[3] / totals[2]:.3f}")
    if details:
        print("\n".join(notes))
