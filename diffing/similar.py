"""Pairs of clauses that are alike but not equal, and clauses split in several or merged from several.

Hypotheses (a pair, a split, a merger) are taken best first. A pair within one gap of the clauses that kept their
order needs less likeness than one across gaps: its place speaks for it. Weak pairs come last, when the strong ones
have made the gaps small.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.exact import Pairing
from diffing.likeness import Likeness, Text, candidates, joined, likeness
from diffing.order import Gaps, Pair, heaviest_chain

# Measured on policies with known edits: under these a pair is more often two clauses than one changed.
_IN_PLACE, _AMONG_MANY, _STRONG, _ELSEWHERE, _SHORT_ELSEWHERE = 0.28, 0.36, 0.42, 0.42, 0.6
_FEW_RIVALS = 12
_SPLIT, _PIECE, _SHORT_PIECE, _MAYBE_PIECE, _MOST_PIECES = 0.5, 0.5, 0.6, 0.4, 8
_SHORT = 6
_TELLING_IN_PLACE, _TELLING, _CONTAINED, _CONTAINED_IN = 4, 10, 0.9, 0.3
# A heading seldom becomes a sentence.
_OTHER_KIND = 0.15
# Words that may stand between a short part and the next one.
_SLACK = 3
# What explains a clause whole comes before what explains a part of it, the bonus of a pair in place included.
_NEAR_BONUS, _BESIDE_BONUS, _WHOLE_BONUS = 0.08, 0.06, 0.16
# A gap of so many pairs is measured whole; a larger one by the rare words its clauses share.
_WHOLE_GAP = 600
# With so many pairs, single words are too common to look candidates up by.
_VERY_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Match:
    """Clauses of the old side that became clauses of the new: one and one, one and several, or several and one.

    likeness: from 0 to 1; 1 for equal keys.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    likeness: float


def similar(
    pairing: Pairing,
    old: dict[int, Text],
    new: dict[int, Text],
    headings: tuple[set[int], set[int]],
    banned: set[tuple[tuple[int, ...], tuple[int, ...]]],
) -> list[Match]:
    """The matches among the free clauses, whose words are given by position.

    headings: the positions of the headings on either side.
    banned: what turned out not to be believable.
    """
    old_headings, new_headings = headings
    if not (old and new):
        return []
    chain = pairing.chain()
    gaps = Gaps(chain)
    measured = _measure(old, new, gaps)
    found: list[Match] = []
    taken_old: set[int] = set()
    taken_new: set[int] = set()

    def take(hypotheses: list[tuple[float, Match]]) -> None:
        for _, match in sorted(hypotheses, key=lambda item: (-item[0], item[1].old, item[1].new)):
            if (
                taken_old.isdisjoint(match.old)
                and taken_new.isdisjoint(match.new)
                and (match.old, match.new) not in banned
            ):
                found.append(match)
                taken_old.update(match.old)
                taken_new.update(match.new)

    strong = [*_pieces(old, new, measured)]
    for (i, j), like in measured.items():
        near = gaps.of_old(i) == gaps.of_new(j)
        beside = pairing.new_of.get(i - 1) == j - 1 or pairing.new_of.get(i + 1) == j + 1
        short = min(len(old[i].letters), len(new[j].letters)) < _SHORT
        least = _STRONG if near or beside else _SHORT_ELSEWHERE if short else _ELSEWHERE
        if _stands_whole(old[i], new[j], like, near or beside):
            least = 0.0 if near else _CONTAINED_IN
        elif (i in old_headings) != (j in new_headings):
            least += _OTHER_KIND
        if like.both >= least:
            strong.append((like.both + _NEAR_BONUS * near + _BESIDE_BONUS * beside, Match((i,), (j,), like.both)))
    take(strong)

    pairs = chain + [(match.old[0], match.new[0]) for match in found]
    kept = heaviest_chain(pairs, [pairing.old_weights[i] for i, _ in pairs])
    gaps = Gaps([pairs[at] for at in kept])
    rivals = Counter(gaps.of_old(i) for i in old if i not in taken_old)
    rivals.update(gaps.of_new(j) for j in new if j not in taken_new)
    weak = []
    for (i, j), like in measured.items():
        gap = gaps.of_old(i)
        least = _IN_PLACE if rivals[gap] <= _FEW_RIVALS else _AMONG_MANY
        if (i in old_headings) != (j in new_headings):
            least += _OTHER_KIND
        if like.both >= least and gap == gaps.of_new(j):
            weak.append((like.both, Match((i,), (j,), like.both)))
    take(weak)
    return found


def _stands_whole(old: Text, new: Text, like: Likeness, in_place: bool) -> bool:
    """Whether a clause stands whole in a longer one: it got a sentence more, or lost the others."""
    shorter, longer = sorted((old.letters, new.letters), key=lambda letters: (len(letters), letters))
    if in_place and len(shorter) >= _TELLING_IN_PLACE and (longer.startswith(shorter) or longer.endswith(shorter)):
        return True
    contained = like.both >= _CONTAINED_IN and max(like.of_old, like.of_new) >= _CONTAINED
    return contained and len(shorter) >= (_TELLING_IN_PLACE if in_place else _TELLING)


def _measure(old: dict[int, Text], new: dict[int, Text], gaps: Gaps) -> dict[Pair, Likeness]:
    """How alike the pairs are that may be one another's; the others are left out."""
    worth = candidates(old, new, pairs_of_words=len(old) * len(new) > _VERY_MANY)
    for gap_old, gap_new in gaps.members(list(old), list(new)):
        if len(gap_old) * len(gap_new) <= _WHOLE_GAP:
            worth.update((i, j) for i in gap_old for j in gap_new)
    measured = {}
    for i, j in sorted(worth):
        like = likeness(old[i], new[j], 0.2)
        if like.both >= _IN_PLACE or like.of_old >= _MAYBE_PIECE or like.of_new >= _MAYBE_PIECE:
            measured[i, j] = like
    return measured


def _pieces(old: dict[int, Text], new: dict[int, Text], measured: dict[Pair, Likeness]) -> list[tuple[float, Match]]:
    """Splits and mergers: runs of clauses of one side, most of each of which stands in one clause of the other."""
    parts_of_old: defaultdict[int, dict[int, float]] = defaultdict(dict)
    parts_of_new: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for (i, j), like in measured.items():
        if like.of_new >= _MAYBE_PIECE:
            parts_of_old[i][j] = like.both
        if like.of_old >= _MAYBE_PIECE:
            parts_of_new[j][i] = like.both
    found = []
    for i, parts in sorted(parts_of_old.items()):
        found += [(both + _WHOLE_BONUS, Match((i,), run, both)) for run, both in _runs(old[i], new, parts)]
    for j, parts in sorted(parts_of_new.items()):
        found += [(both + _WHOLE_BONUS, Match(run, (j,), both)) for run, both in _runs(new[j], old, parts)]
    return found


def _runs(whole: Text, texts: dict[int, Text], alone: dict[int, float]) -> list[tuple[tuple[int, ...], float]]:
    """The runs of parts that together make up the whole better than any of them alone, with their likeness.

    alone: how alike each part by itself is to the whole.
    """
    runs: list[list[int]] = []
    for part in sorted(alone):
        # One clause may have been put in between, if it has no other side itself.
        if runs and (part - runs[-1][-1] == 1 or (part - runs[-1][-1] == 2 and part - 1 in texts)):
            runs[-1].append(part)
        else:
            runs.append([part])
    found = []
    for run in runs:
        settled = _settled(whole, texts, [part for part in range(run[0], run[-1] + 1) if part in texts])
        if settled is not None:
            parts, both = settled
            if both >= _SPLIT and both > max(alone.get(part, 0.0) for part in parts):
                found.append((tuple(parts), both))
    return found


def _settled(whole: Text, texts: dict[int, Text], parts: list[int]) -> tuple[list[int], float] | None:
    """The parts that are believable together, those beside them included; None if fewer than two are."""
    while 2 <= len(parts) <= _MOST_PIECES:
        both, believable = _together(whole, [texts[part] for part in parts])
        if all(believable):
            break
        kept = [part for part, believed in zip(parts, believable, strict=True) if believed]
        if any(after - before > 2 for before, after in pairwise(kept)):
            return None
        parts = kept
    else:
        return None
    for beside in (parts[0] - 1, parts[-1] + 1):
        wider = sorted([*parts, beside])
        if beside in texts and len(wider) <= _MOST_PIECES:
            both_wider, believable = _together(whole, [texts[part] for part in wider])
            if all(believable) and both_wider > both:
                parts, both = wider, both_wider
    return parts, both


def _together(whole: Text, parts: Sequence[Text]) -> tuple[float, list[bool]]:
    """How alike the whole and the parts together are, and which parts are believable as parts of it.

    Half of a part must stand in the whole, in its turn; of a short part more, together and with little between
    it and the next part, since a few words stand in many clauses.
    """
    together = joined(parts)
    blocks = [
        (code.src_start, code.src_end, code.dest_start, code.dest_end)
        for code in LCSseq.opcodes(whole.letters, together.letters)
        if code.tag == "equal"
    ]
    both, believable = 0.0, []
    start = 0
    for part in parts:
        end = start + len(part.letters)
        inside = [(a + max(c, start) - c, a + min(d, end) - c) for a, _, c, d in blocks if c < end and d > start]
        common = sum(
            together.sums[min(d, end)] - together.sums[max(c, start)] for _, _, c, d in blocks if c < end and d > start
        )
        both += common
        if len(part.letters) >= _SHORT:
            believable.append(common >= _PIECE * part.weight)
        else:
            before = max((b if d <= start else a + start - c for a, b, c, d in blocks if c < start), default=0)
            after = min(
                (a if c >= end else a + end - c for a, _, c, d in blocks if d > end), default=len(whole.letters)
            )
            believable.append(
                common >= _SHORT_PIECE * part.weight
                and inside[-1][1] - inside[0][0] <= len(part.letters) + _SLACK
                and inside[0][0] - before <= _SLACK
                and after - inside[-1][1] <= _SLACK
            )
        start = end
    return 2 * both / (whole.weight + together.weight), believable
