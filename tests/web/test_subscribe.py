"""Subscribing in the reading room: only the owner of an address can, and nothing else is stored about it."""

import email
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core.exceptions import DeliveryError
from core.preferences import Preferences
from core.settings import load_settings
from core.signed_links import make_token
from reports import deliver_to_directory
from storage import Store
from web import Postman, Room, create_application
from web.quotas import MAILS_OF_ALL, MAILS_OF_CLIENT, MAILS_TO_ADDRESS, MailQuota, TooManyMailsError

READER = "reader@client.example"
SECRET = "a secret of this test"
PUBLIC = "https://watch.example.org"
OWN = {"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}
FORM = {"address": READER, "vendors": "Lanternpost", "significance": "factual", "every": "week", "at": "18:30"}
FORM |= {"timezone": "Europe/Berlin", "weekday": "friday", "words": "data broker\nbiometric", "dates": "de"}


def opened() -> Store:
    return Store.open(load_settings().database_url)


def subscribed() -> Mapping[str, tuple[tuple[str, ...], Preferences]]:
    with opened() as store:
        return {one.address: (one.vendors, one.preferences) for one in store.subscriptions.subscribers()}


def waiting() -> list[bytes]:
    """Returns the messages in the outbox."""
    with opened() as store, store.database.read_session() as session:
        return [bytes(row) for (row,) in session.execute(text("SELECT message FROM outbox ORDER BY id"))]


@pytest.fixture
def asked() -> list[str]:
    """The addresses whose mail the room has asked the postman to send."""
    return []


@pytest.fixture
def visitor(room: Room, asked: list[str]) -> Iterator[TestClient]:
    def deliver(address: str) -> bool:
        asked.append(address)
        return True

    postman = Postman("watch@example.org", deliver)
    public = replace(room, public_url=PUBLIC, secret=SECRET, writable=opened, postman=postman)
    with TestClient(create_application(public), base_url=PUBLIC, follow_redirects=False) as client:
        yield client


def ask(client: TestClient, **fields: str) -> str:
    """Fills in the form, and returns the path of the link in the newest mail."""
    answer = client.post("/-/subscribe", data=FORM | fields, headers=OWN)
    assert answer.status_code == 200, answer.text
    body = email.message_from_bytes(waiting()[-1], policy=SMTP).get_content()
    match = re.search(rf"{PUBLIC}(/-/subscribe/\S+)", body)
    assert match
    return match[1]


def confirm(client: TestClient, link: str) -> int:
    return client.post(link, data={"action": "confirm"}, headers=OWN).status_code


def preferences_link(address: str = READER) -> str:
    return f"/-/preferences/{make_token(SECRET, 'preferences', address)}"


def test_confirming_subscribes_as_the_form_says(visitor: TestClient) -> None:
    link = ask(visitor)
    assert subscribed() == {}
    assert confirm(visitor, link) == 200
    wanted = Preferences.from_dict(
        {
            "significance": "factual",
            "words": ["data broker", "biometric"],
            "every": "week",
            "at": "18:30",
            "timezone": "Europe/Berlin",
            "weekday": "friday",
            "dates": "de",
        }
    )
    assert subscribed() == {READER: (("lanternpost",), wanted)}


def test_only_a_mail_is_stored_until_the_address_confirms(visitor: TestClient, tmp_path: Path) -> None:
    ask(visitor)
    with opened() as store:
        assert store.subscriptions.subscriber(READER) is None
        (path,) = deliver_to_directory(store, tmp_path / "mails", datetime.now(UTC))
    assert "Confirm" in path.read_text()
    assert waiting() == []


def test_a_get_of_a_link_changes_nothing(visitor: TestClient) -> None:
    """Scanners and previews of mail programs fetch every link."""
    link = ask(visitor)
    page = visitor.get(link)
    assert page.status_code == 200
    assert "Yes, send me these e-mails" in page.text
    assert "data broker" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert visitor.head(link).status_code == 200
    assert subscribed() == {}
    assert confirm(visitor, link) == 200
    before = subscribed()
    assert visitor.get(preferences_link()).status_code == 200
    assert subscribed() == before


def test_the_answer_does_not_say_who_is_subscribed(visitor: TestClient) -> None:
    unknown = visitor.post("/-/subscribe", data=FORM, headers=OWN)
    confirm(visitor, ask(visitor))
    known = visitor.post("/-/subscribe", data=FORM, headers=OWN)
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    body = email.message_from_bytes(waiting()[-1], policy=SMTP).get_content()
    assert "You are subscribed already" in body


def test_a_link_used_twice_does_not_undo_later_choices(visitor: TestClient) -> None:
    link = ask(visitor)
    assert confirm(visitor, link) == 200
    assert confirm(visitor, link) == 200
    changed = visitor.post(preferences_link(), data=FORM | {"every": "run", "vendors": ""}, headers=OWN)
    assert "Saved." in changed.text
    before = subscribed()
    assert confirm(visitor, link) == 409
    assert subscribed() == before
    assert before[READER][0] == ()


def test_a_link_older_than_two_days_confirms_nothing(visitor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    link = ask(visitor)
    monkeypatch.setattr("web.pages.subscribe.CONFIRM_WITHIN", timedelta(seconds=-1))
    assert visitor.get(link).status_code == 404
    assert confirm(visitor, link) == 404
    assert subscribed() == {}


def test_a_token_does_only_what_it_was_made_for(visitor: TestClient) -> None:
    token = ask(visitor).partition("confirm-")[2]
    signed, _, signature = token.rpartition(".")
    content = {"address": READER, "before": "", "vendors": [], "preferences": {}}
    wrong = (
        make_token("another secret", "subscribe", content),
        make_token(SECRET, "preferences", content),
        make_token(SECRET, "unsubscribe", READER),
        make_token(SECRET, "preferences", READER),
        f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
    )
    for forged in wrong:
        assert confirm(visitor, f"/-/subscribe/confirm-{forged}") == 404
    assert subscribed() == {}
    confirm(visitor, f"/-/subscribe/confirm-{token}")
    before = subscribed()
    for forged in (token, make_token(SECRET, "unsubscribe", READER), make_token("another", "preferences", READER)):
        answer = visitor.post(f"/-/preferences/{forged}", data={"action": "leave"}, headers=OWN)
        assert answer.status_code == 404
    assert visitor.post(f"/-/unsubscribe/{token}").status_code == 404
    assert subscribed() == before


def test_addresses_that_differ_only_in_case_are_one(visitor: TestClient) -> None:
    confirm(visitor, ask(visitor))
    confirm(visitor, ask(visitor, address="Reader@Client.example", vendors=""))
    assert [*subscribed()] == ["Reader@Client.example"]
    assert visitor.get(preferences_link()).status_code == 200
    ask(visitor, address="READER@client.example")
    ask(visitor)
    assert len(waiting()) == 1  # the newest request replaces the one before


@pytest.mark.parametrize(
    "address",
    [
        "reader@client.example\r\nBcc: all@client.example",
        "reader@client.example\nSubject: x",
        "reader@client.example, other@client.example",
        "=?utf-8?q?reader=0ABcc=3A_x?=@client.example\n",
        "<reader@client.example>",
        "reader@localhost",
        f"{'r' * 260}@client.example",
        "",
    ],
)
def test_an_address_adds_no_header_and_no_recipient(visitor: TestClient, address: str) -> None:
    answer = visitor.post("/-/subscribe", data=FORM | {"address": address}, headers=OWN)
    if answer.status_code == 200:
        message = email.message_from_bytes(waiting()[-1], policy=SMTP)
        assert message["Bcc"] is None
        assert message["Subject"].startswith("Confirm")
        assert len(message["To"].addresses) == 1
    else:
        assert answer.status_code == 422
        assert "Give an e-mail address" in answer.text
        assert waiting() == []


def test_a_mail_has_nothing_that_a_stranger_wrote(visitor: TestClient) -> None:
    link = ask(visitor, words="visit spam.example now")
    body = email.message_from_bytes(waiting()[-1], policy=SMTP).get_content()
    assert "spam.example" not in body
    assert "Lanternpost" in body
    assert "visit spam.example now" in visitor.get(link).text


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"vendors": "nobody"}, "There is no vendor “nobody” here."),
        ({"vendors": "lanternpost/cookies"}, "has no policy “cookies” here"),
        ({"timezone": "Mars/Olympus"}, "There is no time zone"),
        ({"timezone": "../../etc/passwd"}, "There is no time zone"),
        ({"at": "25:00"}, "Give the hour"),
        ({"words": "!!!"}, "is no word to watch for"),
        ({"words": "w" * 301}, "up to 300 characters"),
        ({"significance": "none"}, "Choose which changes"),
        ({"dates": "xx-nowhere"}, "There is no language"),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_is_kept(visitor: TestClient, fields: dict[str, str], fault: str) -> None:
    answer = visitor.post("/-/subscribe", data=FORM | fields, headers=OWN)
    assert answer.status_code == 422
    assert fault in answer.text
    assert READER in answer.text
    assert waiting() == []


def test_forms_of_other_sites_do_nothing(visitor: TestClient) -> None:
    link = ask(visitor)
    elsewhere = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/-/subscribe", data=FORM, headers=elsewhere).status_code == 403
    assert visitor.post(link, data={"action": "confirm"}, headers=elsewhere).status_code == 403
    assert len(waiting()) == 1
    confirm(visitor, link)
    assert visitor.post(preferences_link(), data={"action": "leave"}, headers=elsewhere).status_code == 403
    assert [*subscribed()] == [READER]


def test_the_preferences_page_shows_changes_and_ends(visitor: TestClient) -> None:
    confirm(visitor, ask(visitor))
    page = visitor.get(preferences_link()).text
    assert 'value="week" selected' in page
    assert "data broker\nbiometric" in page
    wrong = visitor.post(preferences_link(), data=FORM | {"vendors": "nobody"}, headers=OWN)
    assert wrong.status_code == 422
    assert "Nothing was changed" in wrong.text
    visitor.post(preferences_link(), data=FORM | {"every": "day", "words": ""}, headers=OWN)
    assert (subscribed()[READER][1].every, subscribed()[READER][1].words) == ("day", ())
    left = visitor.post(preferences_link(), data={"action": "leave"}, headers=OWN)
    assert "gets no more e-mails" in left.text
    assert subscribed() == {}
    again = visitor.post(preferences_link(), data=FORM, headers=OWN)
    assert "is not subscribed" in again.text
    assert subscribed() == {}


def test_too_many_requests_send_no_more_mails(visitor: TestClient, asked: list[str]) -> None:
    answers = [visitor.post("/-/subscribe", data=FORM, headers=OWN).status_code for _ in range(MAILS_OF_CLIENT + 1)]
    assert set(asked) <= {READER}
    assert answers == [200] * MAILS_OF_CLIENT + [429]
    assert len(waiting()) == 1


def test_the_quota_counts_per_address_and_stays_small() -> None:
    now = 0.0
    quota = MailQuota(lambda: now)
    allowed = [quota.allows(f"client {number}", READER.upper() if number % 2 else READER) for number in range(5)]
    assert allowed == [True] * MAILS_TO_ADDRESS + [False] * (5 - MAILS_TO_ADDRESS)
    for number in range(MAILS_OF_ALL - 5):
        assert quota.allows(f"client {number + 5}", f"{number}@client.example")
    with pytest.raises(TooManyMailsError):
        quota.allows("another", "another@client.example")
    now = 3601.0
    assert quota.allows("another", READER)


@pytest.mark.parametrize("domain", ["localhost", "localhost.", "[127.0.0.1]", "[10.0.0.5]", "[IPv6:::1]"])
def test_strangers_cannot_write_to_accounts_of_the_mail_server_or_its_network(visitor: TestClient, domain: str) -> None:
    answer = visitor.post("/-/subscribe", data=FORM | {"address": f"root@{domain}"}, headers=OWN)
    assert answer.status_code == 422
    assert "Give an e-mail address" in answer.text
    assert waiting() == []


def test_a_room_without_a_public_address_names_the_command(reader: TestClient) -> None:
    page = reader.get("/-/subscribe")
    assert page.status_code == 200
    assert "clausewatch subscribe ADDRESS" in page.text
    assert "<textarea" not in page.text
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert reader.post("/-/subscribe", data=FORM, headers=own).status_code == 403


def test_the_postman_tries_again_what_was_not_sent() -> None:
    attempts: list[str] = []
    has_sent = threading.Event()

    def deliver(address: str) -> bool:
        attempts.append(address)
        if len(attempts) == 1:
            raise DeliveryError("the mail server is down", "")
        if len(attempts) == 3:
            has_sent.set()
        return len(attempts) == 3

    Postman("watch@example.org", deliver, every=0.01).send_to(READER)
    assert has_sent.wait(10)
    assert attempts == [READER] * 3


def test_an_unconfirmed_address_that_is_refused_is_forgotten() -> None:
    now = datetime(2021, 6, 1, tzinfo=UTC)
    with opened() as store:
        store.outbox.ask_to_confirm(READER, b"please", now)
        message = store.outbox.claim(READER, now)
        assert message
        assert store.outbox.refuse(message, now, "550 nobody") is None
        assert (store.outbox.troubles(), store.outbox.waits(READER)) == ((), False)
        store.outbox.ask_to_confirm(READER, b"please", now)
        message = store.outbox.claim(READER, now)
        assert message
        store.outbox.put_off(message, now, "451 later")
        store.outbox.forget_confirmations(now)
        assert (len(store.outbox.troubles()), store.outbox.waits(READER)) == (1, True)
        store.outbox.forget_confirmations(now + timedelta(days=2))
        assert (store.outbox.troubles(), store.outbox.waits(READER)) == ((), False)
