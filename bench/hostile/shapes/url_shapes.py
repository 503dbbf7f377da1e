"""Hostile addresses: links, `<base>`, addresses of data, and query strings."""

from collections.abc import Callable

from bench.hostile.shapes.shape import SENTENCE, Shape, numbered, repeated

_TEXT = f"<h1>Privacy policy</h1><p>{SENTENCE * 12}</p>"


def _base(unit: str) -> Callable[[int], bytes]:
    """Returns a function that makes a page whose `<base>` is as long as its relative links together."""

    def make(size: int) -> bytes:
        base = "https://vendor.example/" + unit * (size // 2 // len(unit))
        links = numbered('<a href="page-%d">Page %d</a> ', "<p>")(size // 2).decode()
        return f'<html><head><base href="{base}"></head><body>{_TEXT}{links}'.encode()

    return make


def _link(unit: str, before: str) -> Callable[[int], bytes]:
    return repeated(unit, f'{_TEXT}<p><a href="{before}', '">Our partners</a> get data.</p>')


URL_SHAPES = (
    Shape("links in a paragraph", "html", numbered('<a href="/page-%d">Page %d</a> ', f"{_TEXT}<p>")),
    Shape("links to one page", "html", repeated('<a href="/page">Page</a> ', f"{_TEXT}<p>")),
    Shape("links to two pages", "html", repeated('<a href="/a">A</a> <a href="/b">B</a> ', f"{_TEXT}<p>")),
    Shape("links in a cell", "html", numbered('<a href="/page-%d">Page %d</a> ', f"{_TEXT}<table><tr><td>A<td>")),
    Shape("lines with links", "html", numbered('<a href="/page-%d">Page %d</a><br>', f"{_TEXT}<p>")),
    Shape("links within the page", "html", numbered('<a href="#part-%d">Part %d</a> ', f"{_TEXT}<p>")),
    Shape("paragraphs with links", "html", numbered('<p>See <a href="/page-%d">page %d</a> about our data.</p>')),
    Shape("a long <base>", "html", _base("part/")),
    Shape("a long <base> of dots", "html", _base("../")),
    Shape("a long <base> without slashes", "html", _base("a")),
    Shape("a long link", "html", _link("a", "https://vendor.example/")),
    Shape("a long link of dots", "html", _link("../", "")),
    Shape("a long link of slashes", "html", _link("/", "")),
    Shape("a long link of spaces", "html", _link(" ", "mailto:a")),
    Shape("a long host", "html", _link("a.", "https://")),
    Shape("a long user name", "html", _link("a@", "https://")),
    Shape("a long port", "html", _link("1", "https://vendor.example:")),
    Shape("a long address of data", "html", _link("A", "data:text/plain,")),
    Shape("a long query", "html", _link("a=b&", "/page?")),
    Shape("a long query of tracking parameters", "html", _link("utm_source=b&", "/page?")),
    Shape("a long query of percent signs", "html", _link("%41", "/page?utm_a=")),
    Shape("a long query without values", "html", _link("=&", "/page?")),
    Shape("a long fragment", "html", _link("#", "/page")),
    Shape("a long telephone number", "html", _link("1 ", "tel:")),
    Shape("a long script", "html", _link("'a", "javascript:")),
    Shape("a long hidden address", "html", _link("ab", "/cdn-cgi/l/email-protection#")),
    Shape("hidden addresses", "html", repeated("/cdn-cgi/l/email-protection#", f'{_TEXT}<p><a href="', '">a</a>')),
    Shape("links with long queries", "html", numbered('<p><a href="/page?utm_a=%d&b=%d">Page %d</a> data.</p>')),
    Shape("a long host of other letters", "html", _link("\u00e0", "https://")),
    Shape("a long host of labels of other letters", "html", _link("\u00e0.", "https://")),
    Shape("a long encoded host", "html", _link("a", "https://xn--")),
    Shape("a long IPv6 host", "html", _link(":", "https://[")),
    Shape("a long link of backslashes", "html", _link("\\\\", "https:")),
    Shape("a long link of line breaks", "html", _link("\n\ta", "https://vendor.example/")),
    Shape(
        "hosts of other letters", "html", numbered('<p>See <a href="https://\u00e0%d.example/">page %d</a> about data.')
    ),
    Shape("many <base>", "html", numbered('<base href="/%d/"><a href="page-%d">Page %d</a> ', f"{_TEXT}<p>")),
    Shape("images of data", "html", repeated('<img src="data:image/png;base64,AAAA">', _TEXT)),
)
