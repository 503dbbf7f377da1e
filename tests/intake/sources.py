"""What sources hand to the intake in these tests: captures of a fictional policy."""

from core.declarations import Location, Policy
from core.policies import PolicyKey
from intake.records import FoundCapture
from tests.stored_captures import POLICY, URL, capture_of, page

PRIVACY = PolicyKey("marmot", "privacy")
#: The policy as somebody declares it who wants no headings: another reader reads its captures.
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
#: More pages than the intake reads in its own process.
MANY = [page(f"We keep your messages for {days % 7} days.") for days in range(40)]
BOMB = page("We keep a bomb in your messages.")


def found(payloads: list[bytes], vendor: str = "marmot") -> list[FoundCapture]:
    """Returns a capture a day, each with its payload."""
    return [(capture_of(payload, days, vendor=vendor), payload, POLICY) for days, payload in enumerate(payloads)]
