"""Reports damaged payloads, for `clausewatch backup` and `clausewatch restore`."""

from collections.abc import Sequence

import click

from core.exceptions import ClausewatchError
from core.plurals import plural


def report_damaged_payloads(damaged: Sequence[str]) -> None:
    """Prints a line on standard error for each damaged payload.

    damaged: the lines to print, one for each damaged payload.

    ClausewatchError if `damaged` is not empty.
    """
    for line in damaged:
        click.echo(line, err=True)
    if damaged:
        raise ClausewatchError(
            f"the copy is complete, but {plural(len(damaged), 'payload')} in it can't be verified, as before the copy; "
            "run `clausewatch verify`, which names the captures"
        )
