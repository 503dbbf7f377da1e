import pytest

from core.exceptions import ExtractionError
from extraction import extract
from tests.extraction.pages import PARAGRAPHS, POLICY, html


def texts(body, **options):
    return [clause.text for clause in extract(html(body), "text/html", **options).clauses]


def shown(body):
    return [(clause.kind, clause.label, clause.text) for clause in extract(html(body), "text/html").clauses]


def test_headings_give_the_path_of_what_stands_under_them():
    clauses = extract(
        html("<h1>Policy</h1><h3>Data</h3><p>We keep it.</p><h3>Rights</h3><p>Ask us.</p>"), "text/html"
    ).clauses
    assert [(clause.text, clause.heading_path) for clause in clauses] == [
        ("Policy", ()),
        ("Data", ("Policy",)),
        ("We keep it.", ("Policy", "Data")),
        ("Rights", ("Policy",)),
        ("Ask us.", ("Policy", "Rights")),
    ]


def test_two_line_breaks_part_paragraphs():
    assert texts("<p>First thing.<br><br>Second thing.<br> <br>Third thing.</p>") == [
        "First thing.", "Second thing.", "Third thing."
    ]  # fmt: skip


def test_one_line_break_in_an_address_keeps_it_together():
    assert texts("<p>Northwind Parcel<br>4 Quay Street<br>Oldport</p>") == ["Northwind Parcel 4 Quay Street Oldport"]


def test_one_line_break_before_a_bullet_or_a_number_begins_a_clause():
    assert shown("<p>We collect:<br>• your name<br>• your address<br>(a) as you gave it</p>") == [
        ("paragraph", None, "We collect:"),
        ("list_item", None, "your name"),
        ("list_item", None, "your address"),
        ("paragraph", "(a)", "as you gave it"),
    ]


def test_text_between_paragraphs_without_a_tag_is_a_paragraph():
    assert texts("<h2>Changes</h2>We tell you here.<p>And by post.</p>then again") == [
        "Changes", "We tell you here.", "And by post.", "then again"
    ]  # fmt: skip


def test_tags_left_open_do_no_harm():
    assert texts("<p>One<p>Two<ul><li>Three<li>Four</ul><td>Five") == ["One", "Two", "Three", "Four", "Five"]


def test_ordered_lists_number_their_items_as_the_page_shows_them():
    assert shown(
        "<ol start=3><li>three</li><li value=7>seven</li></ol><ol type=a><li>first</li></ol><ul><li>dot</li></ul>"
    ) == [
        ("list_item", "3.", "three"),
        ("list_item", "7.", "seven"),
        ("list_item", "a.", "first"),
        ("list_item", None, "dot"),
    ]


def test_a_number_the_text_gives_goes_before_the_lists_own():
    assert shown("<ol><li>(b) written out</li></ol>") == [("list_item", "(b)", "written out")]


def test_nested_lists_are_clauses_of_their_own():
    assert shown("<ul><li>Contact data<ul><li>name</li><li>street</li></ul></li><li>Order data</li></ul>") == [
        ("list_item", None, "Contact data"),
        ("list_item", None, "name"),
        ("list_item", None, "street"),
        ("list_item", None, "Order data"),
    ]


def test_a_table_is_read_row_by_row():
    table = (
        "<table><tr><th>Data</th><th>Purpose</th></tr>"
        "<tr><td><p>Name</p><p>Street</p></td><td>Delivery</td></tr></table>"
    )
    assert shown(table) == [
        ("table_row", None, "Data | Purpose"),
        ("table_row", None, "Name Street | Delivery"),
    ]


def test_a_table_that_lays_out_the_page_is_no_row():
    page = f"<table><tr><td><ul><li><a href=/>Home</a></li></ul></td><td>{POLICY}</td></tr></table>"
    assert [text for text in texts(page) if text in PARAGRAPHS] == list(PARAGRAPHS)


def test_definition_lists_hidden_panels_and_details_are_kept():
    page = (
        "<dl><dt>Data</dt><dd>What we hold.</dd></dl><div style='display:none'><p>{}</p></div>"
        "<details><summary>More</summary>{}</details>"
    )
    assert texts(page.format(PARAGRAPHS[0], PARAGRAPHS[1])) == [
        "Data",
        "What we hold.",
        PARAGRAPHS[0],
        "More",
        PARAGRAPHS[1],
    ]


def test_a_bold_line_alone_is_a_heading_and_bold_words_are_none():
    clauses = extract(html("<p><b>Your data</b></p><p>We keep <b>little</b> of it.</p>"), "text/html").clauses
    assert [(clause.kind, clause.text) for clause in clauses] == [
        ("heading", "Your data"),
        ("paragraph", "We keep little of it."),
    ]


def test_a_date_in_bold_is_no_heading():
    document = extract(html(f"<p><b>Last updated: 3 May 2021</b></p>{POLICY}"), "text/html")
    assert document.clauses[0].kind == "paragraph"


@pytest.mark.parametrize(
    ("written", "label", "text"),
    [
        ("2.1 We keep it.", "2.1", "We keep it."),
        ("3. Cookies", "3.", "Cookies"),
        ("(a) your name", "(a)", "your name"),
        ("(iv) your street", "(iv)", "your street"),
        ("B. Business", "B.", "Business"),
        ("§ 4 Cookies", "§ 4", "Cookies"),
        ("Article 5 – Rights", "Article 5", "Rights"),
        ("30 days after the order we erase it.", None, "30 days after the order we erase it."),
        ("2.5 million people use it.", None, "2.5 million people use it."),
        ("25. Mai 2018 ist der Tag.", None, "25. Mai 2018 ist der Tag."),
        ("2018 was the year.", None, "2018 was the year."),
        ("I agree to it.", None, "I agree to it."),
        ("7.", None, "7."),
    ],
)
def test_labels_are_told_from_words(written, label, text):
    (clause,) = extract(html(f"<p>{written}</p>"), "text/html").clauses
    assert (clause.label, clause.text) == (label, text)


def test_white_space_and_invisible_characters_go_and_all_else_stays():
    assert texts("<p>Our\u00a0“own”\n\t terms —\u00ad hid\u200bden\ufeff; cafe\u0301 O\u2019Neil</p>") == [
        "Our “own” terms — hidden; café O\u2019Neil"
    ]


def test_links_are_absolute_and_without_what_tracks():
    page = (
        "<p>See <a href='/cookies?id=4&utm_source=mail&gclid=x'>cookies</a>, <a href='#part'>above</a>, "
        "<a href='mailto:dpo@northwind.example'>write</a> or <a href='tel:+4411'>call</a> "
        "<a href='javascript:x()'>us</a>.</p>"
    )
    (clause,) = extract(html(page), "text/html", url="https://northwind.example/legal/privacy").clauses
    assert clause.text == "See cookies, above, write or call us."
    assert clause.links == ("https://northwind.example/cookies?id=4", "mailto:dpo@northwind.example", "tel:+4411")


def test_a_link_around_a_block_is_its_and_one_around_a_picture_is_nobodys():
    picture = "<a href=https://a.example/><img src=x></a><p>Plain words.</p>"
    page = f"{picture}<a href=https://b.example/><div>Linked words.</div></a>"
    assert [clause.links for clause in extract(html(page), "text/html", select=["body"]).clauses] == [
        (),
        ("https://b.example/",),
    ]


def test_links_follow_the_pages_base():
    page = html("<p><a href='c'>cookies</a> apply</p>", head="<base href='https://cdn.example/a/'>")
    (clause,) = extract(page, "text/html", url="https://northwind.example/").clauses
    assert clause.links == ("https://cdn.example/a/c",)


def test_addresses_that_cloudflare_hid_are_read():
    key, address = 0x2A, "dpo@northwind.example"
    code = bytes([key, *(ord(letter) ^ key for letter in address)]).hex()
    page = (
        f"<p>Write to <a href='/cdn-cgi/l/email-protection#{code}'><span class='__cf_email__' data-cfemail='{code}'>"
        "[email&#160;protected]</span></a>, please.</p>"
    )
    (clause,) = extract(html(page), "text/html").clauses
    assert (clause.text, clause.links) == (f"Write to {address}, please.", (f"mailto:{address}",))


def test_markup_shown_by_mistake_is_read_as_markup():
    escaped = POLICY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert texts(f"<div>{escaped}</div>") == texts(POLICY)


def test_a_pdf_put_on_a_page_line_by_line_becomes_paragraphs_again():
    words = " ".join(PARAGRAPHS * 4).split()
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 70:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    found = texts("".join(f"<div class=t>{each}</div>" for each in [*lines, line]))
    assert " ".join(found).split() == words
    assert len(found) < len(lines) / 2


def test_select_and_remove_choose_by_css():
    page = f"<div id=a>{POLICY}</div><div id=b><p>Other words stand here.</p><p class=x>Not these.</p></div>"
    assert texts(page, select=["#b"], remove=[".x"]) == ["Other words stand here."]


def test_elements_selected_twice_are_read_once():
    assert texts("<div id=b><p>Only once.</p></div>", select=["#b", "p"]) == ["Only once."]


def test_paragraphs_alone_may_be_selected():
    words = "We keep the personal data that you give us for as long as your account is open."
    assert texts(f"<div><p>{words}</p><div>Not these.</div></div>", select=["p"]) == [words]


@pytest.mark.parametrize("option", ["select", "remove"])
def test_a_selector_that_is_none_is_named(option):
    with pytest.raises(ExtractionError, match=r"p\[\["):
        texts("<p>Some words.</p>", **{option: ["p[["]})


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("<meta charset=windows-1252><p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html"),
        ("<p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<p>café “data”</p>".encode(), "text/html; charset=ISO-8859-1"),
        ("\ufeff<p>café “data”</p>".encode("utf-16-le"), "text/html"),
        ("<p>café “data”</p>".encode("utf-16-le"), "text/html; charset=utf-16le"),
    ],
)
def test_the_bytes_say_more_of_their_encoding_than_what_is_said_of_them(data, media_type):
    assert [clause.text for clause in extract(data, media_type).clauses] == ["café “data”"]


def test_title_and_language_are_the_pages():
    document = extract(html(POLICY, title=" Our\n Policy "), "text/html")
    assert (document.title, document.language) == ("Our Policy", "en")


def test_a_short_text_is_in_the_language_the_page_says():
    assert extract(b"<html lang='pt-BR'><p>Dados</p>", "text/html").language == "pt"


def test_a_markdown_link_to_a_script_counts_by_its_words() -> None:
    document = extract(
        b"# [How we use it](javascript:void(0))\n\nWe keep [logs](https://a.example/x).\n", "text/markdown"
    )
    assert [(clause.text, clause.links) for clause in document.clauses] == [
        ("How we use it", ()),
        ("We keep logs.", ("https://a.example/x",)),
    ]
