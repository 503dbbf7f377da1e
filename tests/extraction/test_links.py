"""The targets of a clause's links."""

from extraction import extract
from tests.extraction.example_pages import html


def test_links_are_absolute_and_without_tracking_parameters() -> None:
    page = (
        "<p>See <a href='/cookies?id=4&utm_source=mail&gclid=x'>cookies</a>, <a href='#part'>above</a>, "
        "<a href='mailto:dpo@northwind.example'>write</a> or <a href='tel:+4411'>call</a> "
        "<a href='javascript:x()'>us</a>.</p>"
    )
    (clause,) = extract(html(page), "text/html", url="https://northwind.example/legal/privacy").clauses
    assert clause.text == "See cookies, above, write or call us."
    assert clause.links == ("https://northwind.example/cookies?id=4", "mailto:dpo@northwind.example", "tel:+4411")


def test_link_around_a_whole_block_belongs_to_the_clause() -> None:
    picture = "<a href=https://a.example/><img src=x></a><p>Plain words.</p>"
    page = f"{picture}<a href=https://b.example/><div>Linked words.</div></a>"
    assert [clause.links for clause in extract(html(page), "text/html", select=["body"]).clauses] == [
        (),
        ("https://b.example/",),
    ]


def test_relative_links_are_resolved_against_the_base_element() -> None:
    page = html("<p><a href='c'>cookies</a> apply</p>", head="<base href='https://cdn.example/a/'>")
    (clause,) = extract(page, "text/html", url="https://northwind.example/").clauses
    assert clause.links == ("https://cdn.example/a/c",)


def test_addresses_that_cloudflare_encoded_are_decoded() -> None:
    """Cloudflare replaces e-mail addresses with a code, which Cloudflare's script email-decode.min.js decodes."""
    key, address = 0x2A, "dpo@northwind.example"
    code = bytes([key, *(ord(letter) ^ key for letter in address)]).hex()
    page = (
        f"<p>Write to <a href='/cdn-cgi/l/email-protection#{code}'><span class='__cf_email__' data-cfemail='{code}'>"
        "[email&#160;protected]</span></a>, please.</p>"
    )
    (clause,) = extract(html(page), "text/html").clauses
    assert (clause.text, clause.links) == (f"Write to {address}, please.", (f"mailto:{address}",))
