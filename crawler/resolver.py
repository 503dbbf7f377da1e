"""Which addresses may be connected to.

A live crawl follows what others wrote: declarations, redirects, answers of the DNS. None of them may lead it to the
machine it runs on or the network that machine is in. Names are resolved here for the connection that follows, and that
goes to the very addresses checked, so no answer can change between check and connect.
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

# Whatever else an IPv6 address may be (site-local, IPv4-compatible or -translated, a local NAT64's), all of the
# internet's are here (RFC 4291, section 2.4, and IANA's registry of IPv6 address space).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Those with an IPv4 address in their last bits: NAT64 (RFC 6052, section 2.1) and IPv4-mapped (RFC 4291, 2.5.5.2).
_ENDING_IN_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
# Of IANA's registries of special-purpose addresses what the standard library does not know in every Python version:
# IETF protocol assignments, the retired relays of 6to4, and documentation (RFC 9637).
_SPECIAL_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_SPECIAL_6 = IPv6Network("3fff::/20")
# A host that a resolver reads as a number, as it may stand in an address: 127.1, 0x7f000001, 017700000001, 2130706433.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that stands for an IPv4 address (mapped, 6to4, Teredo, NAT64) is as public as that one.
    ValueError when it is no IP address.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        embedded = ip.sixtofour or (ip.teredo and ip.teredo[1])
        if any(ip in network for network in _ENDING_IN_IPV4):
            embedded = IPv4Address(int(ip) & 0xFFFFFFFF)
        if embedded:
            ip = embedded
        elif ip not in _GLOBAL_UNICAST or ip in _SPECIAL_6:
            return False
    if isinstance(ip, IPv4Address) and any(ip in network for network in _SPECIAL_4):
        return False
    return ip.is_global and not ip.is_multicast


def private_by_name(host: str) -> str | None:
    """The private address that a host's name itself gives, where no resolver has to be asked; None where it gives none.

    host: as it stands in an address, an IPv6 address without its brackets.
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
    """Why a host is not connected to, and what an operator can do who wants it to be."""
    return f"{host} is {address}, a private address; CLAUSEWATCH_ALLOW_PRIVATE=1 lets crawls reach such"


def may_be_anywhere(environment: Settings) -> frozenset[tuple[str, int]]:
    """Host and port of what the operator set, which may be anywhere: the archive, and a proxy of the environment."""
    return frozenset(host_and_port(url) for url in (environment.wayback_url, *getproxies().values()) if "//" in url)


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

    What the operator set may be anywhere (`may_be_anywhere`). Behind a proxy it is the proxy that resolves names, and
    that has to keep private networks apart; what is private by its name alone is not asked of it.

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
        size = crawler.settings.getint("DNSCACHE_SIZE")
        return cls(reactor, size, may_be_anywhere(environment), allow_all=environment.allow_private)

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


def host_and_port(url: str) -> tuple[str, int]:
    """The host, in lower case, and the port of a web address."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
