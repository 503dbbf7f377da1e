"""Divides texts and queries into words for the search, in the same way whatever the database.

A word is a run of letters, digits and marks in its folded form: compatibility forms are replaced (Unicode Standard
Annex #15, NFKC), capitals are folded, and the accents of Latin and Greek letters are dropped, since people leave them
out when they search. Scripts that are written without spaces between words (Chinese, Japanese, Thai, Lao, Khmer,
Burmese and others), and Korean, which adds particles to words, are divided into overlapping pairs of characters; the
last character of a run is a word, too. So every part of such a run is found, whatever a dictionary takes for a word.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from core.exceptions import UsageError

#: The version of the rules in this module. If you change them, raise it: the index is then made again.
WORDS = 1
#: Stands in an index for a word that is left out. No word contains it, because it belongs to no script.
LEFT_OUT = "\ue000"

# The longest query in characters, and the most words, phrases and prefixes in one query.
_LONGEST_QUERY = 1_000
_MOST_TERMS = 32
# A longer word is cut off, in texts and in queries. It is no word of a language, and would fill the index.
_LONGEST_WORD = 40
# How many words of one clause are found, and how many times one word is found in a clause. PostgreSQL stores no
# further positions, and no more than a megabyte of words and positions (documentation, section 12.11, "Limitations").
_MOST_WORDS = 15_000
_MOST_TIMES = 255
_MOST_BYTES = 1_000_000
_BYTES_OF_POSITION = 8

# Characters of the scripts that are divided into pairs: Thai and Lao, Burmese, Hangul, Khmer, Tai scripts, Balinese,
# Japanese and Chinese, Burmese and Javanese again, and the characters beyond the Basic Multilingual Plane.
_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\u3005-\u3007"
    "\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_IDEOGRAPHIC = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff"
_RUNS = re.compile(f"[{_PAIRED}]+|[^ {_PAIRED}]+")
_IS_PAIRED = re.compile(f"[{_PAIRED}]")
# A line break of the page's source between two characters that are written without spaces.
_WRAPPED = re.compile(f"(?<=[{_IDEOGRAPHIC}]) (?=[{_IDEOGRAPHIC}])")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]+")
_QUOTED = re.compile(r'["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)|([^\s"“”„«»]+)')
_ASCII_WORD = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a phrase or a prefix that every clause found has.

    words: the words that follow one another in the clause; at least one.
    is_prefix: whether the last of them is only the beginning of a word.
    """

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. matched: whether the part is one of the words that were searched for."""

    text: str
    matched: bool = False


def terms_of(query: str) -> tuple[Term, ...]:
    """Returns the terms of a query, each once, in order.

    query: words, each of which a clause must have; a phrase between quotes, whose words must follow one another; a star
        after a word, or after the last word of a phrase, stands for any end of the word. A word that contains
        punctuation, like `e-mail`, is a phrase. Other signs have no meaning.

    UsageError if the query names no word, or is too long.
    """
    if len(query) > _LONGEST_QUERY:
        raise UsageError(f"the search is longer than {_LONGEST_QUERY} characters; give fewer words")
    terms = []
    for match in _QUOTED.finditer(query):
        text = match[1] if match[1] is not None else match[2]
        term = _term(text)
        if term is not None:
            terms.append(term)
    if not terms:
        raise UsageError(
            'the search names no word: give words, a "phrase" in quotes, or the beginning of a word like collect*'
        )
    if len(terms) > _MOST_TERMS:
        raise UsageError(f"the search has more than {_MOST_TERMS} words; give fewer, or put a phrase in quotes")
    return tuple(dict.fromkeys(terms))


def _term(text: str) -> Term | None:
    text = text.strip()
    is_prefix = text.endswith("*")
    runs = _RUNS.findall(_folded(text))
    words: list[str] = []
    for index, run in enumerate(runs):
        if not _IS_PAIRED.match(run):
            words.append(run[:_LONGEST_WORD])
        elif index < len(runs) - 1:  # the run of the text ends here, too
            words += _pairs(run)
        elif len(run) == 1:
            words.append(run)
            is_prefix = True
        else:
            words += _pairs(run)[:-1]
            is_prefix = False
    return Term(tuple(words), is_prefix) if words else None


def index_words(text: str) -> list[str]:
    """Returns the words of a clause's text in order, for an index. A word that is left out is LEFT_OUT.

    Left out are the words after the first 15,000 or after the first megabyte, and each word after 255 times.
    """
    words = _words(text)[:_MOST_WORDS]
    if len(words) <= _MOST_TIMES:
        return words
    times: dict[str, int] = {}
    size = 0
    for index, word in enumerate(words):
        times[word] = times.get(word, 0) + 1
        size += len(word.encode()) + _BYTES_OF_POSITION
        if size > _MOST_BYTES:
            return words[:index]
        if times[word] > _MOST_TIMES:
            words[index] = LEFT_OUT
    return words


def _words(text: str) -> list[str]:
    if text.isascii():
        return [word[:_LONGEST_WORD] for word in _ASCII_WORD.findall(text.lower())]
    words: list[str] = []
    for run in _RUNS.findall(_folded(text)):
        if _IS_PAIRED.match(run):
            words += _pairs(run)
        else:
            words.append(run[:_LONGEST_WORD])
    return words


def _pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run))]


def scope_words(vendor: str, policy: str) -> list[str]:
    """Returns the words by which an index finds the clauses of a vendor, of all policies with a name, and of a policy.

    No text contains these words.
    """
    return [scope_word(vendor, None), scope_word(None, policy), scope_word(vendor, policy)]


def scope_word(vendor: str | None, policy: str | None) -> str:
    """Returns the one of `scope_words` that a search for a vendor, a policy's name or both needs; '' for neither.

    vendor, policy: slugs. Their hyphens and underscores are replaced, because SQLite divides words at them.
    """
    names = [name and re.sub("[^a-z0-9]", lambda match: chr(0xE100 + ord(match[0])), name) for name in (vendor, policy)]
    return "".join(sign + name for sign, name in zip("\ue001\ue002", names, strict=True) if name)


def pieces(text: str, terms: Sequence[Term]) -> list[Piece]:
    """Returns a text, divided where a term begins or ends in it. The pieces together are the text.

    In rare cases, the text of the pieces is another spelling of the same text: Unicode's composed form (NFC), and wide
    instead of half-width Katakana.
    """
    text = _displayed(text)
    words, spans = _located_words(text)
    marked = bytearray(len(text))
    for term in terms:
        for first in _places(words, term):
            begin, end = spans[first][0], spans[first + len(term.words) - 1][1]
            marked[begin:end] = b"\x01" * (end - begin)
    result = []
    begin = 0
    while begin < len(text):
        end = marked.find(1 - marked[begin], begin)
        end = len(text) if end < 0 else end
        result.append(Piece(text[begin:end], bool(marked[begin])))
        begin = end
    return result


def _places(words: Sequence[str], term: Term) -> list[int]:
    """Returns the indexes of the words at which a term begins."""
    *exact, last = term.words
    length = len(term.words)
    return [
        index
        for index in range(len(words) - length + 1)
        if words[index : index + length - 1] == exact
        and (words[index + length - 1].startswith(last) if term.is_prefix else words[index + length - 1] == last)
    ]


def _located_words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Returns the words of a text as `_words` does, and where each begins and ends in the text.

    text: as `_displayed` returns it.
    """
    wrapped = {match.start() for match in _WRAPPED.finditer(text)}
    parts = ["" if index in wrapped else _FOLDED[ord(character)] for index, character in enumerate(text)]
    begins = list(accumulate(map(len, parts), initial=0))  # of each character of the text, in the folded text
    words: list[str] = []
    spans: list[tuple[int, int]] = []

    def add(word: str, begin: int, end: int) -> None:
        words.append(word)
        spans.append((bisect_right(begins, begin) - 1, bisect_right(begins, end - 1)))

    for match in _RUNS.finditer("".join(parts)):
        run, begin = match[0], match.start()
        if _IS_PAIRED.match(run):
            for index, pair in enumerate(_pairs(run)):
                add(pair, begin + index, begin + index + len(pair))
        else:
            add(run[:_LONGEST_WORD], begin, match.end())
    return words, spans


def _folded(text: str) -> str:
    """Returns the words of a text in their folded form, with a space for everything else."""
    return _WRAPPED.sub("", _displayed(text)).translate(_FOLDED)


def _displayed(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _HALF_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))


class _Folded(dict[int, str]):
    """The folded form of each character that was asked for, by its code point."""

    def __missing__(self, code: int) -> str:
        folded = "".join(map(_folded_part, unicodedata.normalize("NFKC", chr(code)).casefold()))
        self[code] = folded
        return folded


def _folded_part(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":  # soft hyphens, joiners, spaces without width: they stand within words
        return ""
    if category[0] not in "LNM":
        return " "
    base, *marks = list(unicodedata.normalize("NFD", character))
    if "\u0300" <= base <= "\u036f":  # an accent that belongs to no composed letter
        return ""
    is_latin_or_greek = base < "\u0400" or "\u1e00" <= base < "\u2000"
    return base if marks and is_latin_or_greek else character


_FOLDED = _Folded()
