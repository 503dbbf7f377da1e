"""Defers an exception that an iterable raises, until the items before the exception have been processed."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


class DeferredError:
    """Stores the exception that an iterable raises, so that it can be raised after all items have been processed."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def until_error(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yields the items. If the iterable raises an exception, stores the exception and ends the iteration."""
        try:
            yield from items
        except Exception as error:
            self._error = error

    def raise_if_any(self) -> None:
        """Raises the stored exception, if there is one."""
        if self._error is not None:
            raise self._error
