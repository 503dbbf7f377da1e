"""Warnings to the operator: which policies had only quarantined captures for a week, and which need a browser."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from core.declarations import Vendor
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from storage import Store, StoredCapture

#: How long a policy may go without an accepted capture before the operator is warned. A shorter outage is likely to be
#: the vendor's and to end by itself; after a week of daily crawls, a person has to look.
SILENCE = timedelta(days=7)


def quarantine_warnings(store: Store, vendors: Mapping[str, Vendor]) -> Iterator[str]:
    """Yields the warnings for all policies that these vendors declare. StorageError if the database refuses."""
    suspect = {
        PolicyKey(standing.vendor, standing.policy)
        for standing in store.library.standings()
        if standing.last_accepted is None or standing.last_accepted != standing.last_capture
    }
    for vendor in vendors.values():
        for policy in vendor.policies:
            key = PolicyKey(vendor.slug, policy)
            if key in suspect:
                yield from quarantine_warnings_of(key, store.library.captures(key))


def quarantine_warnings_of(key: PolicyKey, captures: Sequence[StoredCapture]) -> Iterator[str]:
    """Yields up to two warnings for one policy: nothing was accepted for SILENCE, and the page needs a browser.

    captures: all captures of the policy, oldest first.
    """
    accepted = [index for index, stored in enumerate(captures) if stored.verdict.name == "accepted"]
    last_accepted = captures[accepted[-1]] if accepted else None
    quarantined = captures[accepted[-1] + 1 :] if accepted else captures
    if not quarantined:
        return
    name = f"{key.vendor} {key.policy}"
    first, last = quarantined[0].capture.captured_at, quarantined[-1].capture.captured_at
    if last - first >= SILENCE:
        since = last_accepted.capture.captured_at if last_accepted else first
        yield (
            f"{name}: no capture accepted since {'' if last_accepted else 'the first one on '}{since:%Y-%m-%d} "
            f"({plural((last - since).days, 'day')}): {plural(len(quarantined), 'capture')}, {_reasons(quarantined)}"
        )
    verdict = quarantined[-1].verdict
    if verdict.needs_browser:
        yield f"{name}: needs a browser: {escape_line(verdict.evidence)}"


def _reasons(quarantined: Sequence[StoredCapture]) -> str:
    """Returns `all blocked`, or `2 login, 1 blocked`."""
    reasons = Counter(stored.verdict.reason for stored in quarantined).most_common()
    if len(reasons) == 1:
        return f"all {reasons[0][0]}"
    return ", ".join(f"{count} {reason}" for reason, count in reasons)
