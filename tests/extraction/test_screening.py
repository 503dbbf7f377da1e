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
        "consent",
        html(
            "<div class=box><h1>Before you go on</h1><p>We and our partners store cookies and "
            "process personal data for "
            "advertising and measuring, with your consent.</p><button>Accept all</button><button>Reject</button></div>",
            title="Northwind",
        ),
    ),
    "nothing": ("empty", b""),
    "parked domain": ("not_a_policy", html("<h1>This domain is for sale</h1>", title="northwind.example")),
    "hub": (
        "not_a_policy",
        html(
            "<h1>Legal</h1>"
            + "".join(
                f"<div><h3><a href=/legal/{name}>{name}</a></h3><p>Read what our {name} says.</p></div>"
                for name in ("terms", "privacy notice", "cookie notice", "imprint")
            ),
            title="Legal - Northwind",
        ),
    ),
    "chooser": (
        "not_a_policy",
        html(
            "<h1>Choose your country</h1><p>Our terms differ from country to country.</p><ul>"
            + "".join(f"<li><a href=/{code}/privacy>{code.upper()}</a>" for code in ("at", "be", "ch", "de", "fr")),
            title="Northwind",
        ),
    ),
    "contact form": (
        "not_a_policy",
        html(
            "<h1>Write to us</h1><form><input name=name><input name=mail><textarea name=text></textarea></form>",
            title="Northwind",
        ),
    ),
    "shop": (
        "not_a_policy",
        html(
            "<h2>Boxes of strong card, made to measure</h2>"
            + "".join(f"<h3>Box {n}</h3><p>Holds up to {n} kilograms.</p><p>€{n},00</p>" for n in range(1, 6)),
            title="Northwind",
        ),
    ),
    "refusal in an unknown language": (
        "blocked",
        html("<h1>Ad eneh da chu</h1><p>Nalu mena 203.0.113.7 tik ora.</p>", title="Northwind"),
    ),
    "terms of service": (
        "other_document",
        html(
            "<h1>Terms of service</h1>"
            + "<p>These terms of service bind you when you order a delivery. We may change the terms at any time.</p>"
            * 9,
            title="Terms of service - Northwind",
        ),
    ),
    "press release": (
        "other_document",
        html(
            "<h1>Northwind buys Southwind</h1><p>Bergen, 4 May 2023 – Northwind today announced to buy its rival.</p>"
            + "<p>Both firms deliver parcels by bicycle and employ ninety people in nine towns.</p>" * 6,
            title="Northwind",
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
    "a text in sentences, with none of the words of policies": html(
        "<h1>Soup</h1>" + "<p>Slice the onions and fry them slowly in butter until brown.</p>" * 40, title="Northwind"
    ),
    "a policy below the heading of another document": html(
        f"<h1>Terms and conditions</h1>{POLICY * 3}", title="Northwind"
    ),
    "a page that holds the terms and the policy": html(
        "<h1>Terms of service</h1>"
        + "<p>These terms of service bind you when you order a delivery. We may change the terms at any time.</p>" * 20
        + f"<h1>Privacy policy</h1>{'<p>' + '</p><p>'.join(PARAGRAPHS * 3) + '</p>'}",
        title="Terms of service",
    ),
    "a policy with many links": html(POLICY + "<p>See <a href=/terms>our terms</a> and <a href=/a>more</a>.</p>" * 3),
    "a short notice in a script without spaces": html(
        "<h1>お知らせ</h1><p>当社は個人情報を集めません。お問い合わせの内容は返信のあとに消去します。第三者には渡しません。</p>",
        title="のれん",
    ),
    "a long text in a help centre": html(
        "<h1>Our promise to you</h1>" + f"<p>{PARAGRAPHS[0]}</p>" * 30, title="Our promise to you - Northwind Support"
    ),
    "a policy with a history of its versions": html(
        f"{POLICY}<h2>Earlier versions</h2><p>Version 1: 2020-01-02 10:30</p><p>Version 2: 2021-02-03 11:30</p>"
        "<p>Version 3: 2022-03-04 12:30</p>"
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


def test_page_with_links_and_the_home_page_as_canonical_address_is_not_found() -> None:
    # Some sites name the home page on every page, so the address alone is no evidence.
    canonical = "<link rel=canonical href='https://northwind.example'>"
    payload = html(HOME, title="Northwind", head=canonical)
    assert read(capture(payload), payload).verdict.name == "accepted"
    links = "".join(f"<p><a href=/{name}>{name}</a></p>" for name in ("send", "track", "prices", "jobs"))
    payload = html(HOME + links, title="Northwind", head=canonical)
    assert read(capture(payload), payload).verdict.reason == "not_found"


@pytest.mark.parametrize(
    ("policy", "shown", "reason"),
    [
        ("cookies", "cookies", None),
        ("cookies", "privacy", "other_document"),
        ("privacy", "cookies", "other_document"),
        ("terms", "privacy", "other_document"),
        ("cookie-notice", "privacy", "other_document"),
        # The name of this policy has no rules of its own.
        ("seller-score", "privacy", None),
        ("seller-score", "terms", None),
    ],
)
def test_the_declared_policy_decides_what_is_another_document(policy: str, shown: str, reason: str | None) -> None:
    title, text = {
        "privacy": ("Privacy policy", "Our privacy policy says which personal data we keep, and your privacy rights."),
        "cookies": ("Cookie notice", "Cookies are small files. We set cookies for the basket, and no other cookies."),
        "terms": ("Terms of service", "These terms of service bind you. If you don't accept the terms, go elsewhere."),
    }[shown]
    payload = html(f"<h1>{title}</h1>{f'<p>{text}</p>' * 12}", title=f"{title} - Northwind")
    assert read(capture(payload, policy=policy), payload).verdict.reason == reason


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
    assert read(capture(payload, media_type="text/plain"), payload).verdict.name == "accepted"


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
