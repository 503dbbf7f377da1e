"""Serves pages of 180 KB on all loopback addresses, and prints the port. Each page has a different text."""

import asyncio
from functools import cache

PAGE_SIZE = 180_000
_SENTENCE = (
    "We keep the personal data that you give us for {} days, and share it with nobody but the carrier of your parcel."
)
_SCRIPT = "var state = " + '{"module":"menu","items":[{"id":17,"href":"/products"}]};' * 4000


@cache
def page(number: int) -> bytes:
    """Returns a policy of sixty sections.

    A long script fills the page up to PAGE_SIZE. Real pages have long scripts, too.
    """
    sections = "".join(f"<h2>Section {n}</h2><p>{_SENTENCE.format(1000 * number + n)}</p>" for n in range(60))
    head = f"<!DOCTYPE html><title>Privacy policy</title><h1>Privacy policy</h1>{sections}"
    return f"{head}<script>{_SCRIPT[: PAGE_SIZE - len(head) - 32]}</script>".encode()


class _Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        while b"\r\n\r\n" in self._head:
            head, _, self._head = self._head.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            exists = path[1:].isdecimal()
            body = page(int(path[1:])) if exists else b"not here"
            status = "200 OK" if exists else "404 Not Found"
            self._transport.write(  # type: ignore[attr-defined]  # for TCP, the transport is a WriteTransport
                f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )


async def main() -> None:
    """Serves until the process is killed."""
    server = await asyncio.get_running_loop().create_server(_Protocol, "0.0.0.0", 0)  # noqa: S104  (all of loopback)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
