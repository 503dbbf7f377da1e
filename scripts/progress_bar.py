"""A progress bar for commands that take long."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Shows a progress bar on standard error until the block ends. Shows nothing if standard error is not a terminal.

    name: the text to the left of the bar.

    Yields a function that updates the bar. The function's arguments are the number of finished items and the total
    number of items.
    """
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    # On a terminal, Rich prints the output of the `with` block above the bar. If standard output is a file or a pipe,
    # Rich must not change the output.
    print_above = sys.stdout.isatty()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, redirect_stdout=print_above
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
