"""The rows that are read from tables: every cell keeps its column, and an icon is an answer."""

import itertools

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, clauses_of, html

HEAD = "<tr><th>Data</th><th>Sold</th><th>Shared</th></tr>"


def rows_of(table: str) -> list[str]:
    page = html(f"<h1>Privacy Policy</h1><p>{PARAGRAPHS[0]}</p><table>{table}</table>")
    return [text for kind, _, text in clauses_of(page) if kind == "table_row"]


def markdown_rows_of(table: str) -> list[str]:
    return [text for kind, _, text in clauses_of(f"# Policy\n\n{table}\n", "text/markdown") if kind == "table_row"]


def test_empty_cell_keeps_its_column() -> None:
    rows = "<tr><td>Name</td><td></td><td>Yes</td></tr><tr><td>Street</td><td>Yes</td><td>&nbsp;</td></tr>"
    assert rows_of(HEAD + rows) == ["Data | Sold | Shared", "Name | | Yes", "Street | Yes |"]
    table = "| Data | Sold | Shared |\n| --- | --- | --- |\n| Name | | Yes |\n| Street | Yes | |"
    assert markdown_rows_of(table) == ["Data | Sold | Shared", "Name | | Yes", "Street | Yes |"]


@pytest.mark.parametrize("sign", ["✓", "✗", "☐", "☑", "–", "❌", "✅", "*"])
def test_sign_alone_in_a_cell_is_an_answer(sign: str) -> None:
    assert rows_of(f"{HEAD}<tr><td>Name</td><td>{sign}</td><td>No</td></tr>")[1] == f"Name | {sign} | No"


def test_row_of_nothing_but_signs_is_a_clause() -> None:
    assert rows_of(f"{HEAD}<tr><td></td><td>✓</td><td>✗</td></tr>")[1] == "| ✓ | ✗"


@pytest.mark.parametrize(
    "icon",
    [
        "<img src=a.png alt=No>",
        "<picture><source srcset=a.webp><img src=a.png alt=No></picture>",
        "<i class=icon role=img aria-label=No></i>",
        "<i class=icon title=No></i>",
        "<div class=icon aria-label=No></div>",
        "<svg role=img><title>No</title><path d='M0 0'/></svg>",
        "<svg aria-label=No></svg>",
        "<i class=icon></i><span class=sr-only>No</span>",
        "<i class='fa fa-times' aria-hidden=true></i><span class=sr-only>No</span>",
    ],
)
def test_name_of_an_icon_is_the_text_of_a_cell_without_other_text(icon: str) -> None:
    assert rows_of(f"{HEAD}<tr><td>Name</td><td>{icon}</td><td>Yes{icon}</td></tr>")[1] == "Name | No | Yes"


@pytest.mark.parametrize(
    ("icon", "sign"),
    [
        ("<i class='fa fa-check'></i>", "✓"),
        ("<i class='bi bi-x-lg'></i>", "✗"),
        ("<span class='glyphicon glyphicon-ok'></span>", "✓"),
        ("<img src='/i/cross.svg' alt=''>", "✗"),
        ("<svg><use href='#icon-check'></use></svg>", "✓"),
        ("<i class='fa fa-lock'></i>", ""),
    ],
)
def test_icon_without_a_name_is_read_by_what_it_is_called(icon: str, sign: str) -> None:
    assert rows_of(f"{HEAD}<tr><td>Name</td><td>{icon}</td><td>No</td></tr>")[1] == f"Name | {sign} | No".replace(
        "  ", " "
    )


def test_table_of_other_elements_is_read_by_its_aria_roles() -> None:
    rows = (
        "<div role=row><div role=columnheader>Data</div><div role=columnheader>Sold</div></div>"
        "<div role=row><div role=rowheader>Name</div><div role=cell><span class='fa fa-times'></span></div></div>"
    )
    page = html(f"<h1>Privacy Policy</h1><p>{PARAGRAPHS[0]}</p><div role=table>{rows}</div>")
    assert [text for kind, _, text in clauses_of(page) if kind == "table_row"] == ["Data | Sold", "Name | ✗"]


def test_ticked_box_in_a_cell_is_read_as_ticked() -> None:
    row = "<tr><td>Name</td><td><input type=checkbox disabled checked></td><td><input type=checkbox disabled></td></tr>"
    assert rows_of(HEAD + row)[1] == "Name | ☑ | ☐"


def test_cell_that_spans_rows_stands_in_each_of_them() -> None:
    rows = (
        "<tr><td rowspan=2>Name</td><td>Ads</td><td rowspan=3>Yes</td></tr><tr><td>News</td></tr>"
        "<tr><td>Street</td><td></td></tr>"
    )
    assert rows_of(HEAD + rows)[1:] == ["Name | Ads | Yes", "Name | News | Yes", "Street | | Yes"]


def test_cell_that_spans_columns_stands_in_each_of_them() -> None:
    head = "<tr><th rowspan=2>Data</th><th colspan=2>Given away</th></tr><tr><th>Sold</th><th>Shared</th></tr>"
    assert rows_of(f"{head}<tr><td>Name</td><td colspan=2>No</td></tr><tr><td>Street</td><td>No</td><td>Yes</td>") == [
        "Data | Given away | Given away",
        "Data | Sold | Shared",
        "Name | No | No",
        "Street | No | Yes",
    ]


def test_no_cell_reaches_out_of_its_row_group() -> None:
    """A `rowspan` ends with its `<tbody>`, and `rowspan=0` means the rest of it (HTML standard, section 4.9.12)."""
    table = (
        "<tbody><tr><td rowspan=9>A</td><td>b</td></tr></tbody>"
        "<tbody><tr><td rowspan=0>C</td><td>d</td></tr><tr><td>e</td></tr></tbody>"
    )
    assert rows_of(table) == ["A | b", "C | d", "C | e"]


def test_column_without_text_only_lays_out_the_table() -> None:
    assert rows_of("<tr><td>•<td>First thing<td><tr><td>•<td>Second thing<td>") == ["First thing", "Second thing"]


def test_rows_of_a_table_within_a_layout_table_have_their_own_columns() -> None:
    inner = "<table><tr><th>Data</th><th>Sold</th></tr><tr><td>Name</td><td></td></tr></table>"
    page = html(f"<table><tr><td><h1>Policy</h1>{inner}</td><td><p>{PARAGRAPHS[0]}</p></td></tr></table>")
    assert [text for kind, _, text in clauses_of(page) if kind == "table_row"] == ["Data | Sold", "Name |"]


CELLS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_every_cell_is_read_in_the_columns_where_a_browser_shows_it(spans: list[list[tuple[int, int]]]) -> None:
    """Compares the rows with a grid that is filled by the table model of the HTML standard, section 4.9.12.1."""
    grid: dict[tuple[int, int], str] = {}
    starts: set[int] = set()
    names = (f"c{number}" for number in itertools.count())
    markup = ""
    for y, row in enumerate(spans):
        markup += "<tr>"
        x = 0
        for columns, rows in row:
            while (y, x) in grid:
                x += 1
            starts.add(x)
            name = next(names)
            markup += f"<td colspan={columns} rowspan={rows}>{name}</td>"
            for place in itertools.product(range(y, y + rows), range(x, x + columns)):
                assume(place not in grid)  # two cells in one place are an error of the table
                grid[place] = name
            x += columns
    expected = [[grid.get((y, x), "") for x in sorted(starts)] for y in range(len(spans))]
    assert [[cell.strip() for cell in f"{text} ".split("|")] for text in rows_of(markup)] == expected


def test_table_made_to_overload_the_reader_gives_a_short_text() -> None:
    cell = f"<td rowspan=60000 colspan=1000>{'x' * 150}</td>"
    page = html(f"<table>{f'<tr>{cell * 2}</tr>' * 2_000}</table>")
    document = extract(page, "text/html")
    assert sum(len(clause.text) for clause in document.clauses) < 3 * len(page)
