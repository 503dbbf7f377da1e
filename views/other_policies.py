"""The other policies of a vendor that changed in the time of a report, for `clausewatch report`."""

from datetime import datetime

from core.declarations import Vendor
from core.policies import PolicyKey
from storage import Store


def other_changed_policies(
    store: Store, vendor: Vendor, key: PolicyKey, begin: datetime, end: datetime
) -> tuple[str, ...]:
    """Returns the slugs of a vendor's policies, except one, whose standing text at `end` differs from that at `begin`.

    key: the policy to leave out. begin, end: timezone-aware UTC. A policy without a standing text at `begin` has not
    changed; it was first captured later.

    StorageError if the database can't be read.
    """
    changed = []
    for slug in vendor.policies:
        if slug == key.policy:
            continue
        history = store.library.settled(PolicyKey(key.vendor, slug)).history
        old, new = history.period_at(begin), history.period_at(end)
        if old is not None and new is not None and old.version_id != new.version_id:
            changed.append(slug)
    return tuple(changed)
