"""The way out of a subscription: a signed link in each e-mail, without an account.

Mail programs that offer a button for leaving send a POST request to the link (RFC 8058). Scanners and previews of mail
programs fetch every link with GET, so a GET request only shows a button.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.signed_links import read_token
from web.rendering import page, room_of
from web.room import NotFoundError


def ask(request: Request) -> Response:
    """Answers with a page that asks whether to leave. Changes nothing."""
    return page(request, "unsubscribe.html.j2", address=_address(request), is_done=False)


def leave(request: Request) -> Response:
    """Ends the subscription, also if it has ended already, and says so. The signed token is all that it needs."""
    address = _address(request)
    room = room_of(request)
    if room.writable is None:
        raise NotFoundError("Subscriptions can't be ended here. Write to the sender of the e-mail.")
    with room.writable() as store:
        store.subscriptions.unsubscribe(address)
    return page(request, "unsubscribe.html.j2", address=address, is_done=True)


def _address(request: Request) -> str:
    """Returns the e-mail address that the link is for. UsageError if the link is not valid."""
    room = room_of(request)
    secret = room.secret or room.store.secrets.known_for_links()
    if not secret:
        raise NotFoundError("This link is not valid: no e-mail with links was ever sent from here.")
    return str(read_token(secret, "unsubscribe", request.path_params["token"]))


_PATH = "/-/unsubscribe/{token}"
ROUTES = [Route(_PATH, ask, methods=["GET"]), Route(_PATH, leave, methods=["POST"])]
