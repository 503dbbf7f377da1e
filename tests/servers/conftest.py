"""The order of the tests: those that start servers come first."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the tests of this folder to the front. The order is the same otherwise.

    They take longest. If they came last, one of several processes would still run them after the others had run out
    of work.
    """
    items.sort(key=lambda item: "tests/servers/" not in item.nodeid)
