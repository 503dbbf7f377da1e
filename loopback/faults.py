"""Faults: wrong HTTP responses of the loopback archive. Tests use faults to check how crawls react to them."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """A wrong HTTP response, and the requests that get this response.

    where: a regular expression that is searched in the path and query of each request (`^/cdx/`, `^/web/2010`).
    skip: the number of matching requests that are answered correctly before the fault begins.
    times: the number of matching requests that get the fault after the skipped requests; None for all later
        matching requests.
    status: the HTTP status of the wrong response, which is sent with `headers` and `body` instead of the correct
        response. None if the other fields alter the correct response.
    headers: the headers of the wrong response. If `status` is None, these headers replace headers of the correct
        response, and a header with the value None is removed.
    body: the body of the wrong response if `status` is set.
    rows: rows that are added before the correct rows of an index response. The fields of a row are separated by tabs.
    truncated_gzip: whether the correct body is compressed with gzip and then cut in half.
    short: whether only half of the correct body is sent. Content-Length still has the length of the whole body.
    drop: whether the connection is closed without an HTTP response.
    quit: whether the server process ends, so that all later connections are refused.
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
    """The faults of one run of the server, with the number of requests that each fault has matched."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = [(fault, re.compile(fault.where)) for fault in faults]
        self._matched = [0] * len(self._faults)

    def fault_for(self, path: str) -> Fault | None:
        """Counts a request, and returns the fault for the request; None if the request is answered correctly.

        path: the path and query of the request.
        """
        due_fault = None
        for index, (fault, pattern) in enumerate(self._faults):
            if not pattern.search(path):
                continue
            number = self._matched[index]
            if fault.times is not None and number >= fault.skip + fault.times:
                continue
            self._matched[index] += 1
            if number >= fault.skip:
                due_fault = fault
                break
        return due_fault


def write_plan(path: Path, faults: Iterable[Fault]) -> None:
    """Writes faults to a file, from which the server reads them with `read_plan`."""
    path.write_text(json.dumps([asdict(fault) for fault in faults]), encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Returns the plan with the faults that `write_plan` wrote to a file."""
    return Plan(Fault(**{**fields, "rows": tuple(fields["rows"])}) for fields in json.loads(path.read_text("utf-8")))
