"""The clauses that are extracted from Markdown."""

import pytest

from extraction import extract
from tests.extraction.example_pages import clauses_of


def test_markdown_gives_the_same_clauses_as_html() -> None:
    text = (
        "# Policy\n\nSee [our *cookies*](https://northwind.example/c?utm_source=x) and **no more**.\n\n"
        "2\\. Two \\* stars\n\n* one\n* two\n    * deeper\n\n1. first\n2. second\n\n"
        "| Data | Use |\n| --- | --- |\n| Name | Post |\n"
    )
    assert clauses_of(text, "text/markdown") == [
        ("heading", None, "Policy"),
        ("paragraph", None, "See our cookies and no more."),
        ("paragraph", "2.", "Two * stars"),
        ("list_item", None, "one"),
        ("list_item", None, "two"),
        ("list_item", None, "deeper"),
        ("list_item", "1.", "first"),
        ("list_item", "2.", "second"),
        ("table_row", None, "Data | Use"),
        ("table_row", None, "Name | Post"),
    ]
    assert extract(text.encode(), "text/markdown").clauses[1].links == ("https://northwind.example/c",)


@pytest.mark.parametrize(
    "front_matter",
    [
        "---\ntitle: 'Privacy at Northwind'\nversions:\n  all: '*'\ntopics:\n- Legal\n---\n",
        '+++\ntitle = "Privacy at Northwind"\n[menu]\nweight = 3\n+++\n',
        "\ufeff---\r\ntitle: Privacy at Northwind\r\n# a comment\r\n\r\n...\r\n",
        '+++\ntitle = "Privacy at Northwind"\nsummary = """\nWe sell your data.\n"""\n+++\n',
    ],
)
def test_front_matter_is_no_text_but_names_the_title(front_matter: str) -> None:
    document = extract(f"{front_matter}\nWe keep your data.\n".encode(), "text/markdown")
    assert document.title == "Privacy at Northwind"
    assert [clause.text for clause in document.clauses] == ["We keep your data."]


@pytest.mark.parametrize(
    "text",
    [
        "---\nWe sell nothing: not your data, not your name.\n---\nWe keep your data.\n",
        "---\nNote: We sell nothing.\n\n---\nWe keep your data.\n",
        "---\nWe sell nothing.\n",
        "We sell nothing.\n\n---\nkey: value\n\n---\n",
    ],
)
def test_text_between_thematic_breaks_is_read(text: str) -> None:
    assert any("sell nothing" in clause.text for clause in extract(text.encode(), "text/markdown").clauses)


@pytest.mark.parametrize("indent", [2, 4, 6, 8])
def test_list_items_stay_separate_at_any_indentation(indent: int) -> None:
    """CommonMark (section 5.2) allows at most three spaces before an item. Many converters write four or more."""
    space = " " * indent
    text = f"Before it.\n\n{space}* one\n{space}* two\n{space * 2}* three\n\nAfter it."
    assert [clause for _, _, clause in clauses_of(text, "text/markdown")] == [
        "Before it.",
        "one",
        "two",
        "three",
        "After it.",
    ]


def test_text_of_a_link_to_a_script_is_kept_without_the_target() -> None:
    document = extract(
        b"# [How we use it](javascript:void(0))\n\nWe keep [logs](https://a.example/x).\n", "text/markdown"
    )
    assert [(clause.text, clause.links) for clause in document.clauses] == [
        ("How we use it", ()),
        ("We keep logs.", ("https://a.example/x",)),
    ]


def test_struck_text_boxes_notes_and_images_are_read_as_they_are_shown() -> None:
    text = (
        "# Policy {#top}\n\nWe do ~~not~~ sell data.[^1] <!-- ask legal -->\n\n"
        "- [x] We encrypt it.\n- [ ] We sell it.\n\n"
        "![You may object](/a.png)\n\n| Data | Sold |\n| --- | --- |\n| Name | ![No](n.png) |\n\n"
        "[^1]: See [the list][l].\n[l]: https://northwind.example/l\n"
    )
    assert clauses_of(text, "text/markdown") == [
        ("heading", None, "Policy"),
        ("paragraph", None, "We do sell data."),
        ("list_item", None, "☑ We encrypt it."),
        ("list_item", None, "☐ We sell it."),
        ("paragraph", None, "You may object"),
        ("table_row", None, "Data | Sold"),
        ("table_row", None, "Name | No"),
        ("paragraph", None, "See the list."),
    ]


def test_mark_without_a_footnote_is_text() -> None:
    assert (
        clauses_of("# Policy\n\nWe use the pattern [^a] here.", "text/markdown")[1][2]
        == "We use the pattern [^a] here."
    )
