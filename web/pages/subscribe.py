"""Subscribing by a confirmed e-mail address, and a subscriber's preferences, without an account.

Nothing is stored about an address until its owner confirms: what was chosen is in the signed link of the e-mail that
asks for it, and the e-mail is deleted from the outbox when it is sent. Scanners and previews of mail programs fetch
every link with GET, so a GET request changes nothing. The answer to the form is the same whether or not an address is
subscribed already, and whether or not an e-mail is sent.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.email_addresses import checked_address
from core.exceptions import UsageError
from core.preferences import FREQUENCIES, THRESHOLDS, WEEKDAYS
from core.signed_links import CONFIRM_WITHIN, PREFERENCES_VALID_FOR, make_token, read_token
from reports import confirmation_email
from storage import Store, Subscriber
from views import addresses
from views.subscriptions import preferences_in_words
from web.headers import PRIVATE
from web.operators import client_of, received_form
from web.quotas import MailQuota, TooManyMailsError
from web.rendering import page, room_of
from web.room import NotFoundError, Room
from web.subscription_form import Wanted, empty_form, filled_form, languages, names_of, time_zones, wanted_in

# RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, two of them angle brackets.
_LONGEST_ADDRESS: Final = 254
# With more vendors than these, the form doesn't list them.
_MOST_LISTED: Final = 200
_FREQUENCY_WORDS: Final = {"run": "as soon as changes are found", "day": "once a day", "week": "once a week"}
_THRESHOLD_WORDS: Final = {
    "substantive": "changes of what a policy says",
    "factual": "these, and changes of contact details and dates",
    "all": "all changes, also of spelling and layout",
}


def form(request: Request) -> Response:
    """Answers with the form that subscribes."""
    return _form_page(request, 200, empty_form(request.query_params.get("to", "")[:100]))


async def ask(request: Request) -> Response:
    """Has an e-mail sent that asks the address to confirm. Stores nothing else."""
    fields = await received_form(request, room_of(request).public_url)
    return await run_in_threadpool(_ask, request, fields)


def _ask(request: Request, fields: dict[str, str]) -> Response:
    room = room_of(request)
    if not _can_subscribe(room):
        return _form_page(request, 403, fields)
    try:
        address = _address_in(fields)
        wanted = wanted_in(fields, room.vendors())
    except UsageError as error:
        return _form_page(request, 422, fields, str(error))
    quota: MailQuota = request.app.state.mail_quota
    try:
        if quota.allows(client_of(request), address):
            _send_confirmation(room, address, wanted)
    except TooManyMailsError:
        response = _form_page(request, 429, fields, "Too many e-mails were asked for. Try again in an hour.")
        response.headers["Retry-After"] = "3600"
        return response
    return _private(page(request, "subscribe_asked.html.j2", address=address))


def _send_confirmation(room: Room, address: str, wanted: Wanted) -> None:
    assert room.writable is not None  # noqa: S101 - `_can_subscribe`
    assert room.postman is not None  # noqa: S101 - `_can_subscribe`
    now = datetime.now(UTC)
    with room.writable() as store:
        before = store.subscriptions.subscriber(address)
        content = {"address": address, "before": _state(before), **wanted.to_json()}
        token = make_token(room.secret or store.secrets.for_links(), "subscribe", content)
        link = f"{room.public_url}{addresses.confirmation_page(token)}"
        names = names_of(wanted.vendors, room.vendors())
        message = confirmation_email(address, names, link, now, room.postman.sender, is_subscribed=before is not None)
        store.outbox.forget_confirmations(now - CONFIRM_WITHIN)
        store.outbox.ask_to_confirm(address, message, now)
    room.postman.send_to(address)


def show_confirmation(request: Request) -> Response:
    """Answers with what was chosen, and a button that confirms it. Changes nothing."""
    address, wanted, _ = _confirmed_in(request)
    return _confirmation_page(request, address, wanted, "asked")


async def confirm(request: Request) -> Response:
    """Subscribes the address of a link."""
    await received_form(request, room_of(request).public_url)
    return await run_in_threadpool(_confirm, request)


def _confirm(request: Request) -> Response:
    address, wanted, before = _confirmed_in(request)
    with _writable(room_of(request)) as store:
        subscriber = store.subscriptions.subscriber(address)
        if _state(subscriber) == before:
            store.subscriptions.subscribe(address, wanted.vendors, datetime.now(UTC), wanted.preferences)
        elif subscriber is None or Wanted.of(subscriber) != wanted:
            # The link is older than the subscription: it doesn't undo what its owner has decided since.
            return _confirmation_page(request, address, wanted, "outdated", 409)
    return _confirmation_page(request, address, wanted, "done")


def _confirmed_in(request: Request) -> tuple[str, Wanted, str]:
    """Returns the address of a link, what it wants, and the state of its subscription when the link was made.

    UsageError if the link is not valid, or no longer.
    """
    content = read_token(_secret(room_of(request)), "subscribe", request.path_params["token"], CONFIRM_WITHIN)
    return content["address"], Wanted.from_json(content), content["before"]


def show_preferences(request: Request) -> Response:
    """Answers with a subscriber's preferences. Changes nothing."""
    address = _subscriber_in(request)
    subscriber = room_of(request).store.subscriptions.subscriber(address)
    if subscriber is None:
        return _preferences_page(request, address, None)
    return _preferences_page(request, address, filled_form(Wanted.of(subscriber)))


async def change_preferences(request: Request) -> Response:
    """Changes a subscriber's preferences, or ends the subscription."""
    fields = await received_form(request, room_of(request).public_url)
    return await run_in_threadpool(_change, request, fields)


def _change(request: Request, fields: dict[str, str]) -> Response:
    address, room = _subscriber_in(request), room_of(request)
    with _writable(room) as store:
        if fields.get("action") == "leave":
            store.subscriptions.unsubscribe(address)
            return _private(page(request, "unsubscribe.html.j2", address=address, is_done=True))
        subscriber = store.subscriptions.subscriber(address)
        if subscriber is None:
            return _preferences_page(request, address, None)
        try:
            wanted = wanted_in(fields, room.vendors(), Wanted.of(subscriber))
        except UsageError as error:
            return _preferences_page(request, address, fields, 422, fault=str(error))
        store.subscriptions.subscribe(subscriber.address, wanted.vendors, datetime.now(UTC), wanted.preferences)
    return _preferences_page(request, address, filled_form(wanted), said=preferences_in_words(wanted.preferences))


def _subscriber_in(request: Request) -> str:
    """Returns the e-mail address that a link to preferences is for. UsageError if the link is not valid."""
    secret = _secret(room_of(request))
    return str(read_token(secret, "preferences", request.path_params["token"], PREFERENCES_VALID_FOR))


def _address_in(fields: dict[str, str]) -> str:
    given = fields.get("address", "")
    try:
        address = checked_address(given)
    except UsageError:
        address = ""
    domain = address.rpartition("@")[2]
    # The Internet's mail goes to domains. This keeps strangers from addressing the mail server's own accounts, as
    # root@localhost or root@[127.0.0.1], and machines of its network.
    if not address or len(address) > _LONGEST_ADDRESS or "." not in domain.strip(".") or domain.startswith("["):
        raise UsageError("Give an e-mail address like name@example.com, without accented letters.")
    return address


def _state(subscriber: Subscriber | None) -> str:
    """Returns a checksum of a subscription; '' if there is none."""
    if subscriber is None:
        return ""
    state = json.dumps([subscriber.id, subscriber.address, Wanted.of(subscriber).to_json()], sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def _can_subscribe(room: Room) -> bool:
    return bool(room.public_url and room.writable and room.postman)


def _secret(room: Room) -> str:
    secret = room.secret or room.store.secrets.known_for_links()
    if not secret:
        raise NotFoundError("This link is not valid: no e-mail with links was ever sent from here.")
    return secret


def _writable(room: Room) -> Store:
    if room.writable is None:
        raise NotFoundError("Subscriptions can't be changed here. Write to the sender of the e-mail.")
    return room.writable()


def _form_page(request: Request, status: int, fields: dict[str, str], fault: str = "") -> Response:
    room = room_of(request)
    return page(
        request,
        "subscribe.html.j2",
        status,
        can_subscribe=_can_subscribe(room),
        fault=fault,
        **_choices(room, fields),
    )


def _confirmation_page(request: Request, address: str, wanted: Wanted, step: str, status: int = 200) -> Response:
    names = names_of(wanted.vendors, room_of(request).vendors())
    gets = preferences_in_words(wanted.preferences)
    return _private(
        page(request, "subscribe_confirm.html.j2", status, address=address, names=names, gets=gets, step=step)
    )


def _preferences_page(
    request: Request, address: str, fields: dict[str, str] | None, status: int = 200, *, fault: str = "", said: str = ""
) -> Response:
    choices = _choices(room_of(request), fields) if fields is not None else {"fields": None}
    return _private(page(request, "preferences.html.j2", status, address=address, fault=fault, said=said, **choices))


def _choices(room: Room, fields: dict[str, str]) -> dict[str, object]:
    """Returns the variables of the form in `subscription_form.html.j2`."""
    vendors = room.vendors()
    return {
        "fields": {**empty_form(), **fields},
        "frequencies": [(name, _FREQUENCY_WORDS[name]) for name in FREQUENCIES],
        "thresholds": [(name, _THRESHOLD_WORDS[name]) for name in THRESHOLDS],
        "weekdays": WEEKDAYS,
        "languages": languages(fields.get("dates", "")[:20]),
        "time_zones": time_zones(),
        "listed": list(vendors.values()) if len(vendors) <= _MOST_LISTED else [],
    }


def _private(response: Response) -> Response:
    """Returns an answer about one person's address, which no cache may keep."""
    response.headers["Cache-Control"] = PRIVATE
    response.headers["X-Robots-Tag"] = "noindex"
    return response


_CONFIRM = f"{addresses.SUBSCRIBE}/confirm-{{token}}"
_PREFERENCES = "/-/preferences/{token}"
ROUTES = [
    Route(addresses.SUBSCRIBE, form, methods=["GET"]),
    Route(addresses.SUBSCRIBE, ask, methods=["POST"]),
    Route(_CONFIRM, show_confirmation, methods=["GET"]),
    Route(_CONFIRM, confirm, methods=["POST"]),
    Route(_PREFERENCES, show_preferences, methods=["GET"]),
    Route(_PREFERENCES, change_preferences, methods=["POST"]),
]
