"""The versions before and after a version in a policy's history, for links from page to page."""

from collections.abc import Sequence
from datetime import datetime

from core.lineage import ChainEntry


def entry_of(entries: Sequence[ChainEntry], version_id: str, at: datetime) -> int | None:
    """Returns the index of a version's entry in a chain; None if the version never stood.

    entries: the chain (`diffing.lineage.chain`).
    at: the time of a capture that shows the version. Of several entries, it is the last that begins by then.
    """
    named = [index for index, entry in enumerate(entries) if entry.version_id == version_id]
    begun = [index for index in named if entries[index].first.captured_at <= at]
    return begun[-1] if begun else next(iter(named), None)


def neighbours(entries: Sequence[ChainEntry], index: int | None) -> tuple[ChainEntry | None, ChainEntry | None]:
    """Returns the entries before and after an entry of a chain; None where there is none.

    index: the index of the entry; None if there is no entry.
    """
    if index is None:
        return None, None
    return (entries[index - 1] if index else None), (entries[index + 1] if index + 1 < len(entries) else None)
