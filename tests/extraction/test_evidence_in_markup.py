"""Pages that the markup gives away, in a language for which the rules have no words.

The sentences are invented words, so no list of phrases can match them.
"""

from itertools import combinations

import pytest

from extraction import read
from tests.extraction.example_pages import capture

SENTENCE = "Velun tarso minek dalu, porin hesta lorem vika sunda talo merin kasto. "
CONSENT = f"<div class='x'><h1>Belno</h1><p>{SENTENCE * 3}</p><button>Ronta</button><button>Silko</button></div>"


def page(body: str = f"<h1>Talo merin</h1><p>{SENTENCE * 6}</p>", attributes: str = "", head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html lang='xx'><head><title>Northwind</title>{head}</head><body {attributes}>{body}</body>"
    ).encode()


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("", None),
        ("class='page page-id-7 wp-theme'", None),
        ("class='home page-id-2'", "not_a_policy"),
        ("id='index' class='index lang_en'", "not_a_policy"),
        # The theme that Pelican installs writes this on every page, as hand-made sites do that copied a template.
        ("id='index' class='home'", None),
        ("id='home'", None),
        # Joomla shows an article that has no entry in a menu with the classes of the home page.
        ("class='site com_content view-article itemid-101 home'", None),
        ("class='search search-results'", "not_a_policy"),
        # Some vendors publish their policies as posts of a blog.
        ("class='post-template-default single single-post postid-91'", None),
        ("class='job_listing-template-default single single-job_listing'", "other_document"),
        ("class='path-user-login'", "login"),
        ("class='cms-noroute-index'", "not_found"),
        ("class='offline-page'", "unavailable"),
    ],
)
def test_the_type_of_page_that_the_markup_states_is_evidence(attributes: str, reason: str | None) -> None:
    payload = page(attributes=attributes)
    assert read(capture(payload), payload).verdict.reason == reason


def test_a_page_named_as_the_policy_is_the_policy_whatever_the_markup_states() -> None:
    payload = page(f"<h1>Privacy policy</h1><p>{SENTENCE * 6}</p>", "class='home'")
    assert read(capture(payload), payload).verdict.name == "accepted"


def test_the_policy_may_be_the_home_page_of_its_own_site() -> None:
    payload = page(attributes="class='home'")
    assert read(capture(payload, url="https://privacy.northwind.example/"), payload).verdict.name == "accepted"


def test_a_page_that_is_marked_up_as_news_is_an_article() -> None:
    """Blogger marks up every page as a BlogPosting, and a vendor may publish its policy there."""
    published = "<meta property='article:published_time' content='2024-03-04T10:00:00Z'>"
    payload = page(head=published)
    assert read(capture(payload), payload).verdict.name == "accepted"
    markup = f"<article itemscope itemtype='https://schema.org/NewsArticle'><p>{SENTENCE * 6}</p></article>"
    payload = page(markup)
    assert read(capture(payload), payload).verdict.reason == "other_document"
    payload = page(markup.replace("NewsArticle", "BlogPosting"))
    assert read(capture(payload), payload).verdict.name == "accepted"
    payload = page(f"<p>{SENTENCE * 6}</p><aside>{markup}</aside>")
    assert read(capture(payload), payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    ("head", "headers"),
    [("<meta http-equiv='refresh' content='30'>", ()), ("", (("Retry-After", "3600"),))],
)
def test_a_page_to_ask_for_again_is_unavailable(head: str, headers: tuple[tuple[str, str], ...]) -> None:
    payload = page(head=head)
    assert read(capture(payload, headers=headers), payload).verdict.reason == "unavailable"


@pytest.mark.parametrize(
    ("head", "headers"),
    [("<meta http-equiv='refresh' content='900'>", ()), ("", (("Retry-After", "0"),))],
)
def test_a_site_that_reloads_every_page_now_and_then_is_available(
    head: str, headers: tuple[tuple[str, str], ...]
) -> None:
    payload = page(head=head)
    assert read(capture(payload, headers=headers), payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    ("gate", "reason"), [("class='x'", None), ("class='pay-gate'", "consent"), ("role='alertdialog'", "consent")]
)
def test_a_choice_in_front_of_the_page_is_a_consent_wall(gate: str, reason: str | None) -> None:
    payload = page(CONSENT.replace("class='x'", gate))
    assert read(capture(payload), payload).verdict.reason == reason


@pytest.mark.parametrize("gate", ["class='cmp-container'", "class='gdpr'"])
def test_names_of_containers_and_of_the_subject_are_no_gate(gate: str) -> None:
    """Adobe Experience Manager calls each container `cmp-container`."""
    payload = page(CONSENT.replace("class='x'", gate))
    assert read(capture(payload), payload).verdict.name == "accepted"


def test_the_names_of_body_and_a_button_to_print_make_no_consent_wall() -> None:
    body = f"<main><h1>Talo merin</h1><p>{SENTENCE * 5}</p><button>Ronta</button></main>"
    payload = page(body, "class='page page-consent'")
    assert read(capture(payload), payload).verdict.name == "accepted"


def test_buttons_above_the_heading_belong_to_a_shop() -> None:
    cookies = "Ronta cookies, silko cookies, velun cookies tarso minek dalu porin hesta lorem vika sunda talo. "
    offers = "".join(f"<li>Talo {number} <button>Merin kasto</button></li>" for number in range(3))
    payload = page(f"<div><div><ul>{offers}</ul></div><div><h1>Velun dalu</h1><p>{cookies * 4}</p></div></div>")
    assert read(capture(payload), payload).verdict.name == "accepted"


def test_a_page_named_as_its_host_shows_no_policy() -> None:
    body = f"<h1>northwind.example</h1><p>{SENTENCE * 3}</p>"
    payload = page(body).replace(b"<title>Northwind<", b"<title>Northwind.example<")
    assert read(capture(payload), payload).verdict.reason == "not_a_policy"
    payload = page(body.replace("<h1>northwind.example</h1>", "")).replace(b">Northwind<", b">Northwind.example<")
    assert read(capture(payload), payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Privacy policy - northwind.example", SENTENCE * 3),
        ("northwind.example", "We keep no personal data. Write to us if you wish to know more about privacy here."),
    ],
)
def test_a_vendor_may_be_called_by_its_domain(title: str, text: str) -> None:
    payload = page(f"<h1>northwind.example</h1><p>{text}</p>").replace(b">Northwind<", f">{title}<".encode())
    assert read(capture(payload), payload).verdict.name == "accepted"


def test_a_heading_in_the_header_of_an_article_begins_the_content() -> None:
    others = "".join(f"<li><a href='/{number}'>Sunda talo {number}</a></li>" for number in range(4))
    payload = page(
        f"<article><header><h1>Dalu tarso minek</h1></header><p>{SENTENCE * 9}</p>"
        f"<section><h2>Porin</h2><ul>{others}</ul></section></article>"
    )
    assert read(capture(payload), payload).verdict.name == "accepted"


@pytest.mark.parametrize(("host", "reason"), [("legal.northwind.example", None), ("other.example", "not_found")])
def test_the_root_of_another_host_of_the_vendor_is_no_home_page(host: str, reason: str | None) -> None:
    payload = page()
    asked = "https://www.northwind.example/privacy"
    redirected = capture(payload, url=f"https://{host}/", asked_url=asked, redirects=(asked,))
    assert read(redirected, payload).verdict.reason == reason


SIGNS = {
    "canonical": "<link rel='canonical' href='/'>",
    "prices": "<p>Kasto 12,90 €</p>",
    "images": "".join(f"<p><img src='{name}.jpg'></p>" for name in "abcd"),
    "form": "<form><input name='a'><input name='b'><textarea></textarea></form>",
    "links": "".join(f"<p><a href='/{name}'>{name}</a></p>" for name in ("talo", "merin", "sunda")),
}


@pytest.mark.parametrize("signs", [*combinations(SIGNS, 1), *combinations(SIGNS, 2)])
def test_three_signs_make_a_home_page(signs: tuple[str, ...]) -> None:
    # Headings above little text are one sign, on each of these pages.
    text = f"{SENTENCE} Velun tarso minek dalu porin hesta lorem."
    parts = "".join(f"<h2>Talo {number}</h2><p>{text}</p>" for number in range(5))
    body = "".join(SIGNS[sign] for sign in signs if sign != "canonical")
    payload = page(f"<main>{parts}{body}</main>", head=SIGNS["canonical"] if "canonical" in signs else "")
    verdict = read(capture(payload), payload).verdict
    assert (verdict.name == "quarantined") == (len(signs) == 2), verdict
