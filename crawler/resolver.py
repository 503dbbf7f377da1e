"""Makes sure that a crawl connects only to addresses on the public internet.

Declarations, redirects and DNS answers determine the addresses to which a live crawl connects. Other people write them,
so they may lead to the crawl's own machine or to the machine's network. The crawl must not connect there. This module
resolves each host name and checks the addresses. The crawl connects to exactly these addresses, so a DNS answer can't
change between the check and the connection.
"""

from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.address import IPv4Address as TCP4Address
from twisted.internet.address import IPv6Address as TCP6Address
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # has no types

from core.private_addresses import is_public
from core.settings import Settings
from crawler.environment import environment_of


def refusal(host: str, address: str) -> str:
    """Returns the message for a host to which the crawl doesn't connect. It tells how an operator can allow this."""
    subject = host if host == address else f"{host} is {address},"
    verb = "is " if host == address else ""
    return (
        f"{subject} {verb}a private address; set CLAUSEWATCH_ALLOW_PRIVATE=1 if crawls may fetch pages from private "
        "addresses"
    )


def operator_endpoints(environment: Settings) -> frozenset[tuple[str, int]]:
    """Returns the host and port of the archive and of each proxy.

    The operator has configured these endpoints, so they may have private addresses.
    """
    return frozenset(host_and_port(url) for url in (environment.wayback_url, *getproxies().values()) if "//" in url)


@implementer(IResolutionReceiver)
class _PublicOnly:
    """A receiver that passes public addresses on to another receiver. Adds every other address to `refused`."""

    def __init__(self, receiver: Any, refused: dict[str, str], host: str) -> None:
        self._receiver = receiver
        self._refused = refused
        self._host = host

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:
        if isinstance(address, (TCP4Address, TCP6Address)) and is_public(address.host):
            self._receiver.addressResolved(address)
        else:
            self._refused[self._host] = str(getattr(address, "host", address))

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()


class PublicAddressResolver(CachingHostnameResolver):
    """A resolver that returns only public addresses, unless CLAUSEWATCH_ALLOW_PRIVATE is set.

    The configured archive and proxies may have private addresses (`operator_endpoints`).

    If the crawl uses a proxy, the proxy resolves host names, and must itself block connections to private networks.
    Hosts such as `localhost` or `127.1` denote a private address without DNS (see
    `core.private_addresses.private_by_name`). EvidenceDownloadHandler rejects requests for such hosts before they reach
    the proxy.

    refused: the private addresses that the resolver removed from its results, by host name.
    """

    # A class attribute, because Twisted's reactor has one resolver for the whole process.
    refused: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, reactor: Any, cache_size: int, exempt: frozenset[tuple[str, int]], *, allow_all: bool) -> None:
        super().__init__(reactor, cache_size)
        self._exempt = exempt
        self._allow_all = allow_all

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """Returns the resolver for a crawl. Scrapy calls this for the class in the setting TWISTED_DNS_RESOLVER."""
        environment = environment_of(crawler.settings)
        size = crawler.settings.getint("DNSCACHE_SIZE")
        return cls(reactor, size, operator_endpoints(environment), allow_all=environment.allow_private)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Resolves a host name. See twisted.internet.interfaces.IHostnameResolver."""
        receiver: Any = resolutionReceiver
        if not self._allow_all and (hostName.lower(), portNumber) not in self._exempt:
            receiver = _PublicOnly(resolutionReceiver, self.refused, hostName.lower())
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


def host_and_port(url: str) -> tuple[str, int]:
    """Returns the host, in lower case, and the port of a web address."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
