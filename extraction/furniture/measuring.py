"""Counts the words of each block and element: in links, in running text, in text that uses the policy vocabulary."""

from extraction.blocks import Block, Box
from extraction.words.vocabulary import uses_policy_word, uses_shared_words

# A block of fewer words is no running text.
_FEWEST_PROSE_WORDS = 12
# If a smaller share of the running text uses the policy vocabulary, the text is in a language whose words aren't known.
_FEWEST_POLICY_SHARE = 0.1


def boxes_around(blocks: list[Block]) -> list[Box]:
    """Returns all elements around the blocks, each after the element it stands in."""
    boxes: list[Box] = []
    seen: set[int] = set()
    for block in blocks:
        box, chain = block.box, []
        while box is not None and id(box) not in seen:
            seen.add(id(box))
            chain.append(box)
            box = box.parent
        boxes += reversed(chain)
    return boxes


def count_words(blocks: list[Block]) -> None:
    """Fills in the counts of the blocks and of the elements around them, for a page from which nothing is removed."""
    measure(blocks, boxes_around(blocks))


def measure(blocks: list[Block], boxes: list[Box]) -> tuple[int, int]:
    """Fills in the counts of blocks and elements (see extraction.blocks).

    boxes: the elements around the blocks, as `boxes_around` returns them.

    Returns how many words there are in running text that uses the policy vocabulary, and how many in all running text.
    If hardly any running text uses the vocabulary, the text that uses shared words counts in its place; if there is
    hardly any of that either, all running text does.
    """
    for box in boxes:
        box.begin_counting()
    prose_words = policy_words = 0
    prose = []
    for block in blocks:
        text, link_share, holder = block.text, block.link_share, block.box
        words = text.count(" ") + 1
        if words * 15 <= len(text):
            words = len(text) // 4  # scripts without spaces: about four characters make a word
        block.words = words
        if words >= _FEWEST_PROSE_WORDS and link_share < 0.5 and block.kind != "heading":
            prose.append(block)
            prose_words += words
            if uses_policy_word(text):
                block.policy_words = block.likely_policy_words = words
                policy_words += words
            elif uses_shared_words(text):
                block.likely_policy_words = words // 2
        if holder is not None:
            holder.words += words
            if block.on_button:
                holder.buttons += 1
            if link_share:
                holder.link_words += int(words * link_share + 0.5)
                if link_share > 0.5:
                    holder.link_blocks += 1
                    holder.same_page_links += block.to_same_page
                    holder.linked_headings += bool(block.level) and not block.to_same_page
    if policy_words < _FEWEST_POLICY_SHARE * prose_words:
        likely = [block for block in prose if block.likely_policy_words]
        if sum([block.words for block in likely]) < _FEWEST_POLICY_SHARE * prose_words:
            likely = prose
        for block in likely:
            block.policy_words = block.likely_policy_words = block.words
        policy_words = sum([block.words for block in likely])
    for block in prose:
        if block.box is not None:
            block.box.prose_words += block.words
            block.box.policy_words += block.policy_words
            block.box.likely_policy_words += block.likely_policy_words
    _add_up(boxes)
    return policy_words, prose_words


def _add_up(boxes: list[Box]) -> None:
    """Adds the counts of each element to those of the element around it."""
    for box in reversed(boxes):
        above = box.parent
        if above is not None:
            above.words += box.words
            if box.prose_words:
                above.prose_words += box.prose_words
                above.policy_words += box.policy_words
                above.likely_policy_words += box.likely_policy_words
            if box.link_words:
                above.link_words += box.link_words
                above.link_blocks += box.link_blocks
                above.same_page_links += box.same_page_links
                above.linked_headings += box.linked_headings
            if box.buttons or box.form_fields:
                above.buttons += box.buttons
                above.form_fields += box.form_fields


def is_prose(block: Block) -> bool:
    """Returns whether a block is running text."""
    return block.words >= _FEWEST_PROSE_WORDS and block.link_share < 0.5 and block.kind != "heading"


def hardly_any_policy_words(box: Box) -> bool:
    """Returns whether at most a third of the element's running text uses the policy vocabulary."""
    return is_hardly_any(box.policy_words, box.prose_words)


def hardly_any_likely_policy_words(box: Box) -> bool:
    """Returns whether at most a third of it uses the vocabulary, or words that policies share with other pages."""
    return is_hardly_any(box.likely_policy_words, box.prose_words)


def is_hardly_any(policy_words: int, prose_words: int) -> bool:
    """Returns whether too little running text uses the policy vocabulary for the text to be part of a policy."""
    return policy_words * 3 <= prose_words
