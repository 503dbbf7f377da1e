"""The recognition of private addresses, in the form of IP addresses or of host names."""

import pytest

from core.private_addresses import is_public, private_by_name


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_recognised(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::7f00:1",
        "192.0.0.8",
        "192.88.99.1",
        "3fff::1",
        "5f00::1",
        "4000::1",
    ],
)
def test_addresses_outside_the_public_internet_are_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "127.0.0.1"),
        ("policies.LOCALHOST.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),  # noqa: S104  (nothing is bound here)
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104
        ("::", "::"),
        ("::ffff:7f00:1", "::ffff:7f00:1"),
        ("fe80::1%eth0", "fe80::1"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_a_private_address_is_recognised_in_any_notation(host: str, address: str) -> None:
    assert private_by_name(host) == address


@pytest.mark.parametrize("host", ["kestrelpost.example", "93.184.216.34", "1.2.3.4.5", "0x", "localhost.example", ""])
def test_other_host_names_have_to_be_resolved(host: str) -> None:
    assert private_by_name(host) is None
