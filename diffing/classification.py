"""Decides whether matched clauses changed, and gives the change a kind and a significance."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from core.changes import Change, ChangeKind, Redline, Significance
from core.clauses import Clause
from diffing.crossings import Rest
from diffing.facts import (
    FactChange,
    changed_facts,
    find_facts,
    is_lone_stamp,
    may_differ_in_facts,
    same_key,
)
from diffing.normalization import AT_OR_DOT, fold, number_in_front, strip_typography, without_number
from diffing.numerals import UNIT
from diffing.punctuation import BORDER, says_the_same
from diffing.redline import redline
from diffing.sameness import contact_targets, is_volatile, version_text
from diffing.spelling import respelled
from diffing.tokenization import words, words_of

#: The most important difference between two clauses. `cosmetic`: the words are the same, and the punctuation says the
#: same. `spelling`: the same words in another spelling. `words`: anything that may say something else, even if only a
#: sign or a full stop differs.
DifferenceKind = Literal["none", "volatile", "cosmetic", "spelling", "number", "factual", "words"]
#: The dates that the old and the new document state for themselves, in ISO 8601, perhaps without the day; None if a
#: document states none.
StatedDates = tuple[str | None, str | None]

# So many digits at the end of a telephone number tell it from others; what stands before may be its prefix.
_LOCAL_DIGITS = 7

# Texts with more different words than this differ in more than their spelling.
_RESPELLED = 24

# "E-mail" and "email", and the words that are made from them.
_MAIL_WORDS = words_of("e mail mails mailed mailing email emails emailed emailing")

# Bullets at the beginning of a text, and the letter that plain-text pages use as a bullet. As a word ("o titular"), it
# doesn't take the place of a bullet.
_BULLET_IN_FRONT = re.compile(r"[\s*_\u2800]*[•·●○▪◦‣∙■▸►▶➤][\s\u2800]*")
_LETTER_AS_BULLET = re.compile(r"[\s*_\u2800]*o[\s\u2800]+")

# A longer text is no date or version stamp of the document itself. In characters.
_LONGEST_STAMP = 100
_NO_FACTS = FactChange((), contacts=False)
# A label that is the beginning of the clause's text: the day of a date ("25. Mai 2018"), or a number with a unit ("1.5
# years"). Each pattern matches a label, a tab and a text.
_SPLIT_NUMBER = re.compile(
    rf"\d{{1,2}}\.?\t[^\W\d_]{{3,}}\.?\s+\d{{4}}(?!\d)|\d+[.,]\d+\t(?!\w{{1,3}}\b){UNIT}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Difference:
    """How two clauses differ.

    kind: the most important difference. facts: the facts that differ, if the kind is `factual`.
    """

    kind: DifferenceKind
    facts: FactChange = _NO_FACTS


def one_sided_change(clause: Clause, kind: Literal["added", "removed"], above: Clause | None = None) -> Change:
    """Returns the change for a clause that was added or removed. above: the clause above it in its document."""
    old, new = ((clause,), ()) if kind == "removed" else ((), (clause,))
    significance: Significance = "substantive"
    if is_volatile(clause):
        significance = "volatile"
    elif len(clause.text) <= _LONGEST_STAMP and _dates_document(clause, above):
        significance = "factual"
    return Change(kind, significance, 1.0, old, new)


def _dates_document(clause: Clause, above: Clause | None) -> bool:
    """Returns whether a clause is nothing but a date or version stamp of the document, and no part of a rule."""
    if above and above.text.rstrip(" *_").endswith((":", "：")):
        return False
    may_be_bare = clause.kind in ("paragraph", "heading")
    return (may_be_bare or clause.kind == "list_item") and is_lone_stamp(clause.text, may_be_bare)


def change_of(
    old: Sequence[Clause],
    new: Sequence[Clause],
    confidence: float,
    moved: bool,
    stated: StatedDates = (None, None),
    rest: Rest | None = None,
    are_numbered: bool = False,
) -> tuple[Change | None, bool]:
    """Returns the change between matched clauses, and whether the redline is coarse (see `diffing.redline.redline`).

    The change is None if the clauses are the same.

    old, new: the matched clauses: one clause on each side, or several clauses on one side for a split or a merge.
    confidence: how certain it is that the clauses belong together, from 0 to 1.
    moved: whether the matched clauses moved.
    are_numbered: whether the clauses are two headings whose first number is the number of their section, although it
        has no full stop (`diffing.heading_numbers`).
    rest: what is left of the two clauses if sentences crossed to or from the clauses beside them.
    """
    if len(old) == len(new) == 1:
        difference = _difference(old[0], new[0], stated)
        if are_numbered and difference.kind == "factual" and _only_first_number_differs(old[0].text, new[0].text):
            difference = Difference("number")
        kind = _kind(difference.kind, moved)
    else:
        difference = _difference_of_texts(_joined(old), _joined(new), stated)
        kind = "split" if len(old) == 1 else "merged"
    if kind is None:
        return None, False
    parts: Redline = ()
    coarse = False
    if kind not in ("moved", "renumbered"):
        parts, coarse = redline(" ".join(clause.text for clause in old), " ".join(clause.text for clause in new))
    crossed: tuple[str, ...] = ()
    if rest:
        difference, crossed = _difference_of_texts(rest.old, rest.new, stated), rest.crossed
    significance = _significance(kind, difference, _link_elsewhere(old, new))
    numbers = difference.facts.counts
    return Change(kind, significance, confidence, tuple(old), tuple(new), parts, numbers, crossed=crossed), coarse


def _joined(clauses: Sequence[Clause]) -> str:
    return f" {BORDER} ".join(clause.text for clause in clauses)


def _difference(old: Clause, new: Clause, stated: StatedDates) -> Difference:
    """Returns the most important difference between two matched clauses."""
    same_typography = _has_same_typography(old, new)
    if old.text == new.text and old.label == new.label and old.links == new.links and same_typography:
        return Difference("none")
    texts = old.text, new.text
    if old.label != new.label and _is_text(old) and _is_text(new):
        texts = f"{old.label} {old.text}", f"{new.label} {new.text}"
    if _is_label_in_text(old, new) or _is_label_in_text(new, old):
        difference = Difference("cosmetic")
    else:
        difference = _difference_of_texts(*_without_bullets(*texts), stated)
    if difference.kind in ("factual", "words"):
        return difference
    if old.links != new.links and _unspelled_contacts(old) != _unspelled_contacts(new):
        return Difference("factual", FactChange((), contacts=True))
    if _is_renumbered(old, new):
        return Difference("number")
    if difference.kind == "none" and (old.links != new.links or not same_typography):
        return Difference("cosmetic")
    return Difference("cosmetic") if difference.kind == "number" else difference


def _is_text(clause: Clause) -> bool:
    """Returns whether a clause's label is the beginning of its text, such as the 25 of "25. Mai 2018"."""
    return clause.label is not None and _SPLIT_NUMBER.match(f"{clause.label}\t{clause.text}") is not None


def _is_label_in_text(clause: Clause, other: Clause) -> bool:
    """Returns whether a clause begins with the label of another clause, glued to the same text: "1Who we are"."""
    if clause.label is not None or other.label is None or not clause.text[:1].isdigit():
        return False
    # With a digit behind it, the label would be another number: "1. 5 years" is not "15 years".
    return other.text[:1].isalpha() and clause.text == f"{other.label.strip(' .:()[]')}{other.text}"


def _without_bullets(old: str, new: str) -> tuple[str, str]:
    """Returns two texts without their bullets, if a letter took the place of a bullet in one of them."""
    for bulleted, lettered in ((old, new), (new, old)):
        bullet, letter = _BULLET_IN_FRONT.match(bulleted), _LETTER_AS_BULLET.match(lettered)
        if bullet and letter:
            return (
                (old[bullet.end() :], new[letter.end() :])
                if bulleted is old
                else (old[letter.end() :], new[bullet.end() :])
            )
    return old, new


def _has_same_typography(old: Clause, new: Clause) -> bool:
    """Returns whether two clauses have the same typography. True if the typography of a clause is not known."""
    if old.typography is None or new.typography is None:
        return True
    return (old.typography or old.text) == (new.typography or new.text)


def _difference_of_texts(old: str, new: str, stated: StatedDates) -> Difference:
    if old == new:
        return Difference("none")
    old_folded, new_folded = fold(old), fold(new)
    same_letters = strip_typography(old_folded) == strip_typography(new_folded)
    if version_text(old) == version_text(new):
        return Difference("cosmetic" if same_letters else "volatile")
    if same_letters:
        return Difference("cosmetic" if says_the_same(old, new) else "words")
    if unnumbered(old) == unnumbered(new) and says_the_same(without_number(old), without_number(new)):
        return Difference("number")
    old_words, new_words = words(old_folded), words(new_folded)
    if _may_differ_in_facts(old, new, old_words, new_words):
        old_facts, new_facts = find_facts(old), find_facts(new)
        if old_facts.facts and same_key(old_facts, new_facts):
            facts = changed_facts(old_facts, new_facts, stated)
            if facts is not None:
                says_same = says_the_same(old_facts.masked, new_facts.masked)
                return Difference("factual" if says_same else "words", facts)
    # If the texts have no words at all, for example rows of symbols, any difference counts.
    if not old_words:
        return Difference("words")
    if old_words == new_words and says_the_same(old, new):
        return Difference("cosmetic")
    if _may_be_respelled(old_words, new_words) and says_the_same(respelled(old), respelled(new)):
        return Difference("spelling")
    return Difference("words")


def _may_differ_in_facts(old: str, new: str, old_words: Sequence[str], new_words: Sequence[str]) -> bool:
    """Returns whether two texts may differ in nothing but facts. Fast, since finding facts is slow."""
    if _may_contain_address(old) and _may_contain_address(new):
        return True
    # With the same words, only digits can make other facts: 1.5 and 1,5.
    if old_words == new_words and not any(word[0].isdigit() for word in old_words):
        return False
    return may_differ_in_facts(old_words, new_words)


def _may_be_respelled(old: Sequence[str], new: Sequence[str]) -> bool:
    """Returns whether two texts may differ in nothing but spelling. Fast, since most changed clauses differ in more.

    old, new: the words of the two texts, folded.
    """
    old_words, new_words = set(old), set(new)
    if len(old_words ^ new_words) > _RESPELLED:
        return False
    # "E-mail" is two words.
    both = (old_words & new_words) | _MAIL_WORDS
    # One call for both texts, with a line break between them.
    only = respelled("\n".join(" ".join(words - both) for words in (old_words, new_words))).split("\n")
    return set(only[0].split()) ^ set(only[1].split()) <= both


def _may_contain_address(text: str) -> bool:
    return "://" in text or "www." in text or AT_OR_DOT.search(text) is not None


def unnumbered(text: str) -> str:
    """Returns the folded text without typography and without the clause number at the beginning."""
    return strip_typography(fold(without_number(text)))


def _kind(difference: DifferenceKind, moved: bool) -> ChangeKind | None:
    if moved:
        return "moved_modified" if difference in ("volatile", "spelling", "factual", "words") else "moved"
    kinds: dict[DifferenceKind, ChangeKind | None] = {
        "none": None,
        "volatile": "factual",
        "cosmetic": "cosmetic",
        "spelling": "modified",
        "number": "renumbered",
        "factual": "factual",
        "words": "modified",
    }
    return kinds[difference]


def _significance(kind: ChangeKind, difference: Difference, other_targets: bool) -> Significance:
    """Returns the significance of a change. other_targets: whether the clauses link to other web addresses."""
    if difference.kind == "words" or difference.facts.counts or other_targets:
        return "substantive"
    if difference.facts.contacts:
        return "factual"
    return "volatile" if difference.kind == "volatile" and kind == "factual" else "editorial"


def _is_renumbered(old: Clause, new: Clause) -> bool:
    """Returns whether both clauses have a number and the numbers differ.

    False if only one clause has a number. Then only the design of a list changed, for example from letters to bullets,
    and lawyers do not count a new design as a change.
    """
    before, after = (_number(clause) for clause in (old, new))
    return bool(before and after and before != after)


def _only_first_number_differs(old: str, new: str) -> bool:
    """Returns whether two texts are the same behind their first word."""
    return old.partition(" ")[2] == new.partition(" ")[2]


def _number(clause: Clause) -> str:
    return (clause.label or number_in_front(clause.text)).strip(" .:()[]").casefold()


def _unspelled_contacts(clause: Clause) -> frozenset[str]:
    """Returns the e-mail addresses and telephone numbers that a clause links to but does not show in its text.

    An address that the text shows is left out: if such an address becomes a link, no contact is new. The same holds for
    a telephone number, however the text or the link spells the prefix: +46 (0) 8 …, 0046 8 …, 08 …
    """
    text = "".join(clause.text.casefold().split())
    digits = "".join(character for character in text if character.isdigit())
    unspelled = set()
    for target in contact_targets(clause):
        scheme, _, address = target.partition(":")
        if (address[-_LOCAL_DIGITS:] not in digits) if scheme == "tel" else (address not in text):
            unspelled.add(target)
    return frozenset(unspelled)


def _link_elsewhere(old: Sequence[Clause], new: Sequence[Clause]) -> bool:
    """Returns whether the clauses link to other web addresses.

    Two addresses count as the same if they differ only in the scheme, in `www.`, in a slash at the end or in escaped
    characters (RFC 3986, section 6.2). A fragment is a place in a document: neither another place in the same document
    counts, nor the same place if the document has another address on the same host, nor a link to a place that comes or
    goes, since a redesign changes these in every contents list. An address that the text spells out may become a link.
    """
    old_links, new_links = ([link for clause in side for link in clause.links] for side in (old, new))
    if old_links == new_links:
        return False
    # The host of a relative link isn't known.
    with_host = all("://" in link for link in (*old_links, *new_links) if _is_web_link(link))
    old_targets, new_targets = (
        {_spellings(link, with_host) for link in links if _is_web_link(link)} for links in (old_links, new_links)
    )
    for index in (0, 1):
        shared = {target[index] for target in old_targets} & {target[index] for target in new_targets}
        old_targets, new_targets = (
            {target for target in targets if target[index] not in shared} for targets in (old_targets, new_targets)
        )
    if not (old_targets and new_targets):
        text = "".join(clause.text for clause in (*old, *new)).casefold()
        return any("#" not in place and document not in text for document, place in old_targets | new_targets)
    return True


def _is_web_link(link: str) -> bool:
    scheme, colon, _ = link.partition(":")
    return not colon or scheme.casefold() in ("http", "https") or not scheme.isalpha()


def _spellings(link: str, with_host: bool) -> tuple[str, str]:
    """Returns a web address without its fragment, and a place by its host and fragment.

    with_host: whether the host is kept.
    """
    try:
        parts = urlsplit(link)
    except ValueError:  # for example a malformed IPv6 host
        return link, link
    host = parts.netloc.casefold().removeprefix("www.") if with_host else ""
    query = f"?{unquote(parts.query)}" if parts.query else ""
    document = f"{host}{unquote(parts.path).rstrip('/')}{query}"
    if parts.fragment.startswith(("/", "!")):  # the address of a page of a single-page application
        document += f"!{parts.fragment}"
        return document, document
    return document, f"{host}#{parts.fragment}" if parts.fragment else document
