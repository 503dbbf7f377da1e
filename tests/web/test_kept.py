"""What is kept stays within its limit, and is made once."""

from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.kept import Kept


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=60))
def test_what_is_kept_is_never_larger_than_the_limit(asked: list[tuple[int, int]]) -> None:
    kept = Kept(20)
    sizes: dict[int, int] = {}
    for key, size in asked:
        sizes.setdefault(key, size)
        assert kept.get(key, lambda key=key: key, lambda key: sizes[key]) == key  # type: ignore[misc]
        assert kept.size <= 20


def test_what_was_not_asked_for_longest_is_dropped_first() -> None:
    kept = Kept(2)
    made: list[str] = []
    for key in "abacab":
        kept.get(key, lambda key=key: made.append(key), lambda _: 1)  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_threads_that_ask_for_the_same_make_it_once() -> None:
    kept, made, both, results = Kept(10), [], Barrier(2), []

    def make() -> int:
        made.append(1)
        return len(made)

    def ask() -> None:
        both.wait()
        results.append(kept.get("key", make, lambda _: 1))

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, results) == ([1], [1, 1])


def test_what_could_not_be_made_is_tried_again() -> None:
    kept = Kept(10)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0, lambda _: 1)
    assert kept.get("key", lambda: 1, lambda _: 1) == 1
