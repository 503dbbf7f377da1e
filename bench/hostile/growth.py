"""Doubles a hostile input, and says how the time of each stage grows."""

import gc
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from functools import _lru_cache_wrapper

from bench.hostile.shapes import Shape
from bench.hostile.stages import Passage, pass_through

#: For twice the input, a stage may take this many times as long.
MOST_TIMES = 2.5
_FIRST_SIZE = 1 << 15
_LARGEST_SIZE = 32_000_000
# An input isn't doubled any more if a stage takes so long, in seconds.
_LONG = 1.0
# A stage that takes less time than this isn't judged: the clock counts hundredths of a second.
_MEASURABLE = 0.1
# A cache of so many results holds results for parts of an input, and not what is loaded once.
_REMEMBERED = 100
# For the small inputs of the tests: the sizes in bytes, the time from which a stage is judged in seconds, and the
# largest ratio.
_SMALL_SIZES = (2_000, 12_000)
_NOTICEABLE = 0.06
_STEEP = 24
# A ratio that seems too large is measured again, so that no pause of the machine is taken for one.
_RUNS = 2


@dataclass(frozen=True, slots=True)
class Growth:
    """How an input went through the stages in one size and in half of it.

    size: the size of the larger input, in bytes.
    last, before: how the larger and the smaller input went through the stages.
    peak: the largest memory that the process used so far, in KiB.
    """

    size: int
    last: Passage
    before: Passage
    peak: int

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as long each stage took for the larger input, of the stages that took some time."""
        return {
            stage: seconds / max(self.before.seconds.get(stage, 0), 0.01)
            for stage, seconds in self.last.seconds.items()
            if seconds >= _MEASURABLE
        }

    @property
    def is_linear(self) -> bool:
        """Whether no stage took more than two and a half times as long for the larger input."""
        return all(ratio <= MOST_TIMES for ratio in self.ratios.values())

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        return "linear" if self.is_linear else "NOT LINEAR"


def grow(shape: Shape) -> Iterator[Growth]:
    """Yields how a shape goes through the stages, each time with twice the size, until it takes long or is large."""
    size = _FIRST_SIZE
    before = pass_through(shape.kind, shape.make(size))
    while size < _LARGEST_SIZE:
        size = min(2 * size, _LARGEST_SIZE)
        payload = shape.make(size)
        growth = Growth(len(payload), pass_through(shape.kind, payload), before, _peak())
        for _ in range(_RUNS):
            if growth.is_linear:
                break
            before = _faster(before, _again(shape, size // 2))
            growth = Growth(len(payload), _faster(growth.last, _again(shape, size)), before, _peak())
        yield growth
        before = growth.last
        if max(before.seconds.values()) >= _LONG:
            return


def _again(shape: Shape, size: int) -> Passage:
    """Passes an input through the stages once more, without the results that were remembered the last time."""
    for function in gc.get_objects():
        if isinstance(function, _lru_cache_wrapper) and (function.cache_parameters()["maxsize"] or 0) >= _REMEMBERED:
            function.cache_clear()
    return pass_through(shape.kind, shape.make(size))


def steep_stages(shape: Shape) -> dict[str, float]:
    """Returns the stages whose time grows too steeply between two small inputs, and how many times as long they take.

    The larger input is six times as large, without what stands in front of its units up to ten times. A stage is
    steep if it takes more than 24 times as long in each of three runs: noise may double a time of some hundredths of a
    second. A stage whose time is quadratic in the size takes up to a hundred times as long. No reports are made.
    """

    def run(size: int) -> Passage:
        return pass_through(shape.kind, shape.make(size), with_reports=False)

    large = run(_SMALL_SIZES[1])
    small: Passage | None = None
    ratios: dict[str, float] = {}
    for _ in range(_RUNS + 1):
        long = {stage: seconds for stage, seconds in large.seconds.items() if seconds > _NOTICEABLE}
        if not long:
            return {}
        again = run(_SMALL_SIZES[0])
        small = again if small is None else _faster(small, again)
        ratios = {stage: seconds / max(small.seconds.get(stage, 0), 0.001) for stage, seconds in long.items()}
        ratios = {stage: ratio for stage, ratio in ratios.items() if ratio > _STEEP}
        if not ratios:
            return {}
        large = _faster(large, run(_SMALL_SIZES[1]))
    return ratios


def _faster(passage: Passage, other: Passage) -> Passage:
    """Returns a passage with the shorter time of two runs for each stage."""
    return Passage(
        {name: min(seconds, other.seconds.get(name, seconds)) for name, seconds in passage.seconds.items()},
        passage.outcome,
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
