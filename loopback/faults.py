"""Faults that the loopback archive answers with if a test asks for them."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """What goes wrong, at which requests, and how often.

    where: a regular expression, searched in the path and query of a request (`^/cdx/`, `^/web/2010`).
    skip: how many matching requests are answered properly before the fault begins.
    times: how many of the matching requests after these go wrong; None means all.
    status: with a status, the answer is this status, `headers` and `body`.
    headers: without a status, they are set on the proper answer; a header whose value is None is removed from it.
    rows: rows put before the proper rows of an answer of the index; fields separated by tabs.
    truncated_gzip: the proper body, compressed and cut in half.
    short: half of the proper body, with the Content-Length of the whole.
    drop: the connection is closed without an answer.
    quit: the server process ends, so that further connections are refused.
    """

    where: str
    skip: int = 0
    times: int | None = 1
    status: int | None = None
    headers: dict[str, str | None] = field(default_factory=dict)
    body: str = ""
    rows: tuple[str, ...] = ()
    truncated_gzip: bool = False
    short: bool = False
    drop: bool = False
    quit: bool = False


class Plan:
    """The faults of one run of the server, and how many requests each has matched."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = [(fault, re.compile(fault.where)) for fault in faults]
        self._matched = [0] * len(self._faults)

    def fault_for(self, path: str) -> Fault | None:
        """Counts the request, and returns the fault that it gets; None if it is to be answered properly.

        path: the path and query of the request.
        """
        due = None
        for index, (fault, where) in enumerate(self._faults):
            if not where.search(path):
                continue
            number = self._matched[index]
            if fault.times is not None and number >= fault.skip + fault.times:
                continue
            self._matched[index] += 1
            if number >= fault.skip:
                due = fault
                break
        return due


def write_plan(path: Path, faults: Iterable[Fault]) -> None:
    """Writes a plan to the file from which the server reads it."""
    path.write_text(json.dumps([asdict(fault) for fault in faults]), encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Reads a plan from a file that `write_plan` wrote."""
    return Plan(Fault(**{**fields, "rows": tuple(fields["rows"])}) for fields in json.loads(path.read_text("utf-8")))
