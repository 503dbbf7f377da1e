"""The HTML report: escaping, links, accessibility."""

import base64
import hashlib
import re
from itertools import pairwise

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from reports.html_report import as_html
from tests.reports.report_examples import EVERY_KIND, change, clause, file_report, version_report

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</style></title>\u202e\x00<!--"


def parsed(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def first(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    """Returns the first node that the selector matches. At least one node must match."""
    node = page.css_first(selector)
    assert node is not None
    return node


def test_text_from_a_vendor_never_becomes_markup() -> None:
    moved = change(
        "moved_modified",
        (clause(0, HOSTILE, path=(HOSTILE,), label=HOSTILE, links=(f"javascript:{HOSTILE}",)),),
        (clause(0, HOSTILE + "x", path=(HOSTILE,), label="2"),),
        (("equal", HOSTILE), ("insert", "x")),
    )
    html = as_html(version_report(moved, vendor_name=HOSTILE))
    harmless = as_html(version_report(change("moved_modified", (clause(0, "a"),), (clause(0, "b"),), confidence=0.1)))
    tags = [[node.tag for node in first(parsed(page), "html").traverse()] for page in (html, harmless)]
    assert set(tags[0]) == set(tags[1])
    assert tags[0].count("script") == tags[1].count("script") == 1
    assert "\u202e" not in html
    assert "\x00" not in html
    assert HOSTILE.split("\u202e")[0] in first(parsed(html), "article").text()


def test_only_captures_with_a_web_address_are_linked() -> None:
    hrefs = [node.attributes["href"] for node in parsed(as_html(version_report(EVERY_KIND[0]))).css("table a")]
    assert hrefs == ["http://old.example/p", "https://new.example/p"]


def test_the_csp_allows_only_the_style_and_script_of_the_page() -> None:
    page = parsed(as_html(version_report(*EVERY_KIND)))
    (policy,) = (
        node.attributes["content"] or ""
        for node in page.css("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (content,) = (node.text(deep=True) for node in page.css(tag))
        checksum = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{checksum}'" in policy
    assert "unsafe" not in policy


def test_the_page_loads_nothing_and_has_no_inline_style_or_handler() -> None:
    page = parsed(as_html(version_report(*EVERY_KIND)))
    assert page.css("link, img, iframe, object, embed, video, audio, source, base") == []
    for node in page.css("*"):
        assert "src" not in node.attributes
        assert "style" not in node.attributes
        assert not any(name.startswith("on") for name in node.attributes)


def test_every_internal_link_has_a_target_and_ids_are_unique() -> None:
    page = parsed(as_html(version_report(*EVERY_KIND)))
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    for link in page.css('a[href^="#"]'):
        assert (link.attributes["href"] or "")[1:] in ids
    for node in page.css("[aria-labelledby]"):
        assert node.attributes["aria-labelledby"] in ids


def test_a_moved_clause_links_to_the_old_and_the_new_place() -> None:
    page = parsed(as_html(version_report(*EVERY_KIND)))
    assert [link.attributes["href"] for link in page.css("#change-5 .goto a")] == ["#old-4", "#new-11"]
    was, now = first(page, "#old-4"), first(page, "#new-11")
    assert first(was, ".inline").text().strip() == "Write to us."
    assert '<a href="#new-11">' in (was.html or "")
    assert '<a href="#old-4">' in (now.html or "")


def test_a_move_looks_like_neither_a_deletion_nor_an_insertion() -> None:
    html = as_html(version_report(*EVERY_KIND))
    page = parsed(html)
    for place, words in (
        ("#old-3", "moved away: change 4, where it is now"),
        ("#new-10", "moved here: change 4, where it was"),
    ):
        row = first(page, place)
        assert row.css("del, ins") == []
        assert first(row, ".where").text().startswith(words)
    assert re.search(r"\.row\.moved_from, \.row\.moved_to \{[^}]*--move[^}]*dashed", html)


def test_the_parts_of_a_split_are_below_one_another() -> None:
    page = parsed(as_html(file_report(*EVERY_KIND)))
    assert (first(page, "#change-7 .inline .text").html or "").endswith(">One. <ins>¶</ins><br>Two.</p>")
    old, new = page.css("#change-8 .sides > div .text")
    assert (old.html or "").endswith(">Three. <del>¶</del><br>Four.</p>")
    assert (new.html or "").endswith(">Three. Four.</p>")


def test_a_long_report_begins_with_links_to_substantive_changes() -> None:
    page = parsed(as_html(file_report(*EVERY_KIND)))
    links = [(link.text(), link.attributes["href"]) for link in page.css("nav a")]
    assert links == [
        ("Cookies", "#change-1"),
        ("Privacy", "#change-2"),
        ("Contact", "#change-5"),
        ("Privacy", "#change-7"),
    ]
    assert parsed(as_html(file_report(*EVERY_KIND[:2]))).css("nav") == []


def test_a_note_says_that_filters_hide_changes() -> None:
    html = as_html(file_report(*EVERY_KIND))
    assert "Some changes are hidden" in first(parsed(html), "main .filtered").text()
    assert "body:has(.filter input:not(:checked)) .filtered { display: block; }" in html


def test_headings_are_h3_and_labelled_items_have_no_bullets() -> None:
    item = change("added", (), (clause(0, "Names.", kind="list_item", label="(a)"),))
    page = parsed(as_html(file_report(EVERY_KIND[0], item)))
    assert first(page, ".row .inline h3").text() == "Cookies"
    assert first(page, "#change-2 .text").attributes["class"] == "text list_item labelled"


def test_links_to_the_whole_text_have_distinct_texts() -> None:
    texts = [link.text() for link in parsed(as_html(file_report(*EVERY_KIND))).css(".goto a")]
    assert len(texts) == len(set(texts)) == 13


def test_both_texts_stand_side_by_side() -> None:
    page = parsed(as_html(file_report(*EVERY_KIND)))
    old, new = page.css("#change-3 .sides > div")
    assert first(old, ".text").text() == "We keep logs for ten days."
    assert first(new, ".text").text() == "We keep logs for ten years."
    old, new = page.css("#change-2 .sides > div")
    assert first(old, ".nothing").text() == "not in the old text"
    assert first(new, "ins").text() == "We now sell your data."


def test_kinds_and_significances_can_be_filtered_without_a_script() -> None:
    html = as_html(file_report(*EVERY_KIND))
    page = parsed(html)
    boxes = [node.attributes["id"] for node in page.css('.filter input[type="checkbox"]')]
    assert len(boxes) == 4 + 10
    assert "body:has(.kinds input:not(:checked)) :is(.group, details) { display: none; }" in html
    assert "body:has(#show-kind-split:checked) :is(.group, details):has(article.split) { display: block; }" in html
    for box in boxes:
        assert f"body:has(#{box}:not(:checked))" in html


def test_the_page_has_landmarks_ordered_headings_and_languages() -> None:
    page = parsed(as_html(version_report(*EVERY_KIND)))
    assert first(page, "html").attributes["lang"] == "en"
    assert len(page.css("header")) == len(page.css("main")) == len(page.css("footer")) == 1
    levels = [int((node.tag or "")[1]) for node in page.css("h1, h2, h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {node.attributes["lang"] for node in page.css(".text")} == {"en"}
    assert all(node.attributes.get("scope") for node in page.css("th"))


def test_differences_are_recognizable_without_colour() -> None:
    html = as_html(file_report(*EVERY_KIND))
    assert re.search(r"del \{[^}]*line-through", html)
    assert re.search(r"ins \{[^}]*underline", html)
    assert 'content: " [deleted: "' in html


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "wash"), ("ink", "paper"), ("quiet", "paper"), ("quiet", "wash"), ("link", "wash"), ("link", "paper"),
        ("gone", "gone-wash"), ("come", "come-wash"), ("gone", "paper"), ("come", "paper"), ("move", "paper"),
    ],
)  # fmt: skip
def test_text_has_enough_contrast(ink: str, ground: str, dark: bool) -> None:
    palettes = re.findall(r":root \{(.*?)\}", as_html(file_report()), re.DOTALL)
    assert len(palettes) == 2
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", palettes[dark]))
    colours = {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in colours.items()
    }
    lighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, 1.4.3
