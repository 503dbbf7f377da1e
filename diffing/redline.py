"""Makes redlines. A redline shows the words that were deleted from a text, and the words that were inserted.

There are three steps. The first step aligns the sentences of the two texts. The second step aligns the words of the
sentences that differ. The third step, the semantic cleanup of diff-match-patch, joins edits that a person would see as
one edit. Each step works on whole words, so no edit begins or ends inside a word.
"""

from collections.abc import Sequence
from itertools import groupby

from diff_match_patch import diff_match_patch
from rapidfuzz.distance import LCSseq

from core.changes import Redline, RedlineOperation
from diffing.common_words import RUN, anchors
from diffing.tokenization import sentences, tokens

_DELETE, _EQUAL, _INSERT = -1, 0, 1
_OPERATION: dict[int, RedlineOperation] = {_DELETE: "delete", _EQUAL: "equal", _INSERT: "insert"}
# Upper limit, in bits, of the matrix with which the longest common subsequence of two texts is computed: 8 MB. If two
# texts need a larger matrix, both texts are cut at runs of RUN words that occur exactly once in each text.
_MATRIX_BITS = 64_000_000
# The semantic cleanup works on one stretch of parts at a time. After _STRETCH parts, a stretch ends at the next equal
# part with at least _LONG_EQUAL words. After _LONGEST_STRETCH parts, it ends at the next equal part of any length.
_STRETCH, _LONGEST_STRETCH, _LONG_EQUAL = 100, 200, 30
# The code points with which `_WordCodec` encodes words. Ideographs come first, because diff-match-patch treats
# ideographs as letters. If there are more words than ideographs, code points for private use are added.
_LETTERS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0xF0000, 0x10FFFD))

Part = tuple[int, str]


def redline(old: str, new: str) -> tuple[Redline, bool]:
    """Returns the redline of two texts, and whether the redline is coarse.

    The deleted and the equal parts, joined in order, are the old text. The inserted and the equal parts, joined in
    order, are the new text. In the redline, one space replaces each run of white space.

    A coarse redline shows some very long passages as replaced, although only a few of their words may have changed.
    """
    old, new = " ".join(old.split()), " ".join(new.split())
    if old == new:
        return ((("equal", old),) if old else ()), False
    if new < old:
        parts, coarse = _parts(new, old)
        parts = [(-operation, text) for operation, text in parts]
    else:
        parts, coarse = _parts(old, new)
    return tuple((_OPERATION[operation], text) for operation, text in _tidy(parts)), coarse


def _parts(old: str, new: str) -> tuple[list[Part], bool]:
    before, after = sentences(old), sentences(new)
    # Most sentences of a long clause don't change. The sentences beside the first and the last change stay, since an
    # edit may be shifted into them.
    start, end = _in_common(before, after), _in_common(before[::-1], after[::-1])
    start = max(0, start - 1)
    end = max(0, min(end, len(before) - start, len(after) - start) - 1)
    parts, coarse = _parts_of_sentences(before[start : len(before) - end], after[start : len(after) - end])
    return [
        (_EQUAL, "".join(before[:start])),
        *parts,
        (_EQUAL, "".join(before[len(before) - end :])),
    ], coarse


def _in_common(old: Sequence[str], new: Sequence[str]) -> int:
    """Returns the number of first sentences that two texts have in common."""
    return next(
        (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )


def _parts_of_sentences(old: Sequence[str], new: Sequence[str]) -> tuple[list[Part], bool]:
    codec = _WordCodec()
    try:
        before, after = [codec.encode(sentence) for sentence in old], [codec.encode(sentence) for sentence in new]
    except _TooManyWordsError:
        return [(_DELETE, "".join(old)), (_INSERT, "".join(new))], True
    blocks: list[tuple[str, str, bool]] = []
    old_sentences, new_sentences = _numbered(before, after)
    coarse = False
    if len(before) * len(after) > _MATRIX_BITS:
        opcodes = [("replace", 0, len(before), 0, len(after))]
    else:
        opcodes = [
            (code.tag, code.src_start, code.src_end, code.dest_start, code.dest_end)
            for code in LCSseq.opcodes(old_sentences, new_sentences)
        ]
    for tag, a, b, c, d in opcodes:
        blocks.append(("".join(before[a:b]), "".join(after[c:d]), tag == "equal"))
    parts: list[Part] = []
    for equal, run in groupby(blocks, key=lambda block: block[2]):
        pairs = list(run)
        old_run, new_run = "".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)
        if equal:
            parts.append((_EQUAL, old_run))
        else:
            finer, run_is_coarse = _by_words(old_run, new_run)
            parts.extend(finer)
            coarse = coarse or run_is_coarse
    return [(operation, codec.decode(text)) for operation, text in _cleaned(parts)], coarse


def _cleaned(parts: list[Part]) -> list[Part]:
    """Returns the parts after the semantic cleanup of diff-match-patch.

    The cleanup joins edits that have little text between them. The cleanup takes quadratic time, so the parts are
    cleaned stretch by stretch. If possible, a stretch ends after a long equal part. The cleanup seldom joins edits
    across a long equal part, so cutting there hardly changes the result.
    """
    differ = diff_match_patch()
    cleaned: list[Part] = []
    stretch: list[Part] = []
    for number, part in enumerate(parts, 1):
        stretch.append(part)
        long_enough = _STRETCH if len(part[1]) >= _LONG_EQUAL else _LONGEST_STRETCH
        if (part[0] == _EQUAL and len(stretch) >= long_enough) or number == len(parts):
            differ.diff_cleanupMerge(stretch)
            differ.diff_cleanupSemantic(stretch)
            cleaned.extend(stretch)
            stretch = []
    return [part for part in cleaned if part[1]]


class _TooManyWordsError(Exception):
    """Two texts have more different words than there are letters (`_LETTERS`): about 200,000."""


class _WordCodec:
    """Encodes each word as one letter. Algorithms for letters can then be used for words."""

    def __init__(self) -> None:
        self._letters = (chr(point) for first, last in _LETTERS for point in range(first, last + 1))
        self._letter_of: dict[str, str] = {}
        self._word_of: dict[str, str] = {}

    def encode(self, text: str) -> str:
        return "".join([self._letter_of.get(token) or self._new(token) for token in tokens(text)])

    def _new(self, token: str) -> str:
        # Spaces and punctuation are encoded as themselves, because diff-match-patch prefers to begin and end edits at
        # spaces and punctuation.
        is_kept = len(token) == 1 and not token.isalnum() and ord(token) < 0xF0000
        letter = token if is_kept else next(self._letters, "")
        if not letter:
            raise _TooManyWordsError
        self._letter_of[token] = letter
        self._word_of[letter] = token
        return letter

    def decode(self, letters: str) -> str:
        return "".join([self._word_of[letter] for letter in letters])


def _numbered(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """Returns both lists of sentences as lists of numbers. Equal sentences get equal numbers."""
    numbers: dict[str, int] = {}
    return (
        [numbers.setdefault(sentence, len(numbers)) for sentence in old],
        [numbers.setdefault(sentence, len(numbers)) for sentence in new],
    )


def _by_words(old: str, new: str) -> tuple[list[Part], bool]:
    """Aligns two encoded texts word by word. Returns the parts of their redline, and whether the redline is coarse.

    old, new: texts with one letter for each word (`_WordCodec`).
    """
    if not old or not new:
        return [part for part in ((_DELETE, old), (_INSERT, new)) if part[1]], False
    if len(old) * len(new) > _MATRIX_BITS:
        return _between_anchors(old, new)
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


def _between_anchors(old: str, new: str) -> tuple[list[Part], bool]:
    """Aligns two encoded texts that are too long for one matrix.

    The texts are cut at runs of words that occur exactly once in each text. Returns the parts of the redline, and
    whether the redline is coarse. It is coarse if two pieces between neighbouring cuts are still too long to be
    aligned; such pieces appear as deleted and inserted as a whole.
    """
    parts: list[Part] = []
    coarse = False
    i = j = 0
    for old_start, new_start in [*anchors(old, new), (len(old), len(new))]:
        if old_start < i or new_start < j:
            continue
        size = (old_start - i) * (new_start - j)
        if old_start < len(old) and size < _MATRIX_BITS // 64 and size != 0:
            continue
        deleted, inserted = old[i:old_start], new[j:new_start]
        if size > _MATRIX_BITS:
            coarse = True
            parts.extend(part for part in ((_DELETE, deleted), (_INSERT, inserted)) if part[1])
        else:
            parts.extend(_by_words(deleted, inserted)[0])
        if old_start < len(old):
            parts.append((_EQUAL, old[old_start : old_start + RUN]))
            i, j = old_start + RUN, new_start + RUN
    return parts, coarse


def _tidy(parts: list[Part]) -> list[Part]:
    """Puts deletions before insertions between two equal parts, and joins neighbouring parts of the same operation."""
    tidy: list[Part] = []
    for equal, run in groupby(parts, key=lambda part: part[0] == _EQUAL):
        group = list(run)
        for operation in (_EQUAL,) if equal else (_DELETE, _INSERT):
            text = "".join(part[1] for part in group if part[0] == operation)
            if text:
                tidy.append((operation, text))
    return tidy
