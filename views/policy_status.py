"""The status of each policy, for the operator: whether new captures arrive, and whether they are accepted or held."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from core.addresses import without_userinfo
from core.captures import Reason, reason_words
from core.dates import iso, iso_or_none
from core.declarations import Vendor
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from storage import FailedFetches, MovedPage, Standing
from views.quarantine import SILENCE

#: The reasons why a policy fails.
#: `quarantined`: captures are quarantined, and no later capture is accepted.
#: `no capture`: the newest capture was made longer than SILENCE (a week) ago.
#: `never captured`: no capture of the policy is stored.
#: `not fetched`: the last fetch of a location failed, and none of the above is the case.
Failure = Literal["quarantined", "no capture", "never captured", "not fetched"]

_Record = TypeVar("_Record", FailedFetches, MovedPage)

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
        If `failing` is `not fetched`, this is the time of the first failed fetch since the last successful one.
    declared: whether the policy is declared. Crawls fetch only declared policies.
    failed_fetches: the failed fetches of each of the policy's present locations whose last fetch failed.
    moved_pages: the pages of the policy's present locations that redirect permanently.
    """

    standing: Standing
    failing: Failure | None
    failing_since: datetime | None
    declared: bool = True
    failed_fetches: tuple[FailedFetches, ...] = ()
    moved_pages: tuple[MovedPage, ...] = ()

    @property
    def key(self) -> PolicyKey:
        """The name of the policy."""
        return PolicyKey(self.standing.vendor, self.standing.policy)

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
            "failing_since": iso_or_none(self.failing_since),
            "last_seen": iso_or_none(standing.last_capture),
            "last_accepted": iso_or_none(standing.last_accepted),
            "last_changed": iso_or_none(standing.last_change),
            "captures": standing.captures,
            "quarantined": dict(standing.quarantined),
            "unread": standing.unread,
            "held_since": iso_or_none(self.held_since),
            "reason": self.reason,
            "evidence": self.evidence,
            "fault": standing.fault or None,
            "declared": self.declared,
            "failed_fetches": [
                {
                    "url": failed.url,
                    "address": failed.address,
                    "reason": failed.reason,
                    "since": iso(failed.since),
                    "latest": iso(failed.latest),
                    "times": failed.times,
                }
                for failed in self.failed_fetches
            ],
            "moved": [
                {"address": moved.address, "to": without_userinfo(moved.moved_to), "since": iso(moved.since)}
                for moved in self.moved_pages
            ],
        }


def policy_statuses(
    vendors: Mapping[str, Vendor],
    standings: Iterable[Standing],
    now: datetime,
    failed_fetches: Iterable[FailedFetches] = (),
    moved_pages: Iterable[MovedPage] = (),
) -> tuple[PolicyStatus, ...]:
    """Returns the status of every declared policy, the most urgent first.

    The order is: policies whose failure began at a known time, sorted by that time; policies that were never captured;
    policies that are held, have unread captures, or whose changes could not be told; all other policies.

    standings: one `Standing` (a summary of a policy's captures) for each policy that has captures. A `Standing` for a
        policy that is not declared is ignored.
    now: the present time, timezone-aware UTC.
    failed_fetches, moved_pages: what is recorded about the fetches of locations. Locations that are not valid now are
        ignored.
    """
    standings_by_key = {PolicyKey(standing.vendor, standing.policy): standing for standing in standings}
    failed_by_key, moved_by_key = _by_policy(failed_fetches), _by_policy(moved_pages)
    statuses = []
    for vendor in vendors.values():
        for slug, policy in vendor.policies.items():
            key = PolicyKey(vendor.slug, slug)
            standing = standings_by_key.get(key, Standing(vendor=vendor.slug, policy=slug))
            addresses = {location.url for location in policy.locations if location.holds_at(now)}
            failed = tuple(fetches for fetches in failed_by_key.get(key, ()) if fetches.url in addresses)
            moved = tuple(page for page in moved_by_key.get(key, ()) if page.url in addresses)
            failing, since = _failure(standing, now, failed) if addresses else (None, None)
            statuses.append(PolicyStatus(standing, failing, since, failed_fetches=failed, moved_pages=moved))
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
            f"{status.key}: {plural(standing.captures, 'capture')} stored without a declaration. Declare it again, or "
            "see `clausewatch vendors rename` and `clausewatch vendors forget`."
        )


def attention_sentences(statuses: Iterable[PolicyStatus]) -> Iterator[str]:
    """Yields a line for each policy whose newest capture is quarantined or whose text is held, from the first day on.

    The line says since when, the reason, and what the page says. A further line says why the changes of a policy could
    not be told. A policy may get several lines. The last line says how to decide about captures that are quarantined or
    held. The lines contain no control characters.
    """
    has_undecided = False
    for status in statuses:
        name = str(status.key)
        has_undecided |= status.failing == "quarantined" or status.held_since is not None
        if status.failing == "quarantined" and status.failing_since is not None:
            quoted = f": {quoted_evidence(status.standing.evidence)}" if status.standing.evidence else ""
            yield f"{name}: quarantined since {status.failing_since:%Y-%m-%d} ({reason_words(status.reason)}){quoted}"
        if status.held_since is not None:
            held_text = status.standing.held_text
            quoted = f"; it begins: {quoted_evidence(held_text)}" if held_text else ""
            yield (
                f"{name}: held since {status.held_since:%Y-%m-%d}: the text shares nothing with the text before{quoted}"
            )
        if status.standing.fault:
            yield (
                f"{name}: its newest changes are in no digest yet, because they could not be worked out: "
                f"{escape_line(status.standing.fault)}. The first digest after the next capture tries again."
            )
    if has_undecided:
        yield "`clausewatch review` lists these captures; accept or reject them there."


def fetch_sentences(statuses: Iterable[PolicyStatus]) -> Iterator[str]:
    """Yields a line for each location that could not be fetched, and for each page that redirects permanently.

    The line says how often and since when, why, and what can be done. The lines contain no control characters.
    """
    for status in statuses:
        name = str(status.key)
        for failed in status.failed_fetches:
            times = "once" if failed.times == 1 else f"{failed.times} times"
            since = f"on {failed.since:%Y-%m-%d}" if failed.times == 1 else f"since {failed.since:%Y-%m-%d}"
            address = escape_line(without_userinfo(failed.address))
            yield f"{name}: not fetched {times} {since}: {address}: {escape_line(failed.reason)}"
        for moved in status.moved_pages:
            old, new = (escape_line(without_userinfo(address)) for address in (moved.address, moved.moved_to))
            yield (
                f"{name}: moved permanently: since {moved.since:%Y-%m-%d}, {old} redirects to {new}. "
                "Correct the address in the declaration."
            )


def quoted_evidence(text: str) -> str:
    """Returns a text on one line, without control characters. A long text is shortened, and ends with an ellipsis."""
    collapsed = " ".join(text.split())
    return escape_line(collapsed if len(collapsed) <= _QUOTED else f"{collapsed[: _QUOTED - 1].rstrip()}…")


def _by_policy(records: Iterable[_Record]) -> dict[PolicyKey, list[_Record]]:
    result: dict[PolicyKey, list[_Record]] = {}
    for record in records:
        result.setdefault(PolicyKey(record.vendor, record.policy), []).append(record)
    return result


def _failure(
    standing: Standing, now: datetime, failed_fetches: Iterable[FailedFetches]
) -> tuple[Failure | None, datetime | None]:
    """Returns why a policy fails that has a location today, and since when.

    A policy without a location today doesn't fail: crawls fetch nothing, so missing captures are not a failure.
    """
    not_fetched_since = min((failed.since for failed in failed_fetches), default=None)
    if standing.last_capture is None:
        return "never captured", None
    if standing.failing_since is not None:
        return "quarantined", standing.failing_since
    if now - standing.last_capture > SILENCE:
        return "no capture", standing.last_capture
    return ("not fetched", not_fetched_since) if not_fetched_since else (None, None)


def _urgency(status: PolicyStatus) -> tuple[object, ...]:
    standing = status.standing
    needs_attention = standing.held_since or standing.unread or standing.fault
    rank = 0 if status.failing_since else 1 if status.failing else 2 if needs_attention else 3
    since = status.failing_since.timestamp() if status.failing_since else 0
    return (rank, since, status.standing.vendor, status.standing.policy)
