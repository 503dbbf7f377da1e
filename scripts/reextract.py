"""`clausewatch reextract`"""

import click

from core.declarations import select_vendors
from core.exceptions import ClausewatchError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from intake.service import Intake
from scripts.options import open_store
from scripts.progress import progress_bar


@click.command("reextract")
@click.argument("vendors", nargs=-1, metavar="[VENDOR...]")
def command(vendors: tuple[str, ...]) -> None:
    """Read captures again with the present extractor and declarations.

    Those of all vendors, or of the ones named. Earlier readings are shown until all of a policy's captures are
    read, then the new ones. Captures that are read already are left alone, so it can be interrupted and run again.
    Nobody is told of what only the reading changed.
    """
    settings = load_settings()
    with open_store(settings) as store, Intake(store) as intake:
        try:
            for vendor in select_vendors(settings.vendors, vendors).values():
                for name, policy in vendor.policies.items():
                    key = PolicyKey(vendor.slug, name)
                    before = len(store.library.history(key).versions)
                    with progress_bar(f"{vendor.slug} {name}") as progress:
                        count = intake.reextract(key, policy, progress)
                    after = len(store.library.history(key).versions)
                    click.echo(
                        f"{vendor.slug} {name}: {plural(count, 'capture')} read again; "
                        f"{plural(before, 'version')} before, {after} now",
                        err=True,
                    )
        except KeyboardInterrupt:
            raise ClausewatchError(
                "interrupted; what was read is kept, and shown once all of its policy is: run this again to go on"
            ) from None
