"""`clausewatch diff`"""

from pathlib import Path

import click

from core.captures import sha256_hex
from core.exceptions import ExtractionError, UsageError
from extraction import extract
from formats.media_types import media_type_of
from reports import FileSide, compare_files
from scripts.report_output import output_option, report_format_option, write_report


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@report_format_option
@output_option
def command(old: Path, new: Path, output_format: str | None, output: Path | None) -> None:
    """Compare two local files (.html, .pdf, .md or .txt) clause by clause."""
    sides: list[FileSide] = []
    errors: dict[str, None] = {}  # a file that is compared with itself is named once
    for path in (old, new):
        try:
            sides.append(_file_side(path))
        except ExtractionError as error:
            errors[str(error)] = None
    if errors:
        raise ExtractionError("\n".join(errors))
    write_report(compare_files(*sides), output_format, output)


def _file_side(path: Path) -> FileSide:
    media_type = media_type_of(path)
    try:
        # The file is read only once. So the checksum and the document belong to the same bytes, even if another program
        # changes the file meanwhile.
        data = path.read_bytes()
        document = extract(data, media_type)
        if not document.clauses:
            # Two files without text have no difference, which isn't what a person who compares them wants to know.
            raise ExtractionError(
                "this file contains no text: it is empty, or its text appears only in a browser; in that case, save "
                "the page "
                "from a browser, and compare that file"
            )
        return FileSide(path, sha256_hex(data), document)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ExtractionError as error:
        fault = str(error).removesuffix("; declare the policy's page")  # advice for a page that a crawl has fetched
        raise ExtractionError(f"{path}: {fault}") from None
