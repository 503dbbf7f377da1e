"""What the store holds of digests beyond what the program asks it for."""

from datetime import datetime

from sqlalchemy import select

from storage import PolicyKey, Store
from storage.models import ToldRow


def told_to(store: Store, subscriber_id: int) -> dict[PolicyKey, datetime]:
    """By policy, the captured_at up to which the subscriber was told all there was to tell."""
    query = select(ToldRow.vendor, ToldRow.policy, ToldRow.until).where(ToldRow.subscriber_id == subscriber_id)
    with store._database.reading() as session:
        return {(vendor, policy): until for vendor, policy, until in session.execute(query)}
