"""What the operator is told of each policy: where it stands, and whether somebody has to look at it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.declarations import Policy, Vendor
from storage import Standing
from views.quarantine import SILENCE

# What keeps a policy from being watched: its captures do not show it; there are none any more; there never were any.
Failure = Literal["quarantined", "no capture", "never captured"]


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """A declared policy, and whether it fails.

    failing: None when all is well. failing_since: the first capture of those that are quarantined, or the last one
    before there were no more; None where `failing` is, or nothing was captured.
    """

    standing: Standing
    failing: Failure | None
    failing_since: datetime | None


def policy_statuses(
    vendors: Mapping[str, Vendor], standings: Iterable[Standing], now: datetime
) -> tuple[PolicyStatus, ...]:
    """Every declared policy, trouble first: what fails, for longest first; what was never captured; what is unread."""
    stand = {(one.vendor, one.policy): one for one in standings}
    return tuple(
        sorted(
            (
                _status(policy, stand.get((vendor.slug, name), Standing(vendor=vendor.slug, policy=name)), now)
                for vendor in vendors.values()
                for name, policy in vendor.policies.items()
            ),
            key=_urgency,
        )
    )


def _status(policy: Policy, standing: Standing, now: datetime) -> PolicyStatus:
    failing: Failure | None = None
    since = None
    if any(place.holds_at(now) for place in policy.locations):  # else nobody crawls it any more, and all is as it was
        if standing.last_capture is None:
            failing = "never captured"
        elif standing.failing_since is not None:
            failing, since = "quarantined", standing.failing_since
        elif now - standing.last_capture > SILENCE:
            failing, since = "no capture", standing.last_capture
    return PolicyStatus(standing, failing, since)


def _urgency(status: PolicyStatus) -> tuple[object, ...]:
    rank = 0 if status.failing_since else 1 if status.failing else 2 if status.standing.unread else 3
    since = status.failing_since.timestamp() if status.failing_since else 0
    return (rank, since, status.standing.vendor, status.standing.policy)
