"""Captures of a fictional policy, which these tests pass to the intake."""

from core.declarations import Location, Policy
from core.policies import PolicyKey
from intake.records import FoundCapture
from tests.stored_captures import POLICY, URL, capture_of, page

PRIVACY = PolicyKey("marmot", "privacy")
#: A declaration of the policy that removes headings. Its policy reader differs from the policy reader of POLICY.
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
#: More pages than one process reads by itself: worker processes read these pages.
MANY = [page(f"We keep your messages for {days % 7} days.") for days in range(40)]
BOMB = page("We keep a bomb in your messages.")


def incoming(payloads: list[bytes], vendor: str = "marmot") -> list[FoundCapture]:
    """Returns one capture for each payload, one per day, in the form in which sources pass captures to the intake."""
    return [(capture_of(payload, days, vendor=vendor), payload, POLICY) for days, payload in enumerate(payloads)]
