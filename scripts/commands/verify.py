"""`clausewatch verify`"""

import click

from core.declarations import sound_vendors
from core.escaping import escape_line
from core.exceptions import ClausewatchError
from core.policies import PolicyKey
from core.settings import load_settings
from intake.service import Intake
from scripts.options import open_store
from scripts.progress_bar import progress_bar
from storage.upkeep import verify
from views.verification import VerificationSummary, describe_finding


@click.command("verify")
@click.option("--repair", is_flag=True, help="Repair damaged data that can be derived from captures.")
def command(repair: bool) -> None:
    """Check everything that is stored, and report all damage.

    Each stored item is compared with its checksum. The captures and reviews of each policy are counted, so that
    missing ones are noticed. Each capture is read again, and the result is compared with the stored one. The output has
    one line for each damaged item, which ends with what can be done. A crawl may run at the same time.

    The exit status is 0 if nothing is damaged, or if everything that was damaged has been repaired; otherwise 1. It
    is also 1 if a declaration is broken, because its captures can't be read again.
    """
    settings = load_settings()
    vendors, faults = sound_vendors(settings.vendors)
    policies = {
        PolicyKey(slug, name): policy for slug, vendor in vendors.items() for name, policy in vendor.policies.items()
    }
    summary = VerificationSummary()
    with (
        open_store(settings) as store,
        Intake(store, limits=settings.limits) as intake,
        progress_bar("captures") as show_progress,
    ):

        def progress(done: int, total: int) -> None:
            summary.captures = done
            show_progress(done, total)

        for finding in verify(store, policies, intake.rederive, repair, progress):
            summary.add_finding(finding)
            click.echo(escape_line(describe_finding(finding)))
    for fault in faults:
        click.echo(f"failed: its captures were not read again: {fault}", err=True)
    if summary.damaged:
        raise ClausewatchError(summary.text)
    click.echo(summary.text, err=True)
    if faults:
        raise SystemExit(1)
