"""The API's routes to vendors, policies, their versions and their captures."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from core.declarations import Vendor
from core.policies import PolicyKey
from storage import Standing
from views.captures import policy_captures
from views.policy_status import PolicyStatus, policy_statuses
from views.reviews import capture_for_review
from views.version_changes import version_changes
from views.versions import version_views
from web.api import shapes
from web.api.answers import (
    FAILURES,
    PAGE,
    After,
    Limit,
    PolicySlug,
    VendorSlug,
    answer,
    declared,
    listing,
    page_of,
)
from web.rendering import room_of
from web.room import NotFoundError

router = APIRouter(responses=FAILURES)

# What `clausewatch status` says besides is for operators: what fails, and the addresses that are tried.
_PUBLIC = tuple(shapes.PolicyItem.__annotations__)
# The largest number that a database can have as the id of a capture.
_LARGEST_ID = 2**63 - 1


@router.get("/vendors", response_model=shapes.Vendors)
def vendors(request: Request, limit: Limit = PAGE, after: After = "") -> Response:
    """Lists the vendors that are watched, in the order of their slugs."""
    declared_vendors = sorted(room_of(request).vendors().values(), key=lambda vendor: vendor.slug)
    page, links = page_of(request, declared_vendors, lambda vendor: vendor.slug, limit, after)
    return listing([_vendor_fields(vendor) for vendor in page], links)


@router.get("/policies", response_model=shapes.Policies)
def policies(
    request: Request,
    vendor: Annotated[str, Query(description="Only the policies of this vendor.", max_length=200)] = "",
    limit: Limit = PAGE,
    after: After = "",
) -> Response:
    """Lists the policies that are watched, in the order of vendor and policy."""
    room = room_of(request)
    chosen = [room.vendor(vendor)] if vendor else room.vendors().values()
    keys = sorted(PolicyKey(each.slug, name) for each in chosen for name in each.policies)
    page, links = page_of(request, keys, str, limit, after)
    return listing([_policy_fields(request, key) for key in page], links)


@router.get("/policies/{vendor}/{policy}", response_model=shapes.PolicyItem)
def policy(request: Request, vendor: VendorSlug, policy: PolicySlug) -> Response:
    """Says how many captures a policy has, and when it was captured and changed last."""
    return answer(_policy_fields(request, declared(request, vendor, policy)))


@router.get("/policies/{vendor}/{policy}/versions", response_model=shapes.Versions)
def versions(
    request: Request, vendor: VendorSlug, policy: PolicySlug, limit: Limit = PAGE, after: After = ""
) -> Response:
    """Lists the versions of a policy in order of first appearance, with what changed against the version before."""
    key = declared(request, vendor, policy)
    store = room_of(request).store
    settled = room_of(request).history(key).settled
    page, links = page_of(request, settled.history.versions, lambda version: version.id, limit, after)
    changes = version_changes(store, key, settled)
    items = [
        {**view.to_dict(), "changes": changes[view.version.id].to_dict() if view.version.id in changes else None}
        for view in version_views(store, settled, page)
    ]
    return listing(items, links)


@router.get("/policies/{vendor}/{policy}/captures", response_model=shapes.Captures)
def captures(
    request: Request, vendor: VendorSlug, policy: PolicySlug, limit: Limit = PAGE, after: After = ""
) -> Response:
    """Lists the captures of a policy, oldest first, with their verdicts."""
    key = declared(request, vendor, policy)
    history = room_of(request).history(key).whole
    of_policy = policy_captures(room_of(request).store, key, history)
    page, links = page_of(request, of_policy, lambda capture: str(capture.id), limit, after)
    return listing([capture.to_dict() for capture in page], links)


@router.get("/captures/{capture_id}", response_model=shapes.CaptureDetails)
def capture(
    request: Request,
    capture_id: Annotated[int, Path(description="The `id` of a capture.", ge=1, le=_LARGEST_ID)],
) -> Response:
    """Describes a capture, with the text that was read from it."""
    room = room_of(request)
    found = capture_for_review(room.store, capture_id)
    of_policy = found.stored.capture
    vendor = room.vendors().get(of_policy.vendor)
    if vendor is None or of_policy.policy not in vendor.policies:
        raise NotFoundError(f"no capture {capture_id} is stored")
    fields = found.to_dict()
    # Who decided on captures and why is for operators, and so is the evidence, which may say it.
    return answer({name: value for name, value in fields.items() if name not in ("reviews", "evidence")})


def _vendor_fields(vendor: Vendor) -> dict[str, Any]:
    return {
        "vendor": vendor.slug,
        "name": vendor.name,
        "homepage": vendor.homepage,
        "policies": list(vendor.policies),
    }


def _policy_fields(request: Request, key: PolicyKey) -> dict[str, Any]:
    room = room_of(request)
    vendor, policy = room.policy(key)
    standing = room.standings().get(key, Standing(vendor=key.vendor, policy=key.policy))
    status: PolicyStatus
    (status,) = policy_statuses(
        {key.vendor: vendor.model_copy(update={"policies": {key.policy: policy}})}, [standing], datetime.now(UTC)
    )
    fields = status.to_dict()
    return {name: fields[name] for name in _PUBLIC}
