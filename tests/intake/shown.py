"""Collects all data that users see of a policy in one value, so that tests can compare the data."""

from core.policies import PolicyKey
from storage import Store


def shown(store: Store, vendor: str = "marmot") -> list[tuple[object, ...]]:
    """Returns the verdict, version and text of every capture of a vendor's privacy policy."""
    key = PolicyKey(vendor, "privacy")
    texts = {
        observation.capture_id: (
            observation.reader,
            store.library.document(observation.capture_id, observation.reader),
        )
        for period in store.library.history(key).periods
        for observation in period.observations
    }
    return [
        (stored.capture.captured_at, stored.capture.sha256, stored.verdict, stored.version_id, texts.get(stored.id))
        for stored in store.library.captures(key)
    ]
