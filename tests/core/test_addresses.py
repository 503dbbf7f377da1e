"""The keys of addresses, which decide which web addresses count as the same address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import urlkey, without_userinfo


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://www.hesk.com/knowledgebase/index.php?article=78", "com,hesk)/knowledgebase/index.php?article=78"),
        ("http://hesk.com:80/privacy.htm#a", "com,hesk)/privacy.htm"),
        ("http://www2.Example.CO.UK/A//b/", "uk,co,example)/a/b"),
        ("http://example.com", "com,example)/"),
        ("http://example.com/?b=2&a=1", "com,example)/?a=1&b=2"),
        ("http://example.com/p?", "com,example)/p"),
        ("example.com/p", "com,example)/p"),
    ],
)
def test_urlkey_normalises_an_address(address: str, key: str) -> None:
    assert urlkey(address) == key


@pytest.mark.parametrize("address", ["", "http://", "http:///path", "http://[::1"])
def test_address_without_a_valid_host_has_no_key(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # some of the messages come from Python itself
        urlkey(address)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ann:s3cret@site.example/p: refused", "https://***@site.example/p: refused"),
        (
            "from http://a@b@site.example to https://x:y@z.example/",
            "from http://***@site.example to https://***@z.example/",
        ),
        ("https://site.example/@ann?mail=a@b.example", "https://site.example/@ann?mail=a@b.example"),
    ],
)
def test_messages_show_no_password_of_an_address(text: str, shown: str) -> None:
    assert without_userinfo(text) == shown


@given(
    st.sampled_from(["http://", "https://"]),
    st.sampled_from(["", "www.", "WWW."]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.from_regex(r"(/[a-z0-9._-]{1,8}){1,4}", fullmatch=True),
)
def test_scheme_www_and_port_make_no_difference(scheme: str, www: str, port: str, path: str) -> None:
    assert urlkey(f"{scheme}{www}vendor.example{port}{path}") == urlkey(f"http://vendor.example{path}")
