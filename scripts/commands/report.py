"""`clausewatch report`"""

from datetime import datetime
from pathlib import Path

import click
from click.core import ParameterSource

from core.dates import parse_span
from core.declarations import Vendor
from core.exceptions import ClausewatchError, StoppedWorkError
from core.history import names_version
from core.policies import PolicyKey
from core.settings import Settings, load_settings
from reports import Report, VersionSide, build_report
from scripts.digest_delivery import limited_calls
from scripts.options import declared_policy, open_store, policy_option, vendor_argument
from scripts.report_output import output_option, report_format_option, write_report
from storage import Store
from views.other_policies import other_changed_policies


@click.command("report")
@vendor_argument
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@policy_option
@report_format_option
@output_option
@click.pass_context
def command(
    context: click.Context, vendor: str, old: str, new: str, policy: str, output_format: str | None, output: Path | None
) -> None:
    """Report what changed between two dates, clause by clause.

    Compares the version shown at the end of FROM with the version shown at the end of TO. For example,
    `clausewatch report hesk 2010 2016` compares the version at the end of 2010 with the version at the end of 2016.
    Instead of a date, you can give the number or the @ID of a version: `clausewatch report hesk 1 3`.

    Without --policy, a line on standard error names the vendor's other policies that changed between the two texts.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store:
        report = _compared(settings, store, declaration, key, old, new)
        others: tuple[str, ...] = ()
        if context.get_parameter_source("policy") is ParameterSource.DEFAULT:
            begin, end = _moments(report, old, new)
            others = other_changed_policies(store, declaration, key, begin, end)
    write_report(report, output_format, output)
    if others:
        click.echo(
            f"Other policies of {declaration.name} changed between these dates, too: {', '.join(others)}. "
            f"Report on one of them with --policy {others[0]}.",
            err=True,
        )


def _compared(settings: Settings, store: Store, vendor: Vendor, key: PolicyKey, old: str, new: str) -> Report:
    """Returns the report. ClausewatchError if the comparison exceeds a limit."""
    try:
        with limited_calls(settings.limits) as call:
            return build_report(store, vendor, key, old, new, call=call)
    except StoppedWorkError as error:
        raise ClausewatchError(f"the two texts of {key} could not be compared: {error}") from None


def _moments(report: Report, old: str, new: str) -> tuple[datetime, datetime]:
    """Returns the times of both sides: the end of each date, or the capture of the version that the user named."""
    assert isinstance(report.old, VersionSide) and isinstance(report.new, VersionSide)  # noqa: S101, PT018 - no files
    return (
        report.old.period.last.captured_at if names_version(old) else parse_span(old).end,
        report.new.period.first.captured_at if names_version(new) else parse_span(new).end,
    )
