"""A word that a browser shows is read, although the page has a style, a name or an element that could hide it.

A lost word may turn a sentence into its opposite ("We do not sell your data"), and the change would stay unseen.
"""

import pytest

from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, html

SHOWN, LEFT_OUT = "We do not sell your data.", "We do sell your data."
STRIKE = ".no{text-decoration:line-through}"
CLIP = ".no{position:absolute;width:1px;clip:rect(0,0,0,0)}"


def read_of(sentence: str, head: str = "") -> str:
    """Returns what is read of a paragraph in a policy."""
    body = f"<h1>Privacy Policy</h1><p>{PARAGRAPHS[0]}</p><p>{sentence}</p><p>{PARAGRAPHS[1]}</p>"
    document = extract(html(body, head=head), "text/html")
    return " | ".join(clause.text for clause in document.clauses[2:-1])


@pytest.mark.parametrize(
    "style",
    [
        f"<style>@media (min-width:99999px){{{STRIKE}}}</style>",
        f"<style>@media screen and (max-width:640px){{.x{{color:red}} {STRIKE}}}</style>",
        f"<style>@media print{{@page{{margin:0}} {STRIKE}}}</style>",
        f"<style>@media (prefers-contrast:more){{{STRIKE}}}</style>",
        f"<style>@media print{{a::after{{content:'}}'}} /* }} */ {STRIKE}}}</style>",
        f"<style>@supports not (display:grid){{{STRIKE}}}</style>",
        f"<style>.old{{{STRIKE}}}</style>",
        f"<style media=print>{STRIKE}</style>",
        f"<style type=text/less>{STRIKE}</style>",
        f"<style>/* {STRIKE} */</style>",
        f"<style>{STRIKE}.no{{text-decoration:none}}</style>",
        f"<style>p .no{{text-decoration:none}}{STRIKE}</style>",
        f"<style>.no{{text-decoration:none!important}}p {STRIKE}</style>",
        f"<style>.no{{text-decoration:none}}@layer old{{p {STRIKE}}}</style>",
        f"<style>{CLIP}</style><style>.no{{clip:auto;position:static}}</style>",
        "<style>.no{clip:rect(0,0,0,0)}</style>",
        "<style>.no{position:absolute;clip:rect(0,auto,auto,0)}</style>",
    ],
)
def test_rule_that_a_desktop_screen_does_not_apply_drops_no_word(style: str) -> None:
    assert read_of("We do <span class=no>not</span> sell your data.", style) == SHOWN


@pytest.mark.parametrize(
    "style",
    [
        f"<style>@media screen{{{STRIKE}}}</style>",
        f"<style>@media only screen and (min-width: 40em){{.x{{color:red}} {STRIKE}}}</style>",
        f"<style media='screen, print'>{STRIKE}</style>",
        f"<style>@media print{{a{{color:red}}}}{STRIKE}</style>",
        f"<style>@layer base{{{STRIKE}}}</style>",
        f"<style>.no{{text-decoration:none}}p {STRIKE}</style>",
        "<style>.no{text-decoration:line-through!important}p .no{text-decoration:none}</style>",
        f"<style>{CLIP}</style>",
        f"<style>@media all{{{CLIP}}}</style>",
    ],
)
def test_rule_that_a_desktop_screen_applies_drops_the_word(style: str) -> None:
    assert read_of("We do <span class=no>not</span> sell your data.", style) == LEFT_OUT


@pytest.mark.parametrize(
    "word",
    [
        "<del style='text-decoration:none'>not</del>",
        "<s style='text-decoration: none'>not</s>",
        "<span style='text-decoration:line-through;text-decoration:none'>not</span>",
        "<span style='text-decoration:none!important;text-decoration:line-through'>not</span>",
        "<span style='clip: rect(0,0,0,0)'>not</span>",
        "<span style='left:-9999px'>not</span>",
        "<span style='visibility:hidden'><span style='visibility:visible'>not</span></span>",
    ],
)
def test_style_of_an_element_that_hides_nothing_drops_no_word(word: str) -> None:
    assert read_of(f"We do {word} sell your data.") == SHOWN


def test_rule_that_unstrikes_deleted_text_is_applied() -> None:
    assert read_of("We do <del>not</del> sell your data.", "<style>del{text-decoration:none}</style>") == SHOWN


@pytest.mark.parametrize("name", ["sr-only", "visually-hidden", "screen-reader-text"])
def test_word_of_a_sentence_is_read_whatever_its_class_is_called(name: str) -> None:
    assert read_of(f"We do <span class={name}>not</span> sell your data.") == SHOWN
    assert read_of(f"<span class={name}>No</span> data is sold.") == "No data is sold."
    assert read_of(f"We sell data to <span class={name}>nobody</span>") == "We sell data to nobody"
    assert read_of(f"See <a href=/p>what we do <span class={name}>not</span> sell</a>.") == "See what we do not sell."


@pytest.mark.parametrize(
    "sentence",
    [
        "See <a href=/l>our list<span class=sr-only>, opens in a new tab</span></a> of them.",
        "See <a href=/l><span class=sr-only>Here is </span>our list</a> of them.",
        "See <a href=/l><svg></svg><span class=sr-only>External</span> our list</a> of them.",
        "See <a href=/l>our list</a> <span class=sr-only>(opens in a new tab)</span> of them.",
        "See <a href=/l target=_blank>our list</a> <span class=sr-only>new tab</span> of them.",
        "<i class=icon></i><span class=sr-only>Note:</span> See our list of them.",
    ],
)
def test_words_that_name_a_link_or_an_icon_for_screen_readers_are_left_out(sentence: str) -> None:
    assert read_of(sentence) == "See our list of them."


def test_text_for_screen_readers_at_the_end_of_a_heading_is_left_out() -> None:
    body = f"<h1>Privacy</h1><h2>Selling<span class=sr-only> permalink</span></h2><p>{PARAGRAPHS[0]}</p>"
    assert extract(html(body), "text/html").clauses[1].text == "Selling"


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("We do <button>not</button> sell your data.", SHOWN),
        ("<button>No</button> data is sold to them.", "No data is sold to them."),
        ("We sell your data to <button>nobody</button>", "We sell your data to nobody"),
        ("Wir geben <button>keine</button> Daten weiter.", "Wir geben keine Daten weiter."),
        ("Keep it for <select><option>10<option selected>30</select> days.", "Keep it for 30 days."),
        ("We do <svg><title>x</title><text y=15>not</text></svg> sell your data.", SHOWN),
        ("Keep it for <math><mn>30</mn><annotation>x</annotation></math> days.", "Keep it for 30 days."),
        ("We do <span hidden>not</span> sell your data.", LEFT_OUT),
        ("We do <span hidden class=more>not</span> sell your data.", SHOWN),
    ],
)
def test_controls_and_drawings_within_a_sentence_are_words_of_it(sentence: str, shown: str) -> None:
    assert read_of(sentence) == shown


def test_controls_beside_a_text_are_no_words_of_it() -> None:
    assert read_of("Was this helpful? <button>Yes</button> <button>No</button>") == "Was this helpful?"
    assert read_of("We use it.<button>Show more</button>") == "We use it."
    assert "English" not in read_of("</p><div>Language <select><option>English</select> Imprint</div><p>")
    formula = "<span class=katex-mathml><math><mn>30</mn></math></span><span aria-hidden=true>30</span>"
    assert read_of(f"Keep it for {formula} days.") == "Keep it for 30 days."


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("We do <a role=doc-noteref href=#x>not</a> sell your data.", SHOWN),
        ("Keep it for <a role=doc-noteref href=#x>30</a> days.", "Keep it for 30 days."),
        ("We do <a role=doc-backlink href=#x>not</a> sell your data.", SHOWN),
        ("Keep it for <sup><a href=#x>30</a></sup> days.", "Keep it for 30 days."),
        ("Keep it during <sup>30</sup> days.", "Keep it during 30 days."),
        ("Keep it for at least<sup>30</sup> days.", "Keep it for at least³⁰ days."),
        ("Keep it for <sup><a href='/#'>xxx</a></sup> days.", "Keep it for xxx days."),
        ("<sup>30</sup> days we keep it.", "30 days we keep it."),
        ("We keep it<sup><a href=#x>30</a></sup>, if asked.", "We keep it, if asked."),
        ("We keep it<sup><a href=#n-a>a</a></sup> if asked.", "We keep it if asked."),
        ("We keep it <sup><a href=#n>[3]</a></sup> if asked.", "We keep it if asked."),
        ("We keep it <sup>†</sup> if asked.", "We keep it if asked."),
    ],
)
def test_number_that_a_sentence_needs_is_no_mark_of_a_note(sentence: str, shown: str) -> None:
    assert read_of(sentence) == shown
