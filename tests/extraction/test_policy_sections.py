"""Sections of the policy that are named like furniture, and the titles of panels."""

import pytest

from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, POLICY, html

STATEMENT = "Chats are read by two colleagues."
SECTIONS = {
    "cookie settings with a button": "<section id=cookie-settings><h2>Cookie settings</h2><p>{}</p>"
    "<button>Change</button></section>",
    "newsletter with a form": "<section id=newsletter><h2>Newsletter</h2><p>{}</p>"
    "<form><input><button>Go</button></form></section>",
    "comments": "<div class=comments><h2>Comments</h2><p>{}</p></div>",
    "chat with a link": "<div class=livechat><h2>Chat</h2><p>{}</p><p><a href=/chat>Chat with us</a></p></div>",
    "legend of a fieldset": "<fieldset class=survey><legend>Survey</legend><p>{}</p></fieldset>",
    "footer of the article": "<footer><p>{}</p></footer>",
    "navigation without links": "<nav><ul><li>{}</li></ul></nav>",
    "dialog with a title": "<div role=dialog aria-hidden=true class=modal><h2>Partners</h2><p>{}</p>"
    "<button>Close</button></div>",
    "short hidden panel": "<h3>Chat</h3><div style='display:none'><p>{}</p></div>",
    "sentence and a link": "<aside class=promo><p>{} <a href=/more>More</a></p></aside>",
    "list under a line": "<div class=feedback><p>We keep your feedback:</p><ul><li>{}</li><li>for us</li></ul></div>",
}


def texts(page: str) -> list[str]:
    return [clause.text for clause in extract(html(page), "text/html").clauses]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_in_the_middle_is_the_policy_whatever_its_name(name: str) -> None:
    section = SECTIONS[name].format(STATEMENT)
    found = texts(f"<main><h1>Privacy Policy</h1>{POLICY}{section}{POLICY}</main>")
    assert any(text.startswith(STATEMENT) for text in found)


OFFERS = {
    "newsletter": "<section class=newsletter><h2>Subscribe to our newsletter</h2><p>Get the best stories every day.</p>"
    "<form><input></form></section>",
    "related articles": "<section class=related><h2>Related articles</h2><h3><a href=/1>One</a></h3><p>It was so.</p>"
    "</section>",
    "banner": "<div class=cookie-notice><p>We use cookies here.</p><button>Got it</button></div>",
    "login": "<div role=dialog><h2>Log in</h2><p>Please enter your password.</p><input></div>",
    "vote": "<div class=rating><p>Was this helpful?</p><button>Yes</button></div>",
    "message of a script": "<div class=toast hidden><p>It was copied to the clipboard.</p></div>",
    "without scripts": "<noscript><p>Please turn on JavaScript. This page needs it.</p></noscript>",
}


@pytest.mark.parametrize("name", OFFERS)
@pytest.mark.parametrize("below", [POLICY, ""], ids=["middle", "end"])
def test_an_offer_to_the_visitor_is_no_section(name: str, below: str) -> None:
    page = "<main><h1>Privacy Policy</h1>{}</main>"
    assert texts(page.format(POLICY + OFFERS[name] + below)) == texts(page.format(POLICY + below))


def test_the_footer_of_the_page_is_no_section_even_above_a_consent_manager() -> None:
    footer = "<footer><p>Northwind brings parcels to the north.</p><a href=/a>Jobs</a></footer>"
    manager = f"<div id=didomi-host><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></div>"
    page = f"<main><h1>Privacy Policy</h1>{POLICY}</main>"
    assert texts(page + footer + manager) == texts(page)


@pytest.mark.parametrize("place", [0, len(PARAGRAPHS)], ids=["first", "last"])
@pytest.mark.parametrize("body", ["<p>{}</p>", "<div class=t><p>{}</p></div>", "<ul><li>{}</li></ul>"])
def test_a_short_first_or_last_section_is_kept(place: int, body: str) -> None:
    statements = list(PARAGRAPHS)
    statements.insert(place, "Nothing is sold")
    sections = "".join(
        f"<section id=part-{n}><h3>Part {n}</h3>{body.format(text)}</section>" for n, text in enumerate(statements)
    )
    assert "Nothing is sold" in texts(
        f"<main><div><h1>Privacy Policy</h1></div><div class=text>{sections}</div></main>"
    )


def test_a_short_element_below_a_text_without_sections_is_kept() -> None:
    assert texts(f"{POLICY}<div class=note><p>It is so.</p><p>Ask us.</p></div>")[-2:] == ["It is so.", "Ask us."]


def test_a_table_at_the_end_is_no_menu() -> None:
    table = "<table><tr><td>Name</td><td>Domain</td><td>Life</td><td>Kind</td></tr></table>"
    assert texts(f"<main>{POLICY}{table}</main>")[-1] == "Name | Domain | Life | Kind"


TITLES = ("For Norway", "For Chile", "For Japan")
# The markup of one panel, with the title {0}, the text {1} and the number {2}.
ACCORDIONS = {
    "Bootstrap 2": "<div class=accordion-group><div class=accordion-heading><a class=accordion-toggle"
    " data-toggle=collapse href='#c{2}'>{0}</a></div><div id=c{2} class='accordion-body collapse'><div>{1}</div></div>"
    "</div>",
    "Bootstrap 3": "<div class=panel><div class=panel-heading role=tab><a role=button data-toggle=collapse"
    " href='#c{2}'>{0}</a></div><div id=c{2} class='panel-collapse collapse' role=tabpanel><div>{1}</div></div></div>",
    "Bootstrap 4": "<div class=card><div class=card-header><button data-toggle=collapse data-target='#c{2}'>"
    "{0}</button></div><div id=c{2} class=collapse><div>{1}</div></div></div>",
    "Bootstrap 5": "<div class=accordion-item><h2><button data-bs-target='#c{2}'>{0}</button></h2>"
    "<div id=c{2} class=collapse><div>{1}</div></div></div>",
    "jQuery UI": "<h3 role=tab aria-controls=c{2}>{0}</h3><div id=c{2} role=tabpanel><p>{1}</p></div>",
    "details": "<details><summary>{0}</summary><div>{1}</div></details>",
    "ARIA": "<button aria-expanded=false aria-controls=c{2}>{0}</button><div id=c{2} hidden><p>{1}</p></div>",
    "button before a panel": "<button>{0}</button><div><p>{1}</p></div>",
    "button before a paragraph": "<li><button>{0}</button><p>{1}</p></li>",
    "link without a target": "<li><a href='#'>{0}</a><div>{1}</div></li>",
    "link of a script": "<div class=toggle><a href='javascript:void(0)'>{0}</a></div><div><p>{1}</p></div>",
    "Bootstrap 4 without a button": "<div class=card><div data-toggle=collapse data-target='#c{2}'>{0}</div>"
    "<div id=c{2} class=collapse><div>{1}</div></div></div>",
    "element with the role of a button": "<div role=button aria-controls=c{2}><p>{0}</p></div>"
    "<div id=c{2} hidden><p>{1}</p></div>",
    "element with a script": "<div onclick=\"show('c{2}')\">{0}</div><div id=c{2} style='display:none'>{1}</div>",
    "text with a script": "<p><span onclick=\"$('#c{2}').show()\">{0}</span></p><div id=c{2} hidden>{1}</div>",
    "script in a link": "<p><a href=\"javascript:show('c{2}')\">{0}</a></p><div id=c{2} hidden>{1}</div>",
    "text above a hidden panel": "<div class=a>{0}</div><div class=b hidden><p>{1}</p></div>",
    "element called a title": "<div><div class=card-title>{0}</div><div class=card-text>{1}</div></div>",
    "title in a summary": "<details><summary><div>{0}</div></summary>{1}</details>",
    "term of a list": "<dl><dt><button aria-controls=c{2}>{0}</button></dt><dd id=c{2}>{1}</dd></dl>",
    "fieldset": "<fieldset><legend><b>{0}</b></legend><p>{1}</p></fieldset>",
    "nested boxes": "<div class=item><div><div><button><span>{0}</span></button></div></div>"
    "<div><p>{1}</p></div></div>",
}
# The markup of one tab, and of one panel.
TABS = {
    "jQuery UI tabs": ("<li><a href='#c{2}'>{0}</a></li>", "<div id=c{2}><p>{1}</p></div>"),
    "Bootstrap tabs": (
        "<li class=nav-item><a role=tab data-toggle=tab href='#c{2}'>{0}</a></li>",
        "<div id=c{2} class=tab-pane><h3>What holds</h3><p>{1}</p></div>",
    ),
    "ARIA tabs": ("<button role=tab>{0}</button>", "<div role=tabpanel><p>{1}</p></div>"),
    "buttons in a row": ("<button>{0}</button>", "<div class=tabcontent><p>{1}</p></div>"),
}


def repeated(markup: str) -> str:
    return "".join(markup.format(*panel) for panel in zip(TITLES, PARAGRAPHS, range(3), strict=False))


@pytest.mark.parametrize("name", ACCORDIONS)
@pytest.mark.parametrize("above", [POLICY, ""], ids=["middle", "first"])
def test_the_title_of_a_panel_is_kept_above_the_panel(name: str, above: str) -> None:
    found = texts(f"<main><h1>Privacy Policy</h1>{above}<div>{repeated(ACCORDIONS[name])}</div>{POLICY}</main>")
    start = found.index(TITLES[0])
    assert found[start : start + 6] == [text for pair in zip(TITLES, PARAGRAPHS, strict=False) for text in pair]


# Too short to be running text. The last one isn't even a statement.
SHORT = ("Post codes are kept in Oslo.", "Letters and parcels.", "Invoices: ten years")


@pytest.mark.parametrize("name", ACCORDIONS)
@pytest.mark.parametrize("above", ["<p>We use personal data like this.</p>", POLICY], ids=["short", "long"])
def test_short_panels_stand_under_their_titles(name: str, above: str) -> None:
    panels = "".join(ACCORDIONS[name].format(*panel) for panel in zip(TITLES, SHORT, range(3), strict=True))
    document = extract(html(f"<main><h1>Privacy Policy</h1>{above}<div>{panels}</div></main>"), "text/html")
    paths = {clause.text: clause.heading_path for clause in document.clauses}
    assert [paths[text][-1] for text in SHORT] == list(TITLES)


def test_a_panel_stands_under_the_titles_of_the_panels_around_it() -> None:
    page = (
        f"<h1>Privacy Policy</h1>{POLICY}<h2>Countries</h2><details><summary>Americas</summary><h2>All</h2>"
        "<p>Ask us.</p><details><summary>Chile</summary><p>Ask Ann.</p></details></details>"
        "<button aria-controls=x>Asia</button><div id=x><button aria-controls=y>Japan</button>"
        "<div id=y><p>Ask Bob.</p></div></div><p>Ask anybody.</p>"
    )
    paths = {clause.text: clause.heading_path[1:] for clause in extract(html(page), "text/html").clauses}
    assert paths["Ask us."] == ("Countries", "Americas", "All")
    assert paths["Ask Ann."] == ("Countries", "Americas", "All", "Chile")
    assert paths["Ask Bob."] == ("Countries", "Asia", "Japan")
    assert paths["Ask anybody."] == ("Countries",)


@pytest.mark.parametrize(
    "menu",
    [
        "<div><button aria-controls=m{2}>{0}</button><div id=m{2} hidden><p>Send it fast.</p></div></div>",
        "<div><button>{0}</button><div hidden><a href=/a>Send</a><a href=/b>Pack</a></div></div>",
        "<fieldset><legend>{0}</legend><label><input type=radio>Yes</label></fieldset>",
    ],
    ids=["above the policy", "of links", "question"],
)
def test_menus_and_questions_are_no_panels(menu: str) -> None:
    found = texts(f"<div>{repeated(menu)}</div><h1>Privacy Policy</h1>{POLICY}")
    assert not {*TITLES, "Send it fast.", "Send"} & set(found)


def test_the_legend_around_the_whole_page_is_no_title_of_the_policy() -> None:
    page = f"<h1>Our rules</h1><fieldset><legend>{{}}</legend>{POLICY}</fieldset>"
    assert "Solution" not in texts(page.format("Solution"))
    assert "Privacy policy" in texts(page.format("Privacy policy"))


@pytest.mark.parametrize("name", TABS)
def test_the_title_of_a_tab_becomes_the_heading_of_its_panel(name: str) -> None:
    tab, panel = TABS[name]
    page = f"<main><h1>Privacy Policy</h1>{POLICY}<ul class=nav>{repeated(tab)}</ul>{repeated(panel)}{POLICY}</main>"
    headings = {
        heading: clause.text
        for clause in extract(html(page), "text/html").clauses
        for heading in clause.heading_path
        if heading in TITLES and clause.kind != "heading"
    }
    assert headings == dict(zip(TITLES, PARAGRAPHS, strict=False))


@pytest.mark.parametrize(
    "controls",
    [
        "<button>Read more</button><div><p>{1}</p></div>",
        "<ul><li><a href='#c{2}'>{0}</a></li></ul><div id=c{2}><h3>{0}</h3><p>{1}</p></div>",
    ],
    ids=["the same caption everywhere", "a table of contents"],
)
def test_a_control_that_names_no_panel_is_no_title(controls: str) -> None:
    found = texts(f"<main><h1>Privacy Policy</h1>{POLICY}{repeated(controls)}</main>")
    assert "Read more" not in found
    assert found.count(TITLES[0]) <= 1


def test_a_link_that_skips_to_the_text_is_no_title() -> None:
    page = f"<a href='#text'>To the text</a><main id=text><h1>Privacy Policy</h1>{POLICY}</main>"
    assert "To the text" not in texts(page)


def test_the_term_of_a_definition_is_read_although_it_is_a_button() -> None:
    definitions = "".join(
        f"<dt><button type=button aria-expanded=false>{term}</button></dt><dd><p>{text}</p></dd>"
        for term, text in (
            ("Who sees the data?", "Our carrier does."),
            ("Does it leave Europe?", "No, it stays in Oslo."),
        )
    )
    page = html(f"<h1>Privacy Policy</h1><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><dl>{definitions}</dl>")
    assert "Does it leave Europe?" in [clause.text for clause in extract(page, "text/html").clauses]
