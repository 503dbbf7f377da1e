"""Measures the comparison on patterns of redesigns that ../shared/gold.py does not make.

    python -m bench.diff.patterns [--n 400] [--seed 1] [--failures PATTERN]

Each pattern is applied once to a real policy: a paragraph becomes a heading and a list, a list becomes the row of a
table, a contents list is dropped, the same lines stand under several headings, a lead-in or the header of a table is
reworded, lines become a paragraph, a heading is reworded, a sentence crosses to the next clause. A pattern is right if
every change that a reader would tell is told, and no other change. Each change is named by its kind and by the
positions of its clauses.

Also prints the confidence of all matches of changed clauses, in ten classes, beside the share of right matches.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.changes import Comparison
from core.clauses import Clause, ClauseKind, Document
from diffing import compare
from diffing.tokenization import sentences, words
from extraction import extract

SHARED = Path(__file__).resolve().parents[3] / "shared"

Told = tuple[str, tuple[int, ...], tuple[int, ...]]
_LINES = ("Name", "E-mail address", "IP address", "Device type", "Postal address", "Time of the visit")
_TITLES = ("How we operate", "Overview", "Further details", "Our approach", "What this means")
_BAR = 40  # characters
_CLOSE_KINDS = {"cosmetic", "factual", "modified"}


@dataclass
class Piece:
    """A clause of a document that is being edited.

    text, kind: the clause.
    origins: the positions of the old clauses from which the clause comes; empty for an added clause.
    kind_of_change: the kind of change that a reader would tell; '' if the clause is unchanged.
    """

    text: str
    kind: ClauseKind
    origins: tuple[int, ...] = ()
    kind_of_change: str = ""


@dataclass
class Draft:
    """A policy before and after an edit.

    old, new: the clauses.
    """

    old: list[Piece]
    new: list[Piece] = field(default_factory=list)

    def told(self) -> set[Told]:
        """Returns the changes that a reader would tell."""
        used: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        kinds: dict[tuple[int, ...], str] = {}
        told: set[Told] = set()
        for position, piece in enumerate(self.new):
            if not piece.origins:
                told.add(("added", (), (position,)))
                continue
            used[piece.origins].append(position)
            kinds[piece.origins] = kinds.get(piece.origins) or piece.kind_of_change
        told.update((kinds[old], old, tuple(new)) for old, new in used.items() if kinds[old])
        kept = {origin for origins in used for origin in origins}
        told.update(("removed", (old,), ()) for old in range(len(self.old)) if old not in kept)
        return told

    def documents(self) -> tuple[Document, Document]:
        """Returns the two documents."""
        old, new = (
            Document(
                None, None, None, tuple(Clause(n, piece.kind, None, (), piece.text) for n, piece in enumerate(side))
            )
            for side in (self.old, self.new)
        )
        return old, new


Chance = random.Random
Pattern = Callable[[list[Piece], Chance, list[str]], Draft | None]


def _copies(old: list[Piece]) -> list[Piece]:
    return [Piece(piece.text, piece.kind, (position,)) for position, piece in enumerate(old)]


def _edited(text: str, share: float, chance: Chance, donor: list[str]) -> str:
    return " ".join(chance.choice(donor) if chance.random() < share else word for word in text.split(" "))


def _place(old: list[Piece], chance: Chance) -> int:
    """Returns a position between two clauses, not below a heading, and not within a list or a table."""
    places = [
        position
        for position in range(2, len(old))
        if old[position - 1].kind == "paragraph" and old[position].kind in ("paragraph", "heading")
    ]
    return chance.choice(places) if places else len(old)


def _insert(old: list[Piece], at: int, pieces: list[Piece]) -> list[Piece]:
    return [*old[:at], *pieces, *old[at:]]


def paragraph_to_list(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """A paragraph becomes a heading, a lead-in and list items; some are edited, and one more item is new."""
    label = chance.choice(("Sign-up details", "Analytics partners", "Orders and returns", "Job applicants"))
    picked = [i for i, piece in enumerate(old) if piece.kind == "paragraph" and len(sentences(piece.text)) >= 3]
    if not picked:
        return None
    at = chance.choice(picked)
    parts = [part.strip() for part in sentences(old[at].text)]
    if min(len(words(part)) for part in parts) < 4 or len(set(parts)) < len(parts):
        return None
    old = [*old[:at], Piece(f"{label}: {old[at].text}", "paragraph"), *old[at + 1 :]]
    draft = Draft(old, _copies(old))
    pieces = [Piece(label, "heading", (at,), "split")]
    for part in parts:
        text = _edited(part, 0.1, chance, donor) if chance.random() < 0.3 else part
        pieces.append(Piece(text, "list_item", (at,), "split"))
    if chance.random() < 0.4:
        pieces.insert(chance.randint(2, len(pieces)), Piece(" ".join(chance.sample(donor, 9)), "list_item"))
    draft.new[at : at + 1] = pieces
    return draft


def sentence_to_list(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """An enumeration within a sentence becomes a lead-in and a list of short items."""
    at = _place(old, chance)
    goods = [" ".join(chance.sample(donor, chance.randint(2, 5))) for _ in range(chance.randint(4, 12))]
    lead_in = "When you " + " ".join(chance.sample(donor, 5)) + " we collect"
    old = _insert(old, at, [Piece(f"{lead_in}: {', '.join(goods)}.", "paragraph")])
    draft = Draft(old, _copies(old))
    draft.new[at : at + 1] = [
        Piece(f"{lead_in}:", "paragraph", (at,), "split"),
        *(Piece(text[0].upper() + text[1:] + ";", "list_item", (at,), "split") for text in goods),
    ]
    return draft


def list_to_row(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The items of a list become the cell of a table's row."""
    runs = [
        (start, start + length)
        for length in (3, 4, 5)
        for start in range(len(old) - length)
        if all(piece.kind == "list_item" for piece in old[start : start + length])
        and old[start - 1].kind != "list_item" != old[start + length].kind
    ]
    if not runs:
        return None
    start, end = chance.choice(runs)
    draft = Draft(old, _copies(old))
    text = "Categories | " + " ".join(piece.text for piece in old[start:end])
    draft.new[start:end] = [Piece(text, "table_row", tuple(range(start, end)), "merged")]
    return draft


def contents_dropped(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """A contents list is dropped. Its items have the texts of the headings."""
    titles = [piece.text for piece in old[2:] if piece.kind == "heading"]
    # In a policy that has a contents list already, a reader could not tell which of the two lists was dropped.
    has_list = any(piece.text in titles for piece in old if piece.kind != "heading")
    if has_list or not 4 <= len(titles) == len(set(titles)):
        return None
    kind: ClauseKind = chance.choice(("list_item", "paragraph"))
    contents = [Piece(title, kind) for title in titles]
    with_contents = _insert(old, 2, contents)
    new = [piece for position, piece in enumerate(_copies(with_contents)) if not 2 <= position < 2 + len(titles)]
    return Draft(with_contents, new)


def repeated_lines(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The same lines stand under several headings. One section loses a line, another section gets one."""
    at = _place(old, chance)
    pieces: list[Piece] = []
    lists = []
    for topic in chance.sample(donor, 5):
        pieces += [Piece(f"Purpose: {topic}", "heading"), Piece(f"For {topic} we use:", "paragraph")]
        lists.append(list(range(len(pieces), len(pieces) + 4)))
        pieces += [Piece(line, "list_item") for line in chance.sample(_LINES, 4)]
    old = _insert(old, at, pieces)
    draft = Draft(old, _copies(old))
    losing, getting = chance.sample(range(5), 2)
    lost = at + chance.choice(lists[losing])
    line = chance.choice([line for line in _LINES if line not in {pieces[n].text for n in lists[getting]}])
    after = at + lists[getting][-1]
    draft.new = [
        part
        for position, piece in enumerate(draft.new)
        if position != lost
        for part in ([piece, Piece(line, "list_item")] if position == after else [piece])
    ]
    return draft


def lead_in_reworded(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The lead-in of a list is reworded, the items stay."""
    at = _place(old, chance)
    items = [Piece(" ".join(chance.sample(donor, chance.randint(2, 8))), "list_item") for _ in range(4)]
    subject = " ".join(chance.sample(donor, 3))
    old = _insert(old, at, [Piece(f"We share with {subject}:", "paragraph"), *items])
    draft = Draft(old, _copies(old))
    draft.new[at] = Piece(
        chance.choice((f"We never share with {subject}:", f"What {subject} may get from us:")),
        "paragraph",
        (at,),
        "modified",
    )
    return draft


def header_reworded(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The header of a table is reworded, and a paragraph is inserted above it. One row is changed."""
    at = _place(old, chance)

    def cells(count: int) -> str:
        return " | ".join(" ".join(chance.sample(donor, count)) for _ in range(3))

    rows = [Piece(cells(4), "table_row") for _ in range(4)]
    header = "Why we use data | Which data we use | Ground in law"
    old = _insert(old, at, [Piece(header, "table_row"), *rows])
    draft = Draft(old, _copies(old))
    changed = at + 1 + chance.randrange(4)
    draft.new[changed] = Piece(old[changed].text + " or " + chance.choice(donor), "table_row", (changed,), "modified")
    draft.new[at] = Piece("Purpose | Kinds of data | Legal basis", "table_row", (at,), "modified")
    draft.new.insert(at, Piece("The table below says why we use data, and which data we use.", "paragraph"))
    return draft


def lines_merged(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The lines of an address become one paragraph, with another address in front of them."""
    at = _place(old, chance)
    company = " ".join(word.capitalize() for word in chance.sample(donor, 2))
    lines = [f"{company} GmbH", "Attn: Data Protection Officer", "Lindenallee 12, 20354 Hamburg", "+49 40 555 0199"]
    old = _insert(old, at, [Piece(line, "paragraph") for line in lines])
    draft = Draft(old, _copies(old))
    text = "Kontor KK, 9th Floor, Plum Tower, Tokyo 104-0001 Japan " + " ".join(lines)
    draft.new[at : at + 4] = [Piece(text, "paragraph", tuple(range(at, at + 4)), "merged")]
    return draft


def heading_reworded(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """A heading is replaced by words that say nothing about the text below."""
    picked = [i for i, piece in enumerate(old[1:-1], 1) if piece.kind == "heading" and old[i + 1].kind == "paragraph"]
    if not picked:
        return None
    at = chance.choice(picked)
    draft = Draft(old, _copies(old))
    draft.new[at] = Piece(chance.choice(_TITLES), "heading", (at,), "modified")
    return draft


def near_before_far(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """An item takes the words of an equal item in another list, and that list is dropped."""
    at = _place(old, chance)
    topics = chance.sample(donor, 3)
    base = "Facts on the " + " ".join(chance.sample(donor, 4))
    longer = f"{base}, and {' '.join(chance.sample(donor, 3))}"
    pieces: list[Piece] = []
    for number, topic in enumerate(topics):
        pieces += [Piece(f"Purpose: {topic}", "heading"), Piece(f"For {topic} we use:", "paragraph")]
        pieces.append(Piece(" ".join(chance.sample(donor, 6)), "list_item"))
        pieces += [Piece((base, longer)[number], "list_item")] if number < 2 else []
    old = _insert(old, at, pieces)
    draft = Draft(old, _copies(old))
    draft.new[at + 3] = Piece(longer, "list_item", (at + 3,), "modified")
    del draft.new[at + 4 : at + 8]
    return draft


def sentence_crosses(old: list[Piece], chance: Chance, donor: list[str]) -> Draft | None:
    """The last sentence of a clause becomes the first of the next clause. Sometimes the first clause gets a new one."""
    picked = [
        i
        for i in range(len(old) - 1)
        if old[i].kind == old[i + 1].kind != "heading"
        and old[i].kind != "table_row"
        and len(sentences(old[i].text)) > 1
        and old[i].text.endswith(".")
    ]
    if not picked:
        return None
    at = chance.choice(picked)
    *staying, last = (sentence.strip() for sentence in sentences(old[at].text))
    if chance.random() < 0.3:
        staying.append(" ".join(chance.sample(donor, 9)) + ".")
    draft = Draft(old, _copies(old))
    draft.new[at] = Piece(" ".join(staying), old[at].kind, (at,), "modified")
    draft.new[at + 1] = Piece(f"{last} {old[at + 1].text}", old[at].kind, (at + 1,), "modified")
    return draft


PATTERNS: tuple[Pattern, ...] = (
    paragraph_to_list,
    sentence_to_list,
    list_to_row,
    contents_dropped,
    repeated_lines,
    lead_in_reworded,
    header_reworded,
    lines_merged,
    heading_reworded,
    near_before_far,
    sentence_crosses,
)


def _is_told(expected: Told, found: set[Told]) -> bool:
    kind, old, new = expected
    return expected in found or (kind == "modified" and any((close, old, new) in found for close in _CLOSE_KINDS))


def main() -> None:
    """Applies each pattern to policies, compares, and prints the shares of right comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--failures", help="print what is wrong in the comparisons of this pattern")
    options = parser.parse_args()

    policies = []
    for path in sorted((SHARED / "policies" / "english").iterdir()):
        clauses = extract(path.read_bytes(), "text/markdown").clauses[:150]
        policies.append([Piece(clause.text, clause.kind) for clause in clauses])
    donors = [sorted({word for piece in policy for word in words(piece.text) if len(word) > 3}) for policy in policies]
    right: defaultdict[str, list[bool]] = defaultdict(list)
    certain: defaultdict[int, list[bool]] = defaultdict(list)
    for number in range(options.n):
        chance = random.Random(f"{options.seed}:{number}")  # noqa: S311 - reproducible texts, no secrets
        pattern = PATTERNS[number % len(PATTERNS)]
        policy, donor = chance.randrange(len(policies)), chance.choice(donors)
        if len(policies[policy]) < 20 or len(donor) < 100:
            continue
        draft = pattern(list(policies[policy]), chance, donor)
        if draft is None:
            continue
        comparison = compare(*draft.documents())
        all_told = _all_told(comparison)
        expected, found = draft.told(), set(all_told)
        missed = {told for told in expected if not _is_told(told, found)}
        extra = {told for told in found if told[0] != "cosmetic" and not any(_is_told(e, {told}) for e in expected)}
        right[pattern.__name__].append(not missed and not extra)
        for change, told in zip(comparison.changes, all_told, strict=True):
            if change.old and change.new and change.kind not in ("moved", "cosmetic", "renumbered"):
                certain[min(9, int(change.confidence * 10))].append(any(_is_told(e, {told}) for e in expected))
        if options.failures == pattern.__name__ and (missed or extra):
            _print_failure(draft, missed, extra)
    print(f"{'pattern':20} {'tried':>6} {'right':>6}")
    for name, results in right.items():
        print(f"{name:20} {len(results):6} {sum(results) / len(results):6.3f}")
    print(f"\n{'confidence':12} {'matches':>8} {'right':>6}")
    for tenth in sorted(certain):
        share = sum(certain[tenth]) / len(certain[tenth])
        bar = "#" * round(_BAR * share)
        print(f"{tenth / 10:.1f} to {(tenth + 1) / 10:.1f}   {len(certain[tenth]):8} {share:6.2f}  {bar}")


def _all_told(comparison: Comparison) -> list[Told]:
    return [
        (change.kind, tuple(clause.position for clause in change.old), tuple(clause.position for clause in change.new))
        for change in comparison.changes
    ]


def _print_failure(draft: Draft, missed: set[Told], extra: set[Told]) -> None:
    print("-" * 60)
    for name, changes in (("expected", missed), ("told", extra)):
        for kind, old, new in sorted(changes):
            print(f"{name}: {kind}")
            for position in old:
                print(f"    - {position} {draft.old[position].kind}: {draft.old[position].text[:140]}")
            for position in new:
                print(f"    + {position} {draft.new[position].kind}: {draft.new[position].text[:140]}")


if __name__ == "__main__":
    main()
