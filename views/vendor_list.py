"""The vendors, and what changed last in the policies of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from core.declarations import Policy, Vendor
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
    """A vendor, with the number of its captures.

    change: the newest change of its policies; None if no policy changed.
    policies: each policy by its slug, with its declaration and the time of its last accepted capture; None if no
        capture of it is accepted.
    """

    vendor: Vendor
    captures: int
    change: LastChange | None
    policies: tuple[tuple[str, Policy, datetime | None], ...]


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
            of_vendor = {
                policy: standing
                for policy in vendor.policies
                if (standing := standings.get(PolicyKey(vendor.slug, policy))) is not None
            }
            changes = last_changes(of_vendor.values())
            captures = sum(standing.captures for standing in of_vendor.values())
            policies = tuple(
                (policy, declared, of_vendor[policy].last_accepted if policy in of_vendor else None)
                for policy, declared in vendor.policies.items()
            )
            lines.append(VendorLine(vendor, captures, changes[0] if changes else None, policies))
    return sorted(lines, key=lambda line: line.change.at if line.change else _NEVER, reverse=True)


def last_changes(standings: Iterable[Standing]) -> Sequence[LastChange]:
    """Returns the newest change of each policy that has changed, the latest first."""
    changes = [
        LastChange(PolicyKey(standing.vendor, standing.policy), standing.last_change)
        for standing in standings
        if standing.last_change
    ]
    return sorted(changes, key=lambda change: (change.at, change.key), reverse=True)


def sites(policy: Policy) -> tuple[str, ...]:
    """Returns the hosts of the addresses where a policy is published, or was last, each once: `uk.match.com`."""
    current = [location for location in policy.locations if location.until is None]
    hosts = (site_of(location.url) for location in current or policy.locations[-1:])
    return tuple(dict.fromkeys(filter(None, hosts)))


def site_of(url: str) -> str:
    """Returns the host of an address, without `www.`; '' if the address can't be read."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
