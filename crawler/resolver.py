"""Which addresses may be connected to.

A live crawl follows what others wrote: declarations, redirects, answers of the DNS. None of them may lead it to the
machine it runs on or the network that machine is in. Names are resolved here for the connection that follows, so no
answer can change between check and connect.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.address import IPv4Address as TCP4Address
from twisted.internet.address import IPv6Address as TCP6Address
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # has no types

from crawler.environment import environment_of

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that stands for an IPv4 address (mapped, 6to4, Teredo, NAT64) is as public as that one.
    ValueError when it is no IP address.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            embedded = IPv4Address(int(ip) & 0xFFFFFFFF)
        if embedded:
            ip = embedded
    return ip.is_global and not ip.is_multicast


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Passes on to another receiver the addresses that may be connected to."""

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
    """Resolves names to public addresses only, unless CLAUSEWATCH_ALLOW_PRIVATE is set.

    What the operator set may be anywhere: the archive (WAYBACK_URL) and a proxy from the environment. Behind a proxy
    it is the proxy that resolves names, and that has to keep private networks apart.

    refused: the hosts that were not connected to, and the address that was the reason.
    """

    refused: dict[str, str] = {}  # noqa: RUF012  (one for the process, as the reactor has one resolver)

    def __init__(self, reactor: Any, cache_size: int, exempt: frozenset[tuple[str, int]], *, allow_all: bool) -> None:
        super().__init__(reactor, cache_size)
        self._exempt = exempt
        self._allow_all = allow_all

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """See Scrapy's TWISTED_DNS_RESOLVER; crawler has the settings."""
        environment = environment_of(crawler.settings)
        exempt = frozenset(
            _host_and_port(url) for url in (environment.wayback_url, *getproxies().values()) if "//" in url
        )
        return cls(reactor, crawler.settings.getint("DNSCACHE_SIZE"), exempt, allow_all=environment.allow_private)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """See twisted.internet.interfaces.IHostnameResolver."""
        receiver: Any = resolutionReceiver
        if not self._allow_all and (hostName.lower(), portNumber) not in self._exempt:
            receiver = _PublicOnly(resolutionReceiver, self.refused, hostName.lower())
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
