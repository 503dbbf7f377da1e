"""What the steps between versions and the index of the search cost: for all versions, and for one more capture."""

import time
from collections.abc import Callable

from bench.scale.generate import VERSIONS_EACH, capture_of, page_of
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


def print_cost_of_a_capture(side: Side) -> None:
    """Prints what a capture without a change costs: to keep and read it, and to bring what is derived up to date."""
    with Store.open(side.url) as store:
        intake = Intake(store)
        reading = refreshing = 0.0
        for _ in range(_CAPTURES):
            watched, at = side.next()
            payload = page_of(watched, VERSIONS_EACH - 1)
            capture = capture_of(watched, 1, payload, at)
            begin = time.perf_counter()  # the capture is read in a process of its own
            intake.keep((capture, payload, watched.declared))
            kept = time.perf_counter()
            intake.refresh_derived()
            reading += kept - begin
            refreshing += time.perf_counter() - kept
        intake.close()
    print(
        f"a capture without a change: {1000 * reading / _CAPTURES:.1f} ms to keep and read, "
        f"{1000 * refreshing / _CAPTURES:.2f} ms ({refreshing / reading:.1%}) for steps and index"
    )


def _processor_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
