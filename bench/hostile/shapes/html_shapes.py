"""Hostile HTML and XML."""

import html

from bench.hostile.shapes.shape import SENTENCE, Shape, nested, numbered, repeated

_TEXT = f"<h1>Privacy policy</h1><p>{SENTENCE * 12}</p>"
_XHTML = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Privacy</title></head><body>'


def _nested_frames(size: int) -> bytes:
    """Returns frames inside each other: the document of each stands, escaped, in an attribute of the one around it."""
    page = f"<p>{SENTENCE}</p>"
    while len(page) < size:
        page = f'<p>Frame</p><iframe srcdoc="{html.escape(page)}"></iframe>'
    return page.encode()


def _late_charset(size: int) -> bytes:
    """Returns a page in windows-1252 that says so at its end, after many comments that aren't closed properly."""
    return b"<html><body>" + b"<p>caf\xe9 <!-- meta --> " * (size // 24) + b'<meta charset="windows-1252">'


def _utf16(size: int) -> bytes:
    return ("<html><body>" + f"<p>{SENTENCE}</p>" * (size // 150)).encode("utf-16")


HTML_SHAPES = (
    # Elements in great numbers, and deep.
    Shape("paragraphs", "html", repeated(f"<p>{SENTENCE}</p>")),
    Shape("different paragraphs", "html", numbered("<p>Clause %d says what we do with the data of customer %d.</p>")),
    Shape("headings", "html", repeated("<h2>Data</h2>")),
    Shape("headings that go down", "html", numbered("<h2>Part %d</h2><h3>Data %d</h3><p>We keep it.</p>")),
    Shape("nested <div>", "html", nested("<div>", SENTENCE, "</div>")),
    Shape("<div> never closed", "html", repeated("<div>", "", SENTENCE)),
    Shape("nested tables", "html", repeated("<table><tr><td>", "", SENTENCE)),
    Shape("nested tables with two cells", "html", repeated("<table><tr><td>data<td>", "", SENTENCE)),
    Shape("nested lists", "html", repeated("<ul><li>data")),
    Shape("nested <b>", "html", repeated("<b>data ")),
    Shape("fonts and paragraphs never closed", "html", repeated("<font><p>data ")),
    Shape("nested links", "html", repeated('<a href="/a">data ')),
    Shape("nested superscripts", "html", repeated("<sup>1", "<p>data", "")),
    Shape("nested elements for screen readers", "html", repeated('<span class="sr-only">data ', "<p>", "")),
    Shape("nested blocks for screen readers", "html", repeated('<div class="sr-only">data ')),
    Shape("nested custom elements", "html", repeated("<x-part>data ")),
    Shape("nested addresses", "html", repeated("<address>data ")),
    Shape("nested accordions", "html", repeated("<details><summary>Part</summary>data ")),
    Shape("nested definitions", "html", repeated("<dl><dt>Data<dd>kept ")),
    Shape("unclosed comments", "html", repeated("<!-- data ", _TEXT)),
    Shape("opening brackets", "html", repeated("<", _TEXT)),
    Shape("end tags without beginnings", "html", repeated("</div></p></b>", _TEXT)),
    Shape("line breaks", "html", repeated("data<br>")),
    Shape("clauses between line breaks", "html", repeated(f"{SENTENCE}<br>")),
    Shape("horizontal rules", "html", repeated("<hr>data")),
    Shape("preformatted lines", "html", repeated("personal data\n", "<pre>")),
    Shape("a text field with a policy", "html", repeated(f"{SENTENCE}\n", "<textarea readonly>")),
    Shape("options", "html", numbered("<option>country %d", "<select>", f"</select><p>{SENTENCE}</p>")),
    # Attributes.
    Shape("attributes of one tag", "html", numbered(" a%d=b", "<p", f">{SENTENCE}</p>")),
    Shape("the same attribute many times", "html", repeated(" class=nav", "<p", f">{SENTENCE}</p>")),
    Shape("a tag that doesn't end", "html", repeated("a", "<p ")),
    Shape("quotes in a tag", "html", repeated("\"'", "<p ", f">{SENTENCE}")),
    Shape("class names of one element", "html", numbered("nav-%d ", '<div class="', f'">{SENTENCE}</div>')),
    Shape("class names with hyphens", "html", repeated("cookie-", '<div class="', f'">{SENTENCE}</div>')),
    Shape("a style with many declarations", "html", repeated("white-space:pre;", '<p style="', f'">{SENTENCE}')),
    Shape("a style with many colons", "html", repeated("text-decoration:", '<p style="', f'">{SENTENCE}')),
    Shape("icons' names", "html", repeated("icon-", '<table><tr><td><i class="', f'"></i><td>{SENTENCE}')),
    Shape("a script in an attribute", "html", repeated("'a ", '<a onclick="', f'">{SENTENCE}')),
    # Styles, shadow roots and frames.
    Shape(
        "rules of a style sheet", "html", numbered("#p%d{list-style:none}", "<style>", f"</style><ol><li>{SENTENCE}")
    ),
    Shape("declarations of a style sheet", "html", repeated("list-style:none;", "<style>ol{", "}</style><ol><li>data")),
    Shape("style sheet without braces", "html", repeated("list-style:none ", "<style>", "</style><ol><li>data")),
    Shape("comments of a style sheet", "html", repeated("/*", "<style>", "{list-style:none}</style><ol><li>data")),
    Shape("print rules", "html", repeated("@media print{a{", "<style>ol{list-style:none}", "</style><ol><li>data")),
    Shape(
        "a selector with many pseudo-classes", "html", repeated(":where(", "<style>", "{list-style:none}</style><ol>")
    ),
    Shape("a style for siblings", "html", repeated("<p>data</p>", "<style>p~p~p{white-space:pre-line}</style>")),
    Shape(
        "a style by number",
        "html",
        repeated("<p>data</p>", "<style>p:nth-last-child(3n){white-space:pre-line}</style>"),
    ),
    Shape("a style for ancestors", "html", repeated("<div>data", "<style>div div div p{white-space:pre-line}</style>")),
    Shape(
        "a style for what contains it", "html", repeated("<div>data", "<style>div:has(p){white-space:pre-line}</style>")
    ),
    Shape("shadow roots", "html", repeated("<div><template shadowrootmode=open><slot></slot></template>data</div>")),
    Shape("nested shadow roots", "html", repeated("<x-a><template shadowrootmode=open><slot></slot>", "", "")),
    Shape(
        "shadow roots of one host", "html", repeated("<template shadowrootmode=open>a</template>", "<div>", "</div>")
    ),
    Shape(
        "slots of one root",
        "html",
        numbered("<slot name=s%d></slot>", "<div><p slot=s1>data</p><template shadowrootmode=open>"),
    ),
    Shape(
        "children of one slot",
        "html",
        repeated("<p>data</p>", "<div><template shadowrootmode=open><slot></slot></template>"),
    ),
    Shape("frames with documents", "html", repeated(f'<iframe srcdoc="<p>{SENTENCE}"></iframe>')),
    Shape("nested frames", "html", _nested_frames),
    Shape("frames with addresses", "html", numbered('<iframe src="/frame-%d"></iframe>', _TEXT)),
    # Tables.
    Shape("rows of a table", "html", repeated("<tr><td>Name<td>Purpose<td>Two years", "<table>")),
    Shape("a row of many cells", "html", repeated("<td>data", "<table><tr>")),
    Shape("two rows of many cells", "html", lambda size: b"<table>" + (b"<tr>" + b"<td>data" * (size // 16)) * 2),
    Shape("cells over many rows", "html", repeated("<tr><td rowspan=9999>Name<td>data", "<table>")),
    Shape("cells over many columns", "html", repeated("<tr><td colspan=999>Name<td>data", "<table>")),
    Shape("row groups", "html", repeated("<tbody><tr><td rowspan=0>Name<td>data</tbody>", "<table>")),
    Shape("empty cells", "html", repeated("<tr><td><td>data<td><td>", "<table>")),
    Shape("icons in a cell", "html", repeated('<i class="fa-check"></i>', "<table><tr><td>Data<td>")),
    Shape("drawings in cells", "html", repeated("<tr><td>Data<td><svg><title>yes</title></svg>", "<table>")),
    Shape("tables of two cells", "html", repeated("<table><tr><td>Name<td>data</table>")),
    Shape("a table with headings", "html", repeated("<tr><td><h3>Name</h3><td>data", "<table>")),
    # What furniture and screening look at.
    Shape("menus", "html", repeated('<nav><a href="/a">Home</a></nav>', _TEXT)),
    Shape(
        "headings in menus",
        "html",
        repeated('<div class="related"><h2>Related articles</h2><a href="/a">a</a></div>', _TEXT),
    ),
    Shape("titles of asides", "html", repeated("<h2>Related articles</h2>", _TEXT)),
    Shape("form fields", "html", repeated("<input name=mail>", _TEXT)),
    Shape("nested forms", "html", repeated("<form><div><input name=mail>")),
    Shape("buttons", "html", repeated("<button>Accept all</button>", _TEXT)),
    Shape("different buttons", "html", numbered("<button>Part %d</button><p>We keep data.</p>")),
    Shape(
        "accordions",
        "html",
        numbered("<button aria-controls=p%d>Part %d</button><div id=p%d hidden><p>We keep your data.</p></div>"),
    ),
    Shape("tabs", "html", numbered("<div role=tab>Part %d</div><div role=tabpanel><p>We keep your data.</p></div>")),
    Shape(
        "accordions without names",
        "html",
        numbered("<div class=title>Part %d</div><div hidden><p>We keep your data.</p></div>"),
    ),
    Shape("<details>", "html", numbered("<details><summary>Part %d</summary><p>We keep your data.</p></details>")),
    Shape("fieldsets", "html", numbered("<fieldset><legend>Part %d</legend><p>We keep your data.</p></fieldset>")),
    Shape(
        "sections of one kind",
        "html",
        numbered('<section class="s"><h2>Part %d</h2><p>We keep your data.</p></section>'),
    ),
    Shape("dialogs", "html", repeated("<dialog><p>We use cookies.</p><button>Accept</button></dialog>", _TEXT)),
    Shape("hidden elements", "html", repeated("<div hidden><p>data</p></div>", _TEXT)),
    Shape("footnote marks", "html", repeated('data<sup><a href="#n">1</a></sup> ', "<p>")),
    Shape("a list numbered backwards", "html", repeated("<li>We keep data.", "<ol reversed>")),
    Shape("lists numbered backwards", "html", repeated("<ol reversed><li>data</ol>")),
    Shape(
        "metadata for search engines",
        "html",
        repeated('<script type="application/ld+json">{"@type":"WebPage"}</script>', _TEXT),
    ),
    Shape(
        "metadata with many spaces",
        "html",
        repeated(" ", '<script type="application/ld+json">{"@type"', f"</script>{_TEXT}"),
    ),
    Shape("a long title", "html", repeated("Privacy - ", "<title>", f"</title>{_TEXT}")),
    Shape("times", "html", repeated('<time datetime="2024-01-01">1 January 2024</time> ', _TEXT)),
    Shape("elements <meta>", "html", repeated("<meta name=a content=b>", "<head>", f"</head><body>{_TEXT}")),
    Shape("a charset at the end", "html", _late_charset),
    Shape("UTF-16", "html", _utf16),
    Shape("invalid UTF-8", "html", lambda size: b"<p>data \xff\xfe\xc0\x80 text" * (size // 19)),
    Shape("damaged Japanese", "html", lambda size: b"<p>\x82\xa0\x82\xa2\x82\xa4 \xff" * (size // 11)),
    Shape("NULs", "html", lambda size: _TEXT.encode() + b"\0" * size),
    Shape("entities", "html", repeated("&amp;&nbsp;&#x1F600;&bogus;&#xD800;", "<p>")),
    Shape("markup shown as text", "html", repeated("&lt;p&gt;data&lt;/p&gt;", "<p>")),
    Shape("escaped markup in paragraphs", "html", repeated("<p>&lt;b&gt;data&lt;/b&gt; kept</p>")),
    Shape(
        "escaped markup, escaped again",
        "html",
        repeated("&lt;p&gt;&amp;lt;p&amp;gt;data&amp;lt;/p&amp;gt;&lt;/p&gt;", "<p>"),
    ),
    # What the parser moves or makes up (HTML standard, section 13.2.6).
    Shape("text that is moved out of a table", "html", repeated("<tr>data<td>kept", "<table>")),
    Shape("bold text that is moved out of tables", "html", repeated("<table><b>data")),
    Shape("crossed bold and italic text", "html", repeated("<b>data<i>kept</b>text</i> ", "<p>")),
    Shape("links that end the links around them", "html", repeated('<a href="/a"><b><i>data ', "<p>")),
    Shape("nested drawings", "html", repeated("<svg><foreignObject>data ")),
    Shape("nested formulas", "html", repeated("<math><mi>data<mtext>")),
    Shape("nested templates", "html", repeated("<template>data")),
    Shape("attributes of many <body>", "html", numbered("<body a%d=b>data")),
    Shape("options without an end", "html", repeated("<option ", "<select>")),
    Shape("frames' documents with <html>", "html", repeated("<iframe srcdoc='<html><body a=b>data'></iframe>")),
    Shape("nested rulings", "html", repeated("<ruby>data<rt>kept<rp>")),
    Shape("a field of options without an end", "html", numbered("<optgroup label=a%d><option>data", "<select>")),
    Shape("cells over many rows and columns", "html", repeated("<tr><td rowspan=9999 colspan=999>data", "<table>")),
    Shape("cells that overlap", "html", numbered("<tr><td rowspan=%d><td colspan=%d>data", "<table>")),
    Shape("labels by reference", "html", numbered('<p id=p%d aria-labelledby="p0 p%d">data</p>')),
    Shape("one id many times", "html", repeated('<p id=a>data</p><a href="#a">data</a>')),
    Shape(
        "headings of every level",
        "html",
        numbered("<h1>A%d</h1><h2>B</h2><h3>C</h3><h4>D</h4><h5>E</h5><h6>F</h6><p>x"),
    ),
    Shape("nested quotations", "html", repeated("<blockquote><p>data ")),
    Shape("nested sections with headings", "html", numbered("<section><h2>Part %d</h2><p>We keep data.")),
    Shape("nested lists of two items", "html", numbered("<ul><li>data %d<li>kept")),
    # XML.
    Shape("nested XML elements", "xml", nested("<x:a>", SENTENCE, "</x:a>", _XHTML)),
    Shape("CDATA sections", "xml", repeated("<p><![CDATA[<b>data</b> & kept]]></p>", _XHTML)),
    Shape("XML elements of many names", "xml", numbered("<x%d>data</x%d>", _XHTML)),
    Shape(
        "entities for parts of the declarations",
        "xml",
        repeated('<!ENTITY % p "%p;%p;"> %p; ', "<!DOCTYPE html [", f"]><html>{_TEXT}"),
    ),
    Shape("references to undeclared entities", "xml", repeated("&b;", f"{_XHTML}<p>", _TEXT)),
    Shape(
        "files named as entities",
        "xml",
        numbered('<!ENTITY a%d SYSTEM "file:///dev/zero">&a%d;', "<!DOCTYPE html [", f"]><html>{_TEXT}&a1;"),
    ),
    Shape("elements that close themselves", "xml", repeated(f"<p/><span/>{SENTENCE}", _XHTML)),
    Shape("unclosed CDATA sections", "xml", repeated("<![CDATA[ data ", _XHTML + _TEXT)),
    Shape("unclosed XML comments", "xml", repeated("<!-- data ", _XHTML + _TEXT)),
    Shape("unclosed instructions", "xml", repeated("<?data ", _XHTML + _TEXT)),
    Shape("attributes without quotes' end", "xml", repeated("<a b='", _XHTML + _TEXT)),
    Shape("spaces in an XML tag", "xml", repeated(" ", _XHTML + "<a", f">{_TEXT}")),
    Shape("quoted attributes in an XML tag", "xml", numbered(" a%d='b'", _XHTML + "<p", f">{_TEXT}")),
    Shape("names in an XML tag", "xml", repeated("<p", _XHTML + _TEXT)),
    Shape(
        "references to a long entity",
        "xml",
        repeated("&b;", f'<!DOCTYPE html [<!ENTITY b "{"data " * 99}">]><html><body><p>', _TEXT),
    ),
    Shape(
        "entities that name each other",
        "xml",
        numbered('<!ENTITY a%d "&a%d;&a%d;">', "<!DOCTYPE html [", f"]><html>{_TEXT}"),
    ),
    Shape(
        "an entity declaration that doesn't end",
        "xml",
        repeated("<!ENTITY a '", "<!DOCTYPE html [", f"]><html>{_TEXT}"),
    ),
)
