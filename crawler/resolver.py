"""Makes sure that a crawl connects only to addresses on the public internet.

Declarations, redirects and DNS answers determine the addresses to which a live crawl connects. Other people write them,
so they may lead to the crawl's own machine or to the machine's network. The crawl must not connect there. This module
resolves each host name and checks the addresses. The crawl connects to exactly these addresses, so a DNS answer can't
change between the check and the connection.
"""

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.address import IPv4Address as TCP4Address
from twisted.internet.address import IPv6Address as TCP6Address
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # has no types

from core.settings import Settings
from crawler.environment import environment_of

# All public IPv6 addresses are in this network (RFC 4291, section 2.4, and IANA's registry of IPv6 address space).
# Site-local, IPv4-compatible and IPv4-translated addresses, for example, are outside this network.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# IPv6 networks with an IPv4 address in the last 32 bits: NAT64 (RFC 6052, section 2.1) and IPv4-mapped addresses
# (RFC 4291, section 2.5.5.2).
_ENDING_IN_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
# Networks of IANA's special-purpose address registries that are missing from the ipaddress module in some versions of
# Python: IETF protocol assignments, the retired 6to4 relays, and documentation (RFC 9637).
_SPECIAL_IPV4_NETWORKS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_DOCUMENTATION_IPV6 = IPv6Network("3fff::/20")
# A host that resolvers parse as a number. For example, resolvers parse 127.1, 0x7f000001, 017700000001 and 2130706433
# as 127.0.0.1.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Returns whether an IP address is public. False for private, loopback, multicast and reserved addresses.

    An IPv6 address that embeds an IPv4 address (mapped, 6to4, Teredo, NAT64) is public if the IPv4 address is public.
    ValueError if the text isn't an IP address.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        embedded = ip.sixtofour or (ip.teredo and ip.teredo[1])
        if any(ip in network for network in _ENDING_IN_IPV4):
            embedded = IPv4Address(int(ip) & 0xFFFFFFFF)
        if embedded:
            ip = embedded
        elif ip not in _GLOBAL_UNICAST or ip in _DOCUMENTATION_IPV6:
            return False
    if isinstance(ip, IPv4Address) and any(ip in network for network in _SPECIAL_IPV4_NETWORKS):
        return False
    return ip.is_global and not ip.is_multicast


def private_by_name(host: str) -> str | None:
    """Returns the private address that a host name such as `localhost` or `127.1` denotes without DNS.

    None if the name has to be resolved, or if the name denotes a public address.

    host: the host of a web address; an IPv6 address has no brackets.
    """
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return "127.0.0.1"
    try:
        address = str(ip_address(host.partition("%")[0]))
    except ValueError:
        if not _NUMERIC.fullmatch(host):
            return None
        try:
            address = socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return None
    return None if is_public(address) else address


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
    Hosts such as `localhost` or `127.1` denote a private address without DNS (see `private_by_name`).
    EvidenceDownloadHandler rejects requests for such hosts before they reach the proxy.

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
