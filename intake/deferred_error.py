"""Defers an exception of an iterable until the items before the exception have been processed."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


class DeferredError:
    """Keeps the exception that an iterable raises, to raise it after the items before it have been processed."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def until_error(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yields the items. If the iterable raises an exception, keeps the exception and ends the iteration."""
        try:
            yield from items
        except Exception as error:
            self._error = error

    def raise_if_any(self) -> None:
        """Raises the exception that was kept, if there is one."""
        if self._error is not None:
            raise self._error
