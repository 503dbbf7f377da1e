"""The order of the tests: the tests that take longest run first."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the tests of this folder to the front, and the other files with slow tests behind them.

    The order is the same otherwise. When pytest runs the files in several processes, the files that take longest must
    not be the last: the other processes would have no work left.
    """
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: ("tests/servers/" not in item.nodeid, item.path not in slow_files))
