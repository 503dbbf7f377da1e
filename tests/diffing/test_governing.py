"""Moves under other headings, lead-ins and table headers; and changes of these words above unchanged clauses."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from tests.diffing.comparison_laws import accounts_for_all, as_set, mirrored

NEVER, ALWAYS = "We never show these to our sponsors:", "We show these to our sponsors:"
KINDS: dict[str, ClauseKind] = {"#": "heading", "-": "list_item", "|": "table_row"}


def document(*lines: str) -> Document:
    """Makes a document of lines such as in Markdown: headings of two levels, list items, rows, and paragraphs."""
    clauses = []
    path: tuple[str, ...] = ()
    for position, line in enumerate(lines):
        mark, _, rest = line.partition(" ")
        kind = KINDS.get(mark[0], "paragraph")
        text = line if kind == "paragraph" else rest
        if kind == "heading":
            path = path[: len(mark) - 1]
        clauses.append(Clause(position, kind, None, path, text))
        if kind == "heading":
            path = (*path, text)
    return Document(None, None, None, tuple(clauses))


LISTS = ("# Kettles", NEVER, "- your tea", "- your cups", "- your sugar", ALWAYS, "- your town", "- your shop", "Bye.")


def moved(lines: Sequence[str], line: str, before: str) -> Document:
    rest = [other for other in lines if other != line]
    rest.insert(rest.index(before), line)
    return document(*rest)


def test_a_move_to_another_list_is_substantive_and_names_both_lead_ins() -> None:
    (change,) = compare(document(*LISTS), moved(LISTS, "- your cups", "- your shop")).changes
    assert (change.kind, change.significance, change.under) == ("moved", "substantive", (NEVER, ALWAYS))
    assert change.to_dict()["under"] == [NEVER, ALWAYS]


def test_a_move_within_one_list_is_editorial() -> None:
    (change,) = compare(document(*LISTS), moved(LISTS, "- your sugar", "- your tea")).changes
    assert (change.kind, change.significance, change.under) == ("moved", "editorial", None)


def test_rows_that_move_below_another_paragraph_name_both_paragraphs() -> None:
    needed, wished = "These crumbs keep the kettle on.", "These crumbs remember your cup."
    lines = ("# Crumbs", needed, "| Name | lid", "| Kept | an hour", wished, "| Name | tag", "| Kept | a year")
    moved_rows = compare(
        document(*lines, "| Name | rim", "| Kept | a month", "That is all."),
        document(*lines[:4], "| Name | rim", "| Kept | a month", *lines[4:], "That is all."),
    ).changes
    assert {(change.significance, change.under) for change in moved_rows} == {("substantive", (wished, needed))}


def test_a_move_under_another_heading_is_substantive() -> None:
    lines = ("# Kettles", "## What we sell", "Recipes for tea.", "Maps of springs.", "## What we burn", "Old letters.")
    (change,) = compare(document(*lines), document(*lines[:2], *lines[3:], lines[2])).changes
    assert (change.significance, change.under) == ("substantive", ("What we sell", "What we burn"))


def test_a_section_that_moves_with_its_heading_is_editorial() -> None:
    first = ("## Cups", "Cups are made of clay, and each has its own number on the bottom.")
    second = ("## Pots", "Pots are made of iron, and nobody has ever counted them.", "They rust.")
    changes = compare(document("# Tea", *first, *second), document("# Tea", *second, *first)).changes
    assert {(change.kind, change.significance) for change in changes} == {("moved", "editorial")}


def test_headings_that_swap_places_are_substantive_and_list_the_clauses_below() -> None:
    recipes, maps = "Recipes for tea that our buyers have sent us.", "Maps of the springs near which our buyers live."
    lines = ("# Kettles", "## What we sell", recipes, "## What we never sell", maps)
    swapped = (lines[0], lines[3], lines[2], lines[1], lines[4])
    comparison = compare(document(*lines), document(*swapped))
    assert {(change.kind, change.significance) for change in comparison.changes} == {("moved", "substantive")}
    governed = {clause.text for change in comparison.changes for clause in change.governed}
    assert governed == {recipes, maps}


def test_a_changed_lead_in_is_told_once_with_the_unchanged_clauses_below() -> None:
    new = [line if line != NEVER else NEVER.replace("never", "sometimes") for line in LISTS]
    comparison = compare(document(*LISTS), document(*new))
    (change,) = comparison.changes
    assert (change.kind, change.significance) == ("modified", "substantive")
    assert [clause.text for clause in change.governed] == ["your tea", "your cups", "your sugar"]
    assert len(comparison.unchanged) == len(LISTS) - 1
    assert [clause["text"] for clause in change.to_dict()["governed"]] == ["your tea", "your cups", "your sugar"]


def test_a_changed_table_header_lists_the_rows_below() -> None:
    rows = ("# Kettles", "| Data | Kept | Sold", "| Names | Yes | No", "| Teas | Yes | No", "Bye.")
    (change,) = compare(document(*rows), document(rows[0], "| Data | Sold | Kept", *rows[2:])).changes
    assert change.significance == "substantive"
    assert [clause.text for clause in change.governed] == ["Names | Yes | No", "Teas | Yes | No"]


def test_the_first_row_of_a_table_of_names_and_values_is_no_header() -> None:
    rows = ("# Kettles", "| Name | tea", "| Life | 2 days", "| Name | cup", "| Life | 9 days", "Bye.")
    (change,) = compare(document(*rows), document(rows[0], "| Name | leaf", *rows[2:])).changes
    assert change.governed == ()


def test_a_renumbered_heading_and_a_new_title_govern_nothing() -> None:
    old = (Clause(0, "heading", None, (), "Tea"), Clause(1, "heading", "1.", ("Tea",), "Cups"))
    new = (Clause(0, "heading", None, (), "Tea notice"), Clause(1, "heading", "2.", ("Tea notice",), "Cups"))
    below = tuple(Clause(2, "paragraph", None, (title, "Cups"), "Clay.") for title in ("Tea", "Tea notice"))
    comparison = compare(Document(None, None, None, (*old, below[0])), Document(None, None, None, (*new, below[1])))
    assert [change.governed for change in comparison.changes] == [(), ()]


LINES = st.lists(
    st.sampled_from(["# A", "# B", "## C", NEVER, ALWAYS, "- x y", "- z", "| a | b", "Bye.", "Hello."]), max_size=9
)


@given(LINES, LINES)
def test_every_clause_is_told_once_and_the_mirror_image_agrees(old_lines: list[str], new_lines: list[str]) -> None:
    old, new = document(*old_lines), document(*new_lines)
    comparison = compare(old, new)
    assert accounts_for_all(comparison, old, new)
    assert as_set(compare(new, old)) == mirrored(comparison)
    unchanged = {new_position for _, new_position in comparison.unchanged}
    for change in comparison.changes:
        assert {clause.position for clause in change.governed} <= unchanged
