"""Keeps results that are expensive to make, within a limit on their size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar, cast

_Value = TypeVar("_Value")


class Kept:
    """Results by key. The results that were not asked for longest are dropped when all together become too large.

    A key says everything that its result follows from, so that a result never goes out of date. Several threads may
    ask at the same time. If they ask for the same result, it is made once.

    largest: the limit on the sizes of all results together.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        #: The sizes of all results together.
        self.size = 0
        self._lock = Lock()
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, Future[Any]] = {}

    def get(self, key: Hashable, make: Callable[[], _Value], size: Callable[[_Value], int]) -> _Value:
        """Returns the result for a key. `make` makes it if it is not kept. Raises what `make` raises.

        size: returns the size of a result, in the unit of `largest`. A result that is larger than all may be together
            is not kept.
        """
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return cast(_Value, self._results[key][0])
            future = self._making.get(key)
            is_mine = future is None
            if future is None:
                future = self._making[key] = Future()
        if not is_mine:
            return cast(_Value, future.result())
        try:
            result = make()
        except BaseException as error:
            future.set_exception(error)
            with self._lock:
                del self._making[key]
            raise
        with self._lock:
            self._put(key, result, size(result))
            del self._making[key]
        future.set_result(result)
        return result

    def _put(self, key: Hashable, result: Any, size: int) -> None:
        if size > self._largest:
            return
        self._results[key] = (result, size)
        self.size += size
        while self.size > self._largest:
            _, (_, dropped) = self._results.popitem(last=False)
            self.size -= dropped
