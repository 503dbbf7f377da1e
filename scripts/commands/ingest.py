"""`clausewatch ingest`"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from core.captures import Capture
from core.dates import parse_span
from core.declarations import Policy
from core.exceptions import ClausewatchError, UsageError
from core.policies import PolicyKey
from core.settings import load_settings
from ingestion import LeftOut, capture_from_page, captures_from_warc, is_warc
from intake.records import FoundCapture, ReadCapture
from intake.service import Intake
from scripts.options import declared_policy, format_option, open_store, policy_option
from scripts.printing import print_json
from views.captures import CaptureView
from views.ingest_summary import IngestSummary
from views.versions import version_numbers


@click.command("ingest")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--vendor", required=True, metavar="SLUG", help="The vendor whose policy the files show.")
@policy_option
@click.option("--captured-at", metavar="DATE", help="For a saved page: when the page was saved.")
@click.option("--url", metavar="ADDRESS", help="For a saved page: the declared address of the page.")
@format_option("text", "json")
def command(
    files: tuple[Path, ...], vendor: str, policy: str, captured_at: str | None, url: str | None, output_format: str
) -> None:
    """Store captures from files: WARC or ARC files, or pages saved as .html, .pdf, .md or .txt.

    Every response in a WARC file that comes from a location of the policy becomes a capture. The time of the capture is
    the record's WARC-Date. A capture whose record is incomplete is quarantined as truncated. Captures in a file that
    `clausewatch export` wrote are restored exactly.

    A saved page needs --captured-at and --url, unless it is a text of the Princeton-Leuven corpus of privacy policies:
    the first line of such a file names the site and the day.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    _, declaration = declared_policy(settings, key)
    moment = parse_span(captured_at).begin if captured_at else None
    captures: list[Capture] = []
    results: list[ReadCapture] = []
    summary = IngestSummary()

    def found_captures() -> Iterator[FoundCapture]:
        for file in files:
            for record in _captures_in(file, key, declaration, moment, url):
                if isinstance(record, LeftOut):
                    summary.add_left_out(record.why)
                else:
                    capture, payload = record
                    captures.append(capture)
                    yield capture, payload, declaration

    with open_store(settings) as store, Intake(store, limits=settings.limits) as intake:
        try:
            for result in intake.keep_all(found_captures()):
                results.append(result)
                summary.add_capture(result.verdict, result.is_new)
        except KeyboardInterrupt:
            raise ClausewatchError(
                "interrupted; the captures counted above are stored; run this command again to continue, which skips "
                "what "
                "is stored already"
            ) from None
        finally:
            click.echo(summary.text, err=True)
        numbers = version_numbers(store.library.history(key))
    if not results:
        raise UsageError(f"none of these files contains a capture of {key}")
    if output_format == "json":
        views = [
            CaptureView(result.capture_id, capture, result.verdict, numbers.get(result.version_id or ""))
            for capture, result in zip(captures, results, strict=True)
        ]
        print_json([view.to_dict() for view in views])


def _captures_in(
    file: Path, key: PolicyKey, declaration: Policy, moment: datetime | None, url: str | None
) -> Iterator[tuple[Capture, bytes | None] | LeftOut]:
    if not is_warc(file):
        yield capture_from_page(file, key, declaration, moment, url)
        return
    if moment or url:
        raise UsageError(f"{file}: a WARC file contains times and addresses; omit --captured-at and --url")
    yield from captures_from_warc(file, key, declaration)
