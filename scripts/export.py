"""`clausewatch export`"""

import sys
from pathlib import Path

import click

from core.declarations import select_vendors
from core.exceptions import ClausewatchError, DamageError, UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from ingestion import is_warc, write_captures
from scripts.options import open_store, vendor_argument
from scripts.whole_file import whole_file
from storage import Store


@click.command("export")
@vendor_argument
@click.option("--policy", metavar="NAME", help="Of this policy only; else of all the declaration names.")
@click.option(
    "--warc",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write them to this file, whose name ends in .warc.gz; - is standard output.",
)
def command(vendor: str, policy: str | None, path: Path) -> None:
    """Write a vendor's captures as evidence: a WARC file that others can replay.

    `ingest` of it, on another database, gives the same captures, and with the same declaration the same history.
    Reviews, subscribers and what was read from the captures are not in it.
    """
    settings = load_settings()
    declaration = select_vendors(settings.vendors, [vendor])[vendor]
    policies = list(declaration.policies) if policy is None else [policy]
    for slug in policies:
        declaration.policy(slug)
    if path != Path("-") and not (is_warc(path) and path.suffix.lower() == ".gz"):
        raise UsageError(f"{path}: a WARC is known by its name: let it end in .warc.gz")
    if path == Path("-") and sys.stdout.isatty():
        raise UsageError("a WARC is nothing for a terminal; name a file: --warc evidence.warc.gz")
    with open_store(settings) as store:
        _export(store, vendor, policies, path)


def _export(store: Store, vendor: str, policies: list[str], path: Path) -> None:
    captures = [one.capture for slug in policies for one in store.library.captures(PolicyKey(vendor, slug))]
    if not captures:
        raise UsageError(f"there are no captures of {vendor} yet")

    def payload_of(sha256: str) -> bytes | None:
        try:
            return store.library.payload(sha256)
        except DamageError as error:  # the others are evidence all the same
            click.echo(f"left out: {error}", err=True)
            return None

    if path == Path("-"):
        count = write_captures(sys.stdout.buffer, captures, payload_of)
    else:
        with whole_file(path) as stream:
            count = write_captures(stream, captures, payload_of)
    click.echo(f"{plural(count, 'capture')} written", err=True)
    if count < len(captures):
        raise ClausewatchError(f"{plural(len(captures) - count, 'capture')} left out, whose bytes are damaged")
