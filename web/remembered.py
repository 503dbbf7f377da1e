"""Remembers values in memory, the ones used last, for all threads."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Remembered(Generic[_Key, _Value]):
    """A mapping that forgets the values that were used least recently."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._values: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        """Returns the value of a key; None if it is not remembered."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: _Key, value: _Value) -> None:
        """Remembers a value, in place of the one used least recently if there are too many."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)

    def value(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Returns the value of a key. make: makes the value if it is not remembered; its errors are not remembered."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found
