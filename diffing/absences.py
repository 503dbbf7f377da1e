"""Decides from a policy's captures whether the policy is gone, and whether it is there again."""

from datetime import timedelta

from core.captures import Verdict
from core.history import Absence, History, Observation, Quarantined

# Sites lose a page for a day and mend it. After a week of daily crawls, subscribers should know.
_GONE_AFTER = timedelta(days=7)
# The rules that find a page without any text. The other rules of the reason `empty` find a page that is there, but
# whose text clausewatch can't read: a frame, a page that needs a browser, selectors that match nothing.
_RULES_OF_BLANK_PAGES = frozenset(["no_clause", "without_sentence"])
# The reasons that don't tell whether the page is there: the site didn't let clausewatch look, or nobody knows when.
_REASONS_THAT_TELL_NOTHING = frozenset(["blocked", "login", "consent", "unavailable", "implausible", "rejected"])


def absence(history: History) -> Absence | None:
    """Returns since when a policy is gone; None if it isn't, or if it was never there.

    A policy is gone if its live captures said for at least seven days that the page is no longer there, and if no
    later capture is accepted. Captures that don't tell, such as a challenge or an error of the server, are passed over.
    A capture that shows another page, such as another document, tells that the address has a page: the seven days begin
    anew after it.

    history: the policy's history with all accepted captures, whether their texts stand or not.
    """
    if not history.periods:
        return None
    first: Quarantined | None = None
    last: Quarantined | None = None
    for capture in history.quarantined:
        if capture.captured_at <= history.periods[-1].last.captured_at or _tells_nothing(capture.verdict):
            continue
        if _says_gone(capture.verdict):
            first, last = first or capture, capture
        else:
            first = last = None
    if first is None or last is None or last.captured_at - first.captured_at < _GONE_AFTER:
        return None
    return Absence(first, last)


def there_again(standing: History, told: int) -> Observation | None:
    """Returns the capture with which a policy was there again after an absence; None if it isn't.

    It is there again if its text stands in a capture after the last capture that says that the page is gone. Only
    captures that were stored after the absence was found count, whatever their times: a clock may have been wrong. A
    capture of the absence itself counts if a person has accepted it since.

    standing: the policy's settled history. told: the id of the first capture of the absence.
    """
    says_gone = (capture.captured_at for capture in standing.quarantined if _says_gone(capture.verdict))
    last_gone = max(says_gone, default=None)
    observations = (observation for period in standing.periods for observation in period.observations)
    return next(
        (
            observation
            for observation in observations
            if observation.capture_id >= told and (last_gone is None or observation.captured_at > last_gone)
        ),
        None,
    )


def _says_gone(verdict: Verdict) -> bool:
    if verdict.reason == "empty":
        return verdict.rule in _RULES_OF_BLANK_PAGES and not verdict.needs_browser
    return verdict.reason == "not_found"


def _tells_nothing(verdict: Verdict) -> bool:
    return verdict.reason in _REASONS_THAT_TELL_NOTHING or verdict.depends_on_machine
