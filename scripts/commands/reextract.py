"""`clausewatch reextract`"""

import click

from core.declarations import chosen_vendors
from core.exceptions import ClausewatchError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from intake.service import Intake
from scripts.options import open_store
from scripts.progress_bar import progress_bar


@click.command("reextract")
@click.argument("vendors", nargs=-1, metavar="[VENDOR...]")
def command(vendors: tuple[str, ...]) -> None:
    """Read stored captures again with the current extractor and declarations.

    Reads the captures of the named vendors, or of all vendors. Until every capture of a policy has been read again,
    other commands show the earlier readings of that policy. Captures whose readings are up to date are skipped, so you
    can interrupt this command and run it again. Digests do not report differences that only the new readings cause.
    At the end, neighbouring versions that have not been compared yet are compared for `trace` and `blame`.

    Without names, a broken declaration is named, the captures of the other vendors are read, and the exit status is 1.
    """
    settings = load_settings()
    declared, faults = chosen_vendors(settings.vendors, vendors)
    with open_store(settings) as store, Intake(store, limits=settings.limits) as intake:
        try:
            for vendor in declared.values():
                for name, policy in vendor.policies.items():
                    key = PolicyKey(vendor.slug, name)
                    before = len(store.library.history(key).versions)
                    with progress_bar(str(key)) as progress:
                        count = intake.reextract(key, policy, progress)
                    after = len(store.library.history(key).versions)
                    click.echo(
                        f"{key}: {plural(count, 'capture')} read again; "
                        f"{plural(before, 'version')} before, {after} now",
                        err=True,
                    )
        except KeyboardInterrupt:
            raise ClausewatchError(
                "interrupted; run this command again to continue; until all captures of a policy have been read again, "
                "other commands show the earlier results"
            ) from None
    for fault in faults:
        click.echo(f"failed: {fault}", err=True)
    if faults:
        raise SystemExit(1)
