"""When an operator is told that a policy has shown nothing but quarantine, and that it would need a browser."""

from datetime import timedelta

from core.captures import Reason, Verdict
from storage import StoredCapture
from tests.stored_captures import capture_of
from views.quarantine import SILENCE, troubles_of

WEEK = SILENCE / timedelta(days=1)


def seen(days: float, reason: Reason | None = None, evidence: str = "", needs_browser: bool = False) -> StoredCapture:
    verdict = Verdict("quarantined", reason, evidence, needs_browser) if reason else Verdict("accepted")
    return StoredCapture(int(days), capture_of(b"", days), verdict, None if reason else "abc")


def told(*captures: StoredCapture) -> list[str]:
    return list(troubles_of("hesk privacy", captures))


def test_a_week_of_nothing_else_is_told_from_the_last_capture_accepted() -> None:
    blocked = [seen(2 + days, "blocked") for days in range(int(WEEK) + 1)]
    assert told(seen(0), *blocked) == [
        "hesk privacy: nothing accepted since 2019-03-04 (9 days): 8 captures, all blocked"
    ]


def test_a_shorter_time_is_not() -> None:
    assert told(seen(0), seen(30, "blocked"), seen(30 + WEEK - 0.001, "blocked")) == []
    assert told(seen(0)) == []
    assert told() == []


def test_once_accepted_again_it_is_over() -> None:
    assert told(seen(0), seen(1, "blocked"), seen(1 + WEEK, "blocked"), seen(30)) == []


def test_a_policy_of_which_nothing_was_ever_accepted() -> None:
    assert told(seen(0, "blocked"), seen(5, "login"), seen(10, "login")) == [
        "hesk privacy: nothing accepted at all, since 2019-03-04 (10 days): 3 captures, 2 login, 1 blocked"
    ]


def test_a_page_that_waits_for_its_scripts_would_need_a_browser() -> None:
    evidence = "there is no text on the page before its scripts run\x1b"
    assert told(seen(0), seen(1, "empty", evidence, needs_browser=True)) == [
        "hesk privacy: would need a browser: there is no text on the page before its scripts run\\x1b"
    ]
    assert told(seen(0), seen(1, "empty", "there is no text in it")) == []
    assert told(seen(0, "empty", evidence), seen(1)) == []
