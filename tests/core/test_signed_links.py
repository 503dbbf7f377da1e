"""Tokens in links: nobody but this installation makes one, and one for a purpose serves no other."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from core.exceptions import UsageError
from core.signed_links import make_token, read_token

SECRET = "a secret of this test"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_token_gives_back_its_content() -> None:
    assert read_token(SECRET, "unsubscribe", make_token(SECRET, "unsubscribe", "a@b.example")) == "a@b.example"


@pytest.mark.parametrize("secret", ["another secret here", ""])
def test_a_token_of_another_secret_is_refused(secret: str) -> None:
    with pytest.raises(UsageError, match="not valid"):
        read_token(secret, "unsubscribe", make_token(SECRET, "unsubscribe", "a@b.example"))


def test_a_token_for_another_purpose_is_refused() -> None:
    with pytest.raises(UsageError, match="not valid"):
        read_token(SECRET, "subscribe", make_token(SECRET, "unsubscribe", "a@b.example"))


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_token_that_was_altered_is_refused(place: int) -> None:
    token = list(make_token(SECRET, "unsubscribe", "a@b.example"))
    token[place] = "A" if token[place] != "A" else "B"
    with pytest.raises(UsageError, match="not valid"):
        read_token(SECRET, "unsubscribe", "".join(token))


def test_a_token_is_valid_for_a_time() -> None:
    with time_machine.travel(NOW, tick=False):
        token = make_token(SECRET, "subscribe", "a@b.example")
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        assert read_token(SECRET, "subscribe", token, timedelta(days=3)) == "a@b.example"
        with pytest.raises(UsageError, match="no longer"):
            read_token(SECRET, "subscribe", token, timedelta(days=1))
