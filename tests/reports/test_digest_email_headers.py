"""The headers of a digest by which mail programs thread it and offer a way out, and the same way out in its text."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from core.policies import PolicyKey
from core.signed_links import read_token
from reports.digest_email import DigestEntry, Links, as_email
from reports.digest_email.attachments import Attachment, fitting_attachments, report_attachment
from storage import Subscriber
from tests.reports.digest_examples import READER, SENDER, VENDORS, html, parsed_email, plain, unwrapped
from tests.reports.report_examples import EVERY_KIND, change, clause, version_report
from tests.reports.test_digest_email import entry_of
from tests.stored_captures import BEGIN

SUBSCRIBER = Subscriber(1, READER, ("marmot",))
SECRET = "a secret of this test"
PUBLIC = Links("https://watch.example.org/room", SECRET, "operator@watch.example.org")
ENTRY = entry_of(version_report(*EVERY_KIND))
OTTER = replace(ENTRY, key=PolicyKey("otter", "privacy"), rank=(-99,))


def sent(*entries: DigestEntry, links: Links = PUBLIC) -> EmailMessage:
    return parsed_email(as_email(entries or (ENTRY,), SUBSCRIBER, VENDORS, BEGIN, SENDER, links))


def test_a_strict_parser_finds_no_defect() -> None:
    data = as_email([ENTRY, OTTER], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC)
    message = message_from_bytes(data, policy=policy.strict)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_digests_of_a_vendor_are_one_thread() -> None:
    first, later = sent(ENTRY), sent(replace(ENTRY, name="Another change"))
    assert first["References"] == later["References"] == first["In-Reply-To"]
    assert first["References"] == "<marmot.thread.clausewatch@operator.example>"


def test_a_digest_of_several_vendors_is_in_the_thread_of_the_first() -> None:
    assert sent(ENTRY, OTTER)["References"] == "<otter.thread.clausewatch@operator.example>"


def test_one_click_and_a_mail_end_the_subscription() -> None:
    message = sent()
    page, mail = re.findall("<([^>]+)>", message["List-Unsubscribe"])
    prefix = "https://watch.example.org/room/-/unsubscribe/"
    assert page.startswith(prefix)
    assert read_token(SECRET, "unsubscribe", page.removeprefix(prefix)) == READER
    assert mail == "mailto:operator@watch.example.org?subject=unsubscribe%20reader%40client.example"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert page in plain(message)
    assert f'href="{page}"' in html(message)
    assert "clausewatch unsubscribe" not in plain(message)
    (preferences,) = set(re.findall(r"https://watch\.example\.org/room/-/preferences/\S+", plain(message)))
    assert read_token(SECRET, "preferences", preferences.rpartition("/")[2]) == READER
    assert preferences in html(message)


def test_without_https_no_one_click_is_offered() -> None:
    """RFC 8058, section 3.1 demands HTTPS."""
    message = sent(links=replace(PUBLIC, public_url="http://watch.example.org"))
    assert "<http://watch.example.org/-/unsubscribe/" in message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] is None


def test_without_a_reading_room_the_operator_ends_the_subscription() -> None:
    message = sent(links=Links(operator="operator@watch.example.org"))
    assert message["List-Unsubscribe"] == (
        "<mailto:operator@watch.example.org?subject=unsubscribe%20reader%40client.example>"
    )
    assert "To stop these e-mails, write to operator@watch.example.org" in unwrapped(message)


def test_changes_and_captures_are_linked() -> None:
    for text in (plain(sent()), html(sent())):
        assert "https://watch.example.org/room/marmot/privacy/@aaaa..@bbbb#change-2" in text
        assert "https://watch.example.org/room/-/captures/3" in text
        assert "https://watch.example.org/room/-/captures/4" in text


def test_gmail_gets_a_feedback_id() -> None:
    assert sent()["Feedback-ID"] == "digest:clausewatch"


def test_the_html_part_has_inlined_styles_and_dark_colours() -> None:
    text = html(sent())
    assert re.search(r'<del style="[^"]*background: #fde8e8', text)
    assert "@media (prefers-color-scheme: dark)" in text
    assert '<meta name="viewport" content="width=device-width' in text
    assert not re.search(r"url\(|<img|<link|@import", text)


def test_the_report_is_attached_only_without_a_reading_room() -> None:
    with_report = replace(ENTRY, attachment=report_attachment("marmot.html", "<p>The whole report.</p>"))
    assert sent(with_report).get_content_type() == "multipart/alternative"
    message = sent(with_report, links=Links())
    (report,) = message.iter_attachments()
    assert report.get_content() == "<p>The whole report.</p>"
    assert "marmot.html (attached)" in plain(message)


def test_at_most_five_megabytes_are_attached() -> None:
    reports = [Attachment(f"{number}.html", length, b"") for number, length in enumerate((3_000_000, 2_500_000, 1_000))]
    assert fitting_attachments(reports) == {"0.html", "2.html"}


@pytest.mark.parametrize("text", ["x\r\nBcc: all@client.example", "=?utf-8?q?x=0D=0ABcc=3A_all?=", "x\u2028y\x00"])
def test_no_news_of_a_vendor_adds_a_header(text: str) -> None:
    message = sent(replace(ENTRY, news=text, vendor=text))
    assert message["Bcc"] is None
    assert set(message.keys()) == set(sent().keys())


def test_dates_are_written_in_the_subscribers_language() -> None:
    vendors_words = version_report(change("added", (), (clause(0, "In force since 2020-01-02T03:04:05Z."),)))
    data = as_email([entry_of(vendors_words)], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC, "de")
    for text in (plain(parsed_email(data)), html(parsed_email(data))):
        assert "2. Januar 2020, 03:04 UTC" in text
        assert "In force since 2020-01-02T03:04:05Z." in text
