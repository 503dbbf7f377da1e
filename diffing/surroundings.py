"""Finds the page around the policy: menus, teasers and tickers before the policy's first sentence or after its last.

Pages are mostly read without them. Files that users bring, such as Markdown made from a whole page, often have them
still. They change from day to day, and say nothing about the policy.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from urllib.parse import urlsplit

from core.clauses import Clause
from diffing.facts import COPYRIGHT
from diffing.tokenization import words_of

# A clause of the surroundings is a line of at most _LINE words that links to another page of the site. At the beginning
# or the end of a document, at least _FEWEST such lines more than sentences (times _SENTENCE) make the surroundings.
_LINE, _FEWEST, _SENTENCE = 12, 8, 5
_LINE_CHARACTERS = 120
# A line with its address written out has at most this many characters.
_LONGEST_LINK = 500
# The surroundings link to the site's own pages: at least this share of the lines has the most frequent site. A policy
# may end with a list of partners, but each partner has a site of its own.
_OWN_SITE = 0.6
_LINK_IN_TEXT = re.compile(r"\]\((https?://[^)\s]+)")
_LEAD_IN_ENDS = (":", "：")
_ENDS = (".", ";", "!", "?", "。", "；", *_LEAD_IN_ENDS)
# A sentence with one of these words says what the list below it is, even without a colon.
_ANNOUNCES = re.compile(
    r"(?i)\b(?:these|those|following|follows|below|listed|lists?|namely|include[sd]?|folgend\w*|suivant\w*|siguient\w*)\b"
)
# Headings of such words alone stand above menus and teasers. Any other heading may be the policy's.
_MENU_WORDS = words_of(
    "menu navigation search follow us more related articles stories posts news latest popular trending top advertorial "
    "features sponsored promoted newsletter newsletters sitemap footer read next categories tags archives recent "
    "most and & don't don’t miss"
)
# A line of a ticker has at most _PRICE_WORDS words, and numbers with a fraction or a percent sign only. The next such
# line is at most _RUN lines away. A copyright line with more spaces than _COPYRIGHT_SPACES may say something else, too.
_PRICE_WORDS, _RUN, _COPYRIGHT_SPACES = 2, 3, 7
_NUMBER = re.compile(r"\d[\d.,₀-₉]*(?:\s?%)?")
_FRACTION = re.compile(r"\d[.,]\d+|%$")
_ADDRESS = re.compile(r"\]\(https?:[^)]*\)?|\[")
_LINKED = re.compile(r"\[?[^\[\]]*\]\([^)]*\)?")
_PERIOD = re.compile(
    r"(?i)\d[\d.,]*\+?[\s-]*(?:days?|weeks?|months?|years?|hours?|minutes?|seconds?|business|working|calendar|tage?n?"
    r"|wochen?|monate?n?|jahre?n?|stunden?|jours?|semaines?|mois|ans?|années?|heures?|días?|semanas?|mes(?:es)?|años?"
    r"|horas?|dias?|anos?|giorni|mesi|anni|dagen|weken|maanden|jaar|[hd])\b|\b(?:aged?|under|over)\s+\d"
)
_CHARGE = re.compile(r"(?i)\b(?:fees?|costs?|charges?|fines?|tax|vat|interest|discount|commission|share|rate)\b")
_TOP_LEVEL = re.compile(r"(?:\.(?:com?|org|net|gov|ac|edu))?(?:\.[a-z]{2,})$")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The page around a policy.

    positions: the positions of the clauses that belong to it. tickers: the positions of all lines of tickers, whether
        around the policy or within it.
    """

    positions: frozenset[int]
    tickers: frozenset[int]


def surroundings(clauses: Sequence[Clause]) -> Surroundings:
    """Returns the page around the policy.

    It consists of lines that link to other pages, headings of menus, copyright lines, and prices in a ticker. A
    sentence or another line between two menus may be the policy's own, so it does not belong to the surroundings.
    """
    links = [_link(clause) for clause in clauses]
    scores = [_score(clause, link) for clause, link in zip(clauses, links, strict=True)]
    length = len(clauses)
    bars = [n for n, clause in enumerate(clauses) if _is_of_policy(clause)]
    beginning = range(_best(scores[: bars[0] if bars else length]))
    end = range(length - _best(scores[::-1]), length)
    if end and end.start and (_is_of_policy(clauses[end.start - 1]) or _ANNOUNCES.search(clauses[end.start - 1].text)):
        end = range(0)  # the policy's own list
    if any(n in end for n in bars):
        end = range(0)
    tickers = _ticker_lines(clauses)
    found: set[int] = set()
    for stretch in (beginning, end):
        sites = Counter(_site(links[position]) for position in stretch if scores[position] > 0)
        if sites and sites.most_common(1)[0][1] >= _OWN_SITE * sites.total():
            found.update(
                n
                for n in stretch
                if scores[n] > 0 or clauses[n].kind == "heading" or _is_copyright(clauses[n].text) or n in tickers
            )
    return Surroundings(frozenset(found) if len(found) < length else frozenset(), tickers)


def _ticker_lines(clauses: Sequence[Clause]) -> frozenset[int]:
    """Returns the positions of the lines of a ticker: prices and percentages in a run of short lines."""
    prices = [n for n, clause in enumerate(clauses) if _is_price(clause)]
    return frozenset(n for left, right in pairwise(prices) if right - left <= _RUN for n in (left, right))


def _is_price(clause: Clause) -> bool:
    if len(clause.text) > _LONGEST_LINK or clause.text.endswith(_ENDS) or not _NUMBER.search(clause.text):
        return False
    text = _ADDRESS.sub(" ", clause.text)
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    numbers = _NUMBER.findall(text)
    return (
        clause.kind not in ("heading", "table_row")
        and len(words) <= _PRICE_WORDS
        and bool(numbers)
        and not _PERIOD.search(text)
        and not _CHARGE.search(text)
        and all(_FRACTION.search(number) for number in numbers)
    )


def _is_of_policy(clause: Clause) -> bool:
    """Returns whether the clauses below a clause belong to the policy: below a lead-in, or a heading of no menu."""
    if clause.kind == "heading":
        return not _MENU_WORDS.issuperset(clause.text.casefold().split())
    return clause.text.endswith(_LEAD_IN_ENDS)


def _is_copyright(text: str) -> bool:
    return text.count(" ") <= _COPYRIGHT_SPACES and COPYRIGHT.match(text) is not None


def _best(scores: Sequence[int]) -> int:
    """Returns how many scores from the first on have the largest sum; 0 if no sum is large enough."""
    sums = list(accumulate(scores))
    largest = max(sums, default=0)
    return sums.index(largest) + 1 if largest >= _FEWEST else 0


def _score(clause: Clause, link: str) -> int:
    """Returns 1 for a line that links to another page, 0 for another short line, and -_SENTENCE for a sentence.

    A copyright line is short, although it may end like a sentence. A table row, and a line with a period of time or an
    age, count like a sentence: menus have none.

    link: the address that the line links to; '' if it links to no other page.
    """
    text = clause.text
    if clause.kind == "table_row":
        return -_SENTENCE
    if clause.kind == "heading" or (len(text) <= _LINE_CHARACTERS and COPYRIGHT.match(text)):
        return 0
    is_linked = bool(link) and "](" in text and len(text) <= _LONGEST_LINK
    if not is_linked and (
        len(text) > _LINE_CHARACTERS or text.endswith(_ENDS) or text.count(" ") >= _LINE or "@" in text or ":" in text
    ):
        return -_SENTENCE
    if _PERIOD.search(_LINKED.sub(" ", text)):
        return -_SENTENCE
    return 1 if link else 0


def _link(clause: Clause) -> str:
    """Returns the address of the other page that a clause links to; '' if it links to none or to several."""
    in_text = _LINK_IN_TEXT.search(clause.text) if "](" in clause.text else None
    link = in_text[1] if in_text else clause.links[0] if len(clause.links) == 1 else ""
    return link if link.startswith(("http:", "https:")) and "#" not in link else ""


def _site(link: str) -> str:
    """Returns the name of the site of an address: "example" for https://www.example.co.uk/news."""
    try:
        host = urlsplit(link).netloc.casefold()
    except ValueError:  # for example a malformed IPv6 host
        return link
    return _TOP_LEVEL.sub("", host).rpartition(".")[2]
