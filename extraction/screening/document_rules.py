"""Rules on the text of a capture.

The rules quarantine documents other than the policy, and texts with few words of the policy vocabulary
(`extraction.words.vocabulary`).
"""

from core.captures import Verdict
from extraction.readers.html_page import Page
from extraction.screening import phrases
from extraction.screening.facts import (
    SHORT_POLICY_DENSITY,
    SPARSE_DENSITY,
    Facts,
    PageFacts,
    first_match,
    quarantined,
    quote,
    searchable,
)
from extraction.words.normalization import normalize

# ISO 639-1 codes of the known languages: the languages that the policy vocabulary covers well. The two rules that
# quarantine texts with too few words of the vocabulary apply only to known languages.
_KNOWN_LANGUAGES = frozenset(["en", "fr", "de", "nl", "es", "pt", "it", "sv", "nb", "no", "da", "fi", "pl", "cs", "id"])
# A text without any word of the policy vocabulary is quarantined if the text has at least this many words. A shorter
# text may be a notice that the policy is withdrawn. A notice of withdrawal is accepted as the policy's last version.
_NOTICE_WORDS = 100
# A page with too few policy words gets the reason `other_document` if the page has at least this many words of running
# text. With fewer words of running text, the reason is `not_a_policy`.
_DOCUMENT_WORDS = 250


def no_clause(facts: Facts) -> Verdict | None:
    """Quarantines a capture whose document has no clause."""
    return None if facts.document.clauses else quarantined("empty", "there is no text in it")


def data_for_programs(facts: Facts) -> Verdict | None:
    """Quarantines JSON. Evidence: the first characters of the text."""
    text = facts.beginning
    if text.startswith(("{", "[{")) and '":' in text[:200]:
        return quarantined("not_a_policy", f"it is data for programs: {text[:60]!r}")
    return None


def no_policy_word(facts: Facts) -> Verdict | None:
    """Quarantines a text of 100 words or more, in a known language, without any word of the policy vocabulary."""
    if facts.words >= _NOTICE_WORDS and facts.policy_words == 0 and facts.document.language in _KNOWN_LANGUAGES:
        return quarantined("not_a_policy", f"none of its {facts.words} words is one that policies are made of")
    return None


def named_as_other_document(facts: PageFacts) -> Verdict | None:
    """Quarantines a page that is named as another document, such as terms of service.

    The page isn't quarantined if the title or one of the first headings names the page as the policy.
    Evidence: the kind of page that the page's metadata for search engines declares, or the page's title.
    """
    own = phrases.OWN_TITLE.get(facts.capture.policy)
    other_titles = phrases.OTHER_TITLES.get(facts.capture.policy)
    if own is None or other_titles is None or facts.is_stub:
        return None
    titles = facts.titles
    kind = None if facts.is_named_as_policy else _declared_other_kind(facts.page)
    if kind:
        return quarantined("other_document", f"the page says of itself: {kind}")
    headings = [searchable(clause.text) for clause in facts.document.clauses if clause.kind == "heading"][:3]
    match = first_match(other_titles, titles)
    if match and not any(own.search(text) for text in (*titles, *headings)):
        return quarantined("other_document", f"it is called {quote(match)!r}")
    return None


def _declared_other_kind(page: Page) -> str:
    """Returns the kind of page that the metadata for search engines or `<title>` declares, such as a job advertisement.

    Returns '' if neither the metadata nor `<title>` declares a kind that rules out a policy.
    """
    metadata = [node.text() for node in page.tree.css('script[type="application/ld+json"]')]
    match = first_match(phrases.OTHER_KIND, [*metadata, f"<title>{page.title or ''}"])
    return normalize(match[0]) if match else ""


def too_few_policy_words(facts: PageFacts) -> Verdict | None:
    """Quarantines a page, in a known language, that uses too few words of the policy vocabulary.

    For a page that is named as the policy, fewer words of the vocabulary are required than for other pages. For a
    notice that the policy is withdrawn, no word of the vocabulary is required.
    """
    if facts.document.language not in _KNOWN_LANGUAGES or phrases.WITHDRAWN.search(searchable(facts.beginning)):
        return None
    if facts.policy_words >= SPARSE_DENSITY * facts.words:
        has_several = facts.policy_words >= 5 and facts.policy_words >= 0.02 * facts.words
        if facts.is_named_as_policy or has_several or facts.policy_words >= SHORT_POLICY_DENSITY * facts.words:
            return None
    evidence = f"{facts.policy_words} of its {facts.words} words are of those that policies are made of"
    if facts.prose_words >= _DOCUMENT_WORDS and facts.titles:
        return quarantined("other_document", f"it is called {facts.titles[0][:80]!r}; {evidence}")
    return quarantined("not_a_policy", evidence)
