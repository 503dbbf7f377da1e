"""The e-mail of a digest: the headers, the plain text and HTML parts, and the addresses."""

import email.utils
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from core.changes import Change
from core.exceptions import UsageError
from core.history import Announcement
from core.policies import PolicyKey
from reports import Report, VersionSide, checked_address, compose
from reports.digest_email import DigestEntry, as_email, digest_entry
from storage import Store, Subscriber
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    READER,
    SENDER,
    VENDORS,
    composed,
    html,
    keep_confirmed,
    parsed_email,
    plain,
    subscribe,
)
from tests.reports.report_examples import EVERY_KIND, LAST_OLD, added, change, clause, version_report
from tests.stored_captures import BEGIN

SUBSCRIBER = Subscriber(1, READER, ("marmot",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def entry_of(report: Report) -> DigestEntry:
    assert isinstance(report.old, VersionSide)
    assert isinstance(report.new, VersionSide)
    return digest_entry(report, Announcement(report.old.period, report.new.period))


def email_of(*changes: Change, name: str = "Marmot Mail") -> EmailMessage:
    entry = entry_of(version_report(*changes, vendor_name=name))
    return parsed_email(as_email([entry], SUBSCRIBER, VENDORS, BEGIN, SENDER))


def test_an_email_has_the_headers_that_mail_programs_need(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    (message,) = composed(store, 3)
    assert message["Subject"] == "Marmot Mail: “What we collect” changed"
    assert message["From"] == f"clausewatch <{SENDER}>"
    assert message["To"] == READER
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "clausewatch digests <digests.clausewatch.operator.example>"
    assert email.utils.parsedate_to_datetime(message["Date"]) == (BEGIN + timedelta(days=3)).replace(microsecond=0)
    assert re.fullmatch(r"<[0-9a-f]{32}\.clausewatch@operator\.example>", message["Message-ID"])
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/mixed"
    alternative, report = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert report.get_filename() == "marmot-privacy-1-2.html"
    assert "advertisers" in report.get_content()


def test_the_message_id_depends_on_subscriber_and_changes_only() -> None:
    entries = [entry_of(version_report(EVERY_KIND[0]))]
    other = Subscriber(2, "other@client.example", ())
    messages = [
        as_email(entries, reader, VENDORS, BEGIN + timedelta(days=days), SENDER)
        for reader, days in ((SUBSCRIBER, 0), (SUBSCRIBER, 9), (other, 0))
    ]
    first, later, another = (message_from_bytes(data)["Message-ID"] for data in messages)
    assert first == later != another


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        (EVERY_KIND, "Marmot Mail: new text “We now sell your data.”, and 6 more changes"),
        ((EVERY_KIND[9], EVERY_KIND[3]), "Marmot Mail: “Last updated 2021.” changed"),
        ((EVERY_KIND[3],), "Marmot Mail: “Children under 16.” moved"),
    ],
)
def test_the_subject_says_what_changed_and_counts_the_rest(changes: tuple[Change, ...], subject: str) -> None:
    assert email_of(*changes)["Subject"] == subject


def test_the_subject_names_changed_numbers_and_they_are_shown_first() -> None:
    number = replace(
        EVERY_KIND[9],
        significance="substantive",
        old=(clause(12, "Erased after 30 days."),),
        new=(clause(12, "Erased after 90 days."),),
        numbers=(("30 days", "90 days"),),
    )
    message = email_of(EVERY_KIND[1], number)
    assert message["Subject"] == "Marmot Mail: Erased after 30 → 90 days, and 1 more change"
    assert re.findall(r"^(\d+)\. ", plain(message), re.MULTILINE) == ["2", "1"]


def test_the_subject_names_the_vendor_with_the_most_changes_first() -> None:
    little, much = version_report(EVERY_KIND[9], vendor_name="Otter Post"), version_report(*EVERY_KIND)
    other = replace(entry_of(little), key=PolicyKey("otter", "privacy"))
    data = as_email([other, entry_of(much)], SUBSCRIBER, VENDORS, BEGIN, SENDER)
    subject = parsed_email(data)["Subject"]
    assert subject == "Marmot Mail, Otter Post: new text “We now sell your data.”, and 7 more changes"


def test_both_parts_have_the_interval_and_its_evidence() -> None:
    message = email_of(*EVERY_KIND)
    for text in (plain(message), html(message)):
        for part in ("2020-01-02T03:04:05Z", "http://old.example/p", "a" * 64, "2021-06-07T08:09:10Z", "b" * 64):
            assert part in text


def test_substantive_and_factual_changes_are_shown_others_are_counted() -> None:
    text = plain(email_of(*EVERY_KIND))
    shown = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    assert shown == ["1", "2", "3", "5", "7", "8", "10"]
    assert "In addition, 3 editorial changes and 1 volatile change, not shown here." in text
    assert "clausewatch report marmot @aaaa @bbbb\n" in text


def test_both_parts_say_how_to_unsubscribe() -> None:
    message = email_of(EVERY_KIND[0])
    for text in (plain(message), html(message)):
        assert f"{READER} is subscribed to changes at Marmot Mail." in text
        assert f"clausewatch unsubscribe {READER}" in text


def test_the_html_part_loads_nothing_and_shows_markup_as_text() -> None:
    hostile = "<script>alert(1)</script><img src=http://t.example/pixel>\u202e\x00"
    page = LexborHTMLParser(html(email_of(added(0, hostile), name=hostile)))
    assert page.css("script, img, link, iframe, a, form, [style*=url]") == []
    assert not any({"src", "href", "background"} & set(node.attributes) for node in page.css("*"))
    assert "<script>alert(1)</script>" in (page.body.text() if page.body else "")


def test_every_message_is_ascii_with_lines_of_at_most_998_bytes() -> None:
    text = "Größe \ud800 \x00 プライバシー " + "x" * 5000
    data = as_email([entry_of(version_report(added(0, text)))], SUBSCRIBER, VENDORS, BEGIN, SENDER)
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert all(len(line) <= 998 and b"\n" not in line for line in lines)  # RFC 5322, section 2.1.1


def test_a_vendors_name_cannot_add_a_header() -> None:
    message = email_of(EVERY_KIND[0], name="Marmot\r\nBcc: all@client.example\r\n\r\nHi")
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Marmot Bcc: all@client.example Hi: “Cookies” removed")


@pytest.mark.parametrize(
    "encoded",
    ["=?utf-8?q?Logs=0D=0ABcc=3A_all=40client=2Eexample=0D=0A=0D=0AHi?=", "=?utf-7?q?+2AA-?="],
)
def test_an_encoded_word_in_a_vendors_text_cannot_add_a_header(encoded: str) -> None:
    """Python's email package decodes encoded words (RFC 2047) in the values that a program gives to a header."""
    old, new = clause(0, f"{encoded} are erased after 30 days."), clause(0, f"{encoded} are erased after 90 days.")
    message = email_of(replace(change("factual", (old,), (new,)), numbers=(("30 days", "90 days"),)))
    assert set(message.keys()) == set(email_of(EVERY_KIND[0]).keys())
    assert "90 days" in message["Subject"]
    assert "erased after" in plain(message)


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "x", "@", "a@", "@b", "a@b c", "a b@c.example", "a@b.example\r\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "a@b.example\x00", "<a@b.example>", "A <a@b.example>", "größe@b.example", '"a\r\n"@b.example', "a@b@c.example",
        "a@[127.0.0.1", "(c)", "a..b@", ",", ";", "\\", '"', "a\t@b.example",
    ],
)  # fmt: skip
def test_an_invalid_address_raises_usage_error(address: str) -> None:
    with pytest.raises(UsageError, match="is not an e-mail address"):
        checked_address(address)


@pytest.mark.parametrize("address", ["a@b.example", " a.b+c_d@e-f.example\n", "o'neil@localhost", "a@[127.0.0.1]"])
def test_white_space_around_an_address_is_removed(address: str) -> None:
    assert checked_address(address) == address.strip()


def test_with_an_invalid_sender_nothing_is_composed(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    with pytest.raises(UsageError, match="is not an e-mail address"):
        compose(store, VENDORS, BEGIN, "nobody\r\nX: y")
    assert len(composed(store, 3)) == 1


def test_long_unchanged_text_is_left_out() -> None:
    words = "The same words as ever. " * 60
    modified = change(
        "modified",
        (clause(0, f"{words}Old."),),
        (clause(0, f"{words}New."),),
        (("equal", words), ("delete", "Old."), ("insert", "New.")),
    )
    assert plain(email_of(modified)).count("The same words as ever.") < 6
    assert LAST_OLD.url in plain(email_of(modified))
