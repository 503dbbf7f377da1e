"""What the rules take as evidence: a capture and its document, with what was counted in them."""

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

# The share of words that are of the policy vocabulary, in the beginning of a document. Of the several hundred policies,
# in many languages, that this was tried on, all have more than 0.02; the vendors' other pages have less than 0.005.
POLICY_DENSITY = 0.012
SPARSE_DENSITY = 0.006
#: With so large a share, a text of any length is a policy.
SHORT_POLICY_DENSITY = 0.035
# A text with the density of a policy is a policy if it has so many words of the vocabulary.
_ENOUGH_POLICY_WORDS = 12
# How many characters from a document's beginning are counted.
_COUNTED_CHARACTERS = 3_000
# A page says within so many characters what it shows in the policy's place.
_SEARCHED_CHARACTERS = 3_000
# A page of fewer words may be a shell that a script fills, or a login form.
_STUB_WORDS = 60
# A page of fewer words may be an error page or a challenge, with some navigation.
_SMALL_PAGE_WORDS = 200
# Shorter clauses are not running text.
_PROSE_CHARACTERS = 60


@dataclass(frozen=True)
class Facts:
    """A capture, and the document its payload holds.

    beginning: the text of the document's beginning. words: how many words that has; policy_words: how many of those
    are of the policy vocabulary.
    """

    capture: Capture
    payload: bytes
    document: Document
    beginning: str
    words: int
    policy_words: int

    @property
    def is_dense(self) -> bool:
        """Whether the document uses the policy vocabulary so densely, and so often, that only a policy would."""
        return self.policy_words >= _ENOUGH_POLICY_WORDS and self.policy_words >= POLICY_DENSITY * self.words


@dataclass(frozen=True)
class PageFacts(Facts):
    """A capture whose payload is an HTML page. page: what the document was taken from."""

    page: Page

    @cached_property
    def titles(self) -> list[str]:
        """The page's title and its first headings, with straight apostrophes."""
        headings = islice((clause.text for clause in self.document.clauses if clause.kind == "heading"), 2)
        page_headings = islice(
            (block.text for block in self.page.blocks if block.level in (1, 2) and block.link_share < 0.5), 2
        )
        titles = dict.fromkeys([self.page.title or "", *headings, *page_headings])
        return [searchable(title) for title in titles if title]

    @cached_property
    def is_named_as_policy(self) -> bool:
        """Whether the title or a heading names the document as the policy.

        True as well if no names are known for a policy of this slug.
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
        """Whether the page is named as the policy and uses the vocabulary so densely that its length doesn't matter."""
        return self.is_named_as_policy and self.policy_words >= SHORT_POLICY_DENSITY * self.words

    @property
    def is_small(self) -> bool:
        """Whether the page has few words and is no short policy."""
        return self.words < _SMALL_PAGE_WORDS and not self.is_short_policy

    @property
    def is_stub(self) -> bool:
        """Whether the page has hardly any words."""
        return self.words < _STUB_WORDS

    @cached_property
    def prose_words(self) -> int:
        """How many words of running text the document has."""
        return sum(len(clause.text.split()) for clause in self.document.clauses if len(clause.text) > _PROSE_CHARACTERS)


def facts_of(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Facts | PageFacts:
    """Returns the facts about a capture. page: what the document was taken from; None if that isn't HTML."""
    beginning = _beginning(document)
    policy_words, words = count_policy_words(beginning)
    if page is None:
        return Facts(capture, payload, document, beginning, words, policy_words)
    return PageFacts(capture, payload, document, beginning, words, policy_words, page)


def uses_policy_vocabulary(document: Document) -> bool:
    """Returns whether a document uses the policy vocabulary as densely as policies do, however short it is."""
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
    """Returns the beginning of a text, with straight apostrophes, for the phrases to be searched in."""
    return text[:_SEARCHED_CHARACTERS].replace("’", "'").replace("‘", "'")


def first_match(pattern: re.Pattern[str], texts: list[str]) -> re.Match[str] | None:
    """Returns the match of a pattern in the first of the texts that has one."""
    return next((match for match in map(pattern.search, texts) if match), None)


def first_markup(page: bytes, *patterns: re.Pattern[str]) -> str:
    """Returns the first match of the first pattern that matches, as the page writes it; '' if none does."""
    written = page.decode("latin-1")
    lower = written.lower()  # in Latin-1, lower case has as many characters
    match = next((match for match in (pattern.search(lower) for pattern in patterns) if match), None)
    return written[match.start() : match.end()] if match else ""


def quote(match: re.Match[str]) -> str:
    """Returns a match with some of the text around it, to be quoted as evidence."""
    return normalize(match.string[max(0, match.start() - 30) : match.end() + 60])[:120]


def quarantined(reason: Reason, evidence: str) -> Verdict:
    """Returns a verdict of quarantine."""
    return Verdict("quarantined", reason, evidence)


def would_need_browser(evidence: str) -> Verdict:
    """Returns the verdict on a page that a browser, which runs the page's scripts, would probably show."""
    return Verdict("quarantined", "empty", evidence, needs_browser=True)
