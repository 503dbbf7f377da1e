"""Measures the reading room over 1,000,000 captures: the time of each page, memory, and the cost of what is derived.

    python -m bench.web FOLDER [--captures 1000000] [--readers 16] [--seconds 60] [--requests 10000]

The database is the one of `bench.scale`; it is created in the folder if it isn't there yet, which takes some minutes
and 3 GB of disk space. The server is a process of its own, started as users start it: `clausewatch serve`.
"""

import argparse
from pathlib import Path

from bench.scale.__main__ import side_in
from bench.web.building import build_derived, print_cost_of_captures
from bench.web.readers import print_memory, print_times, running_room
from bench.web.visits import Visits


def main() -> None:
    """Prints all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    side = side_in(options.folder, None, options.captures)
    build_derived(side)
    print_cost_of_captures(side)
    visits = Visits.of(side)
    with running_room(side) as room:
        print_times(room, visits, options.readers, options.seconds)
        print_memory(room, visits, options.readers, options.requests)


if __name__ == "__main__":
    main()
