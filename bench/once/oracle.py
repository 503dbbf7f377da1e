"""Says what a subscriber has to be told, from the captures alone, as docs/versions.md describes it.

Nothing here is shared with the code under test. Times are minutes since the beginning of the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: What an address shows instead of the policy: that there is no page, that the server has an error, another page.
GONE, ERROR, OTHER = "!?#"
_DAY = 24 * 60


@dataclass(frozen=True)
class Look:
    """A capture.

    text: a letter that stands for the text of the page; GONE, ERROR or OTHER for a page without the policy.
    """

    at: int
    text: str
    is_live: bool


@dataclass(frozen=True)
class Change:
    """A change from one text to another, which happened after a capture of the old text and before one of the new."""

    old: str
    new: str
    after: int
    before: int

    def is_same_as(self, other: "Change") -> bool:
        """Returns whether both may be the same event: the same texts, and a moment that both leave open."""
        same_texts = (self.old, self.new) == (other.old, other.new)
        return same_texts and (self == other or (self.after < other.before and other.after < self.before))


def runs(looks: Iterable[Look]) -> list[list[Look]]:
    """Returns the captures in order of time, divided where the text changes."""
    result: list[list[Look]] = []
    for look in sorted(looks, key=lambda look: look.at):
        if result and result[-1][-1].text == look.text:
            result[-1].append(look)
        else:
            result.append([look])
    return result


def confirmed(looks: Iterable[Look]) -> list[list[Look]]:
    """Returns the runs without the last one, if nothing confirms it yet: a single live capture of another text."""
    all_runs = runs(looks)
    if len(all_runs) > 1 and len(all_runs[-1]) == 1 and all_runs[-1][0].is_live:
        return all_runs[:-1]
    return all_runs


def changes(looks: Iterable[Look]) -> list[Change]:
    """Returns the changes that are told, oldest first: new texts, returns, and the beginnings of alternations."""
    periods = confirmed(looks)
    told: list[Change] = []
    alternating: set[str] = set()
    returns = 0  # returns in a row that were told as returns
    begin = 0  # no alternation reaches back behind this period
    for index, (old, new) in enumerate(pairwise(periods), start=1):
        change = Change(old[-1].text, new[0].text, old[-1].at, new[0].at)
        if _is_established(old):
            alternating, returns, begin = set(), 0, index
        if not _was_shown(periods[:index], change.new):
            if alternating:
                begin = index
            alternating, returns = set(), 0
        elif not returns and change.new in alternating:
            continue
        elif returns and (alternating or index - 2 >= begin):
            alternating |= {run[0].text for run in periods[max(begin, index - 2) : index + 1]}
            returns = 0
        else:
            returns = 1
        told.append(change)
    return told


def gone_since(looks: Iterable[Look]) -> int | None:
    """Returns since when the policy is gone; None if it isn't: fewer than seven days, or never there."""
    begin, end, has_text = None, None, False
    for look in sorted(looks, key=lambda look: look.at):
        if look.text == GONE:
            begin, end = look.at if begin is None else begin, look.at
        elif look.text != ERROR:
            begin = end = None
            has_text = has_text or look.text != OTHER
    return begin if has_text and begin is not None and end is not None and end - begin >= 7 * _DAY else None


def there_again_since(looks: Sequence[Look]) -> int | None:
    """Returns since when the policy is there, after all captures that say that it is gone; None if it isn't."""
    last_gone = max((look.at for look in looks if look.text == GONE), default=0)
    standing = [look.at for run in confirmed(texts(looks)) for look in run]
    return min((at for at in standing if at > last_gone), default=None)


def texts(looks: Iterable[Look]) -> list[Look]:
    """Returns the captures that show a text of the policy."""
    return [look for look in looks if look.text not in (GONE, ERROR, OTHER)]


def _was_shown(periods: Sequence[Sequence[Look]], text: str) -> bool:
    return any(run[0].text == text for run in periods)


def _is_established(run: Sequence[Look]) -> bool:
    return len(run) >= 3 and run[-1].at - run[0].at >= 30 * _DAY
