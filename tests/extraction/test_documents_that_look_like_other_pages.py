"""Documents that rules once took for other pages."""

import pytest

from extraction import read
from extraction.screening.document_kinds import kinds_named
from tests.extraction.example_pages import capture

SENTENCE = "Velun tarso minek dalu, porin hesta lorem vika sunda talo merin kasto. "


def page(body: str, title: str = "Northwind") -> bytes:
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title></head><body>{body}</body>".encode()


def long_text(*first_lines: str) -> str:
    lines = "".join(f"<p>{line}</p>" for line in first_lines)
    return lines + "".join(f"<h2>Talo {number}</h2><p>{SENTENCE * 3}</p>" for number in range(14))


@pytest.mark.parametrize(
    "line",
    [
        "Nos termos da Lei n.º 58/2019 e do RGPD",
        "Informativa ai sensi dell'art. 13 del Regolamento UE 2016/679 e del Codice di settore",
        "I henhold til lov av 15. juni 2018 nr. 38",
        "Godkendt af bestyrelsen i 2023",
        "Deze tekst geldt sinds 2021 voor al onze klanten",
        "nach der Verordnung (EU) 2016/679 von Parlament und Rat",
    ],
)
def test_a_line_that_names_a_law_or_a_year_is_no_byline(line: str) -> None:
    payload = page(f"<h1>Talo merin</h1>{long_text(line)}")
    assert read(capture(payload), payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    "line",
    [
        "By Anna Berg, 3 May 2024",
        "Publicado por Ana Silva em 3 de maio de 2024",
        "3 maggio 2024 | di Anna Rossi",
        "Tekst: Anna Berg, 2024",
    ],
)
def test_a_line_that_names_the_author_is_a_byline(line: str) -> None:
    payload = page(f"<h1>Talo merin</h1>{long_text(line)}")
    assert read(capture(payload), payload).verdict.reason == "other_document"


def test_the_name_of_a_news_site_is_no_part_of_a_site() -> None:
    payload = page(f"<h1>Ochrana osobných údajov</h1>{long_text()}", "Ochrana osobných údajov | Aktuality.sk")
    address = "https://www.aktuality.example/ochrana"
    assert read(capture(payload, url=address), payload).verdict.name == "accepted"
    assert read(capture(payload, url="https://kariera.northwind.example/x"), payload).verdict.reason == "other_document"


def test_a_policy_may_move_to_an_article_of_a_help_centre() -> None:
    payload = page(f"<h1>Talo merin</h1>{long_text()}")
    moved = capture(
        payload,
        url="https://help.northwind.example/hc/xx/articles/360012345",
        asked_url="https://www.northwind.example/privacy",
        redirects=("https://www.northwind.example/privacy",),
    )
    assert read(moved, payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    "line",
    [
        "El dominio northwind.example está registrado a nombre de Northwind S.L.",
        "This domain is operated by Northwind Ltd.",
        "Die Domain northwind.example ist registriert auf die Northwind GmbH.",
    ],
)
def test_a_legal_notice_may_state_who_registered_the_domain(line: str) -> None:
    lines = f"<p>{line}</p><p>Northwind, Calle Mayor 1, 28001 Madrid</p>"
    payload = page(f"<h1>Aviso legal / Impressum</h1>{lines}", "Aviso legal | Northwind")
    assert read(capture(payload, policy="imprint"), payload).verdict.name == "accepted"
    payload = page(f"<h1>Northwind</h1>{lines}")
    assert read(capture(payload, policy="imprint"), payload).verdict.reason == "not_a_policy"


def test_a_legal_notice_is_made_of_headings_above_a_line() -> None:
    parts = "".join(f"<h2>Talo {number}</h2><p>Merin {number}, kasto lorem vika</p>" for number in range(4))
    payload = page(f"<h1>Northwind GmbH</h1>{parts}")
    assert read(capture(payload, policy="imprint"), payload).verdict.name == "accepted"


def test_subprocessors_may_each_have_a_page_of_their_own() -> None:
    rows = "".join(
        f"<tr><td>Talo {number}</td><td>Hosting</td><td><a href='/subprocessors/{number}'>Details</a></td></tr>"
        for number in range(6)
    )
    header = "<tr><th>Name</th><th>Purpose</th><th>More</th></tr>"
    payload = page(f"<h1>Subprocessors</h1><p>We use these.</p><table>{header}{rows}</table>", "Subprocessors")
    assert read(capture(payload, policy="subprocessors"), payload).verdict.name == "accepted"


def test_fields_of_several_forms_are_no_form_in_place_of_the_text() -> None:
    names = ("maker", "keywords", "currency", "language", "email")
    forms = "".join(f"<form><input name='{name}'></form>" for name in names)
    payload = page(f"<table><tr><td>{forms}</td><td><h1>Talo merin</h1><p>{SENTENCE * 8}</p></td></tr></table>")
    assert read(capture(payload), payload).verdict.name == "accepted"
    payload = page(f"<form>{forms.replace('<form>', '').replace('</form>', '')}</form><p>{SENTENCE * 2}</p>")
    assert read(capture(payload), payload).verdict.reason == "not_a_policy"


def test_a_notice_of_a_few_lines_may_have_a_form_to_log_in_beside_it() -> None:
    form = "<div><form><input name='user'><input type='password' name='word'></form></div>"
    payload = page(f"{form}<h1>Datenschutz</h1><p>{SENTENCE * 3}</p>")
    assert read(capture(payload), payload).verdict.name == "accepted"
    payload = page(f"{form}<h1>Datenschutz</h1><p>{SENTENCE * 3} Bitte melden Sie sich an: Anmelden.</p>")
    assert read(capture(payload), payload).verdict.reason == "login"


@pytest.mark.parametrize(
    ("policy", "title", "heading"),
    [("terms", "用户协议 - 智联招聘", "智联招聘"), ("terms", "利用規約｜タウン求人", "タウン求人")],
)
def test_the_name_of_a_site_for_jobs_is_no_job_advertisement(policy: str, title: str, heading: str) -> None:
    text = "当社は求人を掲載し、利用者は本規約に従って応募します。" + "本协议适用于招聘服务，用户应当遵守招聘规则。"
    payload = page(f"<h1>{heading}</h1><p>{text * 10}</p>", title)
    assert read(capture(payload, policy=policy), payload).verdict.name == "accepted"


@pytest.mark.parametrize(("site", "reason"), [("Sjeverac", None), ("Pravila kupnje", "other_document")])
def test_the_first_section_of_a_document_is_not_its_name(site: str, reason: str | None) -> None:
    """A heading with the name of the site is above every document; the heading below it is the document's name."""
    returns = "Kupac može vratiti robu u roku od četrnaest dana. Povrat novca slijedi. " * 6
    delivery = "Robu dostavljamo u roku od tri dana od narudžbe. " * 10
    payload = page(
        f"<h1>Pravila kupnje</h1><h2>Povrat robe</h2><p>{returns}</p><h2>Dostava</h2><p>{delivery}</p>", site
    )
    assert read(capture(payload, policy="terms"), payload).verdict.reason == reason


def test_a_button_below_a_text_about_cookies_is_no_consent_wall() -> None:
    text = "Ronta cookies, silko cookies, velun cookies tarso minek dalu porin hesta lorem vika sunda talo. " * 4
    payload = page(f"<main><div><h1>Velun dalu</h1><p>{text}</p><button>Merin</button></div></main>")
    assert read(capture(payload, policy="cookies"), payload).verdict.name == "accepted"
    assert read(capture(payload), payload).verdict.reason == "consent"


@pytest.mark.parametrize(
    "beside",
    [
        "<div id='respond'><form><input name='a'><input name='b'><input name='c'><textarea></textarea></form></div>",
        "<img src='line.gif'><img src='line.gif'><img src='line.gif'>",
    ],
)
def test_comments_and_repeated_images_are_no_signs_of_a_home_page(beside: str) -> None:
    parts = "".join(f"<h2>Talo {number}</h2><p>{SENTENCE * 2}</p>" for number in range(4))
    links = "<p>Dalu <a href='/contact'>merin</a>.</p><p>Talo <a href='/about'>sunda</a>.</p>"
    payload = page(f"<main><h1>Merin</h1>{parts}{links}</main>{beside}")
    assert read(capture(payload), payload).verdict.name == "accepted"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("AYDINLATMA METNİ", "privacy"),
        ("KULLANIM KOŞULLARI", "terms"),
        ("Kullanım Koşulları", "terms"),
        ("ΠΟΛΙΤΙΚΗ ΑΠΟΡΡΗΤΟΥ", "privacy"),
        ("Όροι χρήσης", "terms"),
        ("MENTIONS LEGALES", "imprint"),
    ],
)
def test_names_are_recognised_in_capitals_and_without_accents(title: str, kind: str) -> None:
    assert kind in kinds_named(title)
