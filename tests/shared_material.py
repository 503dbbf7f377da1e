"""The real captures and policies of ../shared, which some tests try the program on; they are no part of the project."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
needs_shared = pytest.mark.shared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests marked `shared` if the folder is missing."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the real captures of ../shared are not here"))
