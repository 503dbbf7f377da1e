"""The vendors, and what changed last in the policies of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.declarations import Vendor
from core.policies import PolicyKey
from storage import Standing

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LastChange:
    """The newest change of a policy. at: when the new text was captured first."""

    key: PolicyKey
    at: datetime


@dataclass(frozen=True, slots=True)
class VendorLine:
    """A vendor, with the number of its captures. change: the newest change of its policies; None if none changed."""

    vendor: Vendor
    captures: int
    change: LastChange | None


def vendor_lines(
    vendors: Mapping[str, Vendor], standings: Mapping[PolicyKey, Standing], name: str = ""
) -> list[VendorLine]:
    """Returns the vendors, the one that changed last first; those that never changed by name.

    name: a part of the vendor's name or slug; '' for all vendors. Case makes no difference.
    """
    wanted = name.casefold()
    lines = []
    for vendor in sorted(vendors.values(), key=lambda vendor: (vendor.name.casefold(), vendor.slug)):
        if wanted in vendor.name.casefold() or wanted in vendor.slug:
            of_vendor = list(_of_vendor(vendor, standings))
            changes = last_changes(of_vendor)
            captures = sum(standing.captures for standing in of_vendor)
            lines.append(VendorLine(vendor, captures, changes[0] if changes else None))
    return sorted(lines, key=lambda line: line.change.at if line.change else _NEVER, reverse=True)


def last_changes(standings: Iterable[Standing]) -> Sequence[LastChange]:
    """Returns the newest change of each policy that has changed, the latest first."""
    changes = [
        LastChange(PolicyKey(standing.vendor, standing.policy), standing.last_change)
        for standing in standings
        if standing.last_change
    ]
    return sorted(changes, key=lambda change: (change.at, change.key), reverse=True)


def _of_vendor(vendor: Vendor, standings: Mapping[PolicyKey, Standing]) -> Iterator[Standing]:
    for policy in vendor.policies:
        standing = standings.get(PolicyKey(vendor.slug, policy))
        if standing is not None:
            yield standing
