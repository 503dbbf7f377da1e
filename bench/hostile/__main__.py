"""Measures how the time of each stage grows with the size of hostile inputs, and prints a table.

    python -m bench.hostile [WORD …] [--seconds S] [--memory GIB]

Each shape (`bench.hostile.shapes`) is doubled until a stage takes a second or the input has 32 MB. The table names for
each shape the largest size, for each stage that took at least a tenth of a second the time and how many times as long
it took as for half the input, and the verdict. WORDs choose the shapes whose names have one of them.

The verdict is `linear` if no stage took more than 2.5 times as long. Otherwise the verdict is `NOT LINEAR`, or
`NOT DONE` if the shape took more than its time or memory.
"""

import argparse
import faulthandler
import multiprocessing
import resource
import signal
import sys
from multiprocessing.connection import Connection

from bench.hostile.growth import Growth, grow
from bench.hostile.shapes import SHAPES
from bench.hostile.stages import pass_through

_GIB = 1 << 30


def _measure(name: str, seconds: float, memory: int, results: Connection) -> None:
    # If a size takes too long, standard error says what the process was doing, and the process ends.
    faulthandler.register(signal.SIGPROF, chain=True)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for growth in grow(SHAPES[name]):
        results.send(growth)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _line(name: str, growth: Growth | None, fault: str) -> str:
    if growth is None:
        return f"{name:48} {fault}"
    stages = ", ".join(
        f"{stage} {growth.last.seconds[stage]:.2f} s ×{ratio:.1f}" for stage, ratio in growth.ratios.items()
    )
    verdict = f"NOT DONE: {fault}" if fault else growth.verdict
    mib = growth.peak >> 10
    outcome = " ".join(growth.last.outcome.split())[:150]
    return f"{name:48} {growth.size / 1e6:7.2f} MB {mib:5} MiB  {verdict:10}  {stages}; {outcome}"


def main() -> None:
    """Prints a line for each shape, and the number of shapes that aren't linear."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="word", help="a part of the names of the shapes to measure")
    parser.add_argument("--seconds", type=float, default=60, help="processor time for each size, in seconds")
    parser.add_argument("--memory", type=float, default=4, help="address space for a shape, in GiB")
    parser.add_argument("--exact", action="store_true", help="the words are whole names")
    arguments = parser.parse_args()
    words = arguments.words
    names = [
        name
        for name in SHAPES
        if not words or (name in words if arguments.exact else any(word in name for word in words))
    ]
    context = multiprocessing.get_context("fork")
    faults = 0
    pass_through("html", b"<p>What is loaded once, such as the model of languages, belongs to no shape.</p>" * 9)
    for name in names:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_measure, args=(name, arguments.seconds, int(arguments.memory * _GIB), sender))
        process.start()
        sender.close()
        growth, fault = None, ""
        try:
            while True:
                growth = receiver.recv()
        except EOFError:
            process.join()
        if process.exitcode == -signal.SIGPROF:
            fault = f"more than {arguments.seconds:.0f} s for twice the input"
        elif process.exitcode:
            fault = f"the process ended with {process.exitcode}"
        faults += bool(fault) or (growth is not None and not growth.is_linear)
        print(_line(name, growth, fault), flush=True)
    print(f"{len(names)} shapes, {faults} not linear")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
