"""The facts by which the rules judge a capture: the capture, its document, and counts of the document's words.

The policy vocabulary is the set of words that policies use far more often than other pages
(`extraction.words.vocabulary`). Running text is text in sentences. Headings, links and labels aren't running text.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from core.captures import Capture, Reason, Verdict
from core.clauses import Document
from extraction.readers.html_page import Page
from extraction.screening import phrases
from extraction.words.normalization import normalize
from extraction.words.vocabulary import count_policy_words

# Policy words are words that belong to the policy vocabulary. The density of a text is the number of policy words,
# divided by the number of all words. The density is measured at the beginning of a document. Several hundred policies
# in many languages were measured: all have a density above 0.02. The vendors' other pages have densities below 0.005.
#: A text with at least this density counts as an ordinary policy. The limit lies between the two measured groups.
POLICY_DENSITY = 0.012
#: A page with a lower density than this is quarantined. Exceptions are pages in a language that the vocabulary doesn't
#: cover, and notices that the policy is withdrawn.
SPARSE_DENSITY = 0.006
#: A text with at least this density counts as a policy even if the text is very short.
SHORT_POLICY_DENSITY = 0.035
# A document with fewer policy words than this isn't dense (see `Facts.is_dense`), even if its density is high.
_ENOUGH_POLICY_WORDS = 12
# The number of characters at a document's beginning in which words are counted.
_COUNTED_CHARACTERS = 3_000
# The number of characters at a text's beginning that are searched for phrases. Error pages, login forms and similar
# pages have their typical phrases near the top.
_SEARCHED_CHARACTERS = 3_000
# A stub is a page with fewer words than this. A stub may be a login form, or an empty page that a script fills later.
_STUB_WORDS = 60
# A small page has fewer words than this. A small page may be an error page or a bot challenge, with some navigation.
_SMALL_PAGE_WORDS = 200
# A clause counts as running text if the clause has more characters than this.
_PROSE_CHARACTERS = 60


@dataclass(frozen=True)
class Facts:
    """A capture, its document, and the counts of words at the document's beginning.

    payload: the bytes of the capture.
    document: the document that was read from the payload.
    beginning: the first 3,000 characters of the document's text.
    words: the number of words in `beginning`.
    policy_words: the number of words in `beginning` that belong to the policy vocabulary.
    """

    capture: Capture
    payload: bytes
    document: Document
    beginning: str
    words: int
    policy_words: int

    @property
    def is_dense(self) -> bool:
        """Whether the document has at least 12 policy words and at least the density POLICY_DENSITY."""
        return self.policy_words >= _ENOUGH_POLICY_WORDS and self.policy_words >= POLICY_DENSITY * self.words


@dataclass(frozen=True)
class PageFacts(Facts):
    """The facts about a capture whose payload is an HTML page.

    page: the parsed page, from which the document was made.
    """

    page: Page

    @cached_property
    def titles(self) -> list[str]:
        """The page's title and first headings, each in the form that `searchable` returns."""
        headings = islice((clause.text for clause in self.document.clauses if clause.kind == "heading"), 2)
        page_headings = islice(
            (block.text for block in self.page.blocks if block.level in (1, 2) and block.link_share < 0.5), 2
        )
        titles = dict.fromkeys([self.page.title or "", *headings, *page_headings])
        return [searchable(title) for title in titles if title]

    @cached_property
    def is_named_as_policy(self) -> bool:
        """Whether the title, one of the first headings or one of the first clauses names the document as the policy.

        Also True if `phrases.OWN_TITLE` lists no titles for the policy's slug.
        """
        own = phrases.OWN_TITLE.get(self.capture.policy)
        if own is None:
            return True
        parts = [part for title in self.titles for part in re.split(r"\s[-–—|:·»]\s|: ", title)]
        lead = [clause for clause in self.document.clauses[:2] if clause.kind == "heading" or not clause.links]
        parts += [searchable(clause.text) for clause in lead]
        return any(
            len(part.split()) <= 9
            and not part.endswith("?")
            and own.search(part)
            and phrases.DOCUMENT_NOUN.search(part)
            for part in parts
        ) or any(
            clause.kind == "heading" and len(clause.text.split()) <= 3 and own.search(searchable(clause.text))
            for clause in self.document.clauses[:2]
        )

    @property
    def is_short_policy(self) -> bool:
        """Whether the page is named as the policy and has at least the density SHORT_POLICY_DENSITY."""
        return self.is_named_as_policy and self.policy_words >= SHORT_POLICY_DENSITY * self.words

    @property
    def is_small(self) -> bool:
        """Whether the page has fewer than 200 words and isn't a short policy."""
        return self.words < _SMALL_PAGE_WORDS and not self.is_short_policy

    @property
    def is_stub(self) -> bool:
        """Whether the page is a stub: a page with fewer than 60 words."""
        return self.words < _STUB_WORDS

    @cached_property
    def prose_words(self) -> int:
        """The number of words in the document's running text."""
        return sum(len(clause.text.split()) for clause in self.document.clauses if len(clause.text) > _PROSE_CHARACTERS)


def facts_of(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Facts | PageFacts:
    """Returns the facts about a capture.

    page: the parsed page, from which the document was made; None if the payload isn't HTML.
    """
    beginning = _beginning(document)
    policy_words, words = count_policy_words(beginning)
    if page is None:
        return Facts(capture, payload, document, beginning, words, policy_words)
    return PageFacts(capture, payload, document, beginning, words, policy_words, page)


def uses_policy_vocabulary(document: Document) -> bool:
    """Returns whether a document has at least one policy word and at least the density POLICY_DENSITY."""
    policy_words, words = count_policy_words(_beginning(document))
    return policy_words > 0 and policy_words >= POLICY_DENSITY * words


def _beginning(document: Document) -> str:
    texts: list[str] = []
    size = 0
    for clause in document.clauses:
        texts.append(clause.text)
        size += len(clause.text)
        if size >= _COUNTED_CHARACTERS:
            break
    return " ".join(texts)[:_COUNTED_CHARACTERS]


def searchable(text: str) -> str:
    """Returns the part of a text that is searched for phrases: the first 3,000 characters.

    Apostrophes in the returned text are straight.
    """
    return text[:_SEARCHED_CHARACTERS].replace("’", "'").replace("‘", "'")


def first_match(pattern: re.Pattern[str], texts: list[str]) -> re.Match[str] | None:
    """Returns the match of a pattern in the first text that matches; None if the pattern matches no text."""
    return next((match for match in map(pattern.search, texts) if match), None)


def first_markup(page: bytes, *patterns: re.Pattern[str]) -> str:
    """Returns the first match of the first pattern that matches the page; '' if no pattern matches.

    The patterns are in lower case. The returned match has the upper and lower case letters of the page.
    """
    markup = page.decode("latin-1")
    lower = markup.lower()  # in Latin-1, lower-casing changes no positions
    match = next((match for match in (pattern.search(lower) for pattern in patterns) if match), None)
    return markup[match.start() : match.end()] if match else ""


def quote(match: re.Match[str]) -> str:
    """Returns a match with some of the surrounding text, as a quotation for the evidence."""
    return normalize(match.string[max(0, match.start() - 30) : match.end() + 60])[:120]


def quarantined(reason: Reason, evidence: str) -> Verdict:
    """Returns the verdict `quarantined`, with a reason and evidence."""
    return Verdict("quarantined", reason, evidence)


def would_need_browser(evidence: str) -> Verdict:
    """Returns the verdict on a page that is empty until a browser runs the page's scripts."""
    return Verdict("quarantined", "empty", evidence, needs_browser=True)
