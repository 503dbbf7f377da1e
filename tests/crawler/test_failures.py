"""The words in which a crawl says why a page could not be fetched."""

import pytest
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError

from crawler.failures import explain

# What Scrapy's exceptions say of four servers, with Twisted 26.10, pyOpenSSL 26.4 and service_identity 24.2.
_TLS = "[<twisted.python.failure.Failure OpenSSL.SSL.Error: [('SSL routines', '', '%s')]>]"
_MISMATCH = (
    "[<twisted.python.failure.Failure service_identity.exceptions.VerificationError: "
    "VerificationError(errors=[DNSMismatch(mismatched_id=DNS_ID(hostname=b'a.example'))])>]"
)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (_TLS % "certificate verify failed", "the site's TLS certificate has expired, or its issuer is unknown"),
        (_MISMATCH, "the site's TLS certificate is not for this host"),
        (_TLS % "wrong version number", "no TLS connection to the site could be made"),
        ("[<twisted.python.failure.Failure twisted.internet.error.ConnectionLost>]", "the connection was lost"),
    ],
)
def test_a_fault_of_the_connection_is_told_apart_from_a_fault_of_the_certificate(message: str, words: str) -> None:
    assert explain(DownloadFailedError(message), "https://a.example/") == words


def test_a_host_without_address_is_named_with_what_to_check() -> None:
    assert explain(CannotResolveHostError("x"), "https://A.example/p") == (
        "no address of the host a.example was found; check the name, and whether this machine can reach its DNS server"
    )


def test_no_password_of_an_address_is_told() -> None:
    words = explain(ValueError("invalid hostname: bob:SECRET@a.example"), "https://bob:SECRET@a.example/")
    assert "SECRET" not in words
    assert "the address has a user name or a password" in words
