"""Which blocks of a page are the policy's own text, and which are page furniture.

No selectors: what the elements mean and are called, how much of them is link, how much of their running text speaks of
what policies are about, and where that text stands decide.
"""

import re

from extraction.blocks import Block, Box
from extraction.furniture import signs
from extraction.words.stated_dates import states_date
from extraction.words.tidying import word_set
from extraction.words.vocabulary import may_speak_of_policy, speaks_of_policy

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
#: The policy is taken to stand in the smallest element that holds so much of the text that speaks as policies do.
_CORE_SHARE = 0.9
#: Where less of the running text speaks so, the language is one whose words we do not know, and all of it counts.
_SPEAKING_SHARE = 0.1
#: What speaks of a policy in less than a third of its running text is no part of one.
_HARDLY = 3
#: No frame of a page speaks of policies in so many words.
_LONG = 200
_NUMBER = re.compile(r"\d{2}")


def policy_blocks(blocks: list[Block], title: str = "") -> list[Block]:
    """The blocks that are the policy's own, in order; none where a page holds nothing but furniture.

    title: what the page says its title is.
    """
    boxes = _boxes(blocks)
    total, every_word = _measure(blocks, boxes)
    asides = _titled_asides(blocks, total, every_word) | _consent_requests(blocks, total) | _copies(blocks, boxes)
    for box in boxes:  # outermost first, so that what stands in furniture is furniture
        above = box.parent
        if (above is not None and above.furniture) or id(box) in asides or _is_furniture(box, total, every_word):
            box.furniture = True
    kept = [block for block in blocks if not _is_outright_furniture(block)]
    speaking = [index for index, block in enumerate(kept) if block.speaking]
    if not speaking:
        return _trimmed(kept)
    first, last = speaking[0], speaking[-1]
    kept = [block for index, block in enumerate(kept) if first <= index <= last or not _stands_at_edge(block.box)]
    core = _core(kept, boxes)
    first = next(index for index, block in enumerate(kept) if _stands_in(block.box, core))
    last = next(index for index in reversed(range(len(kept))) if _stands_in(kept[index].box, core))
    first, last = _extended(kept, first, last)
    body = _without_empty_sections(_without_flat_asides(kept[first : last + 1]), core, boxes)
    return _trimmed([*_headlines(blocks, kept[:first], body, title), *body])


def count_words(blocks: list[Block]) -> None:
    """Counts what the blocks, and the elements around them, hold, where it is not asked which are the policy's own."""
    _measure(blocks, _boxes(blocks))


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


def _measure(blocks: list[Block], boxes: list[Box]) -> tuple[int, int]:
    """Counts what stands in each element.

    Gives how many words of running text there are that speak as policies do, and how many in all.
    """
    for counted in boxes:
        counted.begin_counting()
    total = speaking = 0
    prose = []
    for block in blocks:
        text, linked, box = block.text, block.linked, block.box
        size = text.count(" ") + 1
        if size * 15 <= len(text):
            size = len(text) // 4  # scripts written without spaces: four characters a word
        block.size = size
        if size >= _SENTENCE_WORDS and linked < 0.5 and block.kind != "heading":
            prose.append(block)
            total += size
            if speaks_of_policy(text):
                block.policy = block.speaking = size
                speaking += size
            elif may_speak_of_policy(text):
                block.speaking = size // 2
        if box is not None:
            box.words += size
            if block.in_control:
                box.controls += 1
            if linked:
                box.link_words += int(size * linked + 0.5)
                if linked > 0.5:
                    box.links += 1
                    box.place_links += block.to_place
                    box.linked_headings += bool(block.level) and not block.to_place
    if speaking < _SPEAKING_SHARE * total:
        # In other words, or in a language of which we know none.
        known = [block for block in prose if block.speaking]
        if sum([block.size for block in known]) < _SPEAKING_SHARE * total:
            known = prose
        for block in known:
            block.policy = block.speaking = block.size
        speaking = sum([block.size for block in known])
    for block in prose:
        if block.box is not None:
            block.box.prose += block.size
            block.box.policy += block.policy
            block.box.speaking += block.speaking
    for box in reversed(boxes):
        above = box.parent
        if above is not None:
            above.words += box.words
            if box.prose:
                above.prose += box.prose
                above.policy += box.policy
                above.speaking += box.speaking
            if box.link_words:
                above.link_words += box.link_words
                above.links += box.links
                above.place_links += box.place_links
                above.linked_headings += box.linked_headings
            if box.controls or box.fields:
                above.controls += box.controls
                above.fields += box.fields
    return speaking, total


def _is_prose(block: Block) -> bool:
    return block.size >= _SENTENCE_WORDS and block.linked < 0.5 and block.kind != "heading"


def _hardly_speaks(box: Box) -> bool:
    """Whether hardly any of the element's running text speaks of what policies are about."""
    return box.policy * _HARDLY <= box.prose


def _says_nothing(box: Box) -> bool:
    """Whether hardly any of it speaks even in words that policies share with other pages."""
    return box.speaking * _HARDLY <= box.prose


def _is_furniture(box: Box, total: int, every_word: int) -> bool:
    """Whether an element is page furniture. total: words that speak as policies do; every_word: of running text."""
    kinds = signs.kinds(box.names) if box.names else 0
    plain = not (kinds or box.role or box.fields or box.hidden) and box.links < 3
    if plain and box.linked_headings < 2 and box.tag not in signs.TELLING_TAGS:
        return False  # as most are
    if kinds & signs.CONSENT:
        return True
    if box.tag in ("body", "main"):
        return False
    if (box.policy < _LONG or box.prose <= 0.6 * every_word) and _is_frame(box, kinds, every_word):
        return True
    share = box.policy / total if total else 0.0
    if share > 0.5:
        return False
    if box.tag == "footer":
        return share < 0.2
    if box.tag in signs.SIDE_TAGS or box.role in signs.ROLES:
        return share < 0.3 or _hardly_speaks(box)
    if box.tag in ("header", "aside"):
        return (share < 0.1 or _hardly_speaks(box)) and not _in_article(box)
    if box.tag not in _CONTAINERS or share > 0.3:
        return False
    if kinds and _has_furniture_name(box, kinds, share):
        return True
    if box.fields and box.words < 200 and _hardly_speaks(box):
        return True
    if box.tag == "form" and box.fields and share < 0.15 and box.words < 300:
        return True
    if box.linked_headings >= 2 and _hardly_speaks(box):  # teasers of other pages
        return True
    if box.hidden and box.prose == 0 and box.words < 12:
        return True
    # A table of contents: links to places of the same page only.
    return box.links >= 3 and box.prose == 0 and box.place_links >= 0.8 * box.links and box.link_words > 0.6 * box.words


def _is_frame(box: Box, kinds: int, every_word: int) -> bool:
    """Whether an element is of the frame around a page: its navigation, its foot."""
    if box.tag in signs.TAGS or box.role in signs.FRAME_ROLES:
        return True
    if box.tag != "footer" and not kinds & signs.FOOT:
        return False
    if _in_article(box):
        return False
    # A class may say so of what is not the foot: there it must not hold most of the text.
    return box.tag == "footer" or (box.links > 0 and box.tag in _CONTAINERS and box.prose <= 0.6 * every_word)


def _has_furniture_name(box: Box, kinds: int, share: float) -> bool:
    if kinds & signs.BANNER:
        # A section of the policy may go by such a name too; a banner has few sentences, and a button or a place above
        # all else.
        laid_over = box.hidden or (box.parent is not None and box.parent.tag == "body")
        return box.words < 150 and (laid_over or bool(box.controls))
    if kinds & signs.LINKS and share < 0.05 and box.link_words * 2 > box.words:
        return True
    if kinds & signs.META and box.words < 80 and box.policy == 0:
        return True
    if kinds & signs.EDGE and box.prose == 0 and box.link_words > 0.6 * box.words:
        return True
    if kinds & signs.MENU and box.links >= 3 and _hardly_speaks(box):
        return True
    # A part of the policy may go by such a name, too; but what leads elsewhere, or asks for something, is an aside.
    asks = bool(box.links or box.fields or box.controls)
    if kinds & signs.EMPTY and (asks or box.words < 60) and _says_nothing(box):
        return True
    return bool(kinds & signs.ASIDE) and asks and box.words < 150 and _says_nothing(box)


def _titled_asides(blocks: list[Block], total: int, every_word: int) -> set[int]:
    """The elements that begin with the title of what stands beside a policy, by identity."""
    begun: set[int] = set()
    found: set[int] = set()
    for block in blocks:
        box = block.box
        if block.size <= 10 and block.kind in ("heading", "paragraph") and block.linked < 0.5:
            title = block.text.strip(signs.ORNAMENTS)
            sure = signs.is_aside_title(title)
            if sure or signs.is_shared_title(title):
                while box is not None and id(box) not in begun and box.prose <= 0.3 * every_word:
                    speaks_little = box.words < 200 and (box.policy <= 0.25 * total or box.fields > 0)
                    if box.tag in ("body", "main") or not (_hardly_speaks(box) or (sure and speaks_little)):
                        break
                    if box.words > block.size:
                        found.add(id(box))
                    box = box.parent
        box = block.box
        while box is not None and id(box) not in begun:
            begun.add(id(box))
            box = box.parent
    return found


def _consent_requests(blocks: list[Block], total: int) -> set[int]:
    """The elements that do nothing but ask for consent, known by what their buttons say, by identity."""
    found: set[int] = set()
    for block in blocks:
        if block.size <= 5 and (block.in_control or block.linked > 0.9):
            if not signs.is_consent_control(block.text):
                continue
            box = block.box
            while box is not None and box.words < 300 and box.policy <= 0.4 * total and box.tag not in ("body", "main"):
                if box.prose:
                    found.add(id(box))
                    break
                box = box.parent
    return found


def _copies(blocks: list[Block], boxes: list[Box]) -> set[int]:
    """The hidden elements that say again what another says, by identity: a panel may stand in a page once for each
    place it is shown in."""
    if sum([box.hidden and box.words > 8 for box in boxes]) < 2:
        return set()
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for index, block in enumerate(blocks):
        if block.box is not None:
            first.setdefault(id(block.box), index)
            last[id(block.box)] = index
    for box in reversed(boxes):  # innermost first
        if box.parent is not None:
            begin, end, above = first[id(box)], last[id(box)], id(box.parent)
            first[above] = min(begin, first.get(above, begin))
            last[above] = max(end, last.get(above, end))
    sizes = {(box.words, box.prose) for box in boxes if box.hidden}
    seen: dict[tuple[int, int, str, str], int] = {}
    copies: set[int] = set()
    # What is shown stands for what is hidden; of what is only hidden, the first.
    for box in sorted(boxes, key=lambda box: box.hidden):
        if box.words > 8 and (box.words, box.prose) in sizes:
            begin = first[id(box)]
            what = (box.words, box.prose, blocks[begin].text, blocks[last[id(box)]].text)
            # An element that holds nothing but another says the same, in the same place.
            if box.hidden and seen.get(what, begin) != begin:
                copies.add(id(box))
            seen.setdefault(what, begin)
    return copies


def _in_article(box: Box) -> bool:
    above = box.parent
    while above is not None:
        if above.tag in ("main", "article"):
            return True
        above = above.parent
    return False


def _is_outright_furniture(block: Block) -> bool:
    return (block.in_control and not block.level) or (block.box is not None and block.box.furniture)


def _stands_at_edge(box: Box | None) -> bool:
    while box is not None:
        if _is_edge(box):
            return True
        box = box.parent
    return False


def _is_edge(box: Box) -> bool:
    """Whether an element is furniture if it stands above or below the running text: a menu, by its links or name."""
    if box.policy:
        return False
    if box.links >= 3 and box.link_words > 0.6 * box.words:
        return True
    if not (box.links or box.fields or box.controls):
        return False  # nothing but text: a "section-header"
    return box.tag in _CONTAINERS and bool(box.names) and bool(signs.kinds(box.names) & signs.EDGE)


def _core(blocks: list[Block], boxes: list[Box]) -> Box:
    """The smallest element that holds nearly all running text that speaks of what policies are about."""
    speaking: dict[int, int] = {}
    total = 0
    for block in blocks:
        if block.speaking and block.box is not None:
            total += block.speaking
            speaking[id(block.box)] = speaking.get(id(block.box), 0) + block.speaking
    core = boxes[0]
    for box in reversed(boxes):
        size = speaking.get(id(box), 0)
        if size >= _CORE_SHARE * total:
            core = box
            break
        if size and box.parent is not None:
            speaking[id(box.parent)] = speaking.get(id(box.parent), 0) + size
    # One paragraph, or one of several sections, may hold nearly all the words: its neighbours belong to it.
    while core.parent is not None and (
        core.tag in _TEXT_TAGS
        or sum([block.box is core for block in blocks]) == 1
        or (_is_section(core) and _is_one_of_several(core, boxes))
    ):
        core = core.parent
    return core


def _is_one_of_several(box: Box, boxes: list[Box]) -> bool:
    """Whether a neighbour of the element is made alike, and is no furniture."""
    return any(
        other.parent is box.parent
        and other is not box
        and other.tag == box.tag
        and other.names == box.names
        and not other.furniture
        for other in boxes
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
        if blocks[index].speaking:
            first = index
    for index in range(last + 1, min(len(blocks), last + 7)):
        if blocks[index].policy or states_date(blocks[index].text):
            last = index
    return first, last


def _headlines(every: list[Block], above: list[Block], body: list[Block], title: str) -> list[Block]:
    """What stands above the body and belongs to it: its title, its date, what follows them.

    every: the page's blocks; above: those of them above the body that are no furniture. The title and the date may
    stand in the page's own header.
    """
    if not body:
        return []
    start = next(index for index, block in enumerate(every) if block is body[0])
    titles = [
        index
        for index, block in enumerate(every[:start])
        if _is_title(block, title) and (block.level == 1 or index >= start - 4 or _named_in(title, block))
    ]
    if titles and not any(
        _is_title(block, title) and (block.level == 1 or _named_in(title, block)) for block in body[:5]
    ):
        first = titles[-1]
        under = {id(block) for block in above if block.linked < 0.5}
        return [
            block
            for index, block in enumerate(every[first:start])
            if not index or id(block) in under or _is_date(block)
        ]
    near = [block for block in above[-3:] if block.level in (1, 2)]
    chosen = {id(block) for block in near} | {
        id(block) for block in every[max(0, start - 12) : start] if _is_date(block)
    }
    return [block for block in every[:start] if id(block) in chosen]


def _is_date(block: Block) -> bool:
    """Whether a block states when the policy was updated or takes effect, wherever on the page it stands."""
    return (
        block.linked < 0.5 and not block.in_control and states_date(block.text) and not signs.BYLINE.search(block.text)
    )


def _is_title(block: Block, title: str) -> bool:
    """Whether a block is the title of the policy: a line that speaks of one and is set or named as the page's title."""
    if block.size > 14 or block.in_control or block.kind == "list_item":
        return False
    if (block.linked > 0.5 and block.level != 1) or _is_laid_over(block.box):
        return False
    if not speaks_of_policy(block.text):
        return False
    return block.level > 0 or _named_in(title, block)


def _is_laid_over(box: Box | None) -> bool:
    """Whether an element, or one around it, is a banner or a dialog over the page: its titles are not the page's."""
    while box is not None:
        if box.hidden or box.role in ("dialog", "alertdialog"):
            return True
        if box.names and signs.kinds(box.names) & (signs.CONSENT | signs.BANNER):
            return True
        box = box.parent
    return False


def _named_in(title: str, block: Block) -> bool:
    return len(block.text) > 5 and block.text.casefold() in title.casefold()


def _without_flat_asides(blocks: list[Block]) -> list[Block]:
    """Without what follows the title of something that stands beside a policy, up to the next heading of its level."""
    kept: list[Block] = []
    aside = 0
    for index, block in enumerate(blocks):
        if aside and block.level and block.level <= aside:
            aside = 0
        title = block.text.strip(signs.ORNAMENTS) if block.level and not aside else ""
        if title and (signs.is_aside_title(title) or signs.is_shared_title(title)):
            following = blocks[index + 1 :]
            end = next((at for at, other in enumerate(following) if 0 < other.level <= block.level), len(following))
            under = following[:end]
            if sum([one.policy for one in under]) * _HARDLY <= sum([one.size for one in under if _is_prose(one)]):
                aside = block.level
        if not aside:
            kept.append(block)
    return kept


def _without_empty_sections(blocks: list[Block], core: Box, boxes: list[Box]) -> list[Block]:
    """Without the core's sections that hold no running text and stand above all that do, or below.

    A section that gives an address, a number or a date, or that has the title, stays.
    """
    sections = [_section(block, core) for block in blocks]
    with_prose = [index for index, section in enumerate(sections) if section is not None and section.speaking]
    if not with_prose:
        return blocks
    # Above, a section may lead in without any word of these; below, there are other things.
    begun = [index for index, section in enumerate(sections) if section is not None and section.prose]
    within = range(begun[0], with_prose[-1] + 1)
    speaking = {
        id(sections[index])
        for index, block in enumerate(blocks)
        if index not in within
        and (
            block.level in (1, 2)
            or "@" in block.text
            or (_NUMBER.search(block.text) and not signs.COPYRIGHT.fullmatch(block.text))
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
        or (section.prose and _is_one_of_several(section, boxes))
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
        if index and signs.COPYRIGHT.fullmatch(blocks[index].text) and not blocks[index].level:
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
        if not (
            (block.size < 6 and signs.CONTENTS_TITLE.fullmatch(block.text))
            or (block.linked > 0.9 and _is_oddment(block))
        )
    ]


def _is_oddment(block: Block) -> bool:
    text = block.text.strip(signs.ORNAMENTS)
    if block.level in (1, 2):
        return False
    if signs.ODDMENT.fullmatch(text) or signs.COPYRIGHT.fullmatch(text):
        return True
    if block.linked > 0.9 and block.size <= 6 and not block.links:
        return True
    entries = signs.MENU_MARK.split(text)
    return len(entries) > (2 if block.linked > 0.3 else 3) and max(len(entry.split()) for entry in entries) <= 4
