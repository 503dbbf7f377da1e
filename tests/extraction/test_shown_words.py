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
