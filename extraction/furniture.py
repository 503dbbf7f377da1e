"""Which blocks of a page are the policy's own text, and which are page furniture.

No selectors: the elements' meaning, their names, how much of them is link, and where the running text stands decide.
"""

import re

from extraction.blocks import Block, Box
from extraction.stated_dates import states_date
from extraction.wording import words

_FURNITURE_TAGS = frozenset(["nav", "menu", "search", "dir"])
_FURNITURE_ROLES = frozenset(
    ["navigation", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog", "contentinfo", "banner", "complementary", "tooltip"]
)
_PAGE_EDGES = frozenset(["header", "footer", "aside"])
# Consent managers and the banners they put on any page; these hold sentences, so their names alone decide.
_CONSENT = re.compile(
    r"cookie[-_]?(?:banner|consent|notice|bar|popup|modal|message|alert|law|disclaimer|wall|layer|overlay|hint|info-?bar)|"
    r"(?:banner|consent|gdpr|ccpa)[-_]?cookie|cookiebot|cybot|onetrust|ot-sdk-container|optanon|didomi|usercentrics|"
    r"qc-cmp|truste_|trustarc|cc-window|cc-banner|consent[-_]?(?:banner|manager|modal|popup|dialog|bar|box)|cmp-?(?:container|"
    r"wrapper|banner)|tarteaucitron|axeptio|iubenda-cs|klaro|osano-cm|gdpr[-_]?(?:banner|bar|popup|modal|notice)|"
    r"privacy[-_]?(?:banner|popup)|borlabs|complianz|cmplz|eu-cookie|sp_message|termly-|_cookie_"
)
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|main-?nav|sub-?nav|menu|submenu|breadcrumbs?|crumbs?|sidebar|side-?nav|"
    r"footer|site-?footer|page-?footer|topbar|top-?bar|header|site-?header|masthead|toolbar|share|sharing|social|"
    r"social-?(?:links|icons|share)|follow-?us|related|related-?(?:articles|posts|links)|recommended|newsletter|"
    r"subscribe|signup|sign-?up|search|search-?(?:box|form|bar)|searchform|pagination|pager|comments?|rate|rating|"
    r"ratings|votes?|helpful|feedback|advert|ads?|banner|promo|widget|chat|intercom|zendesk|livechat|modal|popup|"
    r"skip-?(?:link|nav|to-?content)|back-?to-?top|scroll-?top|to-?top|print|language|languages|lang-?(?:switch|"
    r"selector|menu)|locale|locales|country-?selector|copyright|login|app-?store|download-?app|badge|badges|"
    r"visually-hidden|screen-reader-text|sr-only|loader|loading|spinner|testimonials?|v\d+-menu-container|"
    r"article-?(?:votes|footer|meta|relatives)|author|avatar|byline|recent-?articles|recently-viewed)(?:$|[\s_-])"
)
#: In a paragraph of running text: so many words, and less than half of them links.
_SENTENCE_WORDS = 12
#: The policy is taken to stand in the smallest element that holds so much of the page's running text.
_CORE_SHARE = 0.9


def policy_blocks(blocks: list[Block]) -> list[Block]:
    """The blocks that are the policy's own, in order. All of them where the source has no elements."""
    if not blocks or all(block.box is None for block in blocks):
        return blocks
    _measure(blocks)
    total = sum(block.size for block in blocks if _is_prose(block))
    _mark_furniture(blocks, total)
    kept = [block for block in blocks if not _in_furniture(block)]
    if not any(_is_prose(block) for block in kept):
        return kept or blocks
    core = _core(kept)
    inside = [index for index, block in enumerate(kept) if _within(block.box, core)]
    first, last = inside[0], inside[-1]
    first = _extend_upwards(kept, first)
    last = _extend_downwards(kept, last)
    body = kept[first : last + 1]
    return _trimmed(body)


def _measure(blocks: list[Block]) -> None:
    for block in blocks:
        block.size = (
            len(block.text.split()) if block.text.isascii() else max(len(words(block.text)), len(block.text) // 8)
        )
        prose = block.size if _is_prose(block) else 0
        linked = block.size * block.linked
        box = block.box
        while box is not None:
            box.words += block.size
            box.link_words += int(linked + 0.5)
            box.prose += prose
            box.links += block.linked > 0.5
            box = box.parent


def _is_prose(block: Block) -> bool:
    return block.size >= _SENTENCE_WORDS and block.linked < 0.5 and block.kind != "heading"


def _mark_furniture(blocks: list[Block], total: int) -> None:
    seen: set[int] = set()
    for block in blocks:
        box = block.box
        while box is not None and id(box) not in seen:
            seen.add(id(box))
            box.furniture = _is_furniture(box, total)
            box = box.parent


def _is_furniture(box: Box, total: int) -> bool:
    share = box.prose / total if total else 0.0
    if share > 0.5:
        return False
    tag, role = box.tag, box.role
    if tag in _FURNITURE_TAGS or role in _FURNITURE_ROLES:
        return share < 0.3
    if tag in _PAGE_EDGES:
        if tag == "footer":
            return share < 0.3
        return not _in_article(box) and share < 0.1
    if tag == "legend" or tag == "noscript":
        return True
    if box.names:
        if _CONSENT.search(box.names):
            return share < 0.3
        if _NAMED.search(box.names) and tag not in (
            "body",
            "main",
            "article",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "p",
            "tr",
            "td",
        ):
            return box.prose == 0 or (share < 0.05 and box.link_words * 3 > box.words)
    if box.hidden and box.prose == 0 and box.words < 12:
        return True
    # A run of links: a menu without a name.
    if tag in ("ul", "ol", "div", "table", "section", "td", "p", "dl", "fieldset", "center"):
        return box.links >= 3 and box.prose == 0 and box.link_words > 0.6 * box.words
    return False


def _in_article(box: Box) -> bool:
    above = box.parent
    while above is not None:
        if above.tag in ("main", "article"):
            return True
        above = above.parent
    return False


def _in_furniture(block: Block) -> bool:
    if block.in_control and block.level == 0:
        return True
    box = block.box
    while box is not None:
        if box.furniture:
            return True
        box = box.parent
    return False


def _core(blocks: list[Block]) -> Box | None:
    """The smallest element that holds nearly all running text."""
    prose: dict[int, int] = {}
    boxes: dict[int, Box] = {}
    total = 0
    for block in blocks:
        if not _is_prose(block):
            continue
        total += block.size
        box = block.box
        while box is not None:
            prose[id(box)] = prose.get(id(box), 0) + block.size
            boxes[id(box)] = box
            box = box.parent
    candidates = [boxes[key] for key, size in prose.items() if size >= _CORE_SHARE * total]
    candidates = [box for box in candidates if box.tag not in ("p", "li", "tr", "td") or len(candidates) < 2]
    return max(candidates, key=lambda box: box.depth, default=None)


def _within(box: Box | None, core: Box | None) -> bool:
    if core is None:
        return True
    while box is not None:
        if box is core:
            return True
        box = box.parent
    return False


def _extend_upwards(blocks: list[Block], first: int) -> int:
    """Takes in what stands right above the core: running text, the title, a line that states a date."""
    index = first
    while index > 0 and first - index < 12:
        index -= 1
        block = blocks[index]
        if _is_prose(block) or block.level in (1, 2) or states_date(block.text):
            first = index
    return first


def _extend_downwards(blocks: list[Block], last: int) -> int:
    index = last
    while index < len(blocks) - 1 and index - last < 6:
        index += 1
        if _is_prose(blocks[index]) or states_date(blocks[index].text):
            last = index
    return last


_ODDMENT = re.compile(
    r"(?:back to (?:the )?top|(?:go )?back|skip to (?:main )?content|print(?: this page)?|share(?: this(?: page)?)?|close|"
    r"was this (?:article|page|answer) helpful\??.*|(?:©|copyright|\(c\)).{0,120}|all rights reserved\.?|powered by .{0,80}|"
    r"retour en haut(?: de page)?|haut de page|tous droits réservés\.?|nach oben|zurück|"
    r"\d+ out of \d+ found this helpful|loading\W*)",
    re.IGNORECASE,
)


def _trimmed(blocks: list[Block]) -> list[Block]:
    """Without the oddments at both ends that only a page has."""
    first, last = 0, len(blocks)
    while last - first > 1 and _is_oddment(blocks[last - 1]):
        last -= 1
    while last - first > 1 and _is_oddment(blocks[first]):
        first += 1
    return [block for block in blocks[first:last] if not (block.linked > 0.9 and _ODDMENT.fullmatch(block.text))]


def _is_oddment(block: Block) -> bool:
    if block.level:
        return False
    return bool(_ODDMENT.fullmatch(block.text.strip("«»<>‹›|·• "))) or (
        block.linked > 0.9 and block.size <= 6 and not block.links
    )
