"""Selects what a digest tells a subscriber: which changes are wanted, and which are told as one."""

from collections.abc import Iterator, Mapping, Sequence

from core.changes import SIGNIFICANCES, Comparison, Significance
from core.history import Announcement
from core.preferences import Preferences, mentioned
from reports.digest_email import DigestEntry

# A comparison without a change of a clause counts as volatile: somebody who wants all changes is told of it.
_LEAST: Significance = "volatile"


def worth_of(comparison: Comparison, words: frozenset[str]) -> Mapping[Significance, frozenset[str]]:
    """Returns the significances that the changes of a comparison have, each with the words that those changes mention.

    words: the words and phrases that subscribers watch for. A change mentions what its clauses mention, before or after
    the change.
    """
    worth: dict[Significance, frozenset[str]] = {}
    for change in comparison.changes:
        texts = (clause.text for clause in (*change.old, *change.new)) if words else ()
        found = frozenset(word for text in texts for word in mentioned(words, text))
        worth[change.significance] = worth.get(change.significance, frozenset()) | found
    return worth or {_LEAST: frozenset()}


def is_wanted(entry: DigestEntry, preferences: Preferences) -> bool:
    """Returns whether a subscriber wants to be told of an entry.

    Everybody is told of a text that is held, and of a policy that is gone or there again.
    """
    if entry.worth is None:
        return True
    least = _LEAST if preferences.significance == "all" else preferences.significance
    enough = SIGNIFICANCES[: SIGNIFICANCES.index(least) + 1]
    found = [words for significance, words in entry.worth.items() if significance in enough]
    return bool(found) and (not preferences.words or any(not words.isdisjoint(preferences.words) for words in found))


def told_as_one(pending: Sequence[Announcement], preferences: Preferences) -> Iterator[Sequence[Announcement]]:
    """Yields the announcements of a policy, oldest first, in groups that are each told as one change.

    In a daily or weekly digest, that is all changes between two alternations. With each run, it is all changes up to
    the last one that leads back to the text before the first of them; every other change is told by itself.
    """
    for steps in _between_alternations(pending):
        if preferences.every == "run":
            yield from _with_reversions(steps)
        else:
            yield steps


def _between_alternations(pending: Sequence[Announcement]) -> Iterator[Sequence[Announcement]]:
    group: list[Announcement] = []
    for announcement in pending:
        if group and (announcement.alternation or group[-1].alternation):
            yield group
            group = []
        group.append(announcement)
    if group:
        yield group


def _with_reversions(steps: Sequence[Announcement]) -> Iterator[Sequence[Announcement]]:
    begin = 0
    while begin < len(steps):
        end = begin + 1
        for place in range(begin, len(steps)):
            # Between the two, there may be a change that was told before: a later one then leads back from there.
            if place > begin and steps[place].old.version_id != steps[place - 1].new.version_id:
                break
            if steps[place].new.version_id == steps[begin].old.version_id:
                end = place + 1
        yield steps[begin:end]
        begin = end
