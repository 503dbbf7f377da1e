"""Parses HTML into the tree that a browser would show: with shadow roots and with the styles that decide on text."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extraction.readers.html_styles import inline_styles
from extraction.words.normalization import word_set

# Start tags nested deeper than this are removed before parsing. Elements of real pages aren't nested deeper, and
# browsers flatten deeper elements, too. The limit is needed because the parser's time grows with the square of the
# depth.
_MAX_DEPTH = 512
# A page with at least this many unclosed tags is checked for deep nesting. An ordinary page has hundreds of unclosed
# tags (line breaks, images, comments), but fewer than this limit.
_MANY_OPEN = 2_000
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*>")
_NESTING_TAGS = frozenset(
    (
        b"div span b i u em strong font center section article table td tr ul ol dl blockquote a small big "
        b"sub sup  form main header footer nav aside details fieldset figure button code tt s strike label "
        b"abbr cite q template"
    ).split()
)
_NODES_OF_INTEREST = "style, ol, template[shadowrootmode]"
_TEMPLATE = re.compile(rb"<(/?)template\b([^>]*)>", re.IGNORECASE)
_SHADOW_ROOT_MODE = re.compile(rb"\bshadowrootmode\s*=\s*[\"']?(?:open|closed)\b", re.IGNORECASE)
# The parser has no shadow roots. A shadow root becomes an element of this name inside its host.
_SHADOW_ROOT = b"shadow-root"
# The elements that can have a shadow root, besides custom elements (DOM standard, section 4.9).
_HOST_TAGS = word_set("article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span")
# The children of hosts nested deeper than this stay where they are: each host around them would move them once more.
_MAX_HOST_DEPTH = 128
# What XML writes in another way than HTML: comments, CDATA sections, processing instructions, self-closed elements.
_XML = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<\?.*?\?>"
    rb"|<(?P<tag>[a-zA-Z][^\s<>/]*)(?P<attributes>(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)?)/>",
    re.DOTALL,
)
# An entity that the page itself declares (XML 1.0, section 4.2.1), and how many are read. Their texts aren't expanded
# again, so they can't grow.
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?P<name>[A-Za-z_][\w.-]*)\s+(?P<quote>[\"'])(?P<text>.{0,500}?)(?P=quote)\s*>", re.DOTALL
)
_MOST_ENTITIES, _MOST_REFERENCES = 50, 10_000
_INTERNAL_SUBSET = re.compile(rb"<!DOCTYPE[^<>\[]*\[(?P<declarations>.{0,20000}?)\]\s*>", re.DOTALL | re.IGNORECASE)
# Elements without an end tag in HTML (HTML standard, section 13.1.2).
_VOID_TAGS = frozenset(b"area base br col embed hr img input link meta source track wbr".split())


def parse_page(source: bytes) -> LexborHTMLParser:
    """Returns the tree of a page.

    source: the page in UTF-8.
    """
    source = _flattened(source)
    tree = LexborHTMLParser(source)
    nodes = tree.css(_NODES_OF_INTEREST)  # one search, because each takes as long as it takes to visit the whole tree
    if any(node.tag == "template" for node in nodes):
        tree = LexborHTMLParser(_with_shadow_roots(source))
        _compose(tree)
    sheets = [node.text() for node in nodes if node.tag == "style"]
    if sheets:
        inline_styles(tree, sheets, any(node.tag == "ol" for node in nodes))
    return tree


def xml_as_html(source: bytes) -> bytes:
    """Returns an XHTML page in the syntax of HTML: `<title/>` as `<title></title>`, CDATA sections as text.

    A browser parses a page as XML if the server calls it XML. The HTML parser would take all that follows `<title/>`
    for the title.

    source: the page in UTF-8.
    """

    def as_html(match: re.Match[bytes]) -> bytes:
        cdata, tag = match["cdata"], match["tag"]
        if cdata is not None:
            return cdata.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        if tag is None:
            return match[0] if match[0].startswith(b"<!--") else b""
        if tag.lower() in _VOID_TAGS:
            return match[0]
        return b"<%b%b></%b>" % (tag, match["attributes"], tag)

    return _XML.sub(as_html, _with_entities(source))


def _with_entities(source: bytes) -> bytes:
    """Returns an XHTML page in which the entities that its DOCTYPE declares are replaced by their texts."""
    subset = _INTERNAL_SUBSET.search(source[:30_000])
    if subset is None:
        return source
    entities = {match["name"]: match["text"] for match in _ENTITY.finditer(subset["declarations"])}
    head, body = source[: subset.start()] + b"<!DOCTYPE html>", source[subset.end() :]
    names = list(entities)[:_MOST_ENTITIES]
    if not names:
        return head + body
    references = re.compile(rb"&(" + b"|".join(map(re.escape, names)) + rb");")
    return head + references.sub(lambda match: entities[match[1]], body, count=_MOST_REFERENCES)


def _with_shadow_roots(source: bytes) -> bytes:
    """Returns the page with an element `<shadow-root>` for each declarative shadow root.

    A declarative shadow root is a `<template>` with the attribute `shadowrootmode` (HTML standard, section 4.12.3).
    """
    are_roots: list[bool] = []  # for each open `<template>`, whether it is a shadow root

    def rename(match: re.Match[bytes]) -> bytes:
        if match[1]:
            is_root = bool(are_roots) and are_roots.pop()
        else:
            is_root = bool(_SHADOW_ROOT_MODE.search(match[2]))
            are_roots.append(is_root)
        return b"<%b%b%b>" % (match[1], _SHADOW_ROOT, match[2]) if is_root else match[0]

    return _TEMPLATE.sub(rename, source)


def _compose(tree: LexborHTMLParser) -> None:
    """Puts the children of each shadow root's host where a browser shows them: into the root's slots.

    The innermost hosts come first. So what is moved into an outer host's slot is complete.
    """
    roots = [(_depth(root), root) for root in tree.css(_SHADOW_ROOT.decode())]
    removed: set[int] = set()
    for depth, root in sorted(roots, key=lambda item: -item[0]):
        host = root.parent
        if host is None or root.mem_id in removed:
            continue
        if depth > _MAX_HOST_DEPTH:
            root.unwrap(delete_empty=True)
            continue
        if host.tag in _HOST_TAGS or ("-" in (host.tag or "") and host.tag != root.tag):
            further = [child for child in host.iter() if child.tag == root.tag and child.mem_id != root.mem_id]
        else:
            further = [root]
        for template in further:  # only a template: a host has one root, and not every element can be a host
            removed.add(template.mem_id)
            template.decompose()
        if root.mem_id not in removed:
            _fill_slots(host, root)


def _depth(node: LexborNode) -> int:
    """Returns the number of elements around a node, but at most one more than _MAX_HOST_DEPTH."""
    depth = 0
    above = node.parent
    while above is not None and depth <= _MAX_HOST_DEPTH:
        depth += 1
        above = above.parent
    return depth


def _fill_slots(host: LexborNode, root: LexborNode) -> None:
    """Moves the other children of a shadow root's host into the root's slots.

    A child goes into the first slot of its name. A slot without children shows its own content, and children without a
    slot aren't shown (DOM standard, section 4.2.2). Afterwards, the root has no slots, so that the slots of a host
    around it aren't mistaken for its own.
    """
    children: dict[str, list[LexborNode]] = {}
    for child in list(host.iter(include_text=True)):
        if child.tag == "-comment":
            child.decompose()
        elif child.mem_id != root.mem_id:
            name = (child.attributes.get("slot") or "") if child.tag != "-text" else ""
            children.setdefault(name, []).append(child)
    replaced: set[int] = set()
    slots = root.css("slot")
    for slot in slots:
        name = slot.attributes.get("name") or ""
        if slot.mem_id in replaced or name not in children:
            continue
        replaced.update(inner.mem_id for inner in slot.css("slot") if inner.mem_id != slot.mem_id)
        for own in list(slot.iter(include_text=True)):
            own.decompose()
        for child in children.pop(name):
            slot.insert_child(child)  # a copy
            child.decompose()
    for unseen in children.values():
        for child in unseen:
            child.decompose()
    for slot in slots:
        if slot.mem_id not in replaced:
            slot.unwrap(delete_empty=True)


def _flattened(source: bytes) -> bytes:
    """Returns the page's bytes, in which a space replaces each start tag that is nested deeper than _MAX_DEPTH."""
    tags = source.count(b"<")
    if tags < _MANY_OPEN or tags - 2 * source.count(b"</") < _MANY_OPEN:
        return source
    depth = 0

    def keep_if_shallow(match: re.Match[bytes]) -> bytes:
        nonlocal depth
        if match[2].lower() not in _NESTING_TAGS and b"-" not in match[2]:
            return match[0]
        if match[1]:
            depth = max(0, depth - 1)
            return match[0]
        depth += 1
        return match[0] if depth <= _MAX_DEPTH else b" "

    return _TAG.sub(keep_if_shallow, source)
