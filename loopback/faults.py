"""Faults the loopback archive answers with when a test asks for them."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where, and how often.

    where: regular expression searched in the path and query of a request (`^/cdx/`, `^/web/2010`).
    skip, times: the first `skip` requests that match are answered well, the next `times` go wrong; None: all of them.
    status, headers, body: with a status, this is the whole answer; headers alone are set on the true answer, or taken
        from it where the value is None.
    rows: lines put in front of a CDX answer's rows, as they stand (fields separated by tabs).
    truncated_gzip: the true body, compressed, cut in half.
    short: the true body, less than its Content-Length promises.
    drop: the connection is closed without an answer.
    quit: the server ends, so that further connections are refused.
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
    """The faults of one run of the server, and how far each has come."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = [(fault, re.compile(fault.where)) for fault in faults]
        self._seen = [0] * len(self._faults)

    def fault_for(self, path: str) -> Fault | None:
        """The first fault that is due for this request; counts the request."""
        due = None
        for index, (fault, where) in enumerate(self._faults):
            if not where.search(path):
                continue
            number = self._seen[index]
            if fault.times is not None and number >= fault.skip + fault.times:
                continue
            self._seen[index] += 1
            if number >= fault.skip:
                due = fault
                break
        return due


def write_plan(path: Path, faults: Iterable[Fault]) -> None:
    """Puts a plan where the server reads it."""
    path.write_text(json.dumps([asdict(fault) for fault in faults]), encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """The plan in a file that write_plan() wrote."""
    return Plan(Fault(**{**fields, "rows": tuple(fields["rows"])}) for fields in json.loads(path.read_text("utf-8")))
