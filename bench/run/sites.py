"""Serves the sites of the benchmark on all loopback addresses, and prints the port.

The path of a request says how the server answers: `/N/privacy` is the policy of the vendor with the number N. The other
paths are named after what goes wrong there.
"""

import asyncio
import gzip
import random
from asyncio import StreamReader, StreamWriter

_SUBJECTS = (
    "your name and address",
    "the pages that you visit",
    "the messages that you write to us",
    "your payments",
    "the addresses of your devices",
    "the recordings of your calls",
    "your orders and returns",
    "the language of your browser",
)
_USES = (
    "to keep your account safe",
    "to answer your questions",
    "to bill what you order",
    "to find faults in our service",
    "to prevent fraud",
    "to show advertisements that fit your interests",
    "to comply with the law on taxes",
    "to improve our products",
)
_SENTENCES = (
    "We collect {subject} {use}, and delete them after {number} days.",
    "If you agree, we share {subject} with our partners {use}; you may withdraw your consent within {number} days.",
    "The legal basis for this is our legitimate interest {use}, as article {number} of our terms explains.",
    "Our {number} processors, who store {subject} on servers in the European Union, may use them only {use}.",
    "You have the right to ask us for a copy of {subject}, which we send to you within {number} days.",
    "Children under the age of {number} must not give us {subject} without the permission of their parents.",
)
_SCRIPT = b"<script>var state = " + b'{"module":"menu","items":[{"id":17,"href":"/products"}]};' * 2000 + b"</script>"
_TOO_LONG = 40 * 1024 * 1024


def page(number: int) -> bytes:
    """Returns a policy of 2,000 to 6,000 words, and a script of 116 KB. Each number has a text of its own."""
    source = random.Random(number)  # noqa: S311  (not for cryptography)
    words = source.randint(2000, 6000)
    parts = [f"<!DOCTYPE html><html lang=en><title>Vendor {number}: privacy policy</title><h1>Privacy policy</h1>"]
    count = 0
    while count < words:
        sentences = [
            source.choice(_SENTENCES).format(
                subject=source.choice(_SUBJECTS), use=source.choice(_USES), number=source.randint(2, 400)
            )
            for _ in range(source.randint(2, 5))
        ]
        if source.random() < 0.2:
            parts.append(f"<h2>{len(parts)}. {source.choice(_SUBJECTS).capitalize()}</h2>")
        parts.append(f"<p>{' '.join(sentences)}</p>")
        count += sum(len(sentence.split()) for sentence in sentences)
    return "\n".join(parts).encode() + _SCRIPT


def _answer(body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n{headers}"
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


async def _robots(host: str, writer: StreamWriter) -> None:
    """Each failing site has a host of its own, so the host says what its robots.txt answers."""
    if host.startswith("127.0.3.1:"):
        writer.write(_answer(b"User-agent: *\nDisallow: /\n"))
    elif host.startswith("127.0.3.2:"):
        writer.write(_answer(b"out of order", "503 Service Unavailable"))
    else:
        writer.write(_answer(b"not here", "404 Not Found"))


async def _policy(path: str, writer: StreamWriter) -> None:
    match path.split("/")[1]:
        case "hangs":
            await asyncio.sleep(600)
        case "drips":
            writer.write(_answer(b"", length=100_000))
            for _ in range(600):
                writer.write(b"<p>slowly</p>")
                await writer.drain()
                await asyncio.sleep(1)
        case "hangs-up":
            writer.close()
        case "cut-off":
            writer.write(_answer(page(0)[:20_000], length=200_000))
            writer.close()
        case "damaged":
            writer.write(_answer(gzip.compress(page(0))[:-2000] + b"\0" * 2000, headers="Content-Encoding: gzip\r\n"))
        case "circles":
            writer.write(_answer(b"", "302 Found", f"Location: {path}\r\n"))
        case "too-long":
            writer.write(_answer(b"", length=_TOO_LONG))
            for _ in range(_TOO_LONG // 1024 // 1024):
                writer.write(b" " * 1024 * 1024)
                await writer.drain()
        case "no-http":
            writer.write(b"220 ready for mail\r\n")
            writer.close()
        case number:
            writer.write(_answer(page(int(number))))


async def _serve(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            request, *lines = head.decode("latin-1").split("\r\n")
            path = request.split(" ")[1]
            host = next((line[6:] for line in lines if line.lower().startswith("host: ")), "")
            await (_robots(host, writer) if path == "/robots.txt" else _policy(path, writer))
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, IndexError):  # the client has closed the connection, or speaks TLS
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serves until the process is killed."""
    server = await asyncio.start_server(_serve, "0.0.0.0", 0, backlog=512)  # noqa: S104  (all of loopback)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
