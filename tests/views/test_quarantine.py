"""Warnings about policies without accepted captures for a week, and about pages that need a browser."""

from datetime import timedelta

from core.captures import Reason, Verdict
from core.policies import PolicyKey
from storage import StoredCapture
from tests.stored_captures import capture_of
from views.quarantine import SILENCE, quarantine_warnings_of

WEEK = SILENCE / timedelta(days=1)


def stored(days: float, reason: Reason | None = None, evidence: str = "", needs_browser: bool = False) -> StoredCapture:
    """Returns a stored capture.

    days: the time of the capture, in days after the first capture.
    reason: the reason for the quarantine; None for an accepted capture.
    """
    verdict = Verdict("quarantined", reason, evidence, needs_browser) if reason else Verdict("accepted")
    return StoredCapture(int(days), capture_of(b"", days), verdict, None if reason else "abc")


def warnings(*captures: StoredCapture) -> list[str]:
    return list(quarantine_warnings_of(PolicyKey("hesk", "privacy"), captures))


def test_the_week_of_quarantine_begins_at_the_last_accepted_capture() -> None:
    blocked = [stored(2 + days, "blocked") for days in range(int(WEEK) + 1)]
    assert warnings(stored(0), *blocked) == [
        (
            "hesk/privacy: the newest accepted capture is from 2019-03-04; the newest capture is 9 days later; 8 "
            "quarantined: all blocked"
        )
    ]


def test_less_than_a_week_of_quarantine_gives_no_warning() -> None:
    assert warnings(stored(0), stored(30, "blocked"), stored(30 + WEEK - 0.001, "blocked")) == []
    assert warnings(stored(0)) == []
    assert warnings() == []


def test_an_accepted_capture_ends_the_warning() -> None:
    assert warnings(stored(0), stored(1, "blocked"), stored(1 + WEEK, "blocked"), stored(30)) == []


def test_without_accepted_captures_the_week_begins_at_the_first_capture() -> None:
    assert warnings(stored(0, "blocked"), stored(5, "login"), stored(10, "login")) == [
        (
            "hesk/privacy: no capture has ever been accepted; the first one is from 2019-03-04; the newest capture is "
            "10 days later; "
            "3 quarantined: 2 login, 1 blocked"
        )
    ]


def test_a_page_that_needs_scripts_to_show_its_text_needs_a_browser() -> None:
    evidence = "there is no text on the page before its scripts run\x1b"
    assert warnings(stored(0), stored(1, "empty", evidence, needs_browser=True)) == [
        (
            "hesk/privacy: there is no text on the page before its scripts run\\x1b. Add `render: browser` to the "
            "policy's location in the declaration."
        )
    ]
    assert warnings(stored(0), stored(1, "empty", "there is no text in it")) == []
    assert warnings(stored(0, "empty", evidence, needs_browser=True), stored(1)) == []
