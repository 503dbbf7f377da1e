"""The order of the tests: the tests that start servers run first."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the tests of this folder to the front. The order is the same otherwise.

    The tests of this folder take longest. When pytest runs tests in several processes, the longest tests must not be
    the last: the other processes would have no work left.
    """
    items.sort(key=lambda item: "tests/servers/" not in item.nodeid)
