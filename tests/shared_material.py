"""Real captures and policies in the folder ../shared, which is not part of the project.

Tests that need the folder are marked `shared`.
"""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
needs_shared = pytest.mark.shared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests marked `shared` if the folder ../shared is missing."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the folder ../shared with real captures is missing"))
