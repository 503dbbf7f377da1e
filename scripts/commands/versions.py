"""`clausewatch versions`"""

import click

from core.policies import PolicyKey
from core.settings import load_settings
from reports.wording import describe_alternation
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_json, print_table
from views.versions import policy_versions, unsettled_sentences


@click.command("versions")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List the versions of a policy and the periods in which each version was seen.

    Below the list, sentences name three kinds of versions: versions between which the page goes back and forth,
    versions that another text replaced minutes later, and the version that no second capture has confirmed yet.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declared_policy(settings, key)
    with open_store(settings) as store:
        listing = policy_versions(store, key)
    versions = [version.to_dict() for version in listing.versions]
    if output_format == "json":
        print_json(versions)
    elif versions:
        rows = [{**version, **period} for version in versions for period in version["periods"]]
        rows.sort(key=lambda row: str(row["from"]))
        print_table(rows, ("version", "id", "from", "to", "captures", "clauses", "stated_date", "language", "url"))
        remarks = [f"The page {describe_alternation(alternation)}." for alternation in listing.alternations]
        remarks += unsettled_sentences(listing.settled)
        if remarks:
            click.echo("\n" + "\n".join(remarks))
    else:
        click.echo(f"there are no accepted captures of {vendor}'s {policy} policy yet", err=True)
