"""The text that a browser shows and a parser alone doesn't: struck text, shadow roots, frames, line breaks of CSS."""

import pytest

from extraction import extract, read
from tests.extraction.example_pages import PARAGRAPHS, POLICY, capture, html, texts

INTRODUCTION = f"<h1>Privacy Policy</h1><p>{PARAGRAPHS[0]}</p>"


def shown(body: str, head: str = "") -> list[str]:
    """Returns the texts below an introduction."""
    document = extract(html(INTRODUCTION + body, head=head), "text/html")
    return [clause.text for clause in document.clauses[2:]]


@pytest.mark.parametrize(
    "struck",
    [
        "<del>not </del>",
        "<s>not </s>",
        "<strike>not </strike>",
        "<span style='text-decoration: line-through'>not </span>",
        "<span class=gone>not </span>",
    ],
)
def test_struck_text_is_left_out(struck: str) -> None:
    head = "<style>a:hover{color:red} .gone{color:gray;text-decoration:line-through}</style>"
    assert shown(f"<p>We do {struck}sell <ins>all</ins> data.</p>", head) == ["We do sell all data."]


def test_struck_paragraph_is_left_out() -> None:
    assert shown("<p style='text-decoration:line-through'>We sell nothing.</p><p>Ask us.</p>") == ["Ask us."]


def test_declarative_shadow_root_is_read_with_its_slots() -> None:
    body = (
        "<x-policy><template shadowrootmode=open><style>p{margin:0}</style><p>We keep it long.</p>"
        "<slot name=more>Nothing more.</slot><template><p>Never shown.</p></template></template>"
        "<p slot=more>We share it.</p><p>In no slot.</p></x-policy>"
    )
    assert shown(body) == ["We keep it long.", "We share it."]


ROOT = "<template shadowrootmode=open>{}</template>"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        # A host in the slot of another host, with the root behind its children.
        (
            (
                f"<x-page>{ROOT.format('<slot></slot>')}<x-part><p>Ask us.</p><b slot=t>Chat</b>"
                f"{ROOT.format('<h2><slot name=t>None</slot></h2><slot></slot><p><slot name=n>For all.</slot></p>')}"
                "</x-part></x-page>"
            ),
            ["Chat", "Ask us.", "For all."],
        ),
        # A slot that hands on what it gets.
        (
            (
                "<x-page><template shadowrootmode=open><x-part>"
                f"{ROOT.format('<h2><slot name=t></slot></h2>')}<slot name=o slot=t></template>"
                "<b slot=o>Chat</b></x-page>"
            ),
            ["Chat"],
        ),
        # The spaces between two words, and a slot in the content that a slot no longer shows.
        (
            (
                f"<x-part>{ROOT.format('<p><slot>None <slot name=t></slot></slot></p>')}<i>Ask</i> <!-- - --> <b>us</b>"
                "<p slot=t>Never</p></x-part>"
            ),
            ["Ask us"],
        ),
        # An element that can't be a host, and a second root.
        (f"<ul>{ROOT.format('<p>Never</p>')}<li>Ask us.</li></ul>", ["Ask us."]),
        (f"<x-part>{ROOT.format('<p>Ask us.</p>')}{ROOT.format('<p>Never</p>')}</x-part>", ["Ask us."]),
    ],
    ids=["nested", "handed on", "spaces", "no host", "second root"],
)
def test_slots_are_filled_as_browsers_fill_them(body: str, texts: list[str]) -> None:
    assert shown(body) == texts


@pytest.mark.parametrize(
    "markup",
    [
        "<head><title/></head><body>{}</body>",
        "<head><title>P</title><script src='a.js'/></head><body>{}</body>",
        "<head><title>P</title></head><body><iframe src='https://x.example/' width='1'/><div class='banner'/>{}</body>",
        "<head><title>P</title><style><![CDATA[ p > a {{ color: red }} ]]></style></head><body>{}</body>",
        "<head><title>P</title></head><body><!-- <p/> -->{}<br/><img src='a.png'/></body>",
    ],
)
def test_xhtml_is_parsed_by_the_rules_of_xml(markup: str) -> None:
    page = f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>{markup.format(POLICY)}</html>"
    clauses = extract(page.encode(), "application/xhtml+xml").clauses
    assert [clause.text for clause in clauses if clause.kind == "paragraph"] == list(PARAGRAPHS)


def test_entity_that_the_page_declares_is_expanded_once() -> None:
    entities = b"<!ENTITY firm 'Northwind &amp; Sons'><!ENTITY more '&more;&more;'>"
    page = b"<!DOCTYPE html [" + entities + b"]><html><body><p>&firm; keeps your data. &more;</p></body></html>"
    (clause,) = extract(page, "application/xhtml+xml").clauses
    assert clause.text.startswith("Northwind & Sons keeps your data.")
    assert len(clause.text) < 60


def test_cdata_section_is_text() -> None:
    page = f"<html><body>{INTRODUCTION}<p><![CDATA[R&D <keeps> it.]]></p></body></html>"
    assert extract(page.encode(), "application/xhtml+xml").clauses[-1].text == "R&D <keeps> it."


def test_document_within_a_frame_is_read() -> None:
    assert shown("<iframe srcdoc='&lt;p>We keep it &amp;amp; share it.&lt;/p>'></iframe><p>Ask us.</p>") == [
        "We keep it & share it.",
        "Ask us.",
    ]


@pytest.mark.parametrize(
    "page",
    [
        b"<title>Privacy Policy</title><frameset cols='1,2'><frame src=menu.htm><frame src=/text.html></frameset>",
        html("<h1>Privacy Policy</h1><iframe src='/text.html'></iframe>"),
        html("<h1>Privacy Policy</h1><object data='text.html' type='text/html'><p>Fallback.</p></object>"),
        html("<h1>Privacy Policy</h1><p>You can read our policy below:</p><embed src=/text.html>"),
    ],
)
def test_page_whose_text_stands_in_a_frame_is_quarantined_and_the_frame_named(page: bytes) -> None:
    verdict = read(capture(page), page).verdict
    assert (verdict.reason, verdict.rule) == ("empty", "text_in_frame")
    assert "https://northwind.example/text.html" in verdict.evidence


def test_frame_within_an_accepted_policy_is_named() -> None:
    frames = "<iframe src='https://maps.example/embed'></iframe><iframe src='https://ad.example/p' width=1></iframe>"
    hidden = "<noscript><iframe src='https://tags.example/ns'></iframe></noscript>"
    page = html(f"<main>{POLICY}{frames}{hidden}{POLICY}</main>")
    verdict = read(capture(page), page).verdict
    assert (verdict.name, verdict.evidence) == (
        "accepted",
        "not read, because it stands in a frame: https://maps.example/embed",
    )


def test_read_only_text_area_is_read_and_other_fields_are_not() -> None:
    area = f"<form><textarea readonly rows=9>Our policy.\n\n{PARAGRAPHS[1]}\n\n{PARAGRAPHS[2]}</textarea></form>"
    assert shown(area) == ["Our policy.", PARAGRAPHS[1], PARAGRAPHS[2]]
    assert shown("<form><textarea>Your comment</textarea></form>") == []


@pytest.mark.parametrize(
    ("attribute", "head"),
    [
        ("style='white-space: pre-line'", ""),
        ("style='white-space:pre-wrap'", ""),
        ("class='a text'", "<style>.b{color:red}@media screen{.text, .other{margin:0;white-space:pre-line}}</style>"),
    ],
)
def test_line_breaks_that_css_shows_separate_clauses(attribute: str, head: str) -> None:
    text = f"1. Keeping\n{PARAGRAPHS[1]}\n\n2. Sharing\n{PARAGRAPHS[2]}\n{PARAGRAPHS[3]}"
    clauses = extract(html(f"{INTRODUCTION}<div {attribute}>{text}</div>", head=head), "text/html").clauses[2:]
    assert [(clause.kind, clause.label, clause.text) for clause in clauses] == [
        ("heading", "1.", "Keeping"),
        ("paragraph", None, PARAGRAPHS[1]),
        ("heading", "2.", "Sharing"),
        ("paragraph", None, PARAGRAPHS[2]),
        ("paragraph", None, PARAGRAPHS[3]),
    ]


@pytest.mark.parametrize(
    "attribute",
    [
        "class=sr-only",
        "class='icon visually-hidden'",
        "class=screen-reader-text",
        "style='position:absolute;clip:rect(0,0,0,0);width:1px'",
        "style='position:absolute; left:-9999px'",
    ],
)
def test_text_for_screen_readers_is_left_out(attribute: str) -> None:
    link = f"<a href=/list>the list<span {attribute}>, opens in a new tab</span></a>"
    assert shown(f"<p>See {link}, please.</p><p {attribute}>Skip the menu</p>") == ["See the list, please."]


def test_text_that_a_style_sheet_gives_to_screen_readers_only_is_left_out() -> None:
    head = "<style>.a11y{position:absolute;width:1px;clip:rect(0,0,0,0)}</style>"
    body = "<p>Read <a href='/more'>the rest<span class=a11y>, opens in a new tab</span></a> of it.</p>"
    assert [clause.text for clause in extract(html(body, head=head), "text/html").clauses] == ["Read the rest of it."]


def test_long_text_that_a_script_shows_later_is_kept() -> None:
    assert shown(f"<div class=visually-hidden><p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p></div>") == [
        PARAGRAPHS[1],
        PARAGRAPHS[2],
    ]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("data<sup><a href=#n1>1</a></sup> and", "data and"),
        ("data<a href=#n1><sup>[12]</sup></a> and", "data and"),
        ("data<sup>1, 2</sup> and", "data and"),
        ("data.<sup>3 </sup>And", "data. And"),
        ("data<sup>*</sup> and", "data and"),
        ("data <a href=#n1>[1]</a> and", "data and"),
        ("data<a href=#n1 role=doc-noteref>1</a> and", "data and"),
        ("our note <a href=#r1>↩︎</a>", "our note"),
        ("see section <a href=#s3>3</a>", "see section 3"),
        ("10<sup>6</sup> of 4 m<sup>2</sup>", "10⁶ of 4 m²"),
        ("the 1<sup>st</sup> of H<sub>2</sub>O", "the 1st of H2O"),
    ],
)
def test_marks_of_notes_are_left_out_and_powers_are_kept(written: str, read_as: str) -> None:
    assert shown(f"<p>On {written}</p>") == [f"On {read_as}"]


def test_ruby_soft_hyphens_and_ligatures_do_not_change_the_text() -> None:
    assert texts("<p>個<ruby>人<rp>(</rp><rt>じん</rt><rp>)</rp></ruby>情報</p>") == ["個人情報"]
    assert texts("<p>We of&shy;fer &#xFB01;ne o&#xFB03;ces</p>") == ["We offer fine offices"]


@pytest.mark.parametrize(
    "rows",
    [
        "".join(f"<tr><td>Purpose {n}<td>kept for {n} days" for n in range(1_200)),
        "".join(f'<tr><td>Purpose {n} <svg><path d="M1"/><path d="M2"/></svg></td></tr>' for n in range(1_200)),
    ],
    ids=["cells without end tags", "drawings with closed parts"],
)
def test_long_tables_are_no_deep_nesting(rows: str) -> None:
    """Tags below 512 elements are left out, and the tags of such tables were taken for nested ones."""
    page = f"<h1>Privacy policy</h1><table>{rows}</table><p>We <del>sell</del> keep <b>your</b> data safe.</p>"
    clauses = extract(page.encode(), "text/html").clauses
    assert clauses[-1].text == "We keep your data safe."
    assert clauses[1_000].text.startswith("Purpose 999")
