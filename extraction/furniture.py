"""Which blocks of a page are the policy's own text, and which are page furniture.

No selectors: what the elements mean and are called, how much of them is link, and where the running text stands decide.
"""

import functools
import re

from extraction.blocks import Block, Box
from extraction.stated_dates import states_date
from extraction.vocabulary import speaks_of_policy
from extraction.wording import word_set

_FURNITURE_TAGS = frozenset(["nav", "search", "legend", "noscript"])
_FURNITURE_ROLES = word_set(
    "navigation search menu menubar toolbar dialog alertdialog contentinfo banner tooltip complementary doc-toc"
)
# Consent managers and their banners. They hold running text, sometimes more than the policy, so the name alone
# decides; the lists of cookies that some of them write into a policy's text go by other names.
_CONSENT = re.compile(
    r"(?:^|\s)(?:onetrust-(?:consent|banner|pc|style)\S*|ot-sdk-(?:container|row)|optanon-?(?:alert|popup|show)\S*|"
    r"cybotcookiebotdialog\S*|cookiebot(?:dialog|banner)?|didomi-\S*|usercentrics-\S*|uc-(?:banner|overlay)\S*|"
    r"qc-cmp2?-\S*|"
    r"truste_\S*|trustarc-banner\S*|cc-(?:window|banner|dialog)|tarteaucitron\S*|axeptio\S*|iubenda-cs-\S*|klaro|"
    r"osano-cm-\S*|borlabs-?cookie\S*|cmplz-(?:cookiebanner|message|manage)\S*|sp_message_\S*|termly-(?:consent|"
    r"banner)\S*|"
    r"cky-(?:consent|modal|overlay|preference|notice|banner|btn|optout)\S*|cli-(?:bar|modal|settings-overlay)\S*|"
    r"cookie-law-info-bar|moove[-_]gdpr\S*|fc-consent-root|cookiefirst-root|ch2-container|hs-eu-cookie-\S*)(?=\s|$)"
)
_BANNER = re.compile(
    r"(?:cookies?|gdpr|ccpa|consent|privacy|tracking|trackers?)[-_]?(?:banner|consent|notice|notification|bar|popup|"
    r"pop-up|"
    r"modal|message|alert|law|disclaimer|wall|layer|overlay|hint|info|warning|prompt|dialog|popin|toast|"
    r"container-banner|"
    r"settings|preferences)(?![a-z])|(?:banner|bar|popup|modal|notice|accept|eu|alert)[-_](?:cookies?|gdpr|"
    r"consent)(?![a-z])"
)
# Names that only furniture has, wherever it stands; of the first, most words are links.
_LINKS_NAMES = word_set(
    "breadcrumb breadcrumbs crumbs pagination pager share sharing social socials related recommended toc "
    "submenu subnav navbar mainnav sidenav leftmenu topbar masthead newsletter skip"
)
_NAMES = word_set(
    "vote votes rate rating ratings helpful comments search searchform searchbox advert adverts ads "
    "testimonial testimonials livechat intercom newsletter backtotop"
)
# The foot of the page, which may hold some sentences about the company.
_FOOT_NAMES = frozenset(["footer", "colophon", "sitefooter"])
# Names that parts of a policy bear too ("section-header", "card-footer"): they count above and below the running text,
# and for what is all links.
_EDGE_NAMES = word_set(
    "nav navigation menu sidebar footer header toolbar follow subscribe signup feedback banner promo widget "
    "chat modal popup cta skip print language languages lang locale locales country copyright login appstore "
    "download badge badges loader loading hidden spinner author avatar byline carousel slider ticker dropdown "
    "select"
)
#: A name of more parts is made from a heading ("rights-related-to-decisions"), and says nothing.
_MOST_PARTS = 4
_PARTS = re.compile(r"[-_:]+")
#: Elements that are the text itself, or a list of it.
_TEXT_TAGS = word_set(
    "p ul ol dl table blockquote pre details address li dt dd h1 h2 h3 h4 h5 h6 summary figure tbody tr"
)
#: Elements a name may make furniture. A paragraph or a heading is the vendor's words whatever its class.
_CONTAINERS = word_set(
    "div section header footer aside ul ol dl table form fieldset center figure details li td menu dir hgroup "
    "article address"
)
#: A block of running text: at least so many words, less than half of them in links.
_SENTENCE_WORDS = 12
#: The policy is taken to stand in the smallest element that holds so much of the page's running text.
_CORE_SHARE = 0.9

_CONTENTS_TITLE = re.compile(
    r"(?:table of )?contents:?|in this (?:policy|article|document|notice):?|on this page:?|jump to:?|quick links:?|"
    r"sommaire|table des matières|inhalt(?:sverzeichnis)?|índice|indice|inhoudsopgave|spis treści",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:all content )?(?:©|\(c\)|copyright(?: ©)? (?=[\d©]|\(c\)|by\b)).{0,160}|[^.]{0,40}© ?(?:19|20)\d\d.{0,80}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{2}")
_ORNAMENTS = "«»<>‹›|·•↑^←→*[] "
_ODDMENT = re.compile(
    r"(?:back to (?:the )?top|(?:go )?back(?: to .{1,40})?|skip to (?:main )?content|print(?: this page| version)?|"
    r"close|"
    r"share(?: this(?: page| article)?)?|was this (?:article|page|answer|information) helpful\b.*|"
    r"all rights reserved\.?|"
    r"powered by\b.{0,80}|log ?in|sign ?in|sign ?up|menu|search|download(?: as)?(?: pdf)?|download (?:our|the) app|"
    r"add us on socials?|follow us(?: on .{1,30})?|retour en haut(?: de page)?|haut de page|retour|imprimer|"
    r"tous droits réservés\.?|"
    r"nach oben|zurück|drucken|volver arriba|torna su|\d+ (?:out )?of \d+ found this helpful|"
    r"have more questions\?.*|return to top|loading\W*|accept(?: all)?(?: cookies)?|ok|got it!?)",
    re.IGNORECASE,
)


def policy_blocks(blocks: list[Block]) -> list[Block]:
    """The blocks that are the policy's own, in order; none where a page holds nothing but furniture."""
    boxes = _boxes(blocks)
    total = _measure(blocks, boxes)
    for box in boxes:  # outermost first, so that what stands in furniture is furniture
        above = box.parent
        box.furniture = (above is not None and above.furniture) or _is_furniture(box, total)
        box.edge = (above is not None and above.edge) or _is_edge(box)
    kept = [block for block in blocks if not _is_outright_furniture(block)]
    prose = [index for index, block in enumerate(kept) if _is_prose(block)]
    if not prose:
        return _trimmed(kept)
    first, last = prose[0], prose[-1]
    kept = [
        block for index, block in enumerate(kept) if first <= index <= last or block.box is None or not block.box.edge
    ]
    core = _core(kept, boxes)
    inside = [index for index, block in enumerate(kept) if _stands_in(block.box, core)]
    first, last = _extended(kept, inside[0], inside[-1])
    body = [*_headlines(kept[:first]), *kept[first : last + 1]]
    return _trimmed(_without_empty_sections(body, core))


def _boxes(blocks: list[Block]) -> list[Box]:
    """All elements around the blocks, each before what stands in it."""
    found: list[Box] = []
    seen: set[int] = set()
    for block in blocks:
        box, chain = block.box, []
        while box is not None and id(box) not in seen:
            seen.add(id(box))
            chain.append(box)
            box = box.parent
        found += reversed(chain)
    return found


def _measure(blocks: list[Block], boxes: list[Box]) -> int:
    """Counts what stands in each element; gives how many words of running text there are in all."""
    total = 0
    for block in blocks:
        # Scripts written without spaces: four characters a word.
        size = block.text.count(" ") + 1
        block.size = size if size * 15 > len(block.text) else len(block.text) // 4
        prose = block.size if _is_prose(block) else 0
        total += prose
        box = block.box
        if box is not None:
            box.words += block.size
            box.link_words += int(block.size * block.linked + 0.5)
            box.prose += prose
            box.controls += block.in_control
            if block.linked > 0.5:
                box.links += 1
                box.place_links += block.to_place
    for box in reversed(boxes):
        above = box.parent
        if above is not None:
            above.words += box.words
            above.link_words += box.link_words
            above.prose += box.prose
            above.links += box.links
            above.controls += box.controls
            above.place_links += box.place_links
    return total


def _is_prose(block: Block) -> bool:
    return block.size >= _SENTENCE_WORDS and block.linked < 0.5 and block.kind != "heading"


def _is_furniture(box: Box, total: int) -> bool:
    if box.names and _is_consent_name(box.names):
        return True
    share = box.prose / total if total else 0.0
    if share > 0.5 or box.tag in ("body", "main"):
        return False
    if box.tag in _FURNITURE_TAGS or box.role in _FURNITURE_ROLES:
        return share < 0.3
    if box.tag == "footer":
        return share < 0.2
    if box.tag in ("header", "aside"):
        return share < 0.1 and not _in_article(box)
    if box.names and box.tag in _CONTAINERS:
        if _is_banner_name(box.names):
            # A section of the policy may go by such a name too; a banner has few sentences, and a button.
            return box.words < 150 and (share < 0.4 if box.controls else share < 0.1 and box.words > box.prose)
        if share < 0.15 and box.links >= 2 and not _in_article(box) and _bears(_FOOT_NAMES, box):
            return True
        if share < 0.05 and box.link_words * 2 > box.words and _bears(_LINKS_NAMES, box):
            return True
        if box.prose == 0 and _bears(_NAMES, box):
            return True
        if box.prose == 0 and box.link_words > 0.6 * box.words and _bears(_EDGE_NAMES, box):
            return True
    if box.hidden and box.prose == 0 and box.words < 12:
        return True
    # A table of contents: links to places of the same page only.
    return box.links >= 3 and box.prose == 0 and box.place_links >= 0.8 * box.links and box.link_words > 0.6 * box.words


def _in_article(box: Box) -> bool:
    above = box.parent
    while above is not None:
        if above.tag in ("main", "article"):
            return True
        above = above.parent
    return False


def _is_outright_furniture(block: Block) -> bool:
    return (block.in_control and not block.level) or (block.box is not None and block.box.furniture)


def _is_edge(box: Box) -> bool:
    """Whether an element is furniture if it stands above or below the running text: a menu, by its links or name."""
    if box.prose:
        return False
    if box.links >= 3 and box.link_words > 0.6 * box.words:
        return True
    return box.tag in _CONTAINERS and _bears(_EDGE_NAMES, box)


def _bears(names: frozenset[str], box: Box) -> bool:
    return bool(box.names) and not names.isdisjoint(_parts(box.names))


@functools.lru_cache(maxsize=4096)
def _is_consent_name(names: str) -> bool:
    return _CONSENT.search(names) is not None


@functools.lru_cache(maxsize=4096)
def _is_banner_name(names: str) -> bool:
    return _BANNER.search(names) is not None


@functools.lru_cache(maxsize=4096)
def _parts(names: str) -> frozenset[str]:
    parts: set[str] = set()
    for name in names.split():
        of_name = _PARTS.split(name)
        if len(of_name) <= _MOST_PARTS:
            parts.update(of_name)
    return frozenset(parts)


def _core(blocks: list[Block], boxes: list[Box]) -> Box:
    """The smallest element that holds nearly all running text."""
    prose: dict[int, int] = {}
    total = 0
    for block in blocks:
        if block.box is not None and _is_prose(block):
            total += block.size
            prose[id(block.box)] = prose.get(id(block.box), 0) + block.size
    core = boxes[0]
    for box in reversed(boxes):
        size = prose.get(id(box), 0)
        if size >= _CORE_SHARE * total:
            core = box
            break
        if size and box.parent is not None:
            prose[id(box.parent)] = prose.get(id(box.parent), 0) + size
    # One paragraph, or one of several sections, may hold nearly all the words: its neighbours belong to it.
    while core.parent is not None and (
        core.tag in _TEXT_TAGS
        or sum([block.box is core for block in blocks]) == 1
        or (_is_section(core) and _is_one_of_several(core, blocks))
    ):
        core = core.parent
    return core


def _is_one_of_several(box: Box, blocks: list[Block]) -> bool:
    """Whether a neighbour of the element is made alike and holds any of the blocks."""
    return any(
        other is not box and other.parent is box.parent and other.tag == box.tag and other.names == box.names
        for other in _boxes(blocks)
    )


def _is_section(box: Box) -> bool:
    return bool(box.names) or box.tag in ("section", "article")


def _stands_in(box: Box | None, core: Box) -> bool:
    while box is not None and box.depth >= core.depth:
        if box is core:
            return True
        box = box.parent
    return False


def _extended(blocks: list[Block], first: int, last: int) -> tuple[int, int]:
    """The core's place with the running text and the stated date right above and below taken in."""
    for index in range(first - 1, max(-1, first - 13), -1):
        if _is_prose(blocks[index]) and speaks_of_policy(blocks[index].text):
            first = index
    for index in range(last + 1, min(len(blocks), last + 7)):
        block = blocks[index]
        if (_is_prose(block) and speaks_of_policy(block.text)) or states_date(block.text):
            last = index
    return first, last


def _headlines(above: list[Block]) -> list[Block]:
    """What stands above the text and belongs to it: its title, its date."""
    near = [block for block in above[-12:] if block.level in (1, 2) or states_date(block.text)]
    if not any(block.level == 1 for block in near):
        near = [block for block in above[:-12] if block.level == 1][-1:] + near
    return near


def _without_empty_sections(blocks: list[Block], core: Box) -> list[Block]:
    """Without the core's sections that hold no running text and stand above all that do, or below.

    A section that gives an address, a number or a date, or that has the title, stays.
    """
    sections = [_section(block, core) for block in blocks]
    with_prose = [index for index, section in enumerate(sections) if section is not None and section.prose]
    if not with_prose:
        return blocks
    within = range(with_prose[0], with_prose[-1] + 1)
    speaking = {
        id(sections[index])
        for index, block in enumerate(blocks)
        if index not in within
        and (
            block.level in (1, 2)
            or "@" in block.text
            or (_NUMBER.search(block.text) and not _COPYRIGHT.fullmatch(block.text))
        )
    }
    return [
        block
        for index, (block, section) in enumerate(zip(blocks, sections, strict=True))
        if index in within
        or section is None
        or section is block.box
        or section.tag in _TEXT_TAGS
        or id(section) in speaking
    ]


def _section(block: Block, core: Box) -> Box | None:
    """The core's child that holds the block; None for a block that stands in the core itself, or elsewhere."""
    box, below = block.box, None
    while box is not None and box is not core:
        box, below = box.parent, box
    return below if box is core else None


def _trimmed(blocks: list[Block]) -> list[Block]:
    """Without the oddments that only a page has: at both ends, and linked ones anywhere."""
    last = len(blocks)
    # Below a line of copyright near the end there is only the page's foot.
    for index in range(max(0, last - 12), last):
        if index and _COPYRIGHT.fullmatch(blocks[index].text) and not blocks[index].level:
            if not any(_is_prose(block) for block in blocks[index + 1 :]):
                last = index
            break
    first = 0
    while last - first > 1 and _is_oddment(blocks[last - 1]):
        last -= 1
    while last - first > 1 and _is_oddment(blocks[first]):
        first += 1
    return [
        block
        for block in blocks[first:last]
        if not (_CONTENTS_TITLE.fullmatch(block.text) or (block.linked > 0.9 and _is_oddment(block)))
    ]


def _is_oddment(block: Block) -> bool:
    text = block.text.strip(_ORNAMENTS)
    if block.level in (1, 2):
        return False
    if _ODDMENT.fullmatch(text) or _COPYRIGHT.fullmatch(text):
        return True
    return block.linked > 0.9 and block.size <= 6 and not block.links
