"""Answers with 304 Not Modified if the reader has the same bytes already (RFC 9110, section 13)."""

import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A response that is longer is sent as it comes, without an entity tag: it is not kept in memory twice.
_LONGEST = 8 * 1024 * 1024
_TAG = re.compile(r'(?:W/)?("[^"]*")|\*')


def names_tag(headers: Headers, tag: str) -> bool:
    """Returns whether a request names an entity tag in `If-None-Match`.

    headers: the request's headers. tag: the entity tag, in its quotes.
    """
    wanted = headers.get("if-none-match", "")
    return any(match[0] == "*" or match[1] == tag for match in _TAG.finditer(wanted))


class ConditionalMiddleware:
    """Gives every successful answer to GET an entity tag, and answers 304 if the request names the same tag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request (ASGI 3.0)."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body: list[bytes] = []
        passing = False

        async def conditionally(message: Message) -> None:
            nonlocal start, passing
            if passing:
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
                passing = message["status"] != 200 or "etag" in Headers(raw=message["headers"])
                if passing:
                    await send(message)
            elif start is not None:
                body.append(message.get("body", b""))
                if message.get("more_body"):
                    if sum(map(len, body)) > _LONGEST:
                        passing = True
                        await send(start)
                        await send({**message, "body": b"".join(body)})
                    return
                await self._send_whole(scope, start, b"".join(body), send)

        await self._app(scope, receive, conditionally)

    async def _send_whole(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = MutableHeaders(raw=start["headers"])
        headers["ETag"] = tag
        if names_tag(Headers(scope=scope), tag):
            # RFC 9110, section 15.4.5: no content, and no headers that describe one.
            del headers["content-length"]
            del headers["content-type"]
            start["status"], body = 304, b""
        await send(start)
        await send({"type": "http.response.body", "body": body})
