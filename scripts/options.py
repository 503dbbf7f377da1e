"""The arguments that several commands share, and what they stand for."""

from collections.abc import Callable
from typing import Any

import click

from core.declarations import Policy, Vendor, select_vendors
from core.settings import Settings
from storage import Store

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

vendor_argument: Decorator = click.argument("vendor", metavar="VENDOR")
policy_option: Decorator = click.option(
    "--policy",
    default="privacy",
    show_default=True,
    help="Which policy, as the declaration names it.",
)


def format_option(*formats: str) -> Decorator:
    """`--format`, the first of the formats being the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print it.",
    )


def declared(settings: Settings, slug: str, policy_slug: str) -> tuple[Vendor, Policy]:
    """The vendor of that slug and its policy. UsageError names those there are."""
    vendor = select_vendors(settings.vendors, [slug])[slug]
    return vendor, vendor.policy(policy_slug)


def open_store(settings: Settings) -> Store:
    """The store that CLAUSEWATCH_DATABASE_URL and CLAUSEWATCH_PAYLOADS_URL name; used as a context manager."""
    return Store.open(settings.database_url, settings.payloads_url)
