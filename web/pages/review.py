"""Review for operators: signing in, what waits for a decision, and the decision."""

from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.captures import reason_words
from core.exceptions import UsageError
from intake.derived import refresh_derived
from storage import Decision, Review, Standing
from views.addresses import OPERATOR, REVIEW, capture_page
from views.reviews import policies_to_review
from web.operators import (
    Operators,
    Session,
    TooManyFailuresError,
    checked_operator,
    client_of,
    operator_of,
    received_form,
)
from web.pages.captures import capture_answer, owner_of
from web.rendering import page, prefix_of, room_of

_POLICIES_PER_PAGE: Final = 10
_CAPTURES_PER_POLICY: Final = 50
_LONGEST_NOTE: Final = 4_000
_DECISIONS: Final[dict[str, Decision]] = {"accepted": "accepted", "rejected": "rejected"}


def waiting(request: Request) -> Response:
    """Answers with the captures that wait for a decision, to operators only."""
    operator = operator_of(request)
    if operator is None:
        return _sign_in_page(request, 200)
    room = room_of(request)
    keys = sorted(key for key, standing in room.standings().items() if _may_wait(standing))
    pages = max(1, -(-len(keys) // _POLICIES_PER_PAGE))
    text = request.query_params.get("page", "1")
    number = min(max(1, int(text)), pages) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    of_page = keys[(number - 1) * _POLICIES_PER_PAGE : number * _POLICIES_PER_PAGE]
    reviews = policies_to_review(room.store, of_page, {key.vendor for key in of_page}) if of_page else ()
    return page(
        request,
        "review.html.j2",
        reviews=[(owner_of(room, review.key.vendor), review) for review in reviews if review.waiting],
        most=_CAPTURES_PER_POLICY,
        number=number,
        pages=pages,
        operator=operator,
        form=_operators(request).form_token(operator),
        reason_words=reason_words,
    )


def operator_page(request: Request) -> Response:
    """Answers with the form to sign in; to an operator, with the form to sign out."""
    operator = operator_of(request)
    if operator is None:
        return _sign_in_page(request, 200)
    form = _operators(request).form_token(operator)
    return page(request, "operator.html.j2", operator=operator, form=form, fault="", can_sign_in=True, name="")


async def sign_in_or_out(request: Request) -> Response:
    """Signs an operator in or out."""
    operators = _operators(request)
    form = await received_form(request, room_of(request).public_url)
    if form.get("action") == "sign out":
        operators.end(checked_operator(request, form, operators))
        return _redirect(request, OPERATOR, operators, "")
    name = " ".join(form.get("name", "").split())
    if not operators.can_sign_in:
        return await run_in_threadpool(_sign_in_page, request, 403)
    if not name:
        return await run_in_threadpool(_sign_in_page, request, 422, "Give your name: it is stored with your decisions.")
    try:
        cookie = operators.sign_in(client_of(request), form.get("token", ""), name)
    except TooManyFailuresError:
        fault = "Too many wrong tokens were sent. Wait a minute, then try again."
        response = await run_in_threadpool(_sign_in_page, request, 429, fault, name)
        response.headers["Retry-After"] = "60"
        return response
    if cookie is None:
        return await run_in_threadpool(_sign_in_page, request, 403, "This is not the operators' token.", name)
    return _redirect(request, REVIEW, operators, cookie)


def _redirect(request: Request, address: str, operators: Operators, cookie: str) -> Response:
    response = RedirectResponse(f"{prefix_of(request)}{address}", 303)
    operators.set_cookie(response, cookie)
    return response


async def decide(request: Request) -> Response:
    """Records an operator's decision on a capture, and shows the capture again."""
    form = await received_form(request, room_of(request).public_url)
    operator = checked_operator(request, form, _operators(request))
    return await run_in_threadpool(_decide, request, form, operator)


def _decide(request: Request, form: dict[str, str], operator: Session) -> Response:
    room = room_of(request)
    text = request.path_params["capture"]
    capture_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    decision, note = _DECISIONS.get(form.get("decision", "")), form.get("note", "").strip()
    if decision is None or room.writable is None:
        raise HTTPException(400, "The form names no decision, so nothing was done.")
    if len(note) > _LONGEST_NOTE or "\0" in note:
        fault = f"A note may have up to {_LONGEST_NOTE:,} characters."
        return capture_answer(request, capture_id, 422, note=note, fault=fault)
    # A decision on the text covers later captures, too, so a form that doesn't ask for that decides on one capture.
    only = form.get("scope") != "text"
    try:
        with room.writable() as store:
            review = Review(decision, operator.name, note, datetime.now(UTC), only)
            store.library.review([capture_id], review)
            refresh_derived(store, [store.library.capture(capture_id).capture.key], room.call)
    except UsageError as error:
        return capture_answer(request, capture_id, 422, note=note, fault=str(error))
    room.forget()
    return RedirectResponse(f"{prefix_of(request)}{capture_page(capture_id)}#review", 303)


def _may_wait(standing: Standing) -> bool:
    waits = any(reason != "rejected" for reason in standing.quarantined)
    return bool(waits or standing.unread or standing.held_since)


def _sign_in_page(request: Request, status: int, fault: str = "", name: str = "") -> Response:
    can_sign_in = _operators(request).can_sign_in and room_of(request).writable is not None
    return page(
        request, "operator.html.j2", status, operator=None, form="", fault=fault, can_sign_in=can_sign_in, name=name
    )


def _operators(request: Request) -> Operators:
    operators: Operators = request.app.state.operators
    return operators


ROUTES = [
    Route(REVIEW, waiting),
    Route(OPERATOR, operator_page),
    Route(OPERATOR, sign_in_or_out, methods=["POST"]),
    Route("/-/captures/{capture}/review", decide, methods=["POST"]),
]
