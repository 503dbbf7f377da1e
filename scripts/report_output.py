"""The options `--format` and `--output` of `clausewatch report` and `clausewatch diff`, and how a report is written."""

import sys
from pathlib import Path

import click
from rich.console import Console

from core.exceptions import UsageError
from reports import REPORT_FORMATS, Report, print_report
from scripts.options import Decorator

# The formats of the files with these endings, if the user names no format.
_FORMATS_BY_SUFFIX = {
    ".txt": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
}

report_format_option: Decorator = click.option(
    "--format",
    "output_format",
    type=click.Choice(list(REPORT_FORMATS)),
    help="The output format. [default: the format that the name of the file says, otherwise text]",
)
output_option: Decorator = click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write the report to this file: as HTML if its name ends in .html; .md, .docx, .json and .txt work alike. Use "
    "- for standard output.",
)


def write_report(report: Report, output_format: str | None, output: Path | None) -> None:
    """Writes a report to a file or to standard output.

    output_format: a key of `reports.REPORT_FORMATS`; None for the format that the file's name says, or for text.
    output: the file's path. If the path is None or `-`, the report is written to standard output.

    UsageError if the file cannot be written, or if the format is binary and standard output is a terminal.
    """
    if output == Path("-"):
        output = None
    output_format = output_format or _FORMATS_BY_SUFFIX.get(output.suffix.lower() if output else "", "text")
    if output is None and output_format == "text":
        print_report(report, Console(highlight=False))
        return
    content = REPORT_FORMATS[output_format](report)
    if output is not None:
        try:
            output.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise UsageError(f"{output} can't be written: {error.strerror}") from None
    elif isinstance(content, bytes) and sys.stdout.isatty():
        raise UsageError(
            f"a terminal can't show a {output_format} report; name a file: --output report.{output_format}"
        )
    else:
        click.echo(content)
