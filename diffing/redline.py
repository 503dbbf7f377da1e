"""Redlines: what was struck out of a text and what was written in.

Sentences are aligned first, then the words of those that differ; diff-match-patch's semantic cleanup joins what a
reader would see as one edit. All of it works on whole words, so no word is ever cut.
"""

from collections.abc import Sequence
from itertools import groupby

from diff_match_patch import diff_match_patch
from rapidfuzz.distance import LCSseq

from core.changes import Redline, RedlineOperation
from diffing.order import heaviest_chain
from diffing.words import sentences, tokens

_DELETE, _EQUAL, _INSERT = -1, 0, 1
_OPERATION: dict[int, RedlineOperation] = {_DELETE: "delete", _EQUAL: "equal", _INSERT: "insert"}
# The bit matrix of one longest common subsequence: 8 MB at most. Beyond, runs of words found once on each side cut it.
_MATRIX_BITS = 64_000_000
_RUN = 6
_STRETCH, _LONGEST_STRETCH, _LONG_KEPT = 100, 200, 30
# Letters for words: ideographs, which diff-match-patch takes for letters as it does words; then private use.
_LETTERS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0xF0000, 0x10FFFD))

Part = tuple[int, str]


def redline(old: str, new: str) -> tuple[Redline, bool]:
    """The parts kept, deleted and inserted, and whether they are coarser than usual because of the texts' size.

    Delete + equal are the old text, insert + equal the new, white space aside (it is shown as single spaces).
    """
    old, new = " ".join(old.split()), " ".join(new.split())
    if new < old:
        parts, coarse = _parts(new, old)
        parts = [(-operation, text) for operation, text in parts]
    else:
        parts, coarse = _parts(old, new)
    return tuple((_OPERATION[operation], text) for operation, text in _tidy(parts)), coarse


def _parts(old: str, new: str) -> tuple[list[Part], bool]:
    codes = _Codes()
    before, after = _cut(old, codes), _cut(new, codes)
    blocks: list[tuple[str, str, bool]] = []
    old_sentences, new_sentences = _numbered(before, after)
    coarse = False
    if len(before) * len(after) > _MATRIX_BITS:
        opcodes = [("replace", 0, len(before), 0, len(after))]
    else:
        found = LCSseq.opcodes(old_sentences, new_sentences)
        opcodes = [(code.tag, code.src_start, code.src_end, code.dest_start, code.dest_end) for code in found]
    for tag, a, b, c, d in opcodes:
        blocks.append(("".join(before[a:b]), "".join(after[c:d]), tag == "equal"))
    parts: list[Part] = []
    for equal, run in groupby(blocks, key=lambda block: block[2]):
        pairs = list(run)
        gone, come = "".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)
        if equal:
            parts.append((_EQUAL, gone))
        else:
            finer, cut_short = _by_words(gone, come)
            parts.extend(finer)
            coarse = coarse or cut_short
    return [(operation, codes.decode(text)) for operation, text in _cleaned(parts)], coarse


def _cleaned(parts: list[Part]) -> list[Part]:
    """The parts after diff-match-patch's semantic cleanup, which joins edits that have little between them.

    Done in stretches, since its time is squared; they end at something long kept, which no cleanup would take away.
    """
    differ = diff_match_patch()
    cleaned: list[Part] = []
    stretch: list[Part] = []
    for at, part in enumerate(parts, 1):
        stretch.append(part)
        long_enough = _STRETCH if len(part[1]) >= _LONG_KEPT else _LONGEST_STRETCH
        if (part[0] == _EQUAL and len(stretch) >= long_enough) or at == len(parts):
            differ.diff_cleanupMerge(stretch)
            differ.diff_cleanupSemantic(stretch)
            cleaned.extend(stretch)
            stretch = []
    return [part for part in cleaned if part[1]]


class _Codes:
    """One letter for each word, so that whatever works on letters works on words."""

    def __init__(self) -> None:
        self._letters = (chr(point) for first, last in _LETTERS for point in range(first, last + 1))
        self._letter_of: dict[str, str] = {}
        self._word_of: dict[str, str] = {}

    def encode(self, text: str) -> str:
        return "".join([self._letter_of.get(token) or self._new(token) for token in tokens(text)])

    def _new(self, token: str) -> str:
        # What is no letter stays itself: diff-match-patch looks for white space and punctuation to cut at.
        itself = len(token) == 1 and not token.isalnum() and ord(token) < 0xF0000
        letter = token if itself else next(self._letters)
        self._letter_of[token] = letter
        self._word_of[letter] = token
        return letter

    def decode(self, letters: str) -> str:
        return "".join([self._word_of[letter] for letter in letters])


def _cut(text: str, codes: _Codes) -> list[str]:
    return [codes.encode(sentence) for sentence in sentences(text)]


def _numbered(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """Sentences as numbers; the space after the last one makes no difference."""
    numbers: dict[str, int] = {}
    return (
        [numbers.setdefault(sentence, len(numbers)) for sentence in old],
        [numbers.setdefault(sentence, len(numbers)) for sentence in new],
    )


def _by_words(old: str, new: str) -> tuple[list[Part], bool]:
    """The parts of two runs of letters, and whether some were taken whole."""
    if not old or not new:
        return [part for part in ((_DELETE, old), (_INSERT, new)) if part[1]], False
    if len(old) * len(new) > _MATRIX_BITS:
        return _between_runs(old, new)
    parts: list[Part] = []
    for code in LCSseq.opcodes(old, new):
        if code.tag == "equal":
            parts.append((_EQUAL, old[code.src_start : code.src_end]))
            continue
        if code.src_end > code.src_start:
            parts.append((_DELETE, old[code.src_start : code.src_end]))
        if code.dest_end > code.dest_start:
            parts.append((_INSERT, new[code.dest_start : code.dest_end]))
    return parts, False


def _between_runs(old: str, new: str) -> tuple[list[Part], bool]:
    """Two runs too long for one matrix: cut at runs of words that stand once in each, or else taken whole."""
    anchors = sorted((here, there) for here, there in _unique_runs(old, new))
    kept = heaviest_chain(anchors, [1] * len(anchors))
    parts: list[Part] = []
    coarse = False
    i = j = 0
    for here, there in [*(anchors[at] for at in sorted(kept)), (len(old), len(new))]:
        if here < i or there < j:
            continue
        size = (here - i) * (there - j)
        if here < len(old) and size < _MATRIX_BITS // 64 and size != 0:
            continue
        gone, come = old[i:here], new[j:there]
        if size > _MATRIX_BITS:
            coarse = True
            parts.extend(part for part in ((_DELETE, gone), (_INSERT, come)) if part[1])
        else:
            parts.extend(_by_words(gone, come)[0])
        if here < len(old):
            parts.append((_EQUAL, old[here : here + _RUN]))
            i, j = here + _RUN, there + _RUN
    return parts, coarse


def _unique_runs(old: str, new: str) -> list[tuple[int, int]]:
    places: list[dict[str, int]] = []
    for text in (old, new):
        seen: dict[str, int] = {}
        for at in range(len(text) - _RUN + 1):
            run = text[at : at + _RUN]
            seen[run] = -1 if run in seen else at
        places.append(seen)
    return [(at, places[1][run]) for run, at in places[0].items() if at >= 0 and places[1].get(run, -1) >= 0]


def _tidy(parts: list[Part]) -> list[Part]:
    """Neighbours of one operation joined; between two kept parts, what is struck out before what is written in."""
    tidy: list[Part] = []
    for equal, run in groupby(parts, key=lambda part: part[0] == _EQUAL):
        group = list(run)
        for operation in (_EQUAL,) if equal else (_DELETE, _INSERT):
            text = "".join(part[1] for part in group if part[0] == operation)
            if text:
                tidy.append((operation, text))
    return tidy
