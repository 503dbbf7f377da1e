"""Checks the CSS selectors of a declaration."""

from selectolax.lexbor import LexborHTMLParser

from core.exceptions import ExtractionError
from extraction.readers.html_page import matches


def selector_fault(selector: str) -> str | None:
    """Returns what is wrong with a CSS selector; None if it can be used in a declaration."""
    try:
        matches(LexborHTMLParser("<p>"), selector)
    except ExtractionError as error:
        return str(error)
    return None
