"""When a message is sent again, and when an address is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from core.retries import is_own_fault, next_attempt

SINCE = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def daily(days: int) -> list[datetime]:
    return [SINCE + timedelta(days=number, hours=1) for number in range(days)]


def test_an_address_is_given_up_if_others_got_their_messages_on_five_days() -> None:
    assert next_attempt(8, SINCE, SINCE + WEEK, daily(5)) is None


@pytest.mark.parametrize(
    "accepted_elsewhere",
    [
        [],
        daily(4),
        # All of what has piled up is accepted on one day, and the server asks some addresses to wait.
        [SINCE + WEEK - timedelta(minutes=number) for number in range(300)],
    ],
    ids=["nobody got anything", "four days", "all on one day"],
)
def test_a_server_that_accepts_nothing_is_no_fault_of_an_address(accepted_elsewhere: list[datetime]) -> None:
    assert not is_own_fault(accepted_elsewhere)
    now = SINCE + WEEK
    assert next_attempt(300, SINCE, now, accepted_elsewhere) == now + timedelta(hours=23)


@pytest.mark.parametrize(("times", "days"), [(4, 30), (300, 4)])
def test_an_address_has_five_days_and_five_attempts(times: int, days: int) -> None:
    assert next_attempt(times, SINCE, SINCE + timedelta(days=days), daily(40)) is not None
