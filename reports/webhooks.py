"""Sends a digest to a webhook, signed as Standard Webhooks says (https://www.standardwebhooks.com)."""

import json
import ssl
import time
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError, TimeoutError

from core.recipients import shown_address
from core.webhook_signatures import signature_headers
from reports.attempts import FailedAttemptError, RefusedAttemptError, private_refusal, within
from reports.guarded_connections import guarded_connections

# For one attempt, in seconds. Standard Webhooks recommends 15 to 30.
TIME_LIMIT = 20.0
# How much is read of an answer, in bytes, and how much is shown of it, in characters.
_MOST_READ = 4_096
_MOST_SHOWN = 200


def post(address: str, body: bytes, secret: str, tls: ssl.SSLContext, *, allow_private: bool) -> None:
    """Sends a digest to a webhook. An answer with a status from 200 to 299 says that the receiver has it.

    address: a checked one (`core.recipients`). body: a digest (`reports.webhook_digest`). secret: the installation's
    secret (`storage.secrets`). tls: which certificates are valid; to make it takes much longer than a request.
    allow_private: whether the receiver may be at an IP address that isn't public, or get the digest without encryption.

    RefusedAttemptError if the answer is 410: "The resource is no longer available; disable the endpoint", as Standard
    Webhooks says. FailedAttemptError if there is another answer, or none within 20 seconds. Redirects are not followed:
    they would lead to an address that nobody has subscribed.
    """
    if not allow_private and address.startswith("http://"):
        raise FailedAttemptError("http:// sends without encryption; set CLAUSEWATCH_ALLOW_PRIVATE=1 to allow it")
    within(TIME_LIMIT, lambda: _post(address, body, secret, tls, allow_private=allow_private))


def _post(address: str, body: bytes, secret: str, tls: ssl.SSLContext, *, allow_private: bool) -> None:
    headers = signature_headers(secret, address, json.loads(body)["id"], int(time.time()), body)
    headers |= {"Content-Type": "application/json", "User-Agent": "clausewatch"}
    with (
        urllib3.PoolManager(ssl_context=tls, timeout=TIME_LIMIT) as pool,
        guarded_connections(allow_private) as refused,
    ):
        try:
            answer = pool.request(
                "POST", address, body=body, headers=headers, redirect=False, retries=False, preload_content=False
            )
            content = b"" if answer.status < 300 else answer.read(_MOST_READ, decode_content=False)
        except HTTPError as error:
            raise FailedAttemptError(_reason_of(error, address, refused)) from None
    if 200 <= answer.status < 300:
        return
    reason = _status_line(answer.status)
    if location := answer.headers.get("Location") if 300 <= answer.status < 400 else None:
        try:
            target = shown_address(urljoin(address, location))
        except ValueError:
            target = "an address that is not valid"
        raise FailedAttemptError(
            f"{reason}: the webhook redirects to {target}, and redirects are not followed; subscribe the new address"
        )
    if answer.headers.get("Content-Type", "").partition(";")[0] in ("application/json", "text/plain"):
        said = " ".join(content.decode("utf-8", "replace").split())[:_MOST_SHOWN]
        reason += f": {said}" if said else ""
    raise RefusedAttemptError(reason) if answer.status == HTTPStatus.GONE else FailedAttemptError(reason)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _reason_of(error: HTTPError, address: str, refused: list[str]) -> str:
    """Returns why there was no answer. refused: the IP addresses to which no connection was made."""
    if refused:
        return private_refusal(refused[0])
    if isinstance(error, NameResolutionError):
        return f"the name {urlsplit(address).hostname} can't be resolved"
    if isinstance(error, SSLError):
        return f"no encrypted connection: {error}"
    cause = error.__cause__ or error.__context__
    said = getattr(cause, "strerror", None) or (cause and str(cause)) or type(error).__name__
    if isinstance(error, NewConnectionError):
        return f"no connection: {said}"
    if isinstance(error, TimeoutError):
        return f"no answer within {TIME_LIMIT:g} seconds"
    return f"the connection broke before the answer: {said}"
