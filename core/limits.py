"""The limits on one piece of work in a process of its own, such as one reading, and the faults that end such work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

#: The kinds of faults. `time_limit`, `memory_limit`: the work exceeded a limit. `lost_worker`: the process ended before
#: the work was done. `reader_error`: the program failed.
FaultKind = Literal["time_limit", "memory_limit", "lost_worker", "reader_error"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on one piece of work.

    seconds: the limit on wall-clock time, in seconds.
    memory: the limit on the resident memory of the process and its children together, in MiB.
    """

    seconds: float = 60
    memory: int = 2048


@dataclass(frozen=True, slots=True)
class WorkFault:
    """The reason why a piece of work was not completed. It may depend on the machine: on its speed, memory and load.

    kind: the kind of the fault.
    sentence: a clause whose subject is the work: `took longer than the limit of 60 seconds`.
    """

    kind: FaultKind
    sentence: str


#: Calls a function without arguments, and returns its result. The function can be pickled. StoppedWorkError if the call
#: was stopped because it exceeded a limit.
Caller = Callable[[Callable[[], Any]], Any]


def call_here(function: Callable[[], Any]) -> Any:
    """Calls a function in this process, without limits."""
    return function()
