"""The status of each policy, for the operator: whether new captures arrive, and whether they are accepted or held."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.captures import Reason
from core.dates import iso
from core.declarations import Policy, Vendor
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from storage import Standing
from views.quarantine import SILENCE

#: The reasons why a policy fails.
#: `quarantined`: captures are quarantined, and no later capture is accepted.
#: `no capture`: the newest capture was made longer than SILENCE (a week) ago.
#: `never captured`: no capture of the policy is stored.
Failure = Literal["quarantined", "no capture", "never captured"]

# A sentence quotes at most this many characters of what a page said.
_QUOTED = 160


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """A declared policy with the numbers and times of its captures, and whether the policy fails.

    standing: a summary of the policy's captures: their number and the times of the newest captures.
    failing: the reason why the policy fails; None if the policy does not fail.
    failing_since: the time at which the failure began; None if `failing` is `never captured` or None.
        If `failing` is `quarantined`, this is the time of the first capture after the last accepted capture.
        If `failing` is `no capture`, this is the time of the newest capture.
    declared: whether the policy is declared. Crawls fetch only declared policies.
    """

    standing: Standing
    failing: Failure | None
    failing_since: datetime | None
    declared: bool = True

    @property
    def reason(self) -> Reason | None:
        """The reason why the newest capture is quarantined; None if the policy does not fail as `quarantined`."""
        return self.standing.reason if self.failing == "quarantined" else None

    @property
    def held_since(self) -> datetime | None:
        """The time of the first capture whose text is held; None if no text is held."""
        return self.standing.held_since

    @property
    def evidence(self) -> str | None:
        """What the page says: the evidence of the quarantine; otherwise the beginning of the text that is held.

        None if the newest capture is neither quarantined nor held.
        """
        if self.failing == "quarantined":
            return self.standing.evidence
        return self.standing.held_text if self.held_since else None

    def to_dict(self) -> dict[str, Any]:
        """Returns the status's JSON fields, which docs/contract.md describes."""
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
            "held_since": _iso(self.held_since),
            "reason": self.reason,
            "evidence": self.evidence,
            "fault": standing.fault or None,
            "declared": self.declared,
        }


def policy_statuses(
    vendors: Mapping[str, Vendor], standings: Iterable[Standing], now: datetime
) -> tuple[PolicyStatus, ...]:
    """Returns the status of every declared policy, the most urgent first.

    The order is: policies whose failure began at a known time, sorted by that time; policies that were never captured;
    policies that are held, have unread captures, or whose changes could not be told; all other policies.

    standings: one `Standing` (a summary of a policy's captures) for each policy that has captures. A `Standing` for a
        policy that is not declared is ignored.
    now: the present time, timezone-aware UTC.
    """
    standings_by_key = {PolicyKey(standing.vendor, standing.policy): standing for standing in standings}
    statuses = []
    for vendor in vendors.values():
        for slug, policy in vendor.policies.items():
            key = PolicyKey(vendor.slug, slug)
            standing = standings_by_key.get(key, Standing(vendor=vendor.slug, policy=slug))
            statuses.append(_status(policy, standing, now))
    return tuple(sorted(statuses, key=_urgency))


def undeclared_statuses(
    slugs: Collection[str], vendors: Mapping[str, Vendor], standings: Iterable[Standing]
) -> tuple[PolicyStatus, ...]:
    """Returns the status of each policy that has captures and isn't declared, in alphabetical order.

    slugs: the slugs of all declared vendors. vendors: those of them whose declarations are sound. The policies of the
        other vendors count as declared.
    """
    undeclared = (
        standing
        for standing in standings
        if standing.vendor not in slugs
        or (standing.vendor in vendors and standing.policy not in vendors[standing.vendor].policies)
    )
    statuses = (PolicyStatus(standing, None, None, declared=False) for standing in undeclared)
    return tuple(sorted(statuses, key=_urgency))


def undeclared_sentences(statuses: Iterable[PolicyStatus]) -> Iterator[str]:
    """Yields a line for each status of a policy that isn't declared, which says what can be done about it."""
    for status in statuses:
        standing = status.standing
        yield (
            f"{standing.vendor} {standing.policy}: {plural(standing.captures, 'capture')} stored without a "
            "declaration. Declare it again, or see `clausewatch vendors rename` and `clausewatch vendors forget`."
        )


def attention_sentences(statuses: Iterable[PolicyStatus]) -> Iterator[str]:
    """Yields a line for each policy whose newest capture is quarantined or whose text is held, from the first day on.

    The line says since when, the reason, and what the page says. A further line says why the changes of a policy could
    not be told. A policy may get several lines. The lines contain no control characters.
    """
    for status in statuses:
        name = f"{status.standing.vendor} {status.standing.policy}"
        if status.failing == "quarantined" and status.failing_since is not None:
            quoted = f": {quoted_evidence(status.standing.evidence)}" if status.standing.evidence else ""
            yield f"{name}: quarantined since {status.failing_since:%Y-%m-%d} as {status.reason}{quoted}"
        if status.held_since is not None:
            held_text = status.standing.held_text
            quoted = f"; it begins: {quoted_evidence(held_text)}" if held_text else ""
            yield (
                f"{name}: held since {status.held_since:%Y-%m-%d}: the text shares nothing with the text before{quoted}"
            )
        if status.standing.fault:
            yield f"{name}: its newest changes could not be told: {escape_line(status.standing.fault)}"


def quoted_evidence(text: str) -> str:
    """Returns a text on one line, without control characters. A long text is shortened, and ends with an ellipsis."""
    collapsed = " ".join(text.split())
    return escape_line(collapsed if len(collapsed) <= _QUOTED else f"{collapsed[: _QUOTED - 1].rstrip()}…")


def _status(policy: Policy, standing: Standing, now: datetime) -> PolicyStatus:
    if not any(location.holds_at(now) for location in policy.locations):
        # No location is valid today, so crawls fetch nothing. Therefore missing captures are not a failure.
        return PolicyStatus(standing, None, None)
    if standing.last_capture is None:
        return PolicyStatus(standing, "never captured", None)
    if standing.failing_since is not None:
        return PolicyStatus(standing, "quarantined", standing.failing_since)
    if now - standing.last_capture > SILENCE:
        return PolicyStatus(standing, "no capture", standing.last_capture)
    return PolicyStatus(standing, None, None)


def _urgency(status: PolicyStatus) -> tuple[object, ...]:
    standing = status.standing
    needs_attention = standing.held_since or standing.unread or standing.fault
    rank = 0 if status.failing_since else 1 if status.failing else 2 if needs_attention else 3
    since = status.failing_since.timestamp() if status.failing_since else 0
    return (rank, since, status.standing.vendor, status.standing.policy)


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
