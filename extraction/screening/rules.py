"""The rules for the verdict on a capture, in the order in which they are applied.

Each rule is a function that looks at the facts about a capture. It returns a verdict if the capture doesn't show the
policy, and None if that isn't certain by this rule. The first verdict counts; a capture that no rule quarantines is
accepted. To add a rule, write it in `transfer_rules`, `page_rules` or `document_rules`, and put it in its place in the
lists below.

A real policy must never be quarantined. So what a page says besides counts only if the page uses little of the policy
vocabulary, or is named as another document. Length alone decides nothing.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from core.captures import Capture, Verdict
from core.clauses import Document
from extraction.readers.html_page import Page
from extraction.screening.document_rules import (
    data_for_programs,
    named_as_other_document,
    no_clause,
    no_policy_word,
    too_few_policy_words,
)
from extraction.screening.facts import Facts, PageFacts, facts_of
from extraction.screening.page_rules import (
    asks_for_scripts,
    challenge,
    consent_wall,
    element_named_not_found,
    embeds_policy,
    first_lines_say_otherwise,
    home_page,
    login_form,
    no_sentence,
    password_field,
    sends_browser_on,
    title_says_otherwise,
)
from extraction.screening.transfer_rules import cut_off

#: For a text, Markdown or PDF.
TEXT_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    cut_off,
    no_clause,
    data_for_programs,
    no_policy_word,
)
#: For an HTML page that uses the policy vocabulary as a policy does.
POLICY_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    cut_off,
    consent_wall,
    named_as_other_document,
)
#: For any other HTML page.
OTHER_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    cut_off,
    challenge,
    title_says_otherwise,
    first_lines_say_otherwise,
    element_named_not_found,
    home_page,
    consent_wall,
    password_field,
    login_form,
    sends_browser_on,
    asks_for_scripts,
    embeds_policy,
    no_sentence,
    named_as_other_document,
    too_few_policy_words,
)

_AnyFacts = TypeVar("_AnyFacts", bound=Facts)


def screen(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Verdict:
    """Returns the verdict on a capture whose bytes could be read and whose HTTP status is a success or unknown.

    page: what the document was taken from; None if that isn't HTML.
    """
    facts = facts_of(capture, payload, document, page)
    if not isinstance(facts, PageFacts):
        return _first_verdict(TEXT_RULES, facts)
    return _first_verdict(POLICY_PAGE_RULES if facts.is_dense else OTHER_PAGE_RULES, facts)


def _first_verdict(rules: Sequence[Callable[[_AnyFacts], Verdict | None]], facts: _AnyFacts) -> Verdict:
    return next((verdict for rule in rules if (verdict := rule(facts)) is not None), Verdict("accepted"))
