"""Notifications about messages that came back, in the forms in which mail servers write them."""

import base64
import quopri
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exceptions import UsageError
from core.signed_links import make_token
from reports.bounces import LONGEST_NOTIFICATION, bounce_header, handle_bounce, read_notification
from storage import Store
from tests.stored_captures import BEGIN
from tests.stored_digests import enqueue, waiting_messages

READER = "reader@client.example"
SENT = BEGIN + timedelta(days=1)
NOW = SENT + timedelta(days=5)
MESSAGE = b"From: clausewatch@operator.example\r\nSubject: News\r\n\r\nHello\r\n"

POSTFIX = """\
From MAILER-DAEMON  Tue May  7 07:08:09 2024
Return-Path: <>
Delivered-To: clausewatch@operator.example
Date: Tue,  7 May 2024 07:08:09 +0000 (UTC)
From: MAILER-DAEMON@mail.operator.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: clausewatch@operator.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="7E2E2C0A3F.1715065689/mail.operator.example"
Content-Transfer-Encoding: 8bit
Message-Id: <20240507070809.9D1B8C0A41@mail.operator.example>

This is a MIME-encapsulated message.

--7E2E2C0A3F.1715065689/mail.operator.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This is the mail system at host mail.operator.example.

--7E2E2C0A3F.1715065689/mail.operator.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.operator.example
X-Postfix-Queue-ID: 7E2E2C0A3F
X-Postfix-Sender: rfc822; clausewatch@operator.example
Arrival-Date: Tue,  7 May 2024 07:08:08 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.client.example
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address
    rejected: User unknown

--7E2E2C0A3F.1715065689/mail.operator.example
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Return-Path: <clausewatch@operator.example>
{returned}
--7E2E2C0A3F.1715065689/mail.operator.example--
"""
EXIM = """\
Return-path: <>
Received: from Debian-exim by mail.operator.example with local (Exim 4.96)
\tid 1s4F5J-000Fn1-2b
\tfor clausewatch@operator.example;
\tTue, 07 May 2024 07:08:09 +0000
X-Failed-Recipients: {recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.operator.example>
To: clausewatch@operator.example
References: <0123.clausewatch@operator.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1715065689-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1s4F5J-000Fn1-2b@mail.operator.example>
Date: Tue, 07 May 2024 07:08:09 +0000

--1715065689-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1715065689-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.operator.example

Action: {action}
Final-Recipient: rfc822;{recipient}
Status: {status}
Remote-MTA: dns; mx.client.example
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--1715065689-eximdsn-1804289383
Content-type: text/rfc822-headers

Return-path: <clausewatch@operator.example>
{returned}
--1715065689-eximdsn-1804289383--
"""
EXCHANGE = """\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.example>
To: "clausewatch@operator.example" <clausewatch@operator.example>
Date: Tue, 7 May 2024 07:08:09 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_4a6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <3f0c0f6e-1f1a-4f5c@AM0PR0000.eurprd00.prod.outlook.com>
Subject: Undeliverable: News
Auto-Submitted: auto-replied
MIME-Version: 1.0

--_4a6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="_5b6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_"

--_5b6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {recipient} couldn't be delivered.

--_5b6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body>Your message couldn't be delivered.</body></html>

--_5b6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_--

--_4a6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR0000.eurprd00.prod.outlook.com
Received-From-MTA: dns;mail.operator.example
Arrival-Date: Tue, 7 May 2024 07:08:08 +0000

Final-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {recipient} not found by SMTP address lookup

--_4a6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_
Content-Type: message/rfc822

Received: from mail.operator.example (192.0.2.25) by AM0PR0000.eurprd00.prod.outlook.com
 (2603:10a6::1) with Microsoft SMTP Server; Tue, 7 May 2024 07:08:08 +0000
{returned}
--_4a6b9f7e-8c1d-4d0e-9f1a-2b3c4d5e6f70_--
"""
GMAIL = """\
Content-Type: multipart/report; boundary="000000000000d1a5f40617d5b3c1"; report-type=delivery-status
To: clausewatch@operator.example
Received: by 2002:a05:6402:1d1d:b0:572:a0f2:3a4e with SMTP id d1csp0;
        Tue, 07 May 2024 00:08:09 -0700 (PDT)
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <0123.clausewatch@operator.example>
Message-ID: <6639d3d9.050a0220.1.google@mx.google.com>
Date: Tue, 07 May 2024 00:08:09 -0700 (PDT)

--000000000000d1a5f40617d5b3c1
Content-Type: multipart/related; boundary="000000000000d1a5f40617d5b3c4"

--000000000000d1a5f40617d5b3c4
Content-Type: multipart/alternative; boundary="000000000000d1a5f40617d5b3c5"

--000000000000d1a5f40617d5b3c5
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--000000000000d1a5f40617d5b3c5--
--000000000000d1a5f40617d5b3c4
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
--000000000000d1a5f40617d5b3c4--
--000000000000d1a5f40617d5b3c1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Tue, 07 May 2024 00:08:08 -0700 (PDT)
X-Original-Message-ID: <0123.clausewatch@operator.example>

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; gmail-smtp-in.l.google.com. (2a00:1450:400c:c00::1b, the
 server for the domain client.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please
 550-5.1.1 try double-checking the recipient's email address for typos.
Last-Attempt-Date: Tue, 07 May 2024 00:08:09 -0700 (PDT)

--000000000000d1a5f40617d5b3c1
Content-Type: message/rfc822

{returned}
--000000000000d1a5f40617d5b3c1--
"""
FORMS = {"postfix": POSTFIX, "exim": EXIM, "exchange": EXCHANGE, "gmail": GMAIL}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def sent(store: Store, address: str = READER, at: datetime = SENT) -> bytes:
    """Sends a message to an address, and returns it as the mail server got it."""
    if store.subscriptions.subscriber(address) is None:
        store.subscriptions.subscribe(address, (), BEGIN)
    subscriber = store.subscriptions.subscriber(address)
    assert subscriber is not None
    if not store.outbox.waits(address):
        enqueue(store, subscriber.id, MESSAGE, {}, at)
    message = store.outbox.claim(address.lower())
    assert message is not None
    store.outbox.mark_sent(message.id, at)
    return bounce_header(store.secrets.for_links(), message.id, at) + message.message


def returned(
    message: bytes, form: str = POSTFIX, *, recipient: str = READER, action: str = "failed", status: str = "5.1.1"
) -> bytes:
    text = message.decode().replace("\r\n", "\n")
    return form.format(recipient=recipient, action=action, status=status, returned=text).encode()


def troubles(store: Store) -> list[tuple[str, bool]]:
    return [(trouble.address, trouble.is_refused) for trouble in store.outbox.troubles()]


def waiting(store: Store) -> list[str]:
    return [message.address for message in waiting_messages(store)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("form", FORMS)
def test_an_address_whose_message_came_back_is_refused(store: Store, form: str, line_end: bytes) -> None:
    notification = returned(sent(store), FORMS[form]).replace(b"\n", line_end)
    sent(store, "other@client.example")
    sentence = handle_bounce(store, notification, NOW)
    assert sentence.startswith(f"refused: {READER} gets no more digests since")
    assert ": came back: 550" in sentence
    assert "5.1.1" in sentence
    assert troubles(store) == [(READER, True)]
    # What it has missed waits until it is subscribed again.
    assert waiting(store) == [READER]
    assert store.outbox.claim(READER, NOW) is None
    store.subscriptions.subscribe(READER, (), BEGIN)
    assert store.outbox.claim(READER, NOW) is not None


@pytest.mark.parametrize("form", FORMS)
def test_a_delay_changes_nothing(store: Store, form: str) -> None:
    notification = returned(sent(store), FORMS[form], action="delayed", status="4.4.1")
    assert handle_bounce(store, notification, NOW).startswith(f"The message to {READER} is delayed, says")
    assert (troubles(store), waiting(store)) == ([], [])


@pytest.mark.parametrize("status", ["4.4.1", "5.4.7"])
def test_a_message_is_sent_again_if_a_server_gave_up_trying(store: Store, status: str) -> None:
    """RFC 3463, section 3.5: 4.4.1 is `no answer from host`, and X.4.7 `delivery time expired`."""
    assert handle_bounce(store, returned(sent(store), status=status), NOW).startswith(f"put off: {READER}")
    assert store.outbox.claim(READER, NOW + timedelta(hours=22)) is None
    sent(store, at=NOW + timedelta(hours=24))
    assert (troubles(store), waiting(store)) == ([], [])


def test_an_address_is_refused_if_only_its_messages_come_back_for_days(store: Store) -> None:
    for day in range(5):
        sent(store, "other@client.example", SENT + timedelta(days=day, hours=1))
    handle_bounce(store, returned(sent(store), status="4.4.1"), NOW)
    assert troubles(store) == [(READER, False)]
    again = sent(store, at=NOW + timedelta(days=1))
    handle_bounce(store, returned(again, status="4.4.1"), NOW + timedelta(days=6))
    assert troubles(store) == [(READER, True)]


def test_no_address_is_refused_if_everything_comes_back(store: Store) -> None:
    """The network of the operator's mail server may have been down for a week."""
    addresses = [f"reader{number}@client.example" for number in range(7)]
    for day, address in enumerate(addresses):
        message = sent(store, address, SENT + timedelta(days=day))
        late = SENT + timedelta(days=day + 5)
        handle_bounce(store, returned(message, recipient=address, status="4.4.1"), late)
    for address in addresses:
        again = sent(store, address, SENT + timedelta(days=12))
        late = SENT + timedelta(days=17)
        handle_bounce(store, returned(again, recipient=address, status="4.4.1"), late)
    assert troubles(store) == [(address, False) for address in addresses]


def test_a_reader_can_refuse_nobody_else(store: Store) -> None:
    mine, other = sent(store), "other@client.example"
    sent(store, other)
    sentence = handle_bounce(store, returned(mine, recipient=other), NOW)
    assert sentence == (
        f"This notification is about a message to {READER}, and names other addresses, to which the message was "
        "passed on. Nothing was changed."
    )
    assert troubles(store) == []


def test_a_team_whose_member_has_left_still_gets_its_digests(store: Store) -> None:
    """A server that passes a message on names the team as the original recipient (RFC 3464, section 2.3.1)."""
    member = returned(sent(store)).replace(
        b"Final-Recipient: rfc822; " + READER.encode(), b"Final-Recipient: rfc822; left@client.example"
    )
    assert member != returned(sent(store))
    assert "to which the message was passed on" in handle_bounce(store, member, NOW)
    assert troubles(store) == []


def test_a_notification_with_a_broken_boundary_changes_nothing(store: Store) -> None:
    """The standard library raises TypeError for such a parameter. The mail server would return the message then."""
    notification = returned(sent(store))
    boundary = re.search(rb'boundary="?[^";\s]+"?', notification)
    assert boundary is not None
    broken = notification.replace(boundary.group(), b'x*0="a"; x*="b"; ' + boundary.group(), 1)
    assert "is no notification" in handle_bounce(store, broken, NOW)
    assert troubles(store) == []


@pytest.mark.parametrize("kind", ["no token", "another secret", "another purpose", "altered", "no text"])
def test_a_stranger_can_refuse_nobody(store: Store, kind: str) -> None:
    genuine = sent(store).split(b"\r\n")[0].partition(b": ")[2]
    token = {
        "no token": b"",
        "another secret": make_token("guessed", "bounce", [1, SENT.isoformat()]).encode(),
        "another purpose": make_token(store.secrets.for_links(), "unsubscribe", [1, SENT.isoformat()]).encode(),
        # Not at the end: the last letter of the signature has bits that don't count.
        "altered": genuine[:-20] + (b"A" if genuine[-20:-19] != b"A" else b"B") + genuine[-19:],
        "no text": b"\xff\x00",
    }[kind]
    header = b"Clausewatch-Message: " + token if token else b"X-Other: 1"
    notification = returned(b"GENUINE\r\n" + MESSAGE).replace(b"GENUINE", header)
    assert handle_bounce(store, notification, NOW).endswith("Nothing was changed.")
    assert (troubles(store), waiting(store)) == ([], [])


def test_a_notification_counts_once_and_not_for_a_later_sending(store: Store) -> None:
    notification = returned(sent(store))
    handle_bounce(store, notification, NOW)
    assert "about no message in the outbox" in handle_bounce(store, notification, NOW)
    store.subscriptions.subscribe(READER, (), BEGIN)
    sent(store, at=NOW)
    assert "about no message in the outbox" in handle_bounce(store, notification, NOW)
    assert troubles(store) == []


def test_an_address_that_has_left_is_not_known_any_more(store: Store) -> None:
    notification = returned(sent(store))
    store.subscriptions.unsubscribe(READER)
    assert "about no message in the outbox" in handle_bounce(store, notification, NOW)
    assert troubles(store) == []


def test_an_address_that_is_refused_stays_so(store: Store) -> None:
    first, second = sent(store), sent(store, at=SENT + timedelta(hours=1))
    handle_bounce(store, returned(first), NOW)
    assert handle_bounce(store, returned(second, status="4.4.1"), NOW).startswith("refused:")
    assert troubles(store) == [(READER, True)]
    assert waiting(store) == [READER, READER]


def test_the_case_of_an_address_makes_no_difference(store: Store) -> None:
    handle_bounce(store, returned(sent(store, "Reader@Client.example"), recipient="READER@client.EXAMPLE"), NOW)
    assert troubles(store) == [("Reader@Client.example", True)]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_parts_may_be_encoded(store: Store, encoding: str) -> None:
    encode = base64.encodebytes if encoding == "base64" else quopri.encodestring
    headers = sent(store)
    status = f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.2.1\n".encode()
    parts = [
        b"Content-Type: %s\nContent-Transfer-Encoding: %s\n\n%s" % (kind, encoding.encode(), encode(content))
        for kind, content in (
            (b"message/global-delivery-status", b"Reporting-MTA: dns; x\n\n" + status),
            (b"message/global-headers", headers),
        )
    ]
    head = b'Content-Type: multipart/report; boundary="b"\n\n'
    notification = head + b"".join(b"--b\n" + part + b"\n" for part in parts) + b"--b--\n"
    assert ": came back: 5.2.1." in handle_bounce(store, notification, NOW)


REPORT = b'Content-Type: multipart/report; boundary="b"\n\n'


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="empty"),
        pytest.param(MESSAGE, id="letter"),
        pytest.param(b"Auto-Submitted: auto-replied\nSubject: Out of office\n\nI am away.\n", id="automatic answer"),
        pytest.param(b"Content-Type: multipart/report\n\nno boundary", id="no boundary"),
        pytest.param(b'Content-Type: multipart/report; boundary=""\n\n--\n--\n', id="empty boundary"),
        pytest.param(REPORT.replace(b'="b"', b"*0*=''%ff; boundary*1=b") + b"--b\n", id="broken boundary"),
        pytest.param(REPORT.replace(b'"b"', b'"%b"' % (b"b" * 250_000)), id="long boundary"),
        pytest.param(b"\x00\xff" * 1000, id="no text"),
        pytest.param(REPORT + b"--b\n" * 60_000, id="many parts"),
        pytest.param(
            REPORT
            + b"--b\nContent-Type: message/delivery-status\n\n"
            + b"Final-Recipient: rfc822;a@b\nAction: failed\n\n" * 6_000,
            id="many recipients",
        ),
        pytest.param(
            b"".join(REPORT.replace(b'b"', b'b%d"' % n) + b"--b%d\n" % n for n in range(5_000)), id="deep nesting"
        ),
        pytest.param(b"A:" * 130_000, id="long header"),
        pytest.param(b"A: b\n" * 50_000, id="many headers"),
    ],
)
def test_other_messages_and_broken_ones_change_nothing(store: Store, message: bytes) -> None:
    sent(store)
    sentence = "This message is no notification about a message that clausewatch has sent. Nothing was changed."
    assert handle_bounce(store, message, NOW) == sentence


def test_the_beginning_of_a_long_notification_is_enough(store: Store) -> None:
    notification = returned(sent(store) + b"text\r\n" * 200_000)
    assert len(notification) > LONGEST_NOTIFICATION
    assert handle_bounce(store, notification, NOW).startswith("refused:")


def test_a_reason_cannot_be_long_or_write_other_lines(store: Store) -> None:
    notification = returned(sent(store)).replace(b"User unknown", b"\x1b[31m\n refused: all\x00" + b"x" * 9000)
    (line,) = handle_bounce(store, notification, NOW).splitlines()
    assert len(line) < 600
    assert line.isprintable()


def test_a_database_that_has_sent_nothing_is_the_wrong_one(store: Store) -> None:
    notification = returned(bounce_header("secret", 1, SENT) + MESSAGE)
    with pytest.raises(UsageError, match="set CLAUSEWATCH_DATABASE_URL to the database from which"):
        handle_bounce(store, notification, NOW)


GENUINE = returned(bounce_header("secret", 1, SENT) + MESSAGE)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GENUINE)), st.integers(0, 60), st.binary(max_size=60))
def test_damage_is_read_without_errors(position: int, length: int, replacement: bytes) -> None:
    read_notification(GENUINE[:position] + replacement + GENUINE[position + length :])
