"""Finds out when a policy had each of its clauses, from the periods that stand."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clauses import Clause, Document
from diffing.sameness import text_key


@dataclass(frozen=True, slots=True)
class HeldText:
    """When a policy had a text.

    version_id: the first version that has the text.
    spans: for each time in which the policy had it, oldest first, when a period with the text began, and when the
        following period without it began; None if there is no such period.
    """

    version_id: str
    spans: tuple[tuple[datetime, datetime | None], ...]


def clauses_by_text(document: Document) -> dict[str, Clause]:
    """Returns the first clause of each distinct text of a document, by `text_key`, without wholly volatile texts."""
    clauses: dict[str, Clause] = {}
    for clause in document.clauses:
        clauses.setdefault(text_key(clause.text), clause)
    clauses.pop("", None)
    return clauses


def held_texts(periods: Iterable[tuple[str, datetime, Set[str]]]) -> dict[str, HeldText]:
    """Returns when a policy had each of its texts, by `text_key`.

    periods: for each period that stands, oldest first, the version's id, the time of the period's first capture, and
        the keys of the version's texts.
    """
    first_versions: dict[str, str] = {}
    spans: dict[str, list[tuple[datetime, datetime | None]]] = {}
    present: Set[str] = frozenset()
    for version_id, begin, keys in periods:
        for key in present - keys:
            spans[key][-1] = (spans[key][-1][0], begin)
        for key in keys - present:
            first_versions.setdefault(key, version_id)
            spans.setdefault(key, []).append((begin, None))
        present = keys
    return {key: HeldText(first_versions[key], tuple(key_spans)) for key, key_spans in spans.items()}


def merged(
    spans: Iterable[tuple[datetime, datetime | None]], within: timedelta = timedelta()
) -> tuple[tuple[datetime, datetime | None], ...]:
    """Returns the times in which any of several spans holds, oldest first. The spans are as for `HeldText`.

    within: gaps of at most this length don't count.
    """
    result: list[tuple[datetime, datetime | None]] = []
    for begin, gone in sorted(spans, key=lambda span: span[0]):
        if result and ((end := result[-1][1]) is None or begin <= end + within):
            result[-1] = (result[-1][0], None if end is None or gone is None else max(end, gone))
        else:
            result.append((begin, gone))
    return tuple(result)
