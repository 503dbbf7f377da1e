"""Answers only to the room's own names.

A page of another site could reach a server on this machine under a name of its own (DNS rebinding): the browser then
takes both for one site. Such a name is never a bare address, so a room that listens on all addresses of its machine
may be reached by any of them.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ALL_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a name to compare with
_ADVICE: Final = (
    "The reading room does not answer to this name. Its operator can set CLAUSEWATCH_PUBLIC_URL to the address under "
    "which it is reached.\n"
)


class HostsMiddleware:
    """Refuses requests whose Host header is not a name of the room.

    hosts: the names, besides this machine's. `0.0.0.0` and `::` stand for every name that is an IP address.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = _LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request (ASGI 3.0)."""
        if scope["type"] != "http" or self.is_own(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_ADVICE, 400)(scope, receive, send)

    def is_own(self, host_header: str) -> bool:
        """Returns whether a Host header, with or without a port, is a name of the room."""
        try:
            parts = urlsplit(f"//{host_header}")
            _ = parts.port  # urlsplit checks the port only when this attribute is read
        except ValueError:
            return False
        host = parts.hostname or ""
        if parts.netloc != host_header or "@" in host_header:
            return False
        return host in self._hosts or (bool(self._hosts & _ALL_ADDRESSES) and _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
