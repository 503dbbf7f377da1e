"""Sends a digest to a chat, through Apprise (https://github.com/caronc/apprise), which knows their services.

Apprise is an extra (`chats`): it is imported when it is needed first.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from core.exceptions import UsageError
from core.recipients import shown_address
from reports.attempts import FailedAttemptError, private_refusal, within
from reports.guarded_connections import guarded_connections

# For one attempt, in seconds. Some services get a message in several requests.
_TIME_LIMIT = 60.0
_LOGGER = logging.getLogger("apprise")
_sentences: ContextVar[list[str] | None] = ContextVar("sentences", default=None)


def check_chat(address: str) -> None:
    """Raises UsageError if no digest can be sent to a chat's URL.

    That is so if Apprise is missing, if it doesn't understand the URL, or if the URL names several channels.

    address: a checked one (`core.recipients`).
    """
    _service(address)


def check_webhook(address: str) -> None:
    """Raises UsageError if a web address is that of a chat, whose service wouldn't understand a webhook's JSON.

    Services such as Slack and Discord call such addresses webhooks, too. Without Apprise, every address is taken for a
    webhook.

    address: a checked one (`core.recipients`).
    """
    try:
        import apprise
    except ImportError:
        return
    with _logged():
        service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is not None:
        raise UsageError(
            f"{shown_address(address)} is a chat's address, and {service.service_name} doesn't understand the JSON of "
            f"webhooks; {service.setup_url} says how to write it as a chat's URL"
        )


def send(address: str, message: bytes, *, allow_private: bool) -> None:
    """Sends a digest to a chat. A service that takes shorter texts gets the beginning.

    address: a checked one (`core.recipients`). message: the title, a line break and the text, in UTF-8. allow_private:
    whether the service may be at an IP address that isn't public.

    FailedAttemptError if the service did not take it within a minute. UsageError as for `check_chat`.
    """
    within(_TIME_LIMIT, lambda: _send(address, message, allow_private=allow_private))


def _send(address: str, message: bytes, *, allow_private: bool) -> None:
    service = _service(address)
    title, _, text = message.decode("utf-8").partition("\n")
    with guarded_connections(allow_private, _proxies()) as refused, _logged() as sentences:
        is_sent = bool(service.notify(title=title, body=text, body_format="text"))
    if not is_sent:
        said = "; ".join(dict.fromkeys(sentences)) or "the service did not take the message"
        raise FailedAttemptError(private_refusal(refused[0]) if refused else said)


def _service(address: str) -> Any:
    """Returns an Apprise object with one service. UsageError as for `check_chat`."""
    try:
        import apprise
    except ImportError:
        raise UsageError(
            "digests in chats need Apprise, which isn't installed; `make install` in the checkout installs it, and so "
            "does `pip install 'apprise>=1.9.3'` in the Python environment of clausewatch"
        ) from None
    # The service is used in the present thread: in threads of Apprise's own, a service that hangs would keep this
    # process from ending. Apprise 2 uses one for its time limit, earlier releases have none.
    asset = apprise.AppriseAsset(app_id="clausewatch", app_desc="clausewatch", async_mode=False)
    asset._service_timeout = 0.0
    with _logged():
        service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    shown = shown_address(address)
    if service is None:
        raise UsageError(
            f"Apprise doesn't understand {shown}; https://appriseit.com/services/ says how the URL of each service is "
            "written"
        )
    # What is repeated after a failure is this program's decision, and so is whether an attempt has failed.
    service.retry, service.optional = 0, False
    service.overflow_mode = apprise.OverflowMode.TRUNCATE
    if len(service) != 1:
        raise UsageError(
            f"{shown} names {len(service)} channels; subscribe each by itself, so that a failure of one repeats "
            "nothing in the others"
        )
    services = apprise.Apprise(asset=asset)
    services.add(service)
    return services


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Yields a list, to which Apprise's warnings in the block are added. They don't reach standard error."""
    sentences: list[str] = []
    token = _sentences.set(sentences)
    _LOGGER.propagate = False
    _LOGGER.addHandler(_COLLECTOR)  # that it was added before makes no difference
    try:
        yield sentences
    finally:
        _sentences.reset(token)


class _Collector(logging.Handler):
    """Adds each warning to the list of the block in which it was logged."""

    def emit(self, record: logging.LogRecord) -> None:
        if (sentences := _sentences.get()) is not None:
            sentences.append(" ".join(record.getMessage().split()))


_COLLECTOR = _Collector(logging.WARNING)


def _proxies() -> frozenset[str]:
    """Returns the IP addresses of the proxies that the operator has configured. Apprise uses them."""
    hosts = {urlsplit(url).hostname for url in getproxies().values() if "//" in url}
    addresses: set[str] = set()
    for host in filter(None, hosts):
        try:
            addresses |= {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
        except OSError:  # Apprise says so when it connects
            continue
    return frozenset(addresses)
