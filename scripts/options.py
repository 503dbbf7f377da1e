"""Arguments and options that several commands share, and functions that look up declarations and open the store."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from core.declarations import Policy, Vendor, select_vendors
from core.policies import PolicyKey
from core.settings import Settings
from storage import Store

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

vendor_argument: Decorator = click.argument("vendor", metavar="VENDOR")
policy_option: Decorator = click.option(
    "--policy",
    default="privacy",
    show_default=True,
    help="The policy's name in the vendor's declaration.",
)


def format_option(*formats: str) -> Decorator:
    """Returns the option `--format`.

    formats: the values that the option accepts; the first is the default.
    """
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The output format.",
    )


def declared_policy(settings: Settings, key: PolicyKey) -> tuple[Vendor, Policy]:
    """Returns the declarations of a vendor and of one of the vendor's policies.

    UsageError if the vendor or the policy is not declared; the message lists the declared names. DeclarationError if
    the vendor's declaration is broken.
    """
    declaration = select_vendors(settings.vendors, [key.vendor])[key.vendor]
    return declaration, declaration.policy(key.policy)


def open_store(settings: Settings, *, read_only: bool = False) -> Store:
    """Opens the database and the payloads that CLAUSEWATCH_DATABASE_URL and CLAUSEWATCH_PAYLOADS_URL name.

    Returns a context manager that closes the store at the end of the block. read_only: whether the database refuses
    every write.
    """
    hold = timedelta(days=settings.hold_days)
    return Store.open(settings.database_url, settings.payloads_url, hold, read_only=read_only)
