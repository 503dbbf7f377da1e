"""Finds sentences that crossed the border between two clauses.

If the last sentence of a paragraph becomes the first sentence of the next, both paragraphs change, and nobody reads
anything new: the sentences still follow one another in the same order. Only what else differs between the old and the
new text of each paragraph says what the change is worth. A sentence that refers to others ("This does not apply to …")
may say something else beside other sentences, and so may a fragment ("With your consent."): these haven't crossed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.normalization import fold
from diffing.similar_clauses import Match
from diffing.tokenization import sentences, words, words_of

# Clauses that begin with the same sentence have so many characters in common, unless the sentence is shorter.
_BEGINNING = 8
# At most this many matches in a row are regrouped.
_MOST_REGROUPED = 12
_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "۔", "؟", "։")
_CLOSING = "\"'”’»›)]）」』"
# A sentence that is whole has at least so many words; in scripts without spaces, at least so many letters.
_FEWEST_WORDS = 6
_FEWEST_LETTERS = 12
# Words that refer to what another sentence says, or that join a sentence to another one.
_REFERRING = words_of(
    "this these that those such it its itself they them their theirs he she him her his so however therefore otherwise "
    "thus hence then also too instead else still nevertheless nonetheless moreover furthermore besides and but or "
    "same former latter above below following foregoing aforementioned here there hereby thereof therein thereby "
    "accordingly consequently likewise similarly exception exceptions except unless both neither either to "
    "dies diese dieser dieses diesem diesen solche solcher solches solchen solchem es sie er ihn ihm ihr ihre ihrer "
    "ihren ihrem jene jener jenes jenen daher deshalb deswegen darum jedoch dennoch sonst andernfalls dabei dafür "
    "dagegen dazu davon damit daran darauf hierzu hierfür hierbei hiervon auch aber außerdem zudem ebenso ferner dort "
    "ce cet cette ces cela ceci ça celui celle ceux celles il elle ils elles en y lui leur leurs ainsi donc toutefois "
    "cependant sinon aussi mais or tel telle tels telles "
    "esto este esta estos estas eso ese esa esos esas ello aquello él ella ellos ellas lo así tal tales también pero "
    "embargo tanto contrario además su sus "
    "isto isso este esta estes estas esse essa esses essas aquilo ele ela eles elas assim portanto porém também mas "
    "contudo senão tal tais "
    "questo questa questi queste quello quella quelli quelle ciò esso essa essi esse lui lei loro ne così tuttavia "
    "pertanto quindi altrimenti inoltre anche ma tale tali "
    "dit deze dat die zulke het hij zij ze hen hun daarom echter anders ook maar dus hiervan hiervoor hierbij daarvan "
    "daarvoor daarbij ervan ervoor daar "
    "te ten ta tego tej tym tych tymi tę on ona ono oni one ich jego jej im takie taki taka takich jednak dlatego więc "
    "również też ale inaczej "
    "detta denna dessa det den de dem sådan sådana sådant dock därför annars också men så detta dette denne disse "
    "sådanne slik slike derfor ellers også imidlertid "
    "tento tato toto tyto tomu těchto těmto ten ta to ti takový taková takové však proto jinak také ale ono jejich "
    "tämä tämän tätä tässä nämä näiden näitä se sen sitä siitä ne niiden niitä siksi kuitenkin muuten myös mutta "
    "ez ezt ezek ezeket ennek erre az azt azok azokat annak ilyen olyan ezért azonban egyébként szintén is de "
    "acest această acesta aceasta aceste acestea aceștia acestor acestora astfel totuși prin urmare altfel însă dar "
    "bu bunu bunun bunlar bunların şu o onu onun onlar böyle ancak bu nedenle aksi ayrıca fakat "
    "αυτό αυτή αυτός αυτά αυτές αυτοί αυτών αυτού τέτοια όμως ωστόσο επομένως επίσης αλλά αλλιώς "
    "это этот эта эти этого этой этих этому этим такой такая такие таких он она оно они их его её ее им однако поэтому "
    "иначе также тоже но то тот те "
    "це цей ця ці цього цієї цих цьому таке такий така такі він вона воно вони їх його її однак тому інакше також але "
)
# Polish "to" and "on" refer to something. In English they don't, and a sentence with these words is in English.
_ENGLISH = words_of("the you your our us with")
_HARMLESS_IN_ENGLISH = words_of("to on one ten is or")
_REFERRING_UNSPACED = re.compile(
    "[这這那此该該其它他她之彼]|上述|以上|以下|前[述项項款]|同[样樣様]|但|因此|所以|否则|也|亦"
    "|これ|それ|あれ|この|その|あの|こ[うちこ]|そ[うちこ]|ただし|しかし|なお|また|よって|した(?:がって)|同"
    "|이것|그것|이는|이를|이러한|그러한|이에|그러나|따라서|또한|단,|다만|해당|동일|[이그] "
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of two matched clauses without the sentences that crossed to or from the clauses beside them.

    old, new: the texts that are left.
    crossed: the sentences that crossed.
    """

    old: str
    new: str
    crossed: tuple[str, ...]


def rests_of_crossings(matches: Sequence[Match], old: Sequence[Clause], new: Sequence[Clause]) -> dict[Match, Rest]:
    """Returns, for each match with a sentence that crossed, what is left of its clauses."""
    rests = _regrouped(matches, old, new)
    pairs = {
        (match.old[0], match.new[0]): match
        for match in matches
        if match not in rests
        and len(match.old) == len(match.new) == 1
        and old[match.old[0]].text != new[match.new[0]].text
    }
    for (i, j), upper in sorted(pairs.items()):
        lower = pairs.get((i + 1, j + 1))
        if lower is None or not _are_plain((old[i], old[i + 1], new[j], new[j + 1])):
            continue
        above = rests.get(upper) or Rest(old[i].text, new[j].text, ())
        below = Rest(old[i + 1].text, new[j + 1].text, ())
        down = _crossed(above.old, below.new, above.new, below.old)
        up = _crossed(above.new, below.old, above.old, below.new)
        if down and not up:
            above = Rest(_without_end(above.old, down), above.new, above.crossed + down)
            below = Rest(below.old, _without_start(below.new, down), down)
        elif up and not down:
            above = Rest(above.old, _without_end(above.new, up), above.crossed + up)
            below = Rest(_without_start(below.old, up), below.new, up)
        else:
            continue
        rests |= {upper: above, lower: below}
    return rests


def _regrouped(matches: Sequence[Match], old: Sequence[Clause], new: Sequence[Clause]) -> dict[Match, Rest]:
    """Returns the matches of neighbouring clauses that have the same sentences in the same order, grouped otherwise.

    The sentences are the same to the letter, since nothing else tells whether they say the same.
    """
    starting = {(match.old[0], match.new[0]): match for match in matches}
    rests: dict[Match, Rest] = {}
    for (i, j), first in sorted(starting.items()):
        # The first sentences are the same, so mostly a look at the first letters is enough.
        if old[i].text[:_BEGINNING] != new[j].text[:_BEGINNING] or old[i].text == new[j].text:
            continue
        group: list[Match] = []
        following: Match | None = first
        sides: tuple[list[str], list[str]] = [], []
        while following and following not in rests and len(group) < _MOST_REGROUPED:
            texts = [[old[i] for i in following.old], [new[j] for j in following.new]]
            if not _are_runs(following) or not _are_plain(clause for side in texts for clause in side):
                break
            group.append(following)
            for side, clauses in zip(sides, texts, strict=True):
                side += [sentence.strip() for clause in clauses for sentence in sentences(clause.text)]
            shorter = min(map(len, sides))
            if sides[0][:shorter] != sides[1][:shorter] or (len(group) == 1 and len(sides[0]) == len(sides[1])):
                break
            if len(sides[0]) == len(sides[1]):
                crossed = {match: Rest("", "", _only_in_one(match, old, new)) for match in group}
                if all(_stands_alone(sentence) for rest in crossed.values() for sentence in rest.crossed):
                    rests |= crossed
                break
            following = starting.get((following.old[-1] + 1, following.new[-1] + 1))
    return rests


def _are_runs(match: Match) -> bool:
    """Returns whether the clauses of a match follow one another on both sides."""
    return all(side[-1] - side[0] == len(side) - 1 for side in (match.old, match.new))


def _only_in_one(match: Match, old: Sequence[Clause], new: Sequence[Clause]) -> tuple[str, ...]:
    """Returns the sentences that only one side of a match has, or that one side has more often."""
    sides = [
        [sentence.strip() for clause in side for sentence in sentences(clause.text)]
        for side in ([old[i] for i in match.old], [new[j] for j in match.new])
    ]
    before, after = map(Counter, sides)
    return (*(before - after).elements(), *(after - before).elements())


def _are_plain(clauses: Iterable[Clause]) -> bool:
    """Returns whether clauses are paragraphs without labels whose last sentences end there."""
    return all(
        clause.kind == "paragraph" and clause.label is None and _ends_sentence(clause.text) for clause in clauses
    )


def _ends_sentence(text: str) -> bool:
    return text.rstrip().rstrip(_CLOSING).endswith(_ENDS)


def _stands_alone(sentence: str) -> bool:
    """Returns whether a sentence is whole, and refers to no other sentence."""
    if not _ends_sentence(sentence) or _REFERRING_UNSPACED.search(sentence):
        return False
    found = set(words(fold(sentence)))
    if found & _REFERRING - (_HARMLESS_IN_ENGLISH if found & _ENGLISH else frozenset()):
        return False
    unspaced = len(_UNSPACED.findall(sentence))
    return unspaced >= _FEWEST_LETTERS if unspaced else len(words(fold(sentence))) >= _FEWEST_WORDS


def _crossed(leaving: str, entering: str, left: str, entered: str) -> tuple[str, ...]:
    """Returns the sentences with which one text ends and another text begins; () if there are none.

    leaving, left: the upper clause with and without the sentences.
    entering, entered: the lower clause with and without the sentences.
    """
    above, below = _sentences(leaving), _sentences(entering)
    if above[-1:] == _sentences(left)[-1:] or below[:1] == _sentences(entered)[:1]:
        return ()
    for count in range(min(len(above), len(below)), 0, -1):
        begins = count == len(above) or above[-count - 1].endswith(_ENDS)
        if begins and above[-1].endswith(_ENDS) and above[-count:] == below[:count]:
            crossed = tuple(sentence.strip() for sentence in sentences(entering)[:count])
            return crossed if all(map(_stands_alone, crossed)) else ()
    return ()


def _sentences(text: str) -> list[str]:
    return [fold(sentence) for sentence in sentences(text)]


def _without_end(text: str, crossed: tuple[str, ...]) -> str:
    return "".join(sentences(text)[: -len(crossed)]).strip()


def _without_start(text: str, crossed: tuple[str, ...]) -> str:
    return "".join(sentences(text)[len(crossed) :]).strip()
