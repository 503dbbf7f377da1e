"""`clausewatch report`"""

from pathlib import Path

import click

from core.policies import PolicyKey
from core.settings import load_settings
from reports import REPORT_FORMATS, build_report
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.report_output import output_option, write_report


@click.command("report")
@vendor_argument
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@policy_option
@format_option(*REPORT_FORMATS)
@output_option
def command(vendor: str, old: str, new: str, policy: str, output_format: str, output: Path | None) -> None:
    """Report what changed between two dates, clause by clause.

    Compares the version in force at the end of FROM with the version in force at the end of TO. For example,
    `clausewatch report hesk 2010 2016` compares the version at the end of 2010 with the version at the end of 2016.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store:
        report = build_report(store, declaration, key, old, new)
    write_report(report, output_format, output)
