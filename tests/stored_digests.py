"""What the store holds of digests beyond what the program asks it for."""

from datetime import datetime

from sqlalchemy import select

from core.policies import PolicyKey
from storage import Store
from storage.tables.models import WatermarkRow


def told_to(store: Store, subscriber_id: int) -> dict[PolicyKey, datetime]:
    """By policy, the captured_at up to which the subscriber was told all there was to tell."""
    query = select(WatermarkRow.vendor, WatermarkRow.policy, WatermarkRow.until).where(
        WatermarkRow.subscriber_id == subscriber_id
    )
    with store.database.read_session() as session:
        return {PolicyKey(vendor, policy): until for vendor, policy, until in session.execute(query)}
