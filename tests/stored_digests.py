"""Reads stored data about digests that the program itself never reads in this form."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from core.policies import PolicyKey
from storage import Store
from storage.tables.models import WatermarkRow


def told_to(store: Store, subscriber_id: int) -> Mapping[PolicyKey, datetime]:
    """Returns a subscriber's stored watermarks by policy.

    A watermark is a capture time. All changes up to this time have been sent to the subscriber.
    """
    query = select(WatermarkRow.vendor, WatermarkRow.policy, WatermarkRow.until).where(
        WatermarkRow.subscriber_id == subscriber_id
    )
    with store.database.read_session() as session:
        return {PolicyKey(vendor, policy): until for vendor, policy, until in session.execute(query)}
