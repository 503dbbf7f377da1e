"""The rules for the verdict on a capture, in the order in which they are applied. The first verdict counts.

Each rule is a function of the facts about a capture. A rule returns a verdict of quarantine if it has positive evidence
that the capture shows something other than the declared policy; otherwise None. If every rule returns None, the capture
is accepted. Words that a policy should have and that are missing are no evidence. Neither is a text's length.

The name of a rule is the name of its function. To add a rule, write the function in one of the modules
`transfer_rules`, `page_rules` and `document_rules`, and add it to the module's tuple of rules, at the position where it
should be applied. `home_page_rules` holds further rules of the last two.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from core.captures import Capture, Verdict
from core.clauses import Document
from extraction.readers.html_page import Page
from extraction.screening import document_rules, page_rules, transfer_rules
from extraction.screening.facts import Facts, PageFacts, facts_of

#: The rules for plain text, Markdown and PDF.
TEXT_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (*transfer_rules.RULES, *document_rules.TEXT_RULES)
#: The rules for an HTML page with a long text.
LONG_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    *transfer_rules.RULES,
    *page_rules.LONG_PAGE_RULES,
    *document_rules.PAGE_RULES,
)
#: The rules for all other HTML pages.
SHORT_PAGE_RULES: tuple[Callable[[PageFacts], Verdict | None], ...] = (
    *transfer_rules.RULES,
    *page_rules.SHORT_PAGE_RULES,
    *document_rules.PAGE_RULES,
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
    verdict = _first_verdict(LONG_PAGE_RULES if facts.is_long else SHORT_PAGE_RULES, facts)
    return replace(verdict, evidence=_unread_frames(facts.page)) if verdict.name == "accepted" else verdict


def _unread_frames(page: Page) -> str:
    """Returns a sentence that names the frames within the policy's text, which aren't read; '' if there are none."""
    if not page.frames or not page.kept:
        return ""
    places = {id(block): place for place, block in enumerate(page.blocks)}
    first, last = places[id(page.kept[0])], places[id(page.kept[-1])]
    addresses = [address for place, address in page.frames if first < place <= last + 1]
    return f"not read, because it stands in a frame: {', '.join(dict.fromkeys(addresses))}" if addresses else ""


def _first_verdict(rules: Sequence[Callable[[_AnyFacts], Verdict | None]], facts: _AnyFacts) -> Verdict:
    for rule in rules:
        verdict = rule(facts)
        if verdict is not None:
            return replace(verdict, rule=rule.__name__)
    return Verdict("accepted")
