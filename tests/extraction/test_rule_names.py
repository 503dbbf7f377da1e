"""Every verdict of quarantine names the rule that it follows from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.captures import Capture
from extraction import read
from extraction.screening.language_variants import CaptureLanguage, language_variants, undeclared_language
from extraction.screening.rules import LONG_PAGE_RULES, SHORT_PAGE_RULES, TEXT_RULES
from formats.multipart import compose
from tests.extraction.example_pages import POLICY, capture, html

PAGE = html(POLICY)
SHELL = html("<div id='app'></div>", head="<script src='/app.js'></script>")
CHALLENGE = html("<h1>Checking your browser</h1><p>This takes a moment.</p>", title="Just a moment...")


def rendered(payload: bytes, fault: str = "") -> tuple[Capture, bytes]:
    served = capture(payload)
    return compose("alternative", [(served, payload), (replace(served, rendered_by="Chromium 150"), payload)], fault)


def second_of_two_pages(payload: bytes) -> tuple[Capture, bytes]:
    pages = {"https://northwind.example/1": PAGE, "https://northwind.example/2": payload}
    return compose("mixed", [(capture(page, url=url), page) for url, page in pages.items()])


@pytest.mark.parametrize(
    ("composed", "rule"),
    [
        ((capture(PAGE), PAGE), ""),
        ((capture(PAGE, status=503), PAGE), "http_status"),
        ((capture(PAGE, status=206), PAGE), "incomplete_transfer"),
        ((capture(bytes(3000)), bytes(3000)), "unreadable_payload"),
        ((second_of_two_pages(PAGE)[0], PAGE), "unreadable_parts"),
        (second_of_two_pages(PAGE), ""),
        (second_of_two_pages(CHALLENGE), read(capture(CHALLENGE), CHALLENGE).verdict.rule),
        (rendered(PAGE), ""),
        (rendered(PAGE, "the browser ended"), "unfinished_rendering"),
    ],
)
def test_a_verdict_names_the_rule(composed: tuple[Capture, bytes], rule: str) -> None:
    verdict = read(*composed).verdict
    assert verdict.rule == rule
    assert bool(rule) == (verdict.name == "quarantined")


def test_selectors_without_a_match_are_a_rule() -> None:
    assert read(capture(PAGE), PAGE, select=["#gone"]).verdict.rule == "empty_selection"


def test_a_page_without_text_has_a_rule_also_after_rendering() -> None:
    assert read(capture(SHELL), SHELL).verdict.rule
    assert read(*rendered(SHELL)).verdict.rule


def test_languages_have_rules() -> None:
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    captures = [
        CaptureLanguage(begin + timedelta(days=day), (), language)
        for day, language in enumerate(["en", "de", "en", "en", "fr"])
    ]
    rules = {capture.language: verdict.rule for capture, verdict in language_variants(captures).items()}
    assert rules == {"de": "variant_between_own_language", "fr": "variant_after_own_language"}
    undeclared = undeclared_language("de", "en")
    assert undeclared is not None
    assert undeclared.rule == "undeclared_language"


@pytest.mark.parametrize("rules", [TEXT_RULES, LONG_PAGE_RULES, SHORT_PAGE_RULES])
def test_each_rule_of_a_list_has_its_own_name(rules: tuple[object, ...]) -> None:
    names = [getattr(rule, "__name__", "") for rule in rules]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
