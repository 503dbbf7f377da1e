"""A report to standard output or to a file, in the format asked for."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from core.exceptions import UsageError
from reports import Report, as_html, as_json, as_markdown, print_report
from scripts.options import Decorator

_RENDERERS: dict[str, Callable[[Report], str]] = {"json": as_json, "markdown": as_markdown, "html": as_html}
REPORT_FORMATS = ("text", *_RENDERERS)

output_option: Decorator = click.option(
    "--output", "-o", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file."
)


def write_report(report: Report, output_format: str, output: Path | None) -> None:
    """The report in that format, in the file or on standard output. UsageError when the file cannot be written."""
    if output is None and output_format == "text":
        print_report(report, Console(highlight=False))
        return
    if output_format == "text":
        console = Console(highlight=False, record=True, quiet=True, width=100)
        print_report(report, console)
        text = console.export_text()
    else:
        text = _RENDERERS[output_format](report)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from None
