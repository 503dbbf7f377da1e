"""The hosts that the download handler asks for."""

import pytest

from crawler.download import is_possible_host


@pytest.mark.parametrize(
    "host", ["example.com", "example.com.", "a" * 63 + ".example", "127.0.0.1", "::1", "localhost"]
)
def test_a_name_within_the_limits_is_looked_up(host: str) -> None:
    assert is_possible_host(host)


@pytest.mark.parametrize("host", ["", ".", "a..b", ".a", "a" * 64 + ".example", "a." * 128 + "example"])
def test_a_name_that_no_host_can_have_is_not_looked_up(host: str) -> None:
    """Twisted raises UnicodeError for such names, in a place where the request waits on."""
    assert not is_possible_host(host)
