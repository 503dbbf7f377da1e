"""Warnings for the operator: policies without an accepted capture for a week, and policies that need a browser."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from core.captures import reason_words
from core.declarations import Vendor
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from storage import Standing, Store, StoredCapture

#: If all captures of a policy were quarantined for at least this long, the operator is warned. A shorter failure is
#: probably a fault of the vendor's site, and ends without the operator's help. After a week of daily crawls, a person
#: has to look for the cause.
SILENCE = timedelta(days=7)


def quarantine_warnings(store: Store, vendors: Mapping[str, Vendor], standings: Iterable[Standing]) -> Iterator[str]:
    """Yields the warnings for all policies of these vendors. StorageError if the database can't be read.

    standings: the standings of the policies that have captures.
    """
    suspect_keys = {
        PolicyKey(standing.vendor, standing.policy)
        for standing in standings
        if standing.last_accepted is None or standing.last_accepted != standing.last_capture
    }
    for vendor in vendors.values():
        for policy in vendor.policies:
            key = PolicyKey(vendor.slug, policy)
            if key in suspect_keys:
                yield from quarantine_warnings_of(key, store.library.captures(key))


def quarantine_warnings_of(key: PolicyKey, captures: Sequence[StoredCapture]) -> Iterator[str]:
    """Yields up to two warnings for one policy.

    Both warnings are about the quarantined captures after the last accepted capture. The first warning says that these
    captures span at least a week (SILENCE). The second warning says that the page needs a browser, according to the
    verdict of the newest capture.

    captures: all captures of the policy, oldest first.
    """
    accepted_indexes = [index for index, stored in enumerate(captures) if stored.verdict.name == "accepted"]
    last_accepted = captures[accepted_indexes[-1]] if accepted_indexes else None
    quarantined = captures[accepted_indexes[-1] + 1 :] if accepted_indexes else captures
    if not quarantined:
        return
    first, last = quarantined[0].capture.captured_at, quarantined[-1].capture.captured_at
    if last - first >= SILENCE:
        since = last_accepted.capture.captured_at if last_accepted else first
        beginning = (
            "the newest accepted capture is from"
            if last_accepted
            else "no capture has ever been accepted; the first one is from"
        )
        yield (
            f"{key}: {beginning} {since:%Y-%m-%d}; the newest capture is {plural((last - since).days, 'day')} later; "
            f"{len(quarantined)} quarantined: {_reasons(quarantined)}"
        )
    verdict = quarantined[-1].verdict
    if verdict.needs_browser:
        yield (
            f"{key}: {escape_line(verdict.evidence)}. Add `render: browser` to the policy's location in the "
            "declaration."
        )


def _reasons(quarantined: Sequence[StoredCapture]) -> str:
    """Returns the number of captures for each reason, such as `2 login, 1 blocked`.

    If all captures have the same reason, returns the reason without a number, such as `all blocked`.
    """
    reasons = Counter(stored.verdict.reason for stored in quarantined).most_common()
    if len(reasons) == 1:
        return f"all {reason_words(reasons[0][0])}"
    return ", ".join(f"{count} {reason_words(reason)}" for reason, count in reasons)
