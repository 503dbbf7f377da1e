"""Parses HTML into the tree that a browser would show: with shadow roots and with the styles that decide on text."""

import re
from collections import Counter
from collections.abc import Collection

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extraction.readers.html_styles import inline_styles, is_applied
from extraction.words.normalization import word_set

# Start tags nested deeper than this are removed before parsing. Elements of real pages aren't nested deeper, and
# browsers flatten deeper elements, too. The limit is needed because the parser's time grows with the square of the
# depth.
_MAX_DEPTH = 512
# A page in which at least this many tags are open somewhere is checked for deep nesting. An ordinary page has hundreds
# of tags without an end tag (line breaks, images, comments), but fewer than this limit. The open tags are counted
# between stretches of so many bytes.
_MANY_OPEN = 2_000
_STRETCH = 8_192
# A page is checked, too, if it has so many end tags without a start tag.
_MANY_STRAY = 500
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*>")
_TAG_NAME = re.compile(rb"<(/?[a-zA-Z][a-zA-Z0-9-]*)")
_TABLE_TAGS = frozenset((b"tr", b"td"))
# In SVG and MathML, a tag with a slash at its end has no end tag, the flat tags stand inside each other, and these
# start tags end the drawing or the formula (HTML standard, section 13.2.6.5).
_BREAKOUT_TAGS = frozenset(
    (
        b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu "
        b"meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
    ).split()
)
# Elements that don't stand inside each other, because a start tag ends the element before it or because they are empty.
_FLAT_TAGS = frozenset(
    (
        b"html head body title base meta link p li dd dt option optgroup h1 h2 h3 h4 h5 h6 tbody thead tfoot th "
        b"caption colgroup rb rt rp rtc area br col embed hr img input param source track wbr script style textarea"
    ).split()
)
# The parser compares each attribute of a tag with those before it. So the attributes after so many are left out; no
# element of a real page has a tenth as many.
_MOST_ATTRIBUTES = 1_000
_START_TAG = re.compile(rb"<[a-zA-Z][^\s/>]*+((?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+)>")
_ATTRIBUTE = re.compile(rb"[^\s=/\"'>]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']*+))?+")
# A stretch with fewer tags than this may be a part of a tag with many attributes.
_FEW_TAGS = 8
# So many texts that begin like a tag and don't end are looked at. Each may reach to the end of the page.
_MOST_UNENDED = 50
# In a larger page, in bytes, the rules of a style sheet that count an element's siblings aren't applied.
_LARGE_PAGE = 200_000
_NODES_OF_INTEREST = "style, ol, template[shadowrootmode], del, s, strike"
_STRUCK_TAGS = ("del", "s", "strike")
_TEMPLATE = re.compile(rb"<(/?)template\b([^>]*)>", re.IGNORECASE)
_SHADOW_ROOT_MODE = re.compile(rb"\bshadowrootmode\s*=\s*[\"']?(?:open|closed)\b", re.IGNORECASE)
# The parser has no shadow roots. A shadow root becomes an element of this name inside its host.
_SHADOW_ROOT = b"shadow-root"
# The elements that can have a shadow root, besides custom elements (DOM standard, section 4.9).
_HOST_TAGS = word_set("article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span")
# The children of hosts nested deeper than this stay where they are: each host around them would move them once more.
_MAX_HOST_DEPTH = 128
# What XML writes in another way than HTML: comments, CDATA sections, processing instructions, self-closed elements. Of
# the first three, one that doesn't end reaches to the end of the page.
_XML = re.compile(
    rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|(?P<open>\Z))|<\?.*?(?:\?>|(?P<open_instruction>\Z))"
    rb"|<(?P<tag>[a-zA-Z][^\s<>/]*+)(?P<attributes>(?:\s(?:[^<>\"'/]|/(?!>)|\"[^\"]*+\"|'[^']*+')*+)?)/>",
    re.DOTALL,
)
# An entity that the page itself declares (XML 1.0, section 4.2.1), and how many are read. Their texts aren't expanded
# again, so they can't grow.
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?P<name>[A-Za-z_][\w.-]*)\s+(?P<quote>[\"'])(?P<text>.{0,500}?)(?P=quote)\s*>", re.DOTALL
)
_MOST_ENTITIES, _MOST_REFERENCES = 50, 10_000
# So many characters stand for references at most.
_MOST_CHARACTERS = 200_000
_INTERNAL_SUBSET = re.compile(rb"<!DOCTYPE[^<>\[]*\[(?P<declarations>.{0,20000}?)\]\s*>", re.DOTALL | re.IGNORECASE)
# Elements without an end tag in HTML (HTML standard, section 13.1.2).
_VOID_TAGS = frozenset(b"area base br col embed hr img input link meta source track wbr".split())

# The parser needs a time that grows with the square of the number of options. Their texts are no text of a policy.
_OPTION = re.compile(rb"</?opt(?:ion|group)\b[^>]*+>", re.IGNORECASE)
_MOST_OPTIONS = 2_000
# The parser adds the attributes of each further `<html>` and `<body>` to the first, and compares them with all there.
_ROOT = re.compile(rb"<(?:html|body)\b[^>]*+>", re.IGNORECASE)
_MOST_ROOTS = 20


def parse_page(source: bytes) -> LexborHTMLParser:
    """Returns the tree of a page.

    source: the page in UTF-8.
    """
    source = _with_few_attributes(_flattened(source))
    source = _with_few(_OPTION, _MOST_OPTIONS, _with_few(_ROOT, _MOST_ROOTS, source))
    tree = LexborHTMLParser(source)
    nodes = tree.css(_NODES_OF_INTEREST)  # one search, because each takes as long as it takes to visit the whole tree
    if any(node.tag == "template" for node in nodes):
        tree = LexborHTMLParser(_with_shadow_roots(source))
        _compose(tree)
    sheets = [node.text() for node in nodes if node.tag == "style" and is_applied(node)]
    if sheets:
        has_lists = any(node.tag == "ol" for node in nodes)
        struck = [node for node in nodes if node.tag in _STRUCK_TAGS]
        inline_styles(tree, sheets, has_lists, struck, counts_siblings=len(source) <= _LARGE_PAGE)
    return tree


def xml_as_html(source: bytes) -> bytes:
    """Returns an XHTML page in the syntax of HTML: `<title/>` as `<title></title>`, CDATA sections as text.

    A browser parses a page as XML if the server calls it XML. The HTML parser would take all that follows `<title/>`
    for the title.

    source: the page in UTF-8.
    """

    def as_html(match: re.Match[bytes]) -> bytes:
        cdata, tag = match["cdata"], match["tag"]
        if match["open"] is not None or match["open_instruction"] is not None:
            return match[0]
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
    longest = max(1, *(len(entities[name]) for name in names))
    count = min(_MOST_REFERENCES, _MOST_CHARACTERS // longest)
    return head + references.sub(lambda match: entities[match[1]], body, count=count)


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

    end = source.rfind(b">") + 1  # no tag ends behind it
    return _TEMPLATE.sub(rename, source[:end]) + source[end:]


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
    """Returns the page's bytes, in which a space replaces each element's tags that is nested deeper than _MAX_DEPTH."""
    if not _may_be_deep(source):
        return source
    open_tags: list[bytes] = []
    counts: Counter[bytes] = Counter()  # of the open tags
    left_out: Counter[bytes] = Counter()  # start tags whose end tags are still to be left out

    def close_until(names: Collection[bytes]) -> None:
        while open_tags and open_tags[-1] not in names:
            counts[open_tags.pop()] -= 1

    def keep_if_shallow(match: re.Match[bytes]) -> bytes:
        name = match[2].lower()
        if match[1]:
            if left_out[name]:
                left_out[name] -= 1
                return b" "
            if counts[name]:  # the parser ignores an end tag without a start tag
                close_until((name,))
                counts[open_tags.pop()] -= 1
            return match[0]
        if counts[b"svg"] or counts[b"math"]:
            if match[0].endswith(b"/>"):
                return match[0]
            if name in _BREAKOUT_TAGS:
                while counts[b"svg"] or counts[b"math"]:
                    counts[open_tags.pop()] -= 1
        if name in _FLAT_TAGS and not (counts[b"svg"] or counts[b"math"]):
            return match[0]
        if name in _TABLE_TAGS and counts[b"table"]:
            # A cell ends the cell before it in its row, and a row the row before it (HTML standard, section 13.1.2.4).
            close_until((b"table", b"svg", b"math") if name == b"tr" else (b"table", b"tr", b"svg", b"math"))
        if len(open_tags) >= _MAX_DEPTH:
            left_out[name] += 1
            return b" "
        open_tags.append(name)
        counts[name] += 1
        return match[0]

    return _TAG.sub(keep_if_shallow, source)


def _may_be_deep(source: bytes) -> bool:
    """Returns whether many tags may be open at once in a page.

    They are if many more tags have begun than ended since some place in the page, or if many end tags have no start tag
    and so end nothing.
    """
    if source.count(b"<") < _MANY_OPEN:
        return False
    unclosed = least = 0
    for start in range(0, len(source), _STRETCH):
        stretch = source[start : start + _STRETCH]
        unclosed += stretch.count(b"<") - 2 * stretch.count(b"</")
        least = min(least, unclosed)
        if unclosed - least >= _MANY_OPEN:
            return True
    names = Counter(_TAG_NAME.findall(source))
    stray = sum(max(0, count - names[name[1:]]) for name, count in names.items() if name.startswith(b"/"))
    return stray >= _MANY_STRAY


def _with_few(tag: re.Pattern[bytes], most: int, source: bytes) -> bytes:
    """Returns the page's bytes without the tags that match after the first ones.

    tag: a pattern for a start tag or an end tag. most: how many start tags are kept.
    """
    if source.count(b"<") <= most:
        return source
    tags = 0

    def keep_if_few(match: re.Match[bytes]) -> bytes:
        nonlocal tags
        tags += not match[0].startswith(b"</")
        return match[0] if tags <= most else b" "

    end = source.rfind(b">") + 1  # no tag ends behind it
    return tag.sub(keep_if_few, source[:end]) + source[end:]


def _with_few_attributes(source: bytes) -> bytes:
    """Returns the page's bytes without the attributes of a tag after the first thousand."""
    pieces: list[bytes] = []
    done = 0  # the end of what stands in the pieces
    looked_at = 0  # the end of what has been searched for tags
    unended = 0
    for start in range(0, len(source) - _STRETCH, _STRETCH):
        if unended > _MOST_UNENDED or source.count(b"<", start, start + _STRETCH) >= _FEW_TAGS:
            continue
        # The tag that reaches into the stretch, and those that begin in it.
        position = max(looked_at, source.rfind(b"<", looked_at, start))
        while (position := source.find(b"<", position, start + _STRETCH)) >= 0:
            tag = _START_TAG.match(source, position)
            looked_at = position = tag.end() if tag is not None else position + 1
            unended += tag is None and source[position : position + 1].isalpha()
            if unended > _MOST_UNENDED:
                break
            attributes = tag[1] if tag is not None and len(tag[1]) >= _STRETCH else b""
            if tag is not None and len(found := list(_ATTRIBUTE.finditer(attributes))) > _MOST_ATTRIBUTES:
                end = tag.start(1) + found[_MOST_ATTRIBUTES - 1].end()
                pieces += [source[done:end], b">"]
                done = tag.end()
        looked_at = max(looked_at, start + _STRETCH)
    return b"".join([*pieces, source[done:]]) if pieces else source
