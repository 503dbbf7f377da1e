"""Says in a line what changed between two neighbouring versions, from the step that is kept between them."""

from collections import Counter
from collections.abc import Sequence

from core.changes import SIGNIFICANCES, Significance
from core.lineage import Link, Step
from core.plurals import plural

# A line names at most this many changed numbers.
_NUMBERS = 2


def change_line(step: Step) -> str:
    """Returns what changed in a step: `3 substantive changes: 2 modified, 1 number (30 → 90 days); 4 editorial`.

    Numbers are in the vendor's own characters: whoever shows the line must make it printable. '' if nothing changed, or
    if there is no version before.
    """
    if step.opens or not step.links:
        return ""
    parts: list[str] = []
    for significance in SIGNIFICANCES:
        links = [link for link in step.links if link.significance == significance]
        if links and not parts:
            parts.append(_first_part(significance, links))
        elif links:
            parts.append(f"{len(links)} {significance}")
    return "; ".join(parts)


def _first_part(significance: Significance, links: Sequence[Link]) -> str:
    count = plural(len(links), f"{significance} change")
    if significance != "substantive":
        return count
    kinds = Counter(map(_kind, links))
    named = [
        plural(count, kind) if kind in ("number", "link") else f"{count} {kind}" for kind, count in kinds.most_common()
    ]
    pairs = [*dict.fromkeys(side_by_side(*pair) for link in links for pair in link.numbers)]
    numbers = f" ({', '.join(pairs[:_NUMBERS])}{', …' if len(pairs) > _NUMBERS else ''})" if pairs else ""
    return f"{count}: {', '.join(named)}{numbers}"


def _kind(link: Link) -> str:
    """Returns the kind of a substantive change in words, as reports name it."""
    if link.kind == "factual" and link.numbers:
        return "number"
    return "link" if link.kind == "cosmetic" else link.kind.replace("_", " and ")


def side_by_side(old: str, new: str) -> str:
    """Returns an old and a new number, with the words they share once: `30 → 90 days`, `Article 9 → 6`."""
    before, after = old.split(), new.split()
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
