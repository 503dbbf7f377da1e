"""How well captures are read and screened: versions, words, verdicts, speed, memory, hostile pages.

    python bench/extraction [versions] [pages] [screening] [readings] [speed] [memory] [hostile]

Without a name, all of them. `versions`, `readings`, `speed` and a part of `screening` need the captures of ../shared.
"""

import argparse
import sys
from importlib import import_module

PARTS = ("versions", "pages", "screening", "readings", "speed", "memory", "hostile")


def main() -> None:
    """Print the measures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--details", action="store_true", help="name what went wrong, too")
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    for part in chosen.parts or PARTS:
        print(f"== {part}")
        import_module(part).measure(details=chosen.details)
        print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
