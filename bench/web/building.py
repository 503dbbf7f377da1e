"""What the steps between versions and the index of the search cost: for all versions, and for one more capture."""

import time
from collections.abc import Callable

from bench.scale.generate import CAPTURES_EACH, VERSIONS_EACH, capture_of, page_of
from bench.scale.measure import Side
from core.limits import call_here
from core.policies import PolicyKey
from intake.service import Intake
from storage import Store

_CAPTURES = 200


def build_derived(side: Side) -> None:
    """Makes the steps and the index of all policies that are missing, and prints what it took."""
    keys = [PolicyKey(watched.vendor, watched.policy) for watched in side.watched]
    with Store.open(side.url) as store:
        taken = _processor_seconds(lambda: [store.lineages.refresh(key, call_here) for key in keys])
        print(f"steps of {len(keys) * VERSIONS_EACH:,} versions: {taken:.0f} s of processor time", flush=True)
        taken = _processor_seconds(lambda: store.clause_index.refresh(keys))
        print(f"index of {len(keys) * VERSIONS_EACH:,} versions: {taken:.0f} s of processor time", flush=True)


def print_cost_of_captures(side: Side) -> None:
    """Prints what captures cost: to keep and read them, and to bring steps and index up to date at the end of a crawl.

    The captures are measured apart by whether they show a new text. The last line is the average of all captures, if
    as many of them show a new text as in the generated database.
    """
    with Store.open(side.url) as store:
        intake = Intake(store)
        _crawl(side, intake, 1, new=False)  # starts the processes that read
        alone = [_crawl(side, intake, 1, new=False) for _ in range(_CAPTURES)]
        old = _crawl(side, intake, _CAPTURES, new=False)
        new = _crawl(side, intake, _CAPTURES, new=True)
        intake.close()
    _print_cost("a capture without a change, each in a crawl of its own", *map(sum, zip(*alone, strict=True)))
    _print_cost("a capture without a change", *old)
    _print_cost("a capture with a new text", *new)
    share = VERSIONS_EACH / CAPTURES_EACH
    average = [(1 - share) * of_old + share * of_new for of_old, of_new in zip(old, new, strict=True)]
    _print_cost(f"on average, if {share:.0%} have a new text", *average)


def _print_cost(what: str, reading: float, deriving: float) -> None:
    """Prints the cost of a capture. reading, deriving: the seconds for all captures."""
    print(
        f"{what}: {1000 * reading / _CAPTURES:.1f} ms to keep and read, "
        f"{1000 * deriving / _CAPTURES:.2f} ms ({deriving / reading:.1%}) for steps and index",
        flush=True,
    )


def _crawl(side: Side, intake: Intake, count: int, *, new: bool) -> tuple[float, float]:
    """Stores captures as a crawl does, and returns the seconds for keeping and reading, and for what is derived.

    new: whether each capture shows a text that its policy never had. Captures are read in processes of their own, so
    the time is that of a clock.
    """
    incoming = []
    for _ in range(count):
        watched, at = side.next()
        version = VERSIONS_EACH + at.toordinal() * 24 + at.hour if new else VERSIONS_EACH - 1
        payload = page_of(watched, version)
        incoming.append((capture_of(watched, 1, payload, at), payload, watched.declared))
    begin = time.perf_counter()
    for found in incoming:
        intake.keep(found)
    kept = time.perf_counter()
    intake.refresh_derived()
    return kept - begin, time.perf_counter() - kept


def _processor_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
