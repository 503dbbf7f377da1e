"""The rules for the verdict on a capture, in the order in which they are applied.

Each rule is a function of the facts about a capture. If the facts certainly show that the capture doesn't show the
policy, the rule returns a verdict of quarantine. Otherwise the rule returns None. The first verdict counts. If every
rule returns None, the capture is accepted. To add a rule, write a function in `transfer_rules`, `page_rules` or
`document_rules`, and add the function to the lists below at the position where the rule should be applied.

A real policy must never be quarantined. So only three rules apply to a page whose density of policy words is typical of
policies (POLICY_PAGE_RULES). On these pages, phrases such as "not found" are ignored. No rule quarantines a
page only because the page is short.
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
    first_lines_of_error_page,
    home_page,
    login_form,
    password_field,
    redirect_only,
    title_of_error_page,
    without_sentence,
)
from extraction.screening.transfer_rules import cut_off

#: The rules for plain text, Markdown and PDF.
TEXT_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    cut_off,
    no_clause,
    data_for_programs,
    no_policy_word,
)
#: The rules for an HTML page with the density of policy words that is typical of policies (`PageFacts.is_dense`).
POLICY_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    cut_off,
    consent_wall,
    named_as_other_document,
)
#: The rules for all other HTML pages.
OTHER_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    cut_off,
    challenge,
    title_of_error_page,
    first_lines_of_error_page,
    element_named_not_found,
    home_page,
    consent_wall,
    password_field,
    login_form,
    redirect_only,
    asks_for_scripts,
    embeds_policy,
    without_sentence,
    named_as_other_document,
    too_few_policy_words,
)

_AnyFacts = TypeVar("_AnyFacts", bound=Facts)


def screen(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Verdict:
    """Returns the verdict on a capture that could be read into a document.

    This function is only called if the HTTP status of the capture is a success or is not known. For other statuses,
    `transfer_rules.status_verdict` returns the verdict.

    page: the parsed page from which the document was made; None if the payload isn't HTML.
    """
    facts = facts_of(capture, payload, document, page)
    if not isinstance(facts, PageFacts):
        return _first_verdict(TEXT_RULES, facts)
    return _first_verdict(POLICY_PAGE_RULES if facts.is_dense else OTHER_PAGE_RULES, facts)


def _first_verdict(rules: Sequence[Callable[[_AnyFacts], Verdict | None]], facts: _AnyFacts) -> Verdict:
    return next((verdict for rule in rules if (verdict := rule(facts)) is not None), Verdict("accepted"))
