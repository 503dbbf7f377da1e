"""`clausewatch diff`"""

from pathlib import Path

import click

from core.clauses import Document
from core.exceptions import ExtractionError, UsageError
from core.media_types import media_type_of
from extraction import extract
from reports import compare_files
from scripts.options import format_option
from scripts.output import REPORT_FORMATS, output_option, write_report


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@format_option(*REPORT_FORMATS)
@output_option
def command(old: Path, new: Path, output_format: str, output: Path | None) -> None:
    """Compare two local files clause by clause: .html, .pdf, .md or .txt."""
    report = compare_files(old, new, _document(old), _document(new))
    write_report(report, output_format, output)


def _document(path: Path) -> Document:
    media_type = media_type_of(path)
    try:
        return extract(path.read_bytes(), media_type)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ExtractionError as error:
        raise ExtractionError(f"{path}: {error}") from None
