"""The status of each policy, for the operator: whether captures arrive and show the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.dates import iso
from core.declarations import Policy, Vendor
from core.policies import PolicyKey
from storage import Standing
from views.quarantine import SILENCE

#: Why a policy fails: its newest captures are quarantined; it had no capture for longer than SILENCE; it never had one.
Failure = Literal["quarantined", "no capture", "never captured"]


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """A declared policy, and whether it fails.

    failing: None if the policy does not fail.
    failing_since: for `quarantined`, the first capture that was quarantined since the last accepted one; for
        `no capture`, the last capture; otherwise None.
    """

    standing: Standing
    failing: Failure | None
    failing_since: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the status as the JSON contract has it."""
        standing = self.standing
        return {
            "vendor": standing.vendor,
            "policy": standing.policy,
            "failing": self.failing,
            "failing_since": _iso(self.failing_since),
            "last_seen": _iso(standing.last_capture),
            "last_accepted": _iso(standing.last_accepted),
            "last_changed": _iso(standing.last_change),
            "captures": standing.captures,
            "quarantined": dict(standing.quarantined),
            "unread": standing.unread,
        }


def policy_statuses(
    vendors: Mapping[str, Vendor], standings: Iterable[Standing], now: datetime
) -> tuple[PolicyStatus, ...]:
    """Returns the status of every declared policy, in the order in which a person should look at them.

    First the failing policies, the longest failing first; then those never captured; then those with unread captures;
    then the others. Standings of policies that are not declared are ignored. now: timezone-aware UTC.
    """
    standing_of = {PolicyKey(standing.vendor, standing.policy): standing for standing in standings}
    statuses = []
    for vendor in vendors.values():
        for slug, policy in vendor.policies.items():
            key = PolicyKey(vendor.slug, slug)
            standing = standing_of.get(key, Standing(vendor=vendor.slug, policy=slug))
            statuses.append(_status(policy, standing, now))
    return tuple(sorted(statuses, key=_urgency))


def _status(policy: Policy, standing: Standing, now: datetime) -> PolicyStatus:
    if not any(location.holds_at(now) for location in policy.locations):
        return PolicyStatus(standing, None, None)  # published nowhere now, so no crawl asks for it
    if standing.last_capture is None:
        return PolicyStatus(standing, "never captured", None)
    if standing.failing_since is not None:
        return PolicyStatus(standing, "quarantined", standing.failing_since)
    if now - standing.last_capture > SILENCE:
        return PolicyStatus(standing, "no capture", standing.last_capture)
    return PolicyStatus(standing, None, None)


def _urgency(status: PolicyStatus) -> tuple[object, ...]:
    rank = 0 if status.failing_since else 1 if status.failing else 2 if status.standing.unread else 3
    since = status.failing_since.timestamp() if status.failing_since else 0
    return (rank, since, status.standing.vendor, status.standing.policy)


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
