"""What an operator has to know of quarantine: which policies show nothing else, and which would need a browser."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from core.declarations import Vendor
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from storage import Store, StoredCapture

#: A shorter outage is the vendor's own trouble and passes by itself; after a week of daily visits somebody has to look.
SILENCE = timedelta(days=7)


def troubles(store: Store, vendors: dict[str, Vendor]) -> Iterator[str]:
    """A line for each policy that has shown nothing but quarantine for SILENCE, and each that would need a browser."""
    silent = {
        (one.vendor, one.policy)
        for one in store.library.standings()
        if one.last_accepted is None or one.last_accepted != one.last_capture
    }
    for vendor in vendors.values():
        for policy in vendor.policies:
            if (vendor.slug, policy) in silent:
                yield from troubles_of(
                    f"{vendor.slug} {policy}", store.library.captures(PolicyKey(vendor.slug, policy))
                )


def troubles_of(name: str, captures: Sequence[StoredCapture]) -> Iterator[str]:
    """The same for one policy. name: what to call it; captures: all of its, oldest first."""
    accepted = [place for place, one in enumerate(captures) if one.verdict.name == "accepted"]
    since = captures[accepted[-1]] if accepted else None
    silent = captures[accepted[-1] + 1 :] if accepted else captures
    if not silent:
        return
    first, last = silent[0].capture.captured_at, silent[-1].capture.captured_at
    if last - first >= SILENCE:
        begin = since.capture.captured_at if since else first
        reasons = Counter(one.verdict.reason for one in silent).most_common()
        why = f"all {reasons[0][0]}" if len(reasons) == 1 else ", ".join(f"{count} {why}" for why, count in reasons)
        yield (
            f"{name}: nothing accepted {'since' if since else 'at all, since'} {begin:%Y-%m-%d} "
            f"({plural((last - begin).days, 'day')}): {plural(len(silent), 'capture')}, {why}"
        )
    verdict = silent[-1].verdict
    if verdict.needs_browser:
        yield f"{name}: would need a browser: {escape_line(verdict.evidence)}"
