"""Measures the accuracy, speed and memory use of extraction, and prints the figures.

    python -m bench.extraction [versions] [pages] [screening] [readings] [speed] [memory] [--details]

If no part is named, all parts are measured. `versions`, `readings`, `speed` and some figures of `screening` need the
captures in ../shared.
"""

import argparse
from collections.abc import Callable, Iterator

from bench.extraction import memory, pages, readings, screening, speed, versions

#: The function of each part. The function yields the lines to print. The argument says whether to include details.
PARTS: dict[str, Callable[[bool], Iterator[str]]] = {
    "versions": versions.report,
    "pages": pages.report,
    "screening": screening.report,
    "readings": readings.report,
    "speed": speed.report,
    "memory": memory.report,
}


def main() -> None:
    """Prints the figures of the parts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--details", action="store_true", help="also list the errors")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for part in arguments.parts or PARTS:
        print(f"== {part}")
        for line in PARTS[part](arguments.details):
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
