"""Elements that are page furniture, and elements that look like furniture but are parts of the policy."""

import pytest

from extraction import LeftOutBlock, extract, left_out_blocks
from extraction.furniture.element_rules import ELEMENT_RULES, PAGE_RULES
from extraction.furniture.removal import BUTTON_RULES, CORE_RULES, SCRAP_RULES
from formats.multipart import compose
from tests.extraction.example_pages import PARAGRAPHS, POLICY, capture, html
from tests.shared_material import SHARED, needs_shared

FURNITURE = {
    "navigation": "<nav><ul><li><a href=/a>Shop</a></li><li><a href=/b>Prices</a></li></ul></nav>",
    "unnamed menu": "<ul><li><a href=/a>Shop</a></li><li><a href=/b>Prices</a></li><li><a href=/c>Help</a></li></ul>",
    "breadcrumb": "<div class='breadcrumbs'><a href=/>Home</a> &gt; <a href=/legal>Legal</a></div>",
    "search box": "<form class=search-form><span>Search help:</span><input type=text><button>Go</button></form>",
    "hidden loader": "<div style='display:none'><i>Loading suggestions...</i></div>",
    "consent banner": "<div id='cookie-banner'><p>We and our partners use cookies so that the site works"
    " as you like it best.</p>"
    "<button>Accept</button></div>",
    "consent manager": "<div id='onetrust-consent-sdk'><h2>Your choices</h2>"
    "<p>" + "Cookies tell us how the site is used. " * 40 + "</p></div>",
    "share buttons": "<div class='social-share'><a href='https://social.example/x'>Tell a friend</a></div>",
    "related articles": "<fieldset><legend>Related articles</legend><a href=/1>Cookies</a><br><a href=/2>Terms</a><br>"
    "<a"
    " href=/3>Parcels</a></fieldset>",
    "vote": "<div class=rating>Was this article helpful? <a href='javascript:v(1)'>yes</a> / <a"
    " href='javascript:v(0)'>no</a></div>",
    "back to top": "<p><a href='#top'>Back to top</a></p>",
    "go back": "<p>« <a href='javascript:history.go(-1)'>Go back</a></p>",
    "powered by": "<p>Powered by <a href='https://desk.example'>Desk</a></p>",
    "footer": "<footer><p>Northwind Parcel brings parcels to the north, the south and wherever else"
    " the wind goes.</p><a href=/a>Jobs</a></footer>",
    "footer by name": "<div class='page-footer'><a href=/a>Jobs</a> <a href=/b>Press</a><p>© 2021 Northwind"
    " Parcel</p></div>",
    "copyright": "<p>© 2004-2021 Northwind Parcel. All rights reserved.</p>",
    "table of contents": "<ul><li><a href='#a'>What we collect</a></li><li><a href='#b'>Your rights</a></li><li><a"
    " href='#c'>Cookies</a></li></ul>",
    "skip link": "<a class='skip-link' href='#main'>Skip to main content</a>",
    "chat": "<div class='livechat'>Talk to us now</div>",
    "script": "<script>var a = 'words';</script><style>p {color: red}</style><noscript>Turn it on</noscript>",
}


@pytest.mark.parametrize("name", FURNITURE)
@pytest.mark.parametrize("place", ["above", "below"])
def test_page_furniture_is_removed(name: str, place: str) -> None:
    content = f"<div class=wrap><h1>Privacy Policy</h1>{POLICY}</div>"
    page = FURNITURE[name] + content if place == "above" else content + FURNITURE[name]
    clauses_without_furniture = extract(html(content), "text/html").clauses
    assert [clause.text for clause in extract(html(page), "text/html").clauses] == [
        clause.text for clause in clauses_without_furniture
    ]
    assert [clause.text for clause in clauses_without_furniture if clause.kind == "paragraph"] == list(PARAGRAPHS)


# A page for each rule that leaves out blocks, and the texts that the rule leaves out.
_H1 = "<h1>Privacy Policy</h1>"
_REQUEST = "We and our partners like to know you better, so that the site works as you like it best."
_LINKS = "".join(f"<p><a href=/{word}>{word}</a></p>" for word in ("One", "Two", "Three"))
_COPY = f"<p>{PARAGRAPHS[0]}</p><p>One</p>"
LEFT_OUT_BY = {
    "below_copyright": (f"{POLICY}<p>© 2021 Northwind</p><p>Made in Oslo</p>", ["© 2021 Northwind", "Made in Oslo"]),
    "button": (f"{POLICY}<button>Print</button><p>{PARAGRAPHS[0]}</p>", ["Print"]),
    "consent_manager": (f"{POLICY}<div id=didomi-host><p>Parcels for all</p></div>{POLICY}", ["Parcels for all"]),
    "consent_request": (
        f"{POLICY}<div><p>{_REQUEST}</p><button>Accept</button></div>{POLICY}",
        [_REQUEST, "Accept"],
    ),
    "contents_title": (f"<p>Table of contents</p>{POLICY}", ["Table of contents"]),
    "empty_section": (
        f"{POLICY}<section>{POLICY}</section><section><div><p>Parcels for all</p></div></section>",
        ["Parcels for all"],
    ),
    "footer": (f"<article>{POLICY}<footer><a href=/ann>Ann Smith</a></footer>{POLICY}</article>", ["Ann Smith"]),
    "form": (f"{POLICY}<div><p>Your address</p><input></div>{POLICY}", ["Your address"]),
    "header_or_aside": (f"{POLICY}<aside><p>Parcels for all</p></aside>{POLICY}", ["Parcels for all"]),
    "hidden_copy": (f"<div>{_COPY}</div>{POLICY}{f'<div hidden>{_COPY}</div>' * 2}", [PARAGRAPHS[0], "One"] * 2),
    "hidden_scrap": (f"{POLICY}<div hidden><p>Wait a moment</p></div>{POLICY}", ["Wait a moment"]),
    "list_of_teasers": (
        f"{POLICY}<div><h3><a href=/a>One</a></h3><h3><a href=/b>Two</a></h3></div>{POLICY}",
        ["One", "Two"],
    ),
    "menu_around_text": (
        f"<ul><li><a href=/a>One</a></li><li><a href=/b>Two</a></li><li><a href=/c>Three</a></li></ul>{POLICY}",
        ["One", "Two", "Three"],
    ),
    "named_aside": (
        f"{POLICY}<div class=promo><p>Parcels for <a href=/a>all</a></p><a href=/b>Buy</a></div>{POLICY}",
        ["Parcels for all", "Buy"],
    ),
    "named_banner": (
        f"{POLICY}<div class=cookie-notice><p>We use cookies.</p><button>Close</button></div>{POLICY}",
        ["We use cookies.", "Close"],
    ),
    "named_edge": (f"{POLICY}<div class=section-header><a href=/a>Parcels</a></div>{POLICY}", ["Parcels"]),
    "named_links": (f"{POLICY}<div class=social-share><a href=/a>Tell a friend</a></div>{POLICY}", ["Tell a friend"]),
    "named_menu": (
        f"{POLICY}<div class=megamenu><p>What we do for the shops of the north</p>{_LINKS}</div>{POLICY}",
        ["What we do for the shops of the north", "One", "Two", "Three"],
    ),
    "named_metadata": (f"{POLICY}<div class=entry-meta>By Ann</div>{POLICY}", ["By Ann"]),
    "named_widget": (f"{POLICY}<div class=livechat>Talk to us now</div>{POLICY}", ["Talk to us now"]),
    "outside_core": (f"<div>{POLICY}</div><p>Parcels for all</p>", ["Parcels for all"]),
    "page_frame": (f"{POLICY}<nav><a href=/a>Shop</a></nav>{POLICY}", ["Shop"]),
    "scrap_at_edge": (f"{POLICY}<p>Back to top</p>", ["Back to top"]),
    "scrap_link": (f"{POLICY}<p><a href='#'>Back to top</a></p>{POLICY}", ["Back to top"]),
    "side_element": (f"{POLICY}<div role=dialog><p>Parcels for all</p></div>{POLICY}", ["Parcels for all"]),
    "table_of_contents": (
        f"<ul><li><a href='#a'>One</a></li><li><a href='#b'>Two</a></li><li><a href='#c'>Three</a></li></ul>{POLICY}",
        ["One", "Two", "Three"],
    ),
    "titled_aside": (
        f"{POLICY}<h2>Related articles</h2><p>Parcels for all</p>{POLICY}",
        ["Related articles", "Parcels for all"],
    ),
    "titled_element": (
        f"{POLICY}<div><h2>Related articles</h2><p>Parcels for all</p></div>{POLICY}",
        ["Related articles", "Parcels for all"],
    ),
}
# The rules that only decide to keep an element.
KEEPING_RULES = {"main_element", "most_of_policy", "text_element"}


@pytest.mark.parametrize("rule", LEFT_OUT_BY)
def test_a_block_that_is_left_out_names_the_rule(rule: str) -> None:
    body, texts = LEFT_OUT_BY[rule]
    payload = html(f"<div>{_H1}{body}</div>")
    assert left_out_blocks(capture(payload), payload) == [LeftOutBlock(rule, text) for text in texts]


def test_each_rule_that_leaves_out_blocks_has_its_page() -> None:
    names = [rule.__name__ for rule in (*PAGE_RULES, *ELEMENT_RULES, *BUTTON_RULES, *CORE_RULES, *SCRAP_RULES)]
    assert len(set(names)) == len(names)
    assert set(names) - KEEPING_RULES == set(LEFT_OUT_BY)


def test_an_element_inside_furniture_is_left_out_by_the_same_rule() -> None:
    payload = html(f"<nav><form><input><p>Search</p></form><p>Shop</p></nav><div>{_H1}{POLICY}</div>")
    assert {block.rule for block in left_out_blocks(capture(payload), payload)} == {"page_frame"}


def test_the_title_in_the_header_is_kept_and_not_listed_as_left_out() -> None:
    payload = html(f"<header>{_H1}<p>Parcels for all</p></header><main>{POLICY}</main>")
    assert [block.text for block in left_out_blocks(capture(payload), payload)] == ["Parcels for all"]


def test_left_out_blocks_of_several_pages_are_in_page_order() -> None:
    pages = [html(f"<nav>{word}</nav><div>{_H1}{POLICY}</div>") for word in ("Shop", "Help")]
    parts = [(capture(page, url=f"https://northwind.example/{n}"), page) for n, page in enumerate(pages)]
    mixed, alternative = compose("mixed", parts), compose("alternative", parts)
    assert [block.text for block in left_out_blocks(*mixed)] == ["Shop", "Help"]
    assert [block.text for block in left_out_blocks(*alternative)] == ["Help"]
    assert left_out_blocks(mixed[0], b"damaged") == []


@pytest.mark.parametrize(
    ("payload", "media_type"),
    [(bytes(3000), "text/html"), (PARAGRAPHS[0].encode(), "text/plain"), (b"# Privacy\n\n[x](y)", "text/markdown")],
)
def test_no_block_of_another_format_is_left_out(payload: bytes, media_type: str) -> None:
    assert left_out_blocks(capture(payload, media_type=media_type), payload) == []


def test_selectors_replace_the_furniture_rules() -> None:
    payload = html(f"<nav>Shop</nav><div id=menu>Help</div><div>{_H1}{POLICY}</div>")
    assert left_out_blocks(capture(payload), payload, select=["body"]) == []
    removed = left_out_blocks(capture(payload), payload, remove=["#menu"])
    assert removed == [LeftOutBlock("page_frame", "Shop")]


POLICY_PARTS = {
    "a section's own header": "<div class='section-header'><h3>Sharing with others</h3></div>",
    "a section named by its title": "<div id='sharing--our-commitments-to-you'><h3>Our commitments</h3></div>",
    "links to partners": "<ul><li><a href='https://a.example/p'>Acme Post</a></li>"
    "<li><a href='https://b.example/p'>Blue Van</a></li>"
    "<li><a href='https://c.example/p'>City Bike</a></li></ul>",
    "a heading that opens a panel": "<h3><button aria-expanded=false>Data of children</button></h3>",
    "a form around a part of the policy": "<form><p>Data of children are erased.</p></form>",
    "an aside within the article": "<article><aside><p>In short: we hold little of your data.</p></aside></article>",
}


@pytest.mark.parametrize("name", POLICY_PARTS)
def test_parts_of_the_policy_that_look_like_furniture_are_kept(name: str) -> None:
    page = f"<div><h1>Privacy Policy</h1>{POLICY}{POLICY_PARTS[name]}{POLICY}</div>"
    expected = {clause.text for clause in extract(html(POLICY_PARTS[name]), "text/html", select=["body"]).clauses}
    assert expected
    assert expected <= {clause.text for clause in extract(html(page), "text/html").clauses}


@pytest.mark.parametrize("order", ["{title}{date}", "{date}{title}"])
def test_stated_date_outside_the_main_text_is_kept(order: str) -> None:
    top = order.format(date="<p>Last updated: 3 May 2021</p>", title="<header><h1>Privacy Policy</h1></header>")
    document = extract(html(f"{top}<main><div>{POLICY}</div></main>"), "text/html")
    assert "Last updated: 3 May 2021" in [clause.text for clause in document.clauses]
    assert document.stated_date == "2021-05-03"


def test_no_section_of_a_policy_in_several_sections_is_removed() -> None:
    page = "".join(f"<section><div><h2>Part {n}</h2><p>{text}</p></div></section>" for n, text in enumerate(PARAGRAPHS))
    clauses = extract(html(f"<div class=nav-bar><a href=/>x</a></div>{page}"), "text/html").clauses
    assert [clause.text for clause in clauses if clause.text in PARAGRAPHS] == list(PARAGRAPHS)


@needs_shared
def test_two_real_pages_give_only_the_clauses_of_the_policy() -> None:
    old = extract((SHARED / "captures/hesk-20101125161654.html").read_bytes(), "text/html").clauses
    new = extract((SHARED / "captures/hesk-20161018225756.html").read_bytes(), "text/html").clauses
    assert len(old) == 55
    assert len(new) == 46
    assert new[0].text == "Privacy policy"
    assert new[-1].text.endswith("http://www.HESK.com")
    assert len({clause.text for clause in old} & {clause.text for clause in new}) == 38
