"""Operators: who is signed in, and which requests may write.

An operator signs in with the token in the setting CLAUSEWATCH_OPERATOR_TOKEN. The session is a signed cookie. Its key
is derived from the token, so that a new token ends all sessions.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.headers import PRIVATE

COOKIE: Final = "clausewatch_operator"
#: For how long an operator stays signed in, in seconds.
SESSION_SECONDS: Final = 12 * 3600
#: How many wrong tokens are accepted within a minute: from one client, and from all clients together.
FAILURES_OF_CLIENT: Final = 5
FAILURES_OF_ALL: Final = 100
_MINUTE = 60.0
# The upper limit of the sessions whose ends are remembered.
_REMEMBERED = 10_000
_LONGEST_NAME = 100
# The upper limit of a form in bytes, and of the time in which it must arrive in seconds.
_LONGEST_FORM = 64 * 1024
_FORM_SECONDS = 10.0


class TooManyFailuresError(Exception):
    """Too many wrong tokens were sent within the last minute."""


@dataclass(frozen=True, slots=True)
class Session:
    """An operator who is signed in. id: a random number. name: the name that the operator gave."""

    id: str
    name: str


class Attempts:
    """Counts the wrong tokens of the last minute. It remembers at most FAILURES_OF_ALL of them.

    clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: list[tuple[float, str]] = []

    def begin(self, client: str) -> None:
        """Counts an attempt as failed, until `succeed` says otherwise, so that attempts at the same time count, too.

        TooManyFailuresError if the client, or all clients together, have failed too often.
        """
        with self._lock:
            now = self._clock()
            self._failures = [failure for failure in self._failures if now - failure[0] < _MINUTE]
            of_client = sum(name == client for _, name in self._failures)
            if of_client >= FAILURES_OF_CLIENT or len(self._failures) >= FAILURES_OF_ALL:
                raise TooManyFailuresError
            self._failures.append((now, client))

    def succeed(self, client: str) -> None:
        """Forgets the failures of a client that has sent the right token."""
        with self._lock:
            self._failures = [failure for failure in self._failures if failure[1] != client]


class Operators:
    """The operators of a room.

    token: the operators' password; '' if nobody can sign in.
    secure: whether the cookie is sent on encrypted connections only. path: the path of the room, `/` or `/watch`.
    """

    def __init__(self, token: str, *, secure: bool = False, path: str = "/") -> None:
        self._token = token.encode()
        self._secure = secure
        self._path = path
        # The key of the CSRF tokens; `itsdangerous` derives the key of the sessions itself.
        self._key = hmac.digest(self._token, b"clausewatch form", sha256)
        self._sessions = URLSafeTimedSerializer(
            token,
            salt="clausewatch operator",
            signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
        )
        self.attempts = Attempts()
        self._ended: dict[str, None] = {}

    @property
    def can_sign_in(self) -> bool:
        """Whether a token is configured."""
        return bool(self._token)

    def sign_in(self, client: str, token: str, name: str) -> str | None:
        """Returns the value of the cookie of a new session; None if the token is wrong.

        client: the client's address. TooManyFailuresError if the client has to wait.
        """
        self.attempts.begin(client)
        # The comparison takes the same time wherever the tokens differ.
        is_right = hmac.compare_digest(sha256(token.encode(errors="replace")).digest(), sha256(self._token).digest())
        if not (is_right and self.can_sign_in):
            return None
        self.attempts.succeed(client)
        value: str = self._sessions.dumps([secrets.token_urlsafe(16), name[:_LONGEST_NAME]])
        return value

    def session(self, cookie: str) -> Session | None:
        """Returns the session of a cookie; None if the cookie is forged, expired, or the operator has signed out."""
        if not (cookie and self.can_sign_in):
            return None
        try:
            number, name = self._sessions.loads(cookie, max_age=SESSION_SECONDS)
        except (BadSignature, ValueError):
            return None
        return None if number in self._ended else Session(number, name)

    def end(self, session: Session) -> None:
        """Ends a session: its cookie is not accepted any more, as long as this process runs."""
        self._ended[session.id] = None
        while len(self._ended) > _REMEMBERED:
            self._ended.pop(next(iter(self._ended)))

    def form_token(self, session: Session) -> str:
        """Returns the value that every form of a session contains. Another site can't know it."""
        return hmac.digest(self._key, session.id.encode(), sha256).hex()

    def set_cookie(self, response: Response, value: str) -> None:
        """Puts the cookie of a session into an answer; `value` '' deletes it."""
        response.set_cookie(
            COOKIE,
            value,
            max_age=SESSION_SECONDS if value else 0,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )


class OperatorsMiddleware:
    """Says in the scope of a request whether it comes from an operator: `is_operator`, and `operator` (a `Session`).

    No cache keeps what an operator sees.
    """

    def __init__(self, app: ASGIApp, operators: Operators) -> None:
        self._app = app
        self._operators = operators

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        session = self._operators.session(Request(scope).cookies.get(COOKIE, ""))
        scope["operator"] = session
        scope["is_operator"] = session is not None

        async def privately(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if not headers.get("cache-control", "").startswith("public"):
                    headers.add_vary_header("Cookie")
                    if session is not None:
                        headers["Cache-Control"] = PRIVATE
            await send(message)

        await self._app(scope, receive, privately)


def client_of(request: Request) -> str:
    """Returns the address of a client, as failures are counted: all addresses of one IPv6 network (/64) together."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host[:_LONGEST_NAME]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def is_of_this_room(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Returns whether a form was sent from a page of this room, by what the browser says (Fetch, `Sec-Fetch-Site`).

    origins: the origins of this room, such as `https://watch.example.org`. A request that says nothing is refused.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    return site == "same-origin" if origin is None else origin in origins


async def received_form(request: Request, public_url: str) -> dict[str, str]:
    """Returns the fields of a form that a page of this room has sent.

    public_url: the address under which others reach the room; '' if there is none.

    HTTPException if another site sent the form, or if the form is too long, too slow, or of another type.
    """
    public = urlsplit(public_url)
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if not is_of_this_room(request.headers, {own, f"{public.scheme}://{public.netloc}"}):
        raise HTTPException(403, "This form was not sent from a page of this room, so nothing was done.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(415, "Only forms of this room's own pages are accepted.")
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_FORM:
                    raise HTTPException(413, "The form is too long. A note may have a few thousand characters.")
    except TimeoutError:
        raise HTTPException(408, "The form took too long to arrive, so nothing was done.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The form did not arrive.") from None
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise HTTPException(400, "The form has too many fields.") from None


def operator_of(request: Request) -> Session | None:
    """Returns the operator who has made a request; None if nobody is signed in."""
    session: Session | None = request.scope.get("operator")
    return session


def checked_operator(request: Request, form: Mapping[str, str], operators: Operators) -> Session:
    """Returns the operator who has sent a form. HTTPException if nobody is signed in, or if another page sent it."""
    session = operator_of(request)
    if session is None:
        raise HTTPException(403, "Only operators decide. Sign in first; nothing was done.")
    if not hmac.compare_digest(form.get("form", "").encode(), operators.form_token(session).encode()):
        raise HTTPException(403, "This form is out of date, so nothing was done. Go back, reload the page, try again.")
    return session
