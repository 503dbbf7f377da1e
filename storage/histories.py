"""Makes a policy's history out of its captures with their verdicts, and settles it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from core.history import History, Observation, Quarantined, SettledHistory
from diffing.timeline import settled, timeline
from storage.shared_texts import shares_text_in
from storage.verdicts import JudgedCapture


def history_of(captures: Collection[JudgedCapture]) -> History:
    """Returns the history that the captures of a policy show. captures: all captures of the policy."""
    history = timeline(
        Observation(
            capture.capture_id,
            capture.captured_at,
            capture.url,
            capture.source,
            capture.sha256,
            capture.version_id,
            capture.reader,
            capture.deciding is not None,
        )
        for capture in captures
        if capture.version_id is not None
    )
    quarantined = (
        Quarantined(capture.capture_id, capture.captured_at, capture.url, capture.status, capture.verdict)
        for capture in captures
        if capture.source == "live" and capture.verdict.name == "quarantined"
    )
    return replace(
        history, quarantined=tuple(sorted(quarantined, key=lambda capture: (capture.captured_at, capture.url)))
    )


def settled_in(session: Session, history: History, hold: timedelta) -> SettledHistory:
    """Returns the settled history of a policy. hold: see `diffing.timeline.settled`."""
    return settled(history, shares_text_in(session, history), hold)
