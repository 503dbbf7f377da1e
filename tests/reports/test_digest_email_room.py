"""The room in an e-mail: both texts together stay under 80 KB, and what there is no room for is counted."""

import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.changes import Change
from core.history import Announcement
from core.policies import PolicyKey
from reports import VersionSide
from reports.digest_email import DigestEntry, Links, as_email, digest_entry
from reports.digest_email.body import BODY_LENGTH
from storage import Subscriber
from tests.reports.digest_examples import SENDER, VENDORS, html, parsed_email, unwrapped
from tests.reports.report_examples import change, clause, version_report
from tests.stored_captures import BEGIN

SUBSCRIBER = Subscriber(1, "reader@client.example", ("marmot",))
PUBLIC = Links("https://watch.example.org", "a secret of this test")
# Words in which quoted-printable needs one byte for a byte, three bytes for a byte, and escapes in HTML.
ALPHABETS = ("keep ", "プライバシー保護", "größer ", "<&>\"'= ", "\U0001f600")


def entry_of(changes: list[Change], name: str, number: int = 0) -> DigestEntry:
    report = version_report(*changes, vendor_name=name)
    assert isinstance(report.old, VersionSide)
    assert isinstance(report.new, VersionSide)
    entry = digest_entry(report, Announcement(report.old.period, report.new.period))
    return replace(entry, key=PolicyKey(f"vendor{number}", "privacy"))


def added_text(words: str, length: int, place: int, path: tuple[str, ...] = ("Privacy",)) -> Change:
    text = (f"{place} " + words * (length // len(words) + 1))[: max(1, length)]
    return change("added", (), (clause(place, text, path=path),))


def encoded_length(message: EmailMessage) -> int:
    """Returns the length of both texts as they are sent."""
    parts = [part for part in message.walk() if part.get_content_maintype() == "text" and not part.get_filename()]
    assert len(parts) == 2
    return sum(len("\r\n".join(str(part.get_payload()).splitlines())) for part in parts)


@st.composite
def digests(draw: st.DrawFn) -> list[DigestEntry]:
    entries = []
    for number in range(draw(st.sampled_from([1, 2, 5, 40, 200]))):
        words = draw(st.sampled_from(ALPHABETS)) if number < 5 else ALPHABETS[number % len(ALPHABETS)]
        lengths = (
            draw(st.lists(st.sampled_from([1, 80, 700, 6_000, 30_000]), min_size=1, max_size=12))
            if number < 5
            else [300]
        )
        path = ("Privacy", (words * 40)[: draw(st.sampled_from([5, 400]))]) if number < 5 else ("Privacy",)
        changes = [added_text(words, length, place, path) for place, length in enumerate(lengths)]
        entries.append(entry_of(changes, f"{words.strip()[:80] * 3} {number}", number))
    return entries


@settings(max_examples=15, deadline=None)
@given(digests(), st.sampled_from([PUBLIC, Links()]))
def test_no_digest_is_longer_than_80_kilobytes(entries: list[DigestEntry], links: Links) -> None:
    data = as_email(entries, SUBSCRIBER, VENDORS, BEGIN, SENDER, links)
    message = parsed_email(data)
    assert encoded_length(message) <= BODY_LENGTH
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert not [part.defects for part in message.walk() if part.defects]
    total = sum(len(list(run.changes)) for entry in entries for group in entry.shown_groups for run in group.runs)
    shown = len(re.findall(r"^\d+\. ", "\n".join(unwrapped_lines(message)), re.MULTILINE))
    assert shown <= total
    if shown < total:
        text = unwrapped(message)
        assert "shown here: this e-mail has no room for" in text or "In short" in text


def unwrapped_lines(message: EmailMessage) -> list[str]:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).splitlines()


@pytest.mark.parametrize("words", ALPHABETS)
def test_a_clause_of_a_megabyte_is_cut(words: str) -> None:
    long = entry_of([added_text(words, 1_000_000, 0), added_text("We sell it. ", 12, 1)], "Long")
    message = parsed_email(as_email([long], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC))
    assert encoded_length(message) <= BODY_LENGTH
    for text in (unwrapped(message), html(message)):
        assert re.search(r"\[99\d{4} more characters: see the whole report\]", text)
        assert "1 We sell" in text


def test_of_two_hundred_policies_each_is_named() -> None:
    entries = [entry_of([added_text("keep ", 2_000, 0)], f"Vendor {number}", number) for number in range(200)]
    message = parsed_email(as_email(entries, SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC))
    assert encoded_length(message) <= BODY_LENGTH
    for text in (unwrapped(message), html(message)):
        assert {int(number) for number in re.findall(r"Vendor (\d+) privacy", text)} == set(range(200))


def test_the_most_important_policy_is_shown_whole() -> None:
    small = [entry_of([added_text("keep ", 2_000, 0)], f"Vendor {number}", number) for number in range(100)]
    great = entry_of([added_text("sell ", 300, place) for place in range(8)], "Great", 999)
    message = parsed_email(as_email([*small, great], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC))
    assert message["Subject"].startswith("Great, Vendor 0, Vendor 1 and 98 others: new text")
    text = unwrapped(message)
    assert text.index("Great privacy: version 1 → version 2") < text.index("Vendor 0 privacy: version 1")
    assert "SHA-256" in text


def test_a_long_entry_leaves_room_to_the_others() -> None:
    long = entry_of([added_text("keep ", 4_000, place) for place in range(300)], "Long", 1)
    short = [entry_of([added_text("sell ", 200, 0)], f"Short {number}", number + 2) for number in range(10)]
    message = parsed_email(as_email([long, *short], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC))
    assert unwrapped(message).count("{+0 sell sell") == 10
    assert re.search(r"\d+ more changes are not shown here", unwrapped(message))


def test_what_is_left_out_is_linked() -> None:
    long = entry_of([added_text("keep ", 4_000, place) for place in range(300)], "Long")
    with_room = parsed_email(as_email([long], SUBSCRIBER, VENDORS, BEGIN, SENDER, PUBLIC))
    without = parsed_email(as_email([long], SUBSCRIBER, VENDORS, BEGIN, SENDER))
    for text in (unwrapped(with_room), html(with_room)):
        assert "https://watch.example.org/marmot/privacy/@aaaa..@bbbb" in text
        assert "clausewatch report" not in text
    for text in (unwrapped(without), html(without)):
        assert "clausewatch report marmot @aaaa @bbbb" in text
