"""Counts the words of each block and each element.

Words in links, words of running text, and words of running text that uses the policy vocabulary are counted separately.
The policy vocabulary is the set of words that policies use far more often than other pages.
"""

from extraction.blocks import Block, Box
from extraction.words.vocabulary import uses_policy_word, uses_shared_words

# A block counts as running text only if the block has at least this many words.
_FEWEST_PROSE_WORDS = 12
# If the share of a page's running text that uses the policy vocabulary is below this, the page is assumed to be in a
# language that the vocabulary doesn't cover.
_FEWEST_POLICY_SHARE = 0.1


def boxes_around(blocks: list[Block]) -> list[Box]:
    """Returns all elements that contain blocks. Each element comes after its parent element."""
    boxes: list[Box] = []
    listed_ids: set[int] = set()
    for block in blocks:
        box, chain = block.box, []
        while box is not None and (box_id := id(box)) not in listed_ids:
            listed_ids.add(box_id)
            chain.append(box)
            box = box.parent
        if chain:
            chain.reverse()
            boxes += chain
    return boxes


def count_words(blocks: list[Block]) -> None:
    """Sets the counts of the blocks and of the elements around the blocks.

    This function is called if the declaration's selectors choose the policy's text. In this case no furniture is
    removed.
    """
    measure(blocks, boxes_around(blocks))


def measure(blocks: list[Block], boxes: list[Box]) -> tuple[int, int]:
    """Sets the counts of the blocks and elements (see extraction.blocks).

    boxes: the elements around the blocks, as `boxes_around` returns them.

    Returns two counts. The first count is the number of words in running text that uses the policy vocabulary. The
    second count is the number of words in all running text.

    There are two exceptions for the first count:

    - If less than a tenth of the running text uses the policy vocabulary, the first count covers the running text that
      uses the policy vocabulary or shared words. Shared words are words that policies share with other pages.
    - If less than a tenth of the running text uses the policy vocabulary or shared words, the first count covers all
      running text.
    """
    for box in boxes:
        box.begin_counting()
    prose_words = policy_words = 0
    prose = []
    for block in blocks:
        text, link_share, container = block.text, block.link_share, block.box
        words = text.count(" ") + 1
        if words * 15 <= len(text):
            words = len(text) // 4  # in scripts without spaces, about four characters make a word
        block.words = words
        if words >= _FEWEST_PROSE_WORDS and link_share < 0.5 and block.kind != "heading":
            prose.append(block)
            prose_words += words
            if uses_policy_word(text):
                block.policy_words = block.likely_policy_words = words
                policy_words += words
            elif uses_shared_words(text):
                block.likely_policy_words = words // 2
        if container is not None:
            container.words += words
            if block.on_button:
                container.buttons += 1
            if link_share:
                container.link_words += int(words * link_share + 0.5)
                if link_share > 0.5:
                    container.link_blocks += 1
                    container.same_page_links += block.to_same_page
                    container.linked_headings += bool(block.level) and not block.to_same_page
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
    """Adds the counts of each element to the counts of its parent element."""
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
            if box.buttons:
                above.buttons += box.buttons
            if box.form_fields and box.tag != "form":  # the elements around a form have counted its fields already
                above.form_fields += box.form_fields


def is_prose(block: Block) -> bool:
    """Returns whether a block is running text."""
    return block.words >= _FEWEST_PROSE_WORDS and block.link_share < 0.5 and block.kind != "heading"


def hardly_any_policy_words(box: Box) -> bool:
    """Returns whether at most a third of the element's running text uses the policy vocabulary."""
    return is_hardly_any(box.policy_words, box.prose_words)


def hardly_any_likely_policy_words(box: Box) -> bool:
    """Returns whether at most a third of the element's running text uses the policy vocabulary or shared words.

    Shared words are words that policies share with other pages. Only half of the words in a block are counted if the
    block uses shared words but no word of the policy vocabulary.
    """
    return is_hardly_any(box.likely_policy_words, box.prose_words)


def is_hardly_any(policy_words: int, prose_words: int) -> bool:
    """Returns whether at most a third of the running text uses the policy vocabulary.

    policy_words: the number of words in the running text that uses the vocabulary.
    prose_words: the number of words in all the running text.
    """
    return policy_words * 3 <= prose_words
