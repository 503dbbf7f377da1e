"""Rules on the text of a capture: another document, or links and teasers in place of a document."""

import math
import re
from collections import Counter

from core.captures import Verdict
from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.readers.html_page import Page
from extraction.screening import phrases
from extraction.screening.document_kinds import count_names, count_references, kinds_named
from extraction.screening.facts import (
    Facts,
    PageFacts,
    count_links,
    count_prices,
    count_words,
    first_match,
    host_of,
    is_entry,
    is_node_around,
    is_running_text,
    is_sentence,
    main_blocks,
    path_segments,
    quarantined,
    searchable,
    title_parts,
    vendor_name,
)
from extraction.screening.home_page_rules import signs_of_home_page
from extraction.words.normalization import normalize, word_set
from extraction.words.stated_dates import states_date

# A box with a link and a description of at most this many words is an entry, too.
_TEASER_WORDS = 90
# On a page that is named as the policy, a paragraph beside more links than this is no teaser of one of them.
_TEASER_LINKS = 2
# A list of links has at least this many entries.
_FEWEST_ENTRIES = 3
# A link that stands alone counts as at least this many words: the names of countries in a chooser are short.
_LEAST_ENTRY_WORDS = 8
# How many times more a page's other text counts if the page is named as the policy.
_NAMED_WEIGHT = 2
# A page is made of fragments if it has at least this many headings, fewer words of running text than this, and fewer
# for each heading than this.
_FEWEST_HEADINGS = 4
_FRAGMENTS_WORDS = 60
_FRAGMENT_WORDS = 12
# A page with this much running text outside its entries isn't a list of links.
_FREE_WORDS = 120
# Elements that are marked up as an article or a job advertisement (schema.org). BlogPosting is left out: Blogger marks
# up every page so, and some vendors publish their policies in a blog.
_ARTICLES = '[itemtype$="/NewsArticle"], [itemtype$="/JobPosting"]'
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d|/\d)")
# A date in digits at the beginning or end of a line that names a part of the site, such as "2024.06.12 Press release".
_STAMP = re.compile(r"^\d[\d\s./年月日-]{6,}|[\d\s./年月日-]{6,}\d日?$")
_STAMP_WORDS = 6
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d(?!\d)")
# The beginning of a press release: a place in front of a date, and a dash or a news service.
_DATELINE = re.compile(
    r"[^\W\d_][^.!?:\d]{2,50}[,(–—-] ?[^.!?:]{0,25}\b(?:19|20)\d\d\b[.)]?\s?(?:г\. ?|年)?(?:\([^()]{2,30}\)|"
    r"/[^/]{2,30}/)?"
    r"\s?(?:--|–|—|- )"
)
# Nouns for a document in Chinese, Japanese and Korean.
_NOUNS = word_set("协议 協議 条款 條款 合同 規約 約款 契約 方針 政策 声明 聲明 약관 계약")
# A text with fewer words than this says too little to tell another document by.
_FEWEST_WORDS = 30
# The number of characters of running text in which the names of documents are counted.
_TEXT_CHARACTERS = 12_000
# A policy refers to itself by name ("this privacy notice") at least this often.
_REFERENCES = 2
# The title of a document within a page has at most this many words.
_TITLE_WORDS = 10
# A section of a page shows a document of its own if it has at least this many words.
_OWN_SECTION_WORDS = 150
_OWN_LINES_WORDS = 30


def no_clause(facts: Facts) -> Verdict | None:
    """Quarantines a capture whose document has no clause."""
    return None if facts.document.clauses else quarantined("empty", "there is no text in it")


def data_for_programs(facts: Facts) -> Verdict | None:
    """Quarantines JSON. Evidence: the first characters of the text."""
    text = facts.beginning
    if text.startswith(("{", "[{")) and '":' in text[:200]:
        return quarantined("not_a_policy", f"it is data for programs: {text[:60]!r}")
    return None


def declared_as_other_kind(facts: PageFacts) -> Verdict | None:
    """Quarantines a page whose metadata for search engines declares another kind of page, such as a job advertisement.

    The page isn't quarantined if its title or one of its first headings names the policy. When the page was published
    is no evidence: some sites state it on every page.
    """
    if facts.is_named_as_policy:
        return None
    kind = _declared_other_kind(facts.page)
    if not kind and facts.kind is not None and not facts.is_long:
        marked = next((node for node in facts.page.tree.css(_ARTICLES) if not is_node_around(node)), None)
        kind = marked.attributes.get("itemtype") or "" if marked is not None else ""
    return quarantined("other_document", f"the page says of itself: {kind}") if kind else None


def _declared_other_kind(page: Page) -> str:
    """Returns the kind of page that the metadata for search engines or `<title>` declares, such as a job advertisement.

    Returns '' if neither the metadata nor `<title>` declares a kind that rules out a policy.
    """
    metadata = [node.text() for node in page.tree.css('script[type="application/ld+json"]')]
    match = first_match(phrases.OTHER_KIND, [*metadata, f"<title>{page.title or ''}"])
    return normalize(match[0]) if match else ""


def article(facts: PageFacts) -> Verdict | None:
    """Quarantines an article, such as a press release or a post of a blog, that isn't named as the policy.

    Evidence: a line with author and date, or a dateline, in the first lines; a title that names a part of the site,
    such as its news; or a redirect to an address in such a part.
    """
    if facts.is_named_as_document:
        return None
    section = first_match(phrases.SECTIONS, title_parts(searchable(facts.page.title or ""))[1:])
    if section and facts.kind is not None and not _is_name_of_site(section[0], facts.capture.url):
        return quarantined("other_document", f"its title names a part of the site: {section.string[:60]!r}")
    segments = set(path_segments(facts.capture.url)) - set(path_segments(facts.capture.asked_url))
    if facts.kind is not None and not phrases.ARTICLE_SEGMENTS.isdisjoint(segments):
        return quarantined("other_document", f"the site redirected to one of its articles, {facts.capture.url}")
    for clause in facts.document.clauses[:7]:
        if clause.kind in ("table_row", "list_item"):
            continue
        text = searchable(clause.text)
        if count_words(text) <= _STAMP_WORDS:
            stamped = _STAMP.sub("", text)
            if stamped != text and phrases.SECTIONS.search(stamped):
                return quarantined("other_document", f"it stands in a part of the site: {text[:80]!r}")
        is_byline = (
            count_words(text) <= 16 and _YEAR.search(text) and names.BYLINE.search(text) and not states_date(text)
        )
        if is_byline or (clause.kind == "paragraph" and _DATELINE.match(text)):
            return quarantined("other_document", f"it is an article: {text[:80]!r}")
    return None


def _is_name_of_site(text: str, url: str) -> bool:
    """Returns whether a text is in the vendor's name in an address, as "Aktuality" is in www.aktuality.sk."""
    return re.sub(r"\W", "", text.lower()) in vendor_name(host_of(url)).replace("-", "")


def posts(facts: PageFacts) -> Verdict | None:
    """Quarantines a thread of posts that isn't long. Evidence: several short lines that state a date and a time."""
    if facts.is_long or facts.is_named_as_document:
        return None
    lines = [clause.text for clause in facts.document.clauses if count_words(clause.text) <= 10]
    stamps = [line for line in lines if _YEAR.search(line) and _CLOCK.search(line)]
    if len(stamps) >= _FEWEST_ENTRIES:
        return quarantined("not_a_policy", f"it is a thread of posts: {stamps[0][:80]!r}")
    return None


def named_as_other_document(facts: PageFacts) -> Verdict | None:
    """Quarantines a page that is named as another of the vendor's documents, and whose text is that document.

    Two things must agree: the names and the text. If both the title and the first heading name another kind of
    document, the text must hardly refer to itself by the name of the declared kind, or less often use the names of that
    kind than those of the other.
    If only one of the two names another kind, the text must use the names of the other kind more often. A page that
    holds several documents shows each of them, so a section with the declared document is enough to accept the page.
    Evidence: the title, and how often the text uses the names of both kinds.
    """
    own = facts.kind
    if own is None or facts.words < _FEWEST_WORDS:
        return None
    document_names = _names_of_document(facts)
    others = [(name, kinds) for name in document_names if (kinds := kinds_named(name)) and own not in kinds]
    if not others:
        return None
    text = searchable_text(facts)
    own_uses = count_names(own, text)
    # If both the title and the heading name another kind, hardly any reference to the declared document is enough.
    hardly_refers = len(others) == len(document_names) > 1 and count_references(own, text) < _REFERENCES
    for name, kinds in others:
        uses = max(max(count_names(kind, text) for kind in kinds), _uses_of_title(name, text))
        # A legal notice often holds all the vendor's documents, each in a few lines.
        own_words = _OWN_LINES_WORDS if "imprint" in kinds else _OWN_SECTION_WORDS
        if (hardly_refers or uses > own_uses) and not _holds_own_document(facts, own, own_words):
            return quarantined(
                "other_document",
                f"it is called {name[:80]!r}, and its text uses that name {uses} times and the names of the declared "
                f"document {own_uses} times",
            )
    return None


def _names_of_document(facts: PageFacts) -> list[str]:
    """Returns the texts that name the document: the first heading and the first part of the title that name a kind."""
    sections = _titles_of_sections(facts)
    headings = [
        heading
        for heading in facts.headings
        if kinds_named(heading) and count_words(heading) <= 14 and heading not in sections
    ][:1]
    parts = [part for part in title_parts(searchable(facts.page.title or "")) if kinds_named(part)]
    return [*headings, *parts[:1]]


def _titles_of_sections(facts: PageFacts) -> set[str]:
    """Returns the headings of sections: headings with others beside them, below the title of the document.

    A heading with the name of the site, as the page's title gives it, isn't the title of the document.
    """
    parts = title_parts(searchable(facts.page.title or ""))
    names_of_site = parts[1:] or parts
    headings = [clause for clause in facts.document.clauses if clause.kind == "heading"]
    siblings = Counter(clause.heading_path for clause in headings)
    return {
        searchable(clause.text)
        for clause in headings
        if clause.heading_path
        and searchable(clause.heading_path[0]) not in names_of_site
        and siblings[clause.heading_path] > 1
    }


def searchable_text(facts: Facts) -> str:
    """Returns the beginning of the document's running text, without headings, with straight apostrophes."""
    texts: list[str] = []
    size = 0
    for clause in facts.document.clauses:
        if clause.kind != "heading":
            texts.append(clause.text)
            size += len(clause.text)
            if size > _TEXT_CHARACTERS:
                break
    return "\n".join(texts).replace("’", "'")[:_TEXT_CHARACTERS]


def _uses_of_title(title: str, text: str) -> int:
    """Returns how often a text uses the long words of a title. Endings are ignored.

    In languages without spaces, the noun at the end of a name stands for the name ("this agreement").
    """
    words = re.findall(r"[^\W\d_]{5,}", title)
    stems = {re.escape(word[-2:] if word[-2:] in _NOUNS else word[:6].lower()) for word in words}
    return len(re.findall("|".join(sorted(stems)), text.lower())) if stems else 0


def _holds_own_document(facts: PageFacts, own: str, least_words: int) -> bool:
    """Returns whether a section of the page, with at least some number of words, shows the declared document.

    The section begins with a short text without a number, near the top level, that names the declared kind. It ends
    with the next such text that names another kind, or with the next heading of its level.
    """
    words = depth = 0
    inside = False
    for clause in facts.document.clauses:
        if inside and clause.kind == "heading" and len(clause.heading_path) <= depth:
            inside = False
        if clause.kind in ("heading", "paragraph") and count_words(clause.text) <= _TITLE_WORDS:
            kinds = kinds_named(searchable(clause.text))
            is_title = clause.label is None and len(clause.heading_path) <= 1 and not is_sentence(clause.text)
            if kinds and is_title and (clause.kind == "heading" or not clause.links):
                if not inside or own not in kinds:
                    inside, words = own in kinds, 0
                    # A paragraph that is a title stands outside the headings' levels.
                    depth = len(clause.heading_path) if clause.kind == "heading" else -1
                continue
        if inside:
            words += count_words(clause.text)
            if words >= least_words:
                return True
    return False


def links_instead_of_text(facts: PageFacts) -> Verdict | None:
    """Quarantines a hub, a chooser, a list of articles or a home page: entries with links, and hardly any other text.

    An entry is a link that stands alone, a short text with a link, or a small box that holds a link and a few words.
    Only links to the vendor's own pages count: a list of subprocessors links to others. If a page is named as the list
    of subprocessors, it isn't quarantined: it may link to a page of the vendor for each of them.
    Evidence: the number of entries, and of the words that stand in entries and outside.
    """
    if facts.kind == "imprint" or (facts.kind == "subprocessors" and facts.is_named_as_document):
        return None
    blocks = facts.page.kept
    if facts.is_small:
        blocks = main_blocks(facts.page) if facts.is_named_as_policy else facts.content_blocks
    entries = entry_words = free_words = linked_headings = 0
    most_links = _TEASER_LINKS if facts.is_named_as_policy else math.inf
    url = facts.capture.url
    for block in blocks:
        if block.link_share and is_entry(block, url):
            entries += count_links(block, url)
            linked_headings += block.level > 0
            entry_words += max(block.words, _LEAST_ENTRY_WORDS)
        elif _stands_in_teaser(block, most_links):
            entry_words += block.words
        elif not block.level and is_running_text(block.text):
            free_words += block.words
    is_listing = linked_headings >= _FEWEST_ENTRIES and entry_words > free_words
    # A page that is named as the policy may have links to its earlier versions above the text.
    weight = _NAMED_WEIGHT if facts.is_named_as_policy else 1
    is_hub = entries >= _FEWEST_ENTRIES and free_words < _FREE_WORDS and entry_words > weight * free_words
    if is_hub or is_listing:
        return quarantined(
            "not_a_policy",
            f"it points to other pages: {entries} links with {entry_words} words around them, and {free_words} "
            "words of other text",
        )
    return None


def offers_instead_of_text(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page of a shop that isn't named as the policy. Evidence: several prices that stand alone."""
    if not facts.is_small or facts.is_named_as_policy:
        return None
    prices = count_prices(facts)
    if prices < _FEWEST_ENTRIES:
        return None
    return quarantined("not_a_policy", f"it offers goods: {prices} prices and {facts.running_words} words of text")


def fragments_instead_of_text(facts: PageFacts) -> Verdict | None:
    """Quarantines a small home or front page: many headings, each above a line or two, and no name of the policy.

    The page isn't quarantined if it has tables: a policy in tables has hardly any running text. Neither is a legal
    notice, which is made of such lines.
    """
    if facts.kind is None or facts.kind == "imprint" or facts.running_words >= _FRAGMENTS_WORDS:
        return None
    if sum(clause.kind == "table_row" for clause in facts.document.clauses) >= _FEWEST_ENTRIES:
        return None
    headings = sum(clause.kind == "heading" for clause in facts.document.clauses)
    if headings < _FEWEST_HEADINGS or facts.running_words >= _FRAGMENT_WORDS * headings:
        return None
    texts = [*facts.titles, searchable_text(facts)]
    if facts.is_named_as_policy or count_names(facts.kind, "\n".join(texts)) > 1:
        return None
    return quarantined(
        "not_a_policy",
        f"it is made of {headings} headings above {facts.running_words} words of text, as home pages are",
    )


def _stands_in_teaser(block: Block, most_links: float) -> bool:
    """Returns whether a block stands in a small box that has links to other pages, but no more than `most_links`."""
    box: Box | None = block.box
    for _ in range(4):
        if box is None or box.tag in ("body", "main") or box.words > _TEASER_WORDS:
            return False
        links = box.link_blocks - box.same_page_links
        if links:
            return links <= most_links
        box = box.parent
    return False


#: The rules for plain text, Markdown and PDF, in order.
TEXT_RULES = (no_clause, data_for_programs)
#: The rules for HTML pages, in order.
PAGE_RULES = (
    data_for_programs,
    declared_as_other_kind,
    article,
    posts,
    named_as_other_document,
    offers_instead_of_text,
    fragments_instead_of_text,
    signs_of_home_page,
)
