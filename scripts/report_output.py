"""The option `--output`, and the function that writes a report, for `clausewatch report` and `clausewatch diff`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from core.exceptions import UsageError
from reports import REPORT_FORMATS, Report, print_report
from scripts.options import Decorator

output_option: Decorator = click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write the report to this file. Use - for standard output.",
)


def write_report(report: Report, output_format: str, output: Path | None) -> None:
    """Writes a report to a file or to standard output.

    output_format: a key of `reports.REPORT_FORMATS`.
    output: the file's path. If the path is None or `-`, the report is written to standard output.

    UsageError if the file cannot be written, or if the format is binary and standard output is a terminal.
    """
    if output == Path("-"):
        output = None
    if output is None and output_format == "text":
        print_report(report, Console(highlight=False))
        return
    content = REPORT_FORMATS[output_format](report)
    if output is not None:
        try:
            output.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise UsageError(f"{output}: {error.strerror}") from None
    elif isinstance(content, bytes) and sys.stdout.isatty():
        raise UsageError(
            f"a {output_format} report is binary and cannot be shown on a terminal; "
            f"name a file: --output report.{output_format}"
        )
    else:
        click.echo(content)
