"""Finds the page around the policy: menus, teasers and tickers before the policy's first sentence or after its last.

Pages are mostly read without them. Files that users bring, such as Markdown made from a whole page, often have them
still. They change from day to day, and say nothing about the policy.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from urllib.parse import urlsplit

from core.clauses import Clause
from diffing.facts import COPYRIGHT

# A clause of the surroundings is a line of at most _LINE words that links to another page of the site. At the beginning
# or the end of a document, at least _FEWEST such lines more than sentences (times _SENTENCE) make the surroundings.
_LINE, _FEWEST, _SENTENCE = 12, 8, 5
_LINE_CHARACTERS = 120
# The surroundings link to the site's own pages: at least this share of the lines has the most frequent site. A policy
# may end with a list of partners, but each partner has a site of its own.
_OWN_SITE = 0.6
_LINK_IN_TEXT = re.compile(r"\]\((https?://[^)\s]+)")
_LEAD_IN_ENDS = (":", "：")
_ENDS = (".", ";", "!", "?", "。", "；", *_LEAD_IN_ENDS)
_TOP_LEVEL = re.compile(r"(?:\.(?:com?|org|net|gov|ac|edu))?(?:\.[a-z]{2,})$")


def surroundings(clauses: Sequence[Clause]) -> frozenset[int]:
    """Returns the positions of the clauses that belong to the page around the policy."""
    links = [_link(clause) for clause in clauses]
    scores = [_score(clause, link) for clause, link in zip(clauses, links, strict=True)]
    length = len(clauses)
    beginning, end = range(_best(scores)), range(length - _best(scores[::-1]), length)
    found: set[int] = set()
    if end and end.start and clauses[end.start - 1].text.endswith(_LEAD_IN_ENDS):
        end = range(0)  # the policy's own list
    for stretch in (beginning, end):
        sites = Counter(_site(links[position]) for position in stretch if scores[position] > 0)
        if sites and sites.most_common(1)[0][1] >= _OWN_SITE * sites.total():
            found.update(stretch)
    return frozenset(found) if len(found) < length else frozenset()


def _best(scores: Sequence[int]) -> int:
    """Returns how many scores from the first on have the largest sum; 0 if no sum is large enough."""
    sums = list(accumulate(scores))
    largest = max(sums, default=0)
    return sums.index(largest) + 1 if largest >= _FEWEST else 0


def _score(clause: Clause, link: str) -> int:
    """Returns 1 for a line that links to another page, 0 for another short line, and -_SENTENCE for a sentence.

    A copyright line is short, although it may end like a sentence.

    link: the address that the line links to; '' if it links to no other page.
    """
    text = clause.text
    if clause.kind == "heading" or (len(text) <= _LINE_CHARACTERS and COPYRIGHT.match(text)):
        return 0
    if link and "](" in text:
        return 1
    if len(text) > _LINE_CHARACTERS or text.endswith(_ENDS) or text.count(" ") >= _LINE or "@" in text or ":" in text:
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
