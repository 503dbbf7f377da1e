"""The kinds of addresses, their spellings, and their short forms, which give no password away."""

import pytest

from core.exceptions import UsageError
from core.recipients import (
    checked_recipient,
    is_shown_form,
    kind_of,
    mailbox_of,
    shown_address,
    without_passwords,
)

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ann@client.example", "email"),
        ("nonsense", "email"),
        ('"a://b"@client.example', "email"),
        ("https://hooks.example.org/1", "webhook"),
        ("HTTP://hooks.example.org", "webhook"),
        (SLACK, "chat"),
        ("tgram://123:abc/456", "chat"),
    ],
)
def test_the_form_of_an_address_tells_its_kind(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Client.example", "ann@client.example"),
        ("HTTPS://Hooks.Example.org/Key", "https://hooks.example.org/Key"),
        ("https://hooks.example.org", "https://hooks.example.org/"),
        ("https://hooks.example.org:443/1", "https://hooks.example.org/1"),
        ("https://hooks.example.org?key=1", "https://hooks.example.org/?key=1"),
        ("Slack://T1/A2/b3", "slack://T1/A2/b3"),
    ],
)
def test_spellings_of_one_address_are_one_mailbox(one: str, other: str) -> None:
    assert mailbox_of(one) == mailbox_of(other) == mailbox_of(mailbox_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://hooks.example.org/Key", "https://hooks.example.org/key"),
        ("https://hooks.example.org/1", "https://hooks.example.org:8443/1"),
        ("slack://Token/A2/b3", "slack://token/A2/b3"),
    ],
)
def test_in_a_url_case_makes_a_difference(one: str, other: str) -> None:
    assert mailbox_of(one) != mailbox_of(other)
    assert shown_address(one) != shown_address(other)


def test_an_address_is_stored_in_one_spelling() -> None:
    assert checked_recipient(" HTTPS://Hooks.Example.org:443/Key ") == "https://hooks.example.org/Key"
    assert checked_recipient("Ann@Client.example") == "Ann@Client.example"
    assert checked_recipient(f"{SLACK}/#legal") == f"{SLACK}/#legal"
    assert checked_recipient("http://10.0.0.5/hook", allow_http=True) == "http://10.0.0.5/hook"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ann", "'ann' is not an e-mail address"),
        ("https:///s3cret", "no host, or a wrong port"),
        ("https://hooks.example.org:99999/s3cret", "no host, or a wrong port"),
        ("https://[::1/s3cret", "no host, or a wrong port"),
        ("https://user:s3cret@hooks.example.org/", "at hooks.example.org has no user or password"),
        ("https://hooks.example.org/s3cret#part", "ends before the #"),
        ("https://hooks.example.org/s3cret x", "without spaces and line breaks"),
        ("https://hooks.example.org/s3cret\r\nHost: evil.example", "without spaces and line breaks"),
        ("https://hooks.example.org/ü/s3cret", "percent-encoded"),
        (f"https://hooks.example.org/{'s3cret' * 400}", "with at most 2000 characters"),
        ("http://hooks.example.org/s3cret", "give the address of the webhook at hooks.example.org with https://"),
        ("json://10.0.0.5/s3cret", "json:// sends to any web address; give that address itself"),
        ("apprises://10.0.0.5/s3cret", "apprises:// sends to any web address"),
        ("mailto://ann:s3cret@client.example", "give the e-mail address itself"),
        ("syslog://s3cret", "shows a notification on this machine"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_without_its_password(address: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        checked_recipient(address)
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "begin", "end"),
    [
        ("https://hooks.example.org/s3cret?key=s3cret", "https://hooks.example.org/...", ""),
        ("https://hooks.example.org:8443/s3cret", "https://hooks.example.org:8443/...", ""),
        ("https://s3cret@hooks.example.org/1", "https://hooks.example.org/...", ""),
        ("slack://s3cret/s3cret/s3cret/#legal", "slack://...", "/#legal"),
        ("mmosts://chat.example/s3cret", "mmosts://...", ""),
        ("matrix://me:s3cret/#x@chat.example", "matrix://...", ""),
    ],
)
def test_the_short_form_shows_no_password(address: str, begin: str, end: str) -> None:
    shown = shown_address(address)
    assert shown.startswith(begin)
    assert shown.endswith(end)
    assert len(shown) == len(begin) + 10 + len(end)
    assert is_shown_form(shown)
    assert not is_shown_form(address)
    assert shown_address(shown) == shown
    with pytest.raises(UsageError, match="is a short form, and nobody is subscribed under it"):
        checked_recipient(shown)


def test_an_e_mail_address_is_shown_whole() -> None:
    assert shown_address("Ann@client.example") == "Ann@client.example"


def test_a_message_about_an_address_loses_its_passwords() -> None:
    text = f"POST {SLACK} failed: https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ: 403"
    cleaned = without_passwords(text, SLACK)
    assert cleaned == f"POST {shown_address(SLACK)} failed: https://hooks.slack.com/services/.../.../...: 403"
    address = "https://hooks.example.org/s3cret-key"
    assert without_passwords("hooks.example.org: no s3cret-key", address) == "hooks.example.org: no ..."
    address = "mmosts://chat.example.org/pass%2Fword9"
    assert without_passwords("no access to pass/word9, pass%2Fword9", address) == "no access to ..., ..."
    assert without_passwords("550 no ann@client.example", "ann@client.example") == "550 no ann@client.example"
