"""`clausewatch verify`"""

from collections import Counter

import click

from core.declarations import load_vendors
from core.escaping import printable_line
from core.exceptions import ClausewatchError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from intake.policy_reader import rederive
from scripts.options import open_store
from scripts.progress import progress_bar
from storage.upkeep import verify

_REMEDIES = {
    "backup": "cannot be made again: restore the database from a backup",
    "repair": "can be derived again: run `clausewatch verify --repair`",
    "reextract": "can be derived again: run `clausewatch reextract`",
}


@click.command("verify")
@click.option("--repair", is_flag=True, help="Derive again what is damaged and can be.")
def command(repair: bool) -> None:
    """Read all that is stored, and tell what is damaged.

    Every payload and document is checked against its SHA-256, every capture, reading and review against its seal, how
    many captures and reviews a policy has against how many were stored, and what was read from a capture against what
    is read from it now. A line for each that is damaged; the exit status is 0 when nothing is. A crawl may run
    meanwhile.
    """
    settings = load_settings()
    vendors = load_vendors(settings.vendors)
    policies = {
        PolicyKey(slug, name): policy for slug, vendor in vendors.items() for name, policy in vendor.policies.items()
    }
    found: Counter[str] = Counter()
    read = 0
    with open_store(settings) as store, progress_bar("captures") as bar:

        def progress(done: int, total: int) -> None:
            nonlocal read
            read = done
            bar(done, total)

        for one in verify(store, policies, rederive, repair, progress):
            found[one.remedy] += 1
            made = "; it is made again" if one.remedy == "mended" else ""
            click.echo(printable_line(f"{one.place}: {one.fault}{made}"))
    damaged = sum(found[remedy] for remedy in _REMEDIES)
    said = [f"{found[remedy]} {text}" for remedy, text in _REMEDIES.items() if found[remedy]]
    summary = f"{plural(read, 'capture')} read with all that belongs to them"
    if found["mended"]:
        summary += f"; {found['mended']} damaged and made again"
    if not damaged:
        click.echo(f"{summary}; nothing is damaged", err=True)
        return
    raise ClausewatchError(f"{summary}; {damaged} damaged: {'; '.join(said)}")
