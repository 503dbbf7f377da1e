"""Says which IP addresses are public.

Whoever writes a declaration, answers with a redirect, or runs a name server determines to which addresses clausewatch
connects. They may lead to this machine or to its network. So crawls, webhooks and chats connect only to public
addresses, unless the operator allows all.
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

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
