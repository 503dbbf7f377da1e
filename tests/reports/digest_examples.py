"""A store with subscribers and captures of two fictional vendors, for the tests of digests and their delivery."""

import email
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

from core.declarations import Location, Policy, Vendor
from reports import compose
from storage import Store
from tests.stored_captures import BEGIN, POLICY, capture_of, page

SENDER = "clausewatch@operator.example"
READER = "reader@client.example"
COOKIES = Policy(locations=(Location(url="https://www.marmot.example/cookies"),))
MARMOT = Vendor(
    slug="marmot",
    name="Marmot Mail",
    homepage="https://www.marmot.example/",
    policies={"privacy": POLICY, "cookies": COOKIES},
)
OTTER = Vendor(slug="otter", name="Otter Post", homepage="https://otter.example/", policies={"privacy": POLICY})
VENDORS = {"marmot": MARMOT, "otter": OTTER}
COURTS, ADVERTISERS, INSURERS = (
    page(f"We hand your personal data to {who} when the law of the country you live in tells us to.")
    for who in ("courts", "advertisers", "insurance companies")
)


MINUTES = 1 / 24 / 60


def keep_once(store: Store, payload: bytes, days: float, vendor: str = "marmot", policy: str = "privacy") -> None:
    kept = keep(
        store, capture_of(payload, days, vendor=vendor, policy=policy), payload, VENDORS[vendor].policies[policy]
    )
    assert kept.verdict.name == "accepted"


def keep(store: Store, payload: bytes, days: float, vendor: str = "marmot", policy: str = "privacy") -> None:
    """As a live crawl does with what it sees for the first time: it looks again some minutes later."""
    for moment in (days, days + 5 * MINUTES):
        keep_once(store, payload, moment, vendor, policy)


def subscribe(store: Store, days: float, *vendors: str, address: str = READER) -> None:
    store.subscriptions.subscribe(address, vendors, BEGIN + timedelta(days=days))


def composed(store: Store, days: float) -> list[EmailMessage]:
    """The messages that composing on that day puts into the outbox, which it empties."""
    now = BEGIN + timedelta(days=days)
    before = {message.id for message in store.subscriptions.outbox()}
    count = compose(store, VENDORS, now, SENDER)
    new = [message for message in store.subscriptions.outbox() if message.id not in before]
    assert len(new) == count
    for message in new:
        store.subscriptions.mark_sent(message.id, now)
    parsed = [email.message_from_bytes(message.message, policy=default) for message in new]
    assert all(isinstance(message, EmailMessage) for message in parsed)
    return parsed


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def unwrapped(message: EmailMessage) -> str:
    """The plain text without its line breaks."""
    return " ".join(plain(message).split())


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    text: str = part.get_content()
    return text
