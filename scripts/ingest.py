"""`clausewatch ingest`"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from core.captures import Capture
from core.dates import parse_span
from core.declarations import Policy
from core.exceptions import ClausewatchError, UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from ingestion import LeftOut, capture_from_page, captures_from_warc, is_warc
from intake.records import ReadCapture
from intake.service import Intake
from scripts.options import declared, format_option, open_store, policy_option
from scripts.tables import capture_row, print_json, version_numbers


@click.command("ingest")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--vendor", required=True, metavar="SLUG", help="The vendor whose policy the files show.")
@policy_option
@click.option("--captured-at", metavar="DATE", help="When the page showed this (a page, not a WARC).")
@click.option("--url", metavar="ADDRESS", help="The declared location the page stood at (a page, not a WARC).")
@format_option("text", "json")
def command(
    files: tuple[Path, ...], vendor: str, policy: str, captured_at: str | None, url: str | None, output_format: str
) -> None:
    """Store captures from files: WARC, or pages saved as .html, .pdf, .md or .txt.

    In a WARC, every response from a location of the policy is a capture of its WARC-Date; what `export` wrote comes
    back as it was. A page needs --captured-at and --url, unless it begins with the line that the Princeton-Leuven
    corpus puts before a policy.
    """
    settings = load_settings()
    _, declaration = declared(settings, vendor, policy)
    moment = parse_span(captured_at).begin if captured_at else None
    captures: list[Capture] = []
    results: list[ReadCapture] = []
    left_out: Counter[str] = Counter()

    def found() -> Iterator[tuple[Capture, bytes | None, Policy]]:
        for file in files:
            for one in _captures(file, vendor, policy, declaration, moment, url):
                if isinstance(one, LeftOut):
                    left_out[one.why] += 1
                else:
                    captures.append(one[0])
                    yield *one, declaration

    with open_store(settings) as store, Intake(store) as intake:
        try:
            for result in intake.keep_all(found()):
                results.append(result)
        except KeyboardInterrupt:
            raise ClausewatchError(
                "interrupted; what was read so far is kept, and so may be some captures more: run this again to go on"
            ) from None
        finally:
            _summarise(results, left_out)
        numbers = version_numbers(store.library.history(PolicyKey(vendor, policy)))
    kept = list(zip(captures, results, strict=True))
    if not kept:
        raise UsageError(f"none of these files holds a capture of {vendor}'s {policy} policy")
    if output_format == "json":
        print_json(
            [
                capture_row(result.capture_id, capture, result.verdict, numbers.get(result.version_id or ""))
                for capture, result in kept
            ]
        )


def _captures(
    file: Path, vendor: str, policy: str, declaration: Policy, moment: datetime | None, url: str | None
) -> Iterator[tuple[Capture, bytes | None] | LeftOut]:
    if not is_warc(file):
        yield capture_from_page(file, vendor, policy, declaration, moment, url)
        return
    if moment or url:
        raise UsageError(f"{file}: a WARC file says itself when and where; leave --captured-at and --url out")
    yield from captures_from_warc(file, vendor, policy, declaration)


def _summarise(kept: list[ReadCapture], left_out: Counter[str]) -> None:
    """One line of what became of the files, also when something stopped half-way: so far is stored."""
    quarantined = Counter(result.verdict.reason for result in kept if result.verdict.name == "quarantined")
    new = sum(result.is_new for result in kept)
    line = f"{plural(len(kept), 'capture')} read, {new} new, {quarantined.total()} quarantined"
    if quarantined:
        line += f" ({', '.join(f'{count} {reason}' for reason, count in quarantined.most_common())})"
    for why, count in left_out.most_common():
        line += f"; {plural(count, 'record')} {why} left out"
    click.echo(line, err=True)
