"""Says in a line what changed between two neighbouring versions, from the step that is kept between them."""

from collections.abc import Sequence

from core.changes import SIGNIFICANCES
from core.lineage import Link, Step
from core.plurals import plural

# A line names at most this many changed numbers of a kind.
_NUMBERS = 2
_STOPS = ".,;:"
_OPENING, _CLOSING = "([{“«", ")]}”»"


def change_line(step: Step) -> str:
    """Returns what changed in a step: `2 substantive changes: 1 added, 1 number (30 → 90 days); 4 editorial changes`.

    Numbers are in the vendor's own characters: whoever shows the line must make it printable. '' if nothing changed, or
    if there is no version before.
    """
    if step.opens or not step.links:
        return ""
    parts: list[str] = []
    for significance in SIGNIFICANCES:
        links = [link for link in step.links if link.significance == significance]
        if links:
            kinds = f": {_kinds(links)}" if significance == "substantive" else ""
            parts.append(f"{plural(len(links), f'{significance} change')}{kinds}")
    return "; ".join(parts)


def counted_kind(count: int, kind: str) -> str:
    """Returns a number of changes of a kind: `2 modified`, `2 numbers`. kind: as reports name it."""
    return plural(count, kind) if kind in ("number", "link", "detail") else f"{count} {kind}"


def _kinds(links: Sequence[Link]) -> str:
    """Returns how many substantive changes there are of each kind, each kind with the numbers that changed in it."""
    by_kind: dict[str, list[Link]] = {}
    for link in links:
        by_kind.setdefault(_kind(link), []).append(link)
    named = []
    for kind, of_kind in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        pairs = [*dict.fromkeys(side_by_side(*pair) for link in of_kind for pair in link.numbers)]
        numbers = f" ({', '.join(pairs[:_NUMBERS])}{', …' if len(pairs) > _NUMBERS else ''})" if pairs else ""
        named.append(f"{counted_kind(len(of_kind), kind)}{numbers}")
    return ", ".join(named)


def _kind(link: Link) -> str:
    """Returns the kind of a substantive change in words, as reports name it."""
    if link.kind == "factual":
        return "number" if link.numbers else "detail"
    return "link" if link.kind == "cosmetic" else link.kind.replace("_", " and ")


def side_by_side(old: str, new: str) -> str:
    """Returns an old and a new number, with the words they share once: `30 → 90 days`, `Article 9 → 6`.

    Punctuation around them is left out, unless nothing else differs.
    """
    bare = _bare(old), _bare(new)
    before, after = (text.split() for text in (bare if bare[0] != bare[1] else (old, new)))
    shorter = min(len(before), len(after)) - 1
    front = 0
    while front < shorter and before[front] == after[front] and before[front].isalpha():
        front += 1
    back = 0
    while back < shorter - front and before[-1 - back] == after[-1 - back]:
        back += 1
    while back and not before[-back].isalpha():
        back -= 1  # 25 000 → 50 000 euros
    return f"{' '.join(before[: len(before) - back])} → {' '.join(after[front:])}"


def _bare(text: str) -> str:
    """Returns a text without the punctuation at its ends. A bracket stays if its other half is in the text."""
    while text and (text[-1] in _STOPS or (text[-1] in _CLOSING and not _is_paired(text, len(text) - 1))):
        text = text[:-1].rstrip()
    while text and text[0] in _OPENING and not _is_paired(text, 0):
        text = text[1:].lstrip()
    return text


def _is_paired(text: str, index: int) -> bool:
    bracket = text[index]
    if bracket in _CLOSING:
        other = _OPENING[_CLOSING.index(bracket)]
        return text.count(other) >= text.count(bracket)
    return text.count(_CLOSING[_OPENING.index(bracket)]) >= text.count(bracket)
