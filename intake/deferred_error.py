"""An exception that is raised only after everything that came before it is dealt with."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


class DeferredError:
    """Holds back the exception that an iterable raises, until the items before it are dealt with."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def until_error(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yields the items. If the iterable raises an Exception, keeps it and ends."""
        try:
            yield from items
        except Exception as error:
            self._error = error

    def raise_if_any(self) -> None:
        """Raises the exception that was held back, if there is one."""
        if self._error is not None:
            raise self._error
