"""The facts by which the rules judge a capture: the capture, its document, and counts of the document's words.

Running text is text in sentences. Headings, links and labels aren't running text. A long running text at a declared
location is the policy unless something speaks against it, in whatever language it is. So the facts count running text,
and never ask which words a policy should have.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from core.captures import Capture, Reason, Verdict
from core.clauses import Document
from extraction.blocks import Block, Box
from extraction.furniture.elements import is_in_frame, is_laid_over
from extraction.readers.html_page import Page
from extraction.screening.document_kinds import count_names, is_name, kind_of, kinds_named, names_document
from extraction.words.normalization import normalize

# The number of characters at a document's beginning in which words are counted.
_COUNTED_CHARACTERS = 6_000
# The number of characters at a text's beginning that are searched for phrases. Error pages, login forms and similar
# pages have their typical phrases near the top.
_SEARCHED_CHARACTERS = 3_000
# A stub is a page with fewer words than this. A stub may be a login form, or an empty page that a script fills later.
_STUB_WORDS = 60
# A small page has less running text than this, in words. A small page may be an error page or a bot challenge, with
# some text of the site around it.
_SMALL_PAGE_WORDS = 200
# A long text has at least this much running text, in words. Error pages, hubs and forms never have so much.
_LONG_TEXT_WORDS = 400
# A clause counts as running text if the clause has at least this many words and the end of a sentence.
_FEWEST_SENTENCE_WORDS = 6
# A clause with at least this many words counts as running text even without the end of a sentence. Thai, for example,
# has no full stop.
_LONG_CLAUSE_WORDS = 14
# A block with a link is an entry of a list of links if it has at most this many words.
_ENTRY_WORDS = 40
# A short list item or table row with a link is an entry, however short the link is ("Terms | 2024-05-01 | PDF").
_ROW_WORDS = 15
# At least this share of an entry's characters is in links.
_ENTRY_LINK_SHARE = 0.1
# A block with at least this share of its characters in links consists of links.
_LINKS_SHARE = 0.8
# The name of a document has at most this many words, and a heading about its subject at most these.
_NAME_WORDS = 9
_SUBJECT_WORDS = 5
_CURRENCY = r"(?:[€$£¥₩₽₺₹₫฿]|US\$|R\$|EUR|USD|CHF|GBP|kr\.?|zł|Kč|Ft|lei|руб\.?|грн\.?|лв\.?|TL|円|원|元|đ|Rp)"
_AMOUNT = r"\d[\d.,' ]{0,12}(?:[.,]?[-–])?"
# One or two prices, such as "$189.00 $229.00".
_PRICE = re.compile(
    rf"(?:[^\W\d]{{1,5}} )?(?:(?:{_CURRENCY} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCY}) ?){{1,2}}", re.IGNORECASE
)
_PRICE_WITHIN = re.compile(rf"(?<!\w){_CURRENCY} ?\d|(?<![\w.,]){_AMOUNT} ?{_CURRENCY}(?!\w)", re.IGNORECASE)
# The types of <input> that a visitor doesn't fill in with words (HTML standard, section 4.10.5).
_BUTTON_TYPES = frozenset(["hidden", "submit", "button", "image", "reset", "search", "checkbox", "radio"])
# So many fields are looked at. What is around a field is searched up to the root, which takes time.
_MOST_FIELDS = 200
_AROUND_TAGS = frozenset(["header", "nav", "footer", "aside", "search", "dialog"])
_AROUND_ROLES = frozenset(["dialog", "search", "navigation", "banner", "contentinfo", "alertdialog"])
# Names of elements with a form beside a text: to write a comment, or to subscribe to a newsletter.
_COMMENT_NAMES = frozenset(["comments", "respond", "commentform", "newsletter"])
_SENTENCE_END = re.compile(r"[.!?。！？।॥؟۔։።…]")
_TITLE_SEPARATOR = re.compile(r"\s[-–—:·»>•]{1,2}\s|\s?[|｜]\s?")


@dataclass(frozen=True)
class Facts:
    """A capture, its document, and the counts of words at the document's beginning.

    payload: the bytes of the capture.
    document: the document that was read from the payload.
    """

    capture: Capture
    payload: bytes
    document: Document

    @cached_property
    def beginning(self) -> str:
        """The first 6,000 characters of the document's text."""
        texts: list[str] = []
        size = 0
        for clause in self.document.clauses:
            texts.append(clause.text)
            size += len(clause.text)
            if size >= _COUNTED_CHARACTERS:
                break
        return " ".join(texts)[:_COUNTED_CHARACTERS]

    @cached_property
    def words(self) -> int:
        """The number of words in `beginning`."""
        return count_words(self.beginning) if self.beginning else 0

    @cached_property
    def running_words(self) -> int:
        """The number of words in the document's running text. Counting stops when the text is long."""
        words = 0
        for clause in self.document.clauses:
            if clause.kind != "heading" and is_running_text(clause.text):
                words += count_words(clause.text)
                if words >= _LONG_TEXT_WORDS:
                    break
        return words

    @property
    def is_long(self) -> bool:
        """Whether the document has at least 400 words of running text."""
        return self.running_words >= _LONG_TEXT_WORDS


@dataclass(frozen=True)
class PageFacts(Facts):
    """The facts about a capture whose payload is an HTML page.

    page: the parsed page, from which the document was made.
    """

    page: Page

    @cached_property
    def kind(self) -> str | None:
        """The kind of the declared policy; None if the kind isn't known (`document_kinds.kind_of`)."""
        return kind_of(self.capture.policy)

    @cached_property
    def headings(self) -> list[str]:
        """The page's first headings, each in the form that `searchable` returns.

        Headings in a dialog or banner over the page aren't included.
        """
        headings = islice((clause.text for clause in self.document.clauses if clause.kind == "heading"), 2)
        page_headings = islice(
            (
                block.text
                for block in self.page.blocks
                if block.level in (1, 2) and block.link_share < 0.5 and not is_laid_over(block.box)
            ),
            2,
        )
        return [searchable(text) for text in dict.fromkeys([*page_headings, *headings])]

    @cached_property
    def titles(self) -> list[str]:
        """The page's title and first headings, each in the form that `searchable` returns."""
        return list(dict.fromkeys([*([searchable(self.page.title)] if self.page.title else []), *self.headings]))

    @cached_property
    def is_named_as_document(self) -> bool:
        """Whether the title, a first heading or one of the first clauses is the name of the declared document.

        The text must name a document, as in "privacy notice"; "privacy counsel" only names a subject. False if the kind
        of the policy isn't known.
        """
        return self.kind is not None and any(
            self.kind in kinds_named(part) and (names_document(part) or is_name(self.kind, part))
            for part in [*(part for title in self.titles for part in title_parts(title)), *self._first_clauses]
            if count_words(part) <= _NAME_WORDS and not is_question(part)
        )

    @cached_property
    def is_named_as_policy(self) -> bool:
        """Whether the page has the name of the declared document, or a short heading about the document's subject.

        False if the kind of the policy isn't known.
        """
        return self.is_named_as_document or any(
            self.kind in kinds_named(heading)
            for heading in self.headings
            if count_words(heading) <= _SUBJECT_WORDS and not is_question(heading)
        )

    @property
    def _first_clauses(self) -> list[str]:
        clauses = [clause for clause in self.document.clauses[:2] if clause.kind == "heading" or not clause.links]
        # What stands in front of a colon may be a title, as in "Imprint: Northwind Ltd, …".
        leads = [clause.text.partition(":")[0] for clause in clauses if clause.kind != "heading" and ":" in clause.text]
        return [searchable(text) for text in (*(clause.text for clause in clauses), *leads)]

    @cached_property
    def form_fields(self) -> list[LexborNode]:
        """The form fields that a visitor fills in, among the page's first 200 fields.

        Fields in the page's header, menu, footer and dialogs, and in forms for comments and newsletters, don't count.
        """
        fields = (
            field
            for field in self.page.tree.css("input, textarea, select")
            if (field.attributes.get("type") or "text").lower() not in _BUTTON_TYPES
        )
        first = islice(fields, _MOST_FIELDS)
        return [field for field in first if not is_node_around(field) and not _is_for_comments(field)]

    @property
    def fields_of_largest_form(self) -> int:
        """The number of form fields in the form that has the most. Fields outside forms count as one form."""
        forms = Counter(_form_around(field) for field in self.form_fields)
        return max(forms.values(), default=0)

    @cached_property
    def uses_of_name(self) -> int:
        """How often the document's beginning uses the names of the declared kind; 0 if the kind isn't known."""
        return count_names(self.kind, self.beginning) if self.kind is not None else 0

    @cached_property
    def content_blocks(self) -> list[Block]:
        """The blocks from the first heading on that stand in no frame, such as a menu or a footer."""
        blocks = [block for block in self.page.blocks if not is_in_frame(block.box)]
        first = next((index for index, block in enumerate(blocks) if block.level in (1, 2)), 0)
        return blocks[first:]

    @property
    def is_small(self) -> bool:
        """Whether the page has fewer than 200 words of running text."""
        return self.running_words < _SMALL_PAGE_WORDS

    @property
    def is_stub(self) -> bool:
        """Whether the page is a stub: a page with fewer than 60 words."""
        return self.words < _STUB_WORDS


def _elements_around(node: LexborNode) -> Iterator[LexborNode]:
    """Yields the elements around an element, the innermost first, without <html>."""
    above = node.parent
    # Above <html> is the document, which is no element: selectolax 0.3 ends the process when its attributes are read.
    while above is not None and above.tag != "html":
        yield above
        above = above.parent


def _is_for_comments(node: LexborNode) -> bool:
    """Returns whether an element stands in a form for comments or for a newsletter, by the names of what is around."""
    for above in _elements_around(node):
        if above.tag == "body":
            break
        named = f"{above.attributes.get('id') or ''} {above.attributes.get('class') or ''}".lower()
        if not _COMMENT_NAMES.isdisjoint(re.split(r"[\s_-]+", named)):
            return True
    return False


def _form_around(node: LexborNode) -> int | None:
    """Returns the id of the form in which an element stands; None if it stands in no form."""
    return next((above.mem_id for above in _elements_around(node) if above.tag == "form"), None)


def is_node_around(node: LexborNode) -> bool:
    """Returns whether an element stands in the page's header, menu, footer or a dialog."""
    return any(
        above.tag in _AROUND_TAGS or (above.attributes.get("role") or "") in _AROUND_ROLES
        for above in _elements_around(node)
    )


def facts_of(capture: Capture, payload: bytes, document: Document, page: Page | None) -> Facts | PageFacts:
    """Returns the facts about a capture.

    page: the parsed page, from which the document was made; None if the payload isn't HTML.
    """
    if page is None:
        return Facts(capture, payload, document)
    return PageFacts(capture, payload, document, page)


def count_words(text: str) -> int:
    """Returns the number of words of a text. In scripts without spaces, about four characters make a word."""
    words = text.count(" ") + 1
    return max(words, len(text) // 4) if len(text) > 15 * words else words


def is_running_text(text: str) -> bool:
    """Returns whether a text is in sentences."""
    words = count_words(text)
    if words >= _LONG_CLAUSE_WORDS:
        return True
    return words >= _FEWEST_SENTENCE_WORDS and _SENTENCE_END.search(text) is not None


def main_blocks(page: Page) -> list[Block]:
    """Returns the content blocks in the smallest element that contains everything that was read as the document."""
    chains = [_boxes_around(block) for block in page.kept if block.box is not None]
    if not chains:
        return []
    common = set(map(id, chains[0])).intersection(*(set(map(id, chain)) for chain in chains[1:]))
    return [
        block
        for block in page.blocks
        if not is_in_frame(block.box) and (not common or common <= set(map(id, _boxes_around(block))))
    ]


def _boxes_around(block: Block) -> list[Box]:
    boxes = []
    box = block.box
    while box is not None:
        boxes.append(box)
        box = box.parent
    return boxes


def count_prices(facts: PageFacts) -> int:
    """Returns the number of blocks of the page's content that state a price and nothing else."""
    return sum(_PRICE.fullmatch(block.text) is not None for block in facts.content_blocks)


def states_price(text: str) -> bool:
    """Returns whether a text states an amount of money."""
    return _PRICE_WITHIN.search(text) is not None


def count_entries(facts: PageFacts, blocks: Sequence[Block]) -> int:
    """Returns the number of entries among the blocks (see `is_entry`)."""
    return sum(is_entry(block, facts.capture.url) for block in blocks)


def is_entry(block: Block, url: str) -> bool:
    """Returns whether a block is an entry of a list of links: a short text with a link to another page of the vendor.

    A long block is an entry, too, if it consists of links.

    url: the address of the page.
    """
    if not block.link_share or block.to_same_page:
        return False
    is_row = block.kind in ("list_item", "table_row") and block.words <= _ROW_WORDS
    if block.link_share < _ENTRY_LINK_SHARE and not is_row:
        return False
    if block.words > _ENTRY_WORDS and block.link_share < _LINKS_SHARE:
        return False
    return count_links(block, url) > 0


def count_links(block: Block, url: str) -> int:
    """Returns the number of a block's links to other pages of the vendor; of a block with other text at most 1."""
    links = dict.fromkeys(block.links) if len(block.links) > 1 else block.links
    count = sum([_is_other_page_of_vendor(link, url) for link in links])
    return count if block.link_share >= _LINKS_SHARE else min(count, 1)


# The results are cached, because a page has the same links as the next page of the same vendor.
@lru_cache(maxsize=4_096)
def _is_other_page_of_vendor(link: str, url: str) -> bool:
    try:
        target, page = urlsplit(link), urlsplit(url)
    except ValueError:  # such as an IPv6 address without its closing bracket
        return False
    if target.scheme not in ("http", "https"):
        return False
    if (target.netloc, target.path, target.query) == (page.netloc, page.path, page.query):
        return False
    return vendor_name(target.hostname or "") == vendor_name(page.hostname or "")


def host_of(url: str) -> str:
    """Returns the host of an address; '' if the address has none or isn't valid."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def vendor_name(host: str) -> str:
    """Returns the longest label of a host name, without the top-level domain: `acme` in `shop.acme.co.uk`."""
    return max(host.split(".")[:-1] or [host], key=len)


def path_segments(url: str) -> list[str]:
    """Returns the parts of an address's path. The list is empty for the root, and for an invalid address."""
    try:
        return [segment for segment in urlsplit(url).path.lower().split("/") if segment]
    except ValueError:
        return []


def is_sentence(text: str) -> bool:
    """Returns whether a text ends as a sentence does."""
    return _SENTENCE_END.match(text.rstrip("\"'”»)")[-1:]) is not None


def is_question(text: str) -> bool:
    """Returns whether a text ends as a question does."""
    return text.rstrip().endswith(("?", "？", "؟"))


def title_parts(title: str) -> list[str]:
    """Returns the parts of a page's title, such as the document's name and the site's name."""
    return [part for part in _TITLE_SEPARATOR.split(title) if part]


def searchable(text: str) -> str:
    """Returns the part of a text that is searched for phrases: the first 3,000 characters.

    Apostrophes in the returned text are straight.
    """
    return text[:_SEARCHED_CHARACTERS].replace("’", "'").replace("‘", "'")


def first_match(pattern: re.Pattern[str], texts: list[str]) -> re.Match[str] | None:
    """Returns the match of a pattern in the first text that matches; None if the pattern matches no text."""
    return next((match for match in map(pattern.search, texts) if match), None)


def first_markup(page: bytes, *patterns: re.Pattern[str]) -> str:
    """Returns the first match of the first pattern that matches the page; '' if no pattern matches.

    The patterns are in lower case. The returned match has the upper and lower case letters of the page.
    """
    markup = page.decode("latin-1")
    lower = markup.lower()  # in Latin-1, lower-casing changes no positions
    match = next((match for match in (pattern.search(lower) for pattern in patterns) if match), None)
    return markup[match.start() : match.end()] if match else ""


def quote(match: re.Match[str]) -> str:
    """Returns a match with some of the surrounding text, as a quotation for the evidence."""
    return normalize(match.string[max(0, match.start() - 30) : match.end() + 60])[:120]


def quarantined(reason: Reason, evidence: str) -> Verdict:
    """Returns the verdict `quarantined`, with a reason and evidence."""
    return Verdict("quarantined", reason, evidence)


def would_need_browser(evidence: str) -> Verdict:
    """Returns the verdict on a page that is empty until a browser runs the page's scripts."""
    return Verdict("quarantined", "empty", evidence, needs_browser=True)
