"""Compares the confidence of changes with the verdicts of a reader.

    python -m bench.diff.calibration

judged.csv names changes of ../shared/pairs by the positions of their clauses, and says whether a reader agreed that
these clauses belong together, and that the kind of the change is right. Six readers who had not worked on the differ
judged three draws by fixed seeds, of at least 30 changes of each kind that has so many; the latest verdict on a change
counts. Additions and removals are left out, and so are changes that are no longer told. Prints for each tenth
of the confidence the number of changes and the share of agreement, and then how many pairings the warning of reports
reaches: of those that the reader rejected, and of the others.
"""

import csv
from collections import defaultdict
from pathlib import Path

from core.changes import Comparison
from core.clauses import Clause
from diffing import compare
from extraction import extract
from reports.change_notes import DOUBTFUL

SHARED = Path(__file__).resolve().parents[3] / "shared"
_JUDGED = Path(__file__).with_name("judged.csv")
_BAR = 40  # characters

Sides = tuple[tuple[int, ...], tuple[int, ...]]


def _positions(clauses: tuple[Clause, ...]) -> tuple[int, ...]:
    return tuple(clause.position for clause in clauses)


def _confidences(comparison: Comparison) -> dict[Sides, float]:
    return {(_positions(change.old), _positions(change.new)): change.confidence for change in comparison.changes}


def main() -> None:
    """Compares the pairs that have judged changes, and prints the table."""
    verdicts: defaultdict[str, dict[Sides, bool]] = defaultdict(dict)
    with _JUDGED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            old, new = (tuple(map(int, row[side].split())) for side in ("old", "new"))
            verdicts[row["pair"]][old, new] = row["agreed"] == "1"
    agreed: defaultdict[int, list[bool]] = defaultdict(list)
    warned: dict[bool, list[bool]] = {False: [], True: []}
    for pair, judged in verdicts.items():
        old_document, new_document = (
            extract((SHARED / "pairs" / f"{pair}.{side}.md").read_bytes(), "text/markdown") for side in ("old", "new")
        )
        confidences = _confidences(compare(old_document, new_document))
        for sides, verdict in judged.items():
            if sides in confidences:
                agreed[min(9, int(10 * confidences[sides]))].append(verdict)
                warned[verdict].append(confidences[sides] < DOUBTFUL)
    print(f"{'confidence':12} {'changes':>8} {'agreed':>7}")
    for tenth in sorted(agreed):
        share = sum(agreed[tenth]) / len(agreed[tenth])
        bar = "#" * round(_BAR * share)
        print(f"{tenth / 10:.1f} to {(tenth + 1) / 10:.1f}   {len(agreed[tenth]):8} {share:7.2f}  {bar}")
    print(f"The warning (below {DOUBTFUL}) reaches {sum(warned[False])} of {len(warned[False])} rejected pairings,")
    print(f"and {sum(warned[True])} of {len(warned[True])} others.")


if __name__ == "__main__":
    main()
