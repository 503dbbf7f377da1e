"""Two fictional vendors, their captures and their subscribers, for the tests of digests and of delivery."""

import email
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

from core.declarations import Location, Policy, Vendor
from intake.reading_task import CaptureText, ReadingTask
from intake.service import Intake
from reports import compose
from storage import Store
from tests import keeping
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page
from tests.stored_digests import waiting_messages

SENDER = "clausewatch@operator.example"
READER = "reader@client.example"
APPLICANTS = Policy(locations=(Location(url="https://www.marmot.example/applicants"),))
MARMOT = Vendor(
    slug="marmot",
    name="Marmot Mail",
    homepage="https://www.marmot.example/",
    policies={"privacy": POLICY, "applicants": APPLICANTS},
)
OTTER = Vendor(slug="otter", name="Otter Post", homepage="https://otter.example/", policies={"privacy": POLICY})
VENDORS = {"marmot": MARMOT, "otter": OTTER}
COURTS, ADVERTISERS, INSURERS = (
    page(f"We hand your personal data to {who} when the law of the country you live in tells us to.")
    for who in ("courts", "advertisers", "insurance companies")
)


MINUTES = 1 / 24 / 60


def read_by(number: int) -> Policy:
    """Returns a declaration of the privacy policy. Each number results in a different policy reader."""
    return Policy(locations=(Location(url=URL, remove=(f".nothing-has-this-class-{number}",)),))


def intake_with(store: Store, read: Callable[[ReadingTask], CaptureText]) -> Intake:
    """Returns an intake that reads captures with the function `read`, in this process."""
    return Intake(store, keeping.InThisProcess(read))


def keep_once(
    store: Store,
    payload: bytes,
    days: float,
    vendor: str = "marmot",
    policy: str = "privacy",
    *,
    intake: Intake | None = None,
    declared: Policy | None = None,
) -> None:
    """Stores one live capture of a policy. Fails if the capture is not accepted.

    intake: the intake that stores the capture; None for the intake of `tests.keeping`.
    declared: the declaration of the policy; None for the declaration in VENDORS.
    """
    capture = capture_of(payload, days, vendor=vendor, policy=policy)
    declared = declared or VENDORS[vendor].policies[policy]
    if intake is None:
        kept = keeping.keep(store, capture, payload, declared)
    else:
        kept = intake.keep((capture, payload, declared))
    assert kept.verdict.name == "accepted"


def keep_confirmed(
    store: Store,
    payload: bytes,
    days: float,
    vendor: str = "marmot",
    policy: str = "privacy",
    *,
    intake: Intake | None = None,
    declared: Policy | None = None,
) -> None:
    """Stores two live captures with the same text, five minutes apart, like a crawl that confirms a new text."""
    for moment in (days, days + 5 * MINUTES):
        keep_once(store, payload, moment, vendor, policy, intake=intake, declared=declared)


def subscribe(store: Store, days: float, *vendors: str, address: str = READER) -> None:
    store.subscriptions.subscribe(address, vendors, BEGIN + timedelta(days=days))


def composed(store: Store, days: float) -> list[EmailMessage]:
    """Composes digests on a day, marks the new messages in the outbox as sent, and returns them."""
    now = BEGIN + timedelta(days=days)
    before = {message.id for message in waiting_messages(store)}
    count = compose(store, VENDORS, now, SENDER)
    new = [message for message in waiting_messages(store) if message.id not in before]
    assert len(new) == count
    for message in new:
        store.outbox.mark_sent(message.id, now)
    return [parsed_email(message.message) for message in new]


def parsed_email(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)  # the policy `default` makes messages of this class
    return message


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def unwrapped(message: EmailMessage) -> str:
    """Returns the plain text of a message without line breaks."""
    return " ".join(plain(message).split())


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    text: str = part.get_content()
    return text
