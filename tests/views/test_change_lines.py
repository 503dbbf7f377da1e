"""What changed between two neighbouring versions, in a line."""

import pytest

from core.changes import ChangeKind, Significance
from core.lineage import Link, Step
from views.change_lines import change_line


def link(
    kind: ChangeKind, significance: Significance = "substantive", numbers: tuple[tuple[str, str], ...] = ()
) -> Link:
    return Link(kind, significance, (1,), (1,), ("0" * 12,), numbers)


@pytest.mark.parametrize(
    ("links", "line"),
    [
        ([link("modified")], "1 substantive change: 1 modified"),
        (
            [link("modified"), link("added"), link("modified"), link("moved", "editorial")],
            "3 substantive changes: 2 modified, 1 added; 1 editorial change",
        ),
        (
            [link("factual", numbers=(("30 days", "90 days"),)), link("factual", "factual")],
            "1 substantive change: 1 number (30 → 90 days); 1 factual change",
        ),
        (
            [
                link("modified"),
                link("factual", numbers=(("Section 5)", "Section 4)"),)),
                link("modified"),
                link("factual"),
            ],
            "4 substantive changes: 2 modified, 1 number (Section 5 → 4), 1 detail",
        ),
        (
            [link("added"), link("moved_modified", numbers=(("09/08/2024", "01/02/2026"),))],
            "2 substantive changes: 1 added, 1 moved and modified (09/08/2024 → 01/02/2026)",
        ),
        ([link("cosmetic")], "1 substantive change: 1 link"),
        ([link("moved", "editorial"), link("cosmetic", "editorial")], "2 editorial changes"),
        ([], ""),
    ],
)
def test_a_line_counts_the_changes_and_names_numbers(links: list[Link], line: str) -> None:
    assert change_line(Step((), tuple(links))) == line


def test_the_first_version_has_no_line() -> None:
    assert change_line(Step((), (link("added"),), opens=True)) == ""


def test_a_line_names_few_of_many_numbers() -> None:
    numbers = tuple((f"{old} days", f"{old + 1} days") for old in range(10, 15))
    assert change_line(Step((), (link("factual", numbers=numbers),))).endswith("(10 → 11 days, 11 → 12 days, …)")
