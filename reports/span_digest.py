"""Makes a digest for any span of time: what changed between its beginning and its end."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from core.dates import iso
from core.declarations import Vendor
from core.history import Announcement, Period
from core.limits import Caller, call_here
from core.policies import PolicyKey
from reports.digest_email import DigestEntry, Links, digest_entry, on_demand_email, reverted_entry
from reports.isolation import fault_of
from reports.report import ReportSource, report_source
from storage import Store

# If there are more versions between both texts, they are counted.
_VERSIONS_NAMED = 5


def digest_of_span(
    store: Store,
    vendors: Mapping[str, Vendor],
    begin: datetime,
    end: datetime,
    slugs: Collection[str],
    now: datetime,
    sender: str,
    links: Links,
    *,
    call: Caller = call_here,
    report_fault: Callable[[str], object] = lambda sentence: None,
) -> bytes | None:
    """Returns an e-mail about what changed within a span of time; None if nothing did. Nothing is recorded or sent.

    Each policy has one entry: from its text at the beginning to its text at the end. A sentence names the versions in
    between. If a policy's first text is from within the span, its changes since that text are told. If the text at the
    end is the one at the beginning, a sentence says that there was another one in between. Only periods that stand
    count.

    vendors: the declared vendors, by slug. begin, end: timezone-aware, UTC. slugs: the vendors to tell of; empty for
    all. now, sender, links: as for `reports.digest_email.as_email`.
    call: makes the comparisons and the e-mail, for instance in another process with limits on time and memory.
    report_fault: called with a sentence for each policy whose texts could not be compared.

    StorageError if the database fails. The errors of `call`, if the e-mail can't be written.
    """
    entries: list[DigestEntry] = []
    for key in store.library.maybe_changed(begin, slugs):
        vendor = vendors.get(key.vendor)
        if vendor is None or key.policy not in vendor.policies:
            continue
        try:
            entry = _entry(store, vendor, key, begin, end, call, with_attachment=not links.public_url)
        except Exception as error:
            report_fault(f"{key}: its changes could not be compared: {fault_of(error)}")
            continue
        if entry is not None:
            entries.append(entry)
    if not entries:
        return None
    message: bytes = call(partial(on_demand_email, entries, f"from {iso(begin)} to {iso(end)}", now, sender, links))
    return message


def _entry(
    store: Store,
    vendor: Vendor,
    key: PolicyKey,
    begin: datetime,
    end: datetime,
    call: Caller,
    *,
    with_attachment: bool,
) -> DigestEntry | None:
    settled_history = store.library.settled(key)
    history = settled_history.history
    before = history.period_at(begin - timedelta(microseconds=1))
    within = [period for period in history.periods if begin <= period.first.captured_at <= end]
    periods = [*([before] if before else []), *within]
    if len(periods) < 2:
        return None
    first, last = periods[0], periods[-1]
    is_reverted = first.version_id == last.version_id
    source = report_source(store, vendor, key, history, settled_history, first, periods[1] if is_reverted else last)
    beginning = None if before else first
    entry: DigestEntry = call(
        partial(_written, source, Announcement(first, last), beginning, is_reverted, with_attachment)
    )
    return entry


def _written(
    source: ReportSource,
    announcement: Announcement,
    beginning: Period | None,
    is_reverted: bool,
    with_attachment: bool,
) -> DigestEntry:
    """Returns the entry. beginning: the first period of the policy if it is within the span, otherwise None."""
    report = source.report()
    if is_reverted:
        return reverted_entry(report, announcement)
    sentences = []
    if beginning is not None:
        sentences.append(f"The first capture of the policy is of {iso(beginning.first.captured_at)}.")
    versions = {between.number for between in report.between}
    if len(versions) > _VERSIONS_NAMED:
        sentences.append(f"In between, other captures show {len(versions)} further versions.")
        report = replace(report, between=(), alternations=())
    entry = digest_entry(report, announcement, with_attachment=with_attachment)
    return replace(entry, sentences=(*sentences, *entry.sentences))
