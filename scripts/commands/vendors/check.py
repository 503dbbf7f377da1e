"""`clausewatch vendors check`"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from core.declarations import Vendor, duplicate_addresses, located_fault, vendors_and_faults
from core.exceptions import DeclarationError
from core.settings import load_settings
from extraction import selector_fault
from scripts.printing import print_table, short_address


@click.command("check")
def check() -> None:
    """Check every declaration, and list the policies.

    Checks the fields of each declaration, the selectors and the patterns, and whether two locations have the same
    address at the same time, so that a capture would belong to both. Error messages name the file, the line and the
    field.
    """
    folder = load_settings().vendors
    vendors, faults = vendors_and_faults(folder)
    faults += [*_selector_faults(folder, vendors), *_duplicates(folder, vendors)]
    if faults:
        raise DeclarationError("\n".join(faults))
    print_table(_rows(vendors), ("vendor", "policy", "since", "until", "address"), shortened="address")


def _rows(vendors: Mapping[str, Vendor]) -> Iterator[dict[str, object]]:
    for slug, vendor in vendors.items():
        for name, policy in vendor.policies.items():
            for location in policy.locations:
                further = f" and {len(location.pages)} more" if location.pages else ""
                address = short_address(location.url) + further
                dates = {"since": location.since, "until": location.until}
                yield {"vendor": slug, "policy": name, "address": address, **dates}


def _selector_faults(folder: Path, vendors: Mapping[str, Vendor]) -> Iterator[str]:
    for slug, vendor in vendors.items():
        for name, policy in vendor.policies.items():
            for index, location in enumerate(policy.locations):
                for field, selectors in (("select", location.select), ("remove", location.remove)):
                    for number, selector in enumerate(selectors):
                        if message := selector_fault(selector):
                            place = ("policies", name, "locations", index, field, number)
                            yield located_fault(folder / f"{slug}.yaml", place, message)


def _duplicates(folder: Path, vendors: Mapping[str, Vendor]) -> Iterator[str]:
    for first, second, address in duplicate_addresses(vendors):
        whose = "this policy" if first.key == second.key else str(first.key)
        message = (
            f"{address} is also an address of location {first.index + 1} of {whose}, and their dates overlap; give "
            "the two "
            "locations dates that don't overlap, or remove one of them"
        )
        yield located_fault(folder / f"{second.key.vendor}.yaml", second.field, message)
