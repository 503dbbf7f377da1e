"""Says in a line what changed between two neighbouring versions, from the comparison that is kept of them."""

from collections import Counter
from collections.abc import Iterable

from core.changes import CHANGE_KINDS, SIGNIFICANCES, ChangeKind
from core.escaping import escape_line
from core.lineage import Link, Step
from core.plurals import plural

# The changed numbers that are named, and the length at which one is cut off.
_NUMBERS = 2
_LONGEST = 40

_KIND_WORDS: dict[ChangeKind, str] = {"moved_modified": "moved and modified", "cosmetic": "link", "factual": "number"}


def change_line(step: Step) -> str:
    """Returns what changed, in a line: `5 substantive changes: 3 modified, 2 added (30 days → 90 days); 4 editorial`.

    step: the comparison. The counts are those of a report's summary. The line has no stop at its end, and no control
    characters.
    """
    groups = {name: [link for link in step.links if link.significance == name] for name in SIGNIFICANCES}
    substantive = groups["substantive"]
    others = ", ".join(f"{len(groups[name])} {name}" for name in SIGNIFICANCES[1:] if groups[name])
    if not step.links:
        return "no clause changed"
    if not substantive:
        return f"no substantive change: {others}"
    counts = Counter(link.kind for link in substantive)
    kinds = ", ".join(f"{counts[kind]} {_KIND_WORDS.get(kind, kind)}" for kind in CHANGE_KINDS if counts[kind])
    numbers = _numbers(substantive)
    line = f"{plural(len(substantive), 'substantive change')}: {kinds}{f' ({numbers})' if numbers else ''}"
    return f"{line}; {others}" if others else line


def _numbers(links: Iterable[Link]) -> str:
    pairs = dict.fromkeys(pair for link in links for pair in link.numbers)
    named = [f"{_short(old)} → {_short(new)}" for old, new in list(pairs)[:_NUMBERS]]
    more = [plural(len(pairs) - _NUMBERS, "more number")] if len(pairs) > _NUMBERS else []
    return "; ".join(named + more)


def _short(text: str) -> str:
    escaped = escape_line(" ".join(text.split()))
    return escaped if len(escaped) <= _LONGEST else f"{escaped[: _LONGEST - 1]}…"
