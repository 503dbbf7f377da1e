"""Arguments and options that several commands share, and how commands resolve them."""

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
    help="The policy, by the name in the vendor's declaration.",
)


def format_option(*formats: str) -> Decorator:
    """Returns the option `--format`. The first of the formats is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The output format.",
    )


def declared_policy(settings: Settings, vendor: str, policy: str) -> tuple[Vendor, Policy]:
    """Returns the vendor and the policy that are declared under these slugs.

    UsageError, which lists the declared ones, if there is no such vendor or policy. DeclarationError if the vendor's
    declaration is broken.
    """
    declaration = select_vendors(settings.vendors, [vendor])[vendor]
    return declaration, declaration.policy(policy)


def open_store(settings: Settings) -> Store:
    """Opens the store that CLAUSEWATCH_DATABASE_URL and CLAUSEWATCH_PAYLOADS_URL name; use it as a context manager."""
    return Store.open(settings.database_url, settings.payloads_url)
