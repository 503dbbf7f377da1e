"""Elements that are page furniture, and elements that look like furniture but are parts of the policy."""

import pytest

from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, POLICY, html
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


def test_stated_date_outside_the_main_text_is_kept() -> None:
    date = "<p class=date>Last updated: 3 May 2021</p>"
    page = f"<header><h1>Privacy Policy</h1></header>{date}<main><div>{POLICY}</div></main>"
    document = extract(html(page), "text/html")
    assert "Last updated: 3 May 2021" in [clause.text for clause in document.clauses]
    assert document.effective_date is not None


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
