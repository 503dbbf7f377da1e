"""A quarantined capture that has most of the text of the policy's accepted captures is accepted."""

from collections.abc import Sequence

import pytest

from core.captures import Capture, Reading, Reason, Verdict
from core.policies import PolicyKey
from extraction import read
from storage import Store
from tests import keeping
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
OLD, NEW = page("We keep your messages for a year."), page("We keep your messages for a month.")
_SHOP = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><main><h1>Marmot Mail</h1>
<p>Our new spring collection of envelopes has arrived, printed by hand on paper from the mill beside the river.</p>
<p>Each order leaves our workshop on the same day, and a small drawing of a marmot comes with every parcel.</p>
<p>Visit us on market days between nine and four, and have a look at the presses while the kettle is on.</p>
</main></body></html>"""
SHOP, SHOP_LATER = _SHOP.format(title="Spring").encode(), _SHOP.format(title="Summer").encode()


@pytest.fixture
def reason(monkeypatch: pytest.MonkeyPatch) -> list[Reason]:
    """Makes the extractor quarantine NEW and SHOP_LATER, and accept all other pages.

    The returned list holds the reason; a test may replace it.
    """
    reasons: list[Reason] = ["other_document"]

    def read_with_verdict(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        document = read(capture, payload, **selectors).document
        is_doubtful = payload in (NEW, SHOP_LATER)
        return Reading(
            Verdict("quarantined", reasons[0], "its title says so") if is_doubtful else Verdict("accepted"), document
        )

    monkeypatch.setattr("intake.reading_task.read", read_with_verdict)
    return reasons


def verdicts(store: Store, *payloads: bytes) -> list[str | None]:
    for days, payload in enumerate(payloads):
        keeping.keep(store, capture_of(payload, days), payload, POLICY)
    return [stored.verdict.reason for stored in store.library.captures(KEY)]


@pytest.mark.parametrize("payloads", [(OLD, NEW), (NEW, OLD)])
def test_the_policys_text_is_accepted_whatever_its_title(
    store: Store, reason: list[Reason], payloads: tuple[bytes, bytes]
) -> None:
    assert verdicts(store, *payloads) == [None, None]


def test_a_text_that_is_not_the_policys_stays_quarantined(store: Store, reason: list[Reason]) -> None:
    assert verdicts(store, OLD, SHOP_LATER) == [None, "other_document"]


def test_a_truncated_page_stays_quarantined_although_it_has_most_of_the_text(
    store: Store, reason: list[Reason]
) -> None:
    reason[0] = "truncated"
    assert verdicts(store, OLD, NEW) == [None, "truncated"]


def test_a_page_that_was_accepted_by_mistake_accepts_no_other(store: Store, reason: list[Reason]) -> None:
    # Nothing spoke against SHOP, so it was accepted. But it shares no text with the policy beside it.
    assert verdicts(store, OLD, SHOP, SHOP_LATER) == [None, None, "other_document"]
