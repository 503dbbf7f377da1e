"""Verdicts on pages that are sent instead of a policy, and on policies that look like other pages."""

import json

import pytest
from warcio.archiveiterator import ArchiveIterator

from core.captures import Verdict
from extraction import read
from tests.extraction.example_pages import PARAGRAPHS, POLICY, capture, html
from tests.shared_material import SHARED, needs_shared

NOT_THE_POLICY = {
    "challenge": (
        "blocked",
        html("<h1>Checking your browser</h1><p>This takes a moment.</p>", title="Just a moment..."),
    ),
    "challenge script": (
        "blocked",
        html("<div id=x></div><script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script>", title=""),
    ),
    "refresh challenge": (
        "blocked",
        b"<html><head><meta http-equiv=refresh content='0;/.well-known/sgcaptcha/?r=%2F'></head></html>",
    ),
    "captcha": ("blocked", html("<p>Please complete the CAPTCHA to go on.</p>", title="northwind.example")),
    "refusal": (
        "blocked",
        html("<h1>Access Denied</h1><p>You don't have permission to see this page. Reference 18.2</p>", title="Oops"),
    ),
    "403 page with status 200": (
        "blocked",
        html("<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>", title="403 Forbidden"),
    ),
    "robot question": ("blocked", html("<p>Are you a robot? Press and hold the button.</p>", title="Wait")),
    "soft 404": ("not_found", html("<h1>Page not found</h1><p>Nothing lives at this address.</p>", title="Northwind")),
    "soft 404 with a menu": (
        "not_found",
        html(
            "<ul><li><a href=/a>Privacy</a><li><a href=/b>Cookie Policy</a><li><a href=/c>Terms</a></ul><h1>Oh no</h1>"
            "<p>Sorry, the page you are looking for could not be found.</p>",
            title="Northwind Parcel",
        ),
    ),
    "soft 404 in French": ("not_found", html("<h1>Page introuvable</h1>", title="Northwind")),
    "an archive's error page": (
        "not_found",
        html("<p>The Wayback Machine has not archived that URL.</p>", title="Archive"),
    ),
    "error page with status 200": ("unavailable", html("<h1>503 Service Unavailable</h1>", title="503")),
    "maintenance": (
        "unavailable",
        html("<p>We are down for maintenance and will be back soon.</p>", title="Northwind"),
    ),
    "login": (
        "login",
        html("<form><input name=u><input type=password></form><p>Members, please go ahead.</p>", title="Northwind"),
    ),
    "login in steps": ("login", html("<h1>Sign in</h1><form><input name=email></form>", title="Northwind")),
    "shell": ("empty", html("<div id=root></div><script src=/app.js></script>", title="Northwind")),
    "shell that asks for JavaScript": (
        "empty",
        html("<noscript>You need to enable JavaScript to run this app.</noscript><div id=root>Northwind</div>"),
    ),
    "consent wall": (
        "empty",
        html(
            "<div class=box><h1>Before you go on</h1><p>We and our partners store cookies and "
            "process personal data for "
            "advertising and measuring, with your consent.</p><button>Accept all</button><button>Reject</button></div>",
            title="Northwind",
        ),
    ),
    "nothing": ("empty", b""),
    "parked domain": ("not_a_policy", html("<h1>This domain is for sale</h1>", title="northwind.example")),
    "recipe": (
        "not_a_policy",
        html(
            "<h1>Onion soup</h1><p>" + "Slice the onions and fry them slowly in butter until brown. " * 15 + "</p>",
            title="Soup",
        ),
    ),
}


@pytest.mark.parametrize("name", NOT_THE_POLICY)
def test_page_that_is_not_the_policy_is_quarantined(name: str) -> None:
    reason, payload = NOT_THE_POLICY[name]
    verdict = read(capture(payload), payload).verdict
    assert (verdict.name, verdict.reason) == ("quarantined", reason)
    assert verdict.evidence
    assert verdict.rule


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "not_found"),
        (410, "not_found"),
        (401, "login"),
        (403, "blocked"),
        (429, "unavailable"),
        (500, "unavailable"),
        (503, "unavailable"),
        (302, "empty"),
    ],
)
def test_page_with_an_error_status_is_quarantined(status: int, reason: str) -> None:
    payload = html(POLICY)
    reading = read(capture(payload, status=status), payload)
    assert (reading.verdict.name, reading.verdict.reason) == ("quarantined", reason)
    assert reading.document is not None


ACCEPTED = {
    "a policy": html(POLICY),
    "a very short policy": html("<p>We collect no personal data at all.</p>"),
    "a notice that the policy is withdrawn": html("<p>This notice is no longer available.</p>", title="Privacy notice"),
    "a policy that speaks of captchas, errors and logins": html(
        POLICY + "<p>A CAPTCHA keeps robots out. If a page is not found or an error occurred, access"
        " denied or not, we log it when "
        "you sign in.</p>"
    ),
    "a policy with a login form above it": html(
        "<form><input name=u><input type=password><button>Log in</button></form>" + POLICY * 2
    ),
    "a policy with a banner beside it": html(
        f"<div>{POLICY}</div><div class=zz><p>We use cookies on this site, and more of them"
        f" if you let us do so.</p><button>Accept</button></div>"
    ),
    "a policy that asks for scripts": html("<noscript>Please enable JavaScript.</noscript>" + POLICY),
    "a policy on a page that names the home page as its address": html(
        POLICY, head="<link rel=canonical href='https://northwind.example/'>"
    ),
    "a policy behind a protected site": html(POLICY + "<script src='/cdn-cgi/challenge-platform/h/b/x.js'></script>"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_policy_is_accepted_even_if_it_looks_like_another_page(name: str) -> None:
    reading = read(capture(ACCEPTED[name]), ACCEPTED[name])
    assert reading.verdict.name == "accepted", reading.verdict
    assert reading.document is not None
    assert reading.document.clauses


HOME = (
    "<h1>Parcels, fast</h1><p>"
    + "We carry your parcel over hill and dale while you sit at home and wait for it. " * 12
    + "</p>"
)


def test_redirect_to_the_home_page_is_quarantined_as_not_found() -> None:
    payload = html(HOME, title="Northwind")
    redirected = capture(
        payload,
        url="https://northwind.example/",
        asked_url="https://northwind.example/privacy",
        redirects=("https://northwind.example/privacy",),
    )
    assert read(redirected, payload).verdict.reason == "not_found"


def test_page_with_the_home_page_as_canonical_address_is_not_found() -> None:
    payload = html(HOME, title="Northwind", head="<link rel=canonical href='https://northwind.example'>")
    assert read(capture(payload), payload).verdict.reason == "not_found"


def test_payload_shorter_than_its_content_length_is_truncated() -> None:
    payload = html(POLICY)
    cut = capture(payload, headers=(("Content-Length", str(len(payload) + 100)),))
    assert read(cut, payload).verdict.reason == "truncated"
    compressed = capture(payload, headers=(("Content-Length", str(len(payload) + 100)), ("Content-Encoding", "br")))
    assert read(compressed, payload).verdict.name == "accepted"


def test_page_that_ends_inside_a_tag_is_truncated() -> None:
    payload = html(POLICY * 3)
    payload = payload[: payload.rindex(b"</p>") + 2]
    assert read(capture(payload), payload).verdict.reason == "truncated"


@pytest.mark.parametrize(
    ("payload", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "text/html"),
        (b"%PDF-1.7 broken", "application/pdf"),
        (bytes(3000), "text/html"),
    ],
)
def test_bytes_without_text_are_unreadable(payload: bytes, media_type: str) -> None:
    reading = read(capture(payload, media_type=media_type), payload)
    assert (reading.verdict.reason, reading.document) == ("unreadable", None)


def test_capture_is_quarantined_if_the_selectors_match_no_element() -> None:
    payload = html(POLICY)
    reading = read(capture(payload), payload, select=["#gone"])
    assert reading.verdict.reason == "empty"
    assert "selectors" in reading.verdict.evidence


def test_plain_text_is_accepted() -> None:
    payload = "\n".join(PARAGRAPHS).encode()
    assert read(capture(payload, media_type="text/plain", status=None), payload).verdict.name == "accepted"


@needs_shared
def test_no_real_policy_is_quarantined() -> None:
    media_types = {".md": "text/markdown", ".txt": "text/plain", ".html": "text/html"}
    files = [
        *(SHARED / "policies").glob("*.txt"),
        *(SHARED / "policies" / "english").iterdir(),
        *(SHARED / "captures").iterdir(),
        *list((SHARED / "pairs").iterdir())[::4],
    ]
    wrong_verdicts: dict[str, Verdict] = {}
    for file in files:
        payload = file.read_bytes()
        verdict = read(capture(payload, media_type=media_types[file.suffix]), payload).verdict
        if verdict.name != "accepted":
            wrong_verdicts[file.name] = verdict
    assert len(files) > 100
    assert wrong_verdicts == {}


@needs_shared
def test_broken_captures_in_real_histories_are_quarantined() -> None:
    reasons = {}
    for name in ("match", "mektoube"):
        with (SHARED / f"warc/{name}-privacy-policy.warc.gz").open("rb") as stream:
            for number, record in enumerate(ArchiveIterator(stream)):
                payload = record.content_stream().read()
                url = record.rec_headers["WARC-Target-URI"]
                reason = read(capture(payload, url=url), payload).verdict.reason
                if reason:
                    reasons[name, number] = reason
    assert reasons == {
        ("match", 9): "not_found",
        ("match", 11): "not_found",
        ("mektoube", 10): "empty",
        ("mektoube", 18): "not_found",
        ("mektoube", 19): "not_found",
    }, json.dumps({str(key): reason for key, reason in reasons.items()})
