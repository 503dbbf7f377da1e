"""`clausewatch export`"""

import sys
from pathlib import Path

import click

from core.declarations import select_vendors
from core.exceptions import ClausewatchError, DamageError, UsageError
from core.policies import PolicyKey
from core.settings import load_settings
from ingestion import is_warc, write_captures
from scripts.options import open_store, vendor_argument
from scripts.whole_file import whole_file
from storage import Store
from views.export_summary import ExportSummary


@click.command("export")
@vendor_argument
@click.option("--policy", metavar="NAME", help="Export only captures of this policy. By default, of all policies.")
@click.option(
    "--warc",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write. Its name must end in .warc.gz. Use - for standard output.",
)
def command(vendor: str, policy: str | None, path: Path) -> None:
    """Write a vendor's captures, as evidence, to a WARC file that other programs can replay.

    If you ingest the file into an empty database, that database gets the same captures. If the vendor's declaration is
    the same too, it also gets the same versions. The file does not contain readings, reviews or subscribers. A vendor
    or a policy that is no longer declared can be exported, too.

    The exit status is 1 if captures are omitted because their payload is damaged.
    """
    settings = load_settings()
    if path != Path("-") and not (is_warc(path) and path.suffix.lower() == ".gz"):
        raise UsageError(f"{path}: the name of a WARC file must end in .warc.gz")
    if path == Path("-") and sys.stdout.isatty():
        raise UsageError("a terminal can't show a WARC file; name a file: --warc evidence.warc.gz")
    with open_store(settings) as store:
        stored = {standing.policy for standing in store.library.standings([vendor])}
        policies = sorted(stored if policy is None else stored & {policy})
        if not policies:
            declaration = select_vendors(settings.vendors, [vendor])[vendor]
            if policy is not None:
                declaration.policy(policy)
            raise UsageError(f"there are no captures of {PolicyKey(vendor, policy) if policy else vendor} yet")
        _export(store, [PolicyKey(vendor, slug) for slug in policies], path)


def _export(store: Store, keys: list[PolicyKey], path: Path) -> None:
    captures = [stored.capture for key in keys for stored in store.library.captures(key)]

    def payload_of(sha256: str) -> bytes | None:
        try:
            return store.library.payload(sha256)
        except DamageError as error:  # the export continues with the other captures
            click.echo(f"omitted: {error}", err=True)
            return None

    if path == Path("-"):
        written = write_captures(sys.stdout.buffer, captures, payload_of)
    else:
        with whole_file(path) as stream:
            written = write_captures(stream, captures, payload_of)
    summary = ExportSummary(len(captures), written)
    click.echo(summary.text, err=True)
    if summary.omission:
        raise ClausewatchError(summary.omission)
