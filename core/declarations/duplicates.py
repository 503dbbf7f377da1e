"""Finds addresses that several declarations claim for the same time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from core.addresses import urlkey
from core.declarations.schema import Location, Vendor
from core.policies import PolicyKey


@dataclass(frozen=True, slots=True)
class DeclaredLocation:
    """A location with its place in the declarations. index: the location's place in the policy's list, from 0."""

    key: PolicyKey
    index: int
    location: Location

    @property
    def field(self) -> tuple[str | int, ...]:
        """The path of keys and indexes that leads to the location in the vendor's file."""
        return ("policies", self.key.policy, "locations", self.index)


def duplicate_addresses(vendors: Mapping[str, Vendor]) -> Iterator[tuple[DeclaredLocation, DeclaredLocation, str]]:
    """Yields each pair of locations that have an address in common at a time, in order, with the address.

    Two policies that select different parts of one page are no duplicates. Addresses are compared by
    `core.addresses.urlkey`.
    """
    by_urlkey: dict[str, list[tuple[DeclaredLocation, str]]] = {}
    for slug, vendor in vendors.items():
        for name, policy in vendor.policies.items():
            for index, location in enumerate(policy.locations):
                declared = DeclaredLocation(PolicyKey(slug, name), index, location)
                for address in {urlkey(address): address for address in location.addresses}.values():
                    by_urlkey.setdefault(urlkey(address), []).append((declared, address))
    for claims in by_urlkey.values():
        for (first, _), (second, address) in combinations(claims, 2):
            is_divided = first.key != second.key and first.location.select != second.location.select
            if first != second and not is_divided and _overlap(first.location, second.location):
                yield first, second, address


def _overlap(first: Location, second: Location) -> bool:
    return not (
        (first.until and second.since and first.until <= second.since)
        or (second.until and first.since and second.until <= first.since)
    )
