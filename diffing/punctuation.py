"""Decides whether two texts with the same words say the same.

A change of punctuation or capitals is editorial only where no reader could object. It is not where a sentence ends
elsewhere; where a sign (a comparison, a currency, an answer such as ✓, a question mark) or quotation marks around a
term come or go; where an acronym changes case ("US" and "us"), or a German pronoun within a sentence ("Sie" is the
reader, "sie" are others); where a cell of a table moves to another column; and where a comma goes that kept a remark
apart from what it would restrict ("carriers, who signed our terms").
"""

import re
import unicodedata

from core.normal_forms import normal_form
from diffing.numerals import VALUES
from diffing.tokenization import DASHES, QUOTES, tokens, words_of

#: The border of two clauses within a text: it stops the reader, whatever punctuation is beside it. The paragraph
#: separator of Unicode is white space to all functions that don't know it.
BORDER = "\u2029"
# Shapes of one sign. A backtick marks code in plain text, so it's no quotation mark.
_SHAPES = (
    {point: shape for point, shape in (DASHES | QUOTES).items() if point != ord("`")}
    | dict.fromkeys(map(ord, "✔✅🗸"), "✓")
    | dict.fromkeys(map(ord, "✘✖❌❎🗴🗶"), "✗")
    | dict.fromkeys(map(ord, "؟⁇"), "?")
    # Flags decorate a text, and blank braille patterns indent it.
    | dict.fromkeys([*range(0x1F1E6, 0x1F200), 0x2800], None)
    | dict.fromkeys(map(ord, "¿¡`®™©\\\ufe0e\ufe0f\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), None)
    | {0x2800: " "}  # the blank pattern of Braille, which pages use as a space
)
# Plain-text pages use these characters for emphasis, bullets and table lines. In the cell of a table, they're answers.
_BULLETS = frozenset("*_•·●▪◦‣∙|■▸►▶➤")
_IN_CELLS = re.compile(r"(?:^|\| )([•·●▪◦‣∙■□*])(?= \||$)")
_CELL_SIGNS = dict(zip("•·●▪◦‣∙■□*", "⬤⬤⬤⬤○⬤⬤⬛⬜✱", strict=True))
_SPACE_IN_GUILLEMETS = re.compile(r"(?<=[«‹])\s+|\s+(?=[»›])")
# Signs that tell wherever they come or go. Other symbols, such as flags, tell only if one takes another's place.
_SIGNS = frozenset("?%‰&@#/†‡§¶<>≤≥≠=≈±+×÷¬~✓✗☐☑☒○◯◉□■⬛⬜⬤✱⚫⚪🔘🟢🔴🟩🟥👍👎🚫⛔⭕")
# What stops the reader between two words, from the least to the most.
_NONE, _PAUSE, _SEMICOLON, _END = range(4)
_SENTENCE_END = re.compile(r"[.!?…][')\]]*(?:\s|$)|[。！？।۔]")
_ANY_SEMICOLON = re.compile("[;；؛]")
_ANY_PAUSE = re.compile(r"[,:()\[\]、，：،]|(?:^|\s)-(?:\s|$)|--")
# A remark between two commas has at most this many words.
_REMARK = 6
_OPENING_QUOTE = re.compile(r"(?:^|(?<=[\s(\[|/-]))'(?=$|[(\['])")
# Before these abbreviations, a full stop doesn't end a sentence. Those of the second line stand before a number.
_ABBREVIATIONS = words_of(
    "inc ltd corp co llc plc mr mrs ms dr prof st vs etc e.g eg ie cf approx incl excl resp usw bzw etc ggf ca vgl gem "
    "no nr art arts sec abs par p pp vol fig tel fax ext al bzgl zzgl inkl cie sté sa sarl bv nv gmbh"
)
# A comma before these words keeps what follows apart from what it would restrict: relative pronouns.
_RELATIVE = words_of(
    "who whom whose which that where wherein whereby "
    "der die das den dem dessen deren welcher welche welches welchem welchen wer was wo wohin woher "
    "qui que quoi dont où lequel laquelle lesquels lesquelles auquel auxquels duquel desquels "
    "quien quienes cual cuales cuyo cuya cuyos cuyas donde quem qual quais cujo cuja cujos cujas onde "
    "che cui quale quali dove wie wat waar waarvan waarin waarop "
    "który która które którzy którego której których któremu którym którymi którą gdzie "
    "som vilken vilket vilka vars där hvis hvilket hvilken hvilke hvor "
    "který která které kteří kterého kterých kterým jenž jehož jejíž kde "
    "joka jotka jonka jossa jota joiden jolla aki akik amely amelyek ahol care "
    "который которая которое которые которого которой которых которым которыми где який яка яке які яких де"
)
# After a denial, a comma before these words decides what is denied: "We do not sell data, because …".
_CONJUNCTIONS = words_of(
    "as because since unless if when until except save but although though while than provided so "
    "weil wenn falls sofern soweit da als außer wie ob damit "
    "si lorsque quand parce car comme sauf puisque afin cuando porque salvo excepto como se quando exceto come poiché "
    "perché eccetto als wanneer indien tenzij omdat zoals mits behalve gdy jeśli jeżeli ponieważ chyba oprócz jak "
    "om när eftersom såvida utom når medmindre fordi undtagen hvis jestliže pokud protože kromě "
    "если когда потому поскольку кроме как якщо коли тому крім"
)
_DENIALS = words_of(
    "no not never none neither nor nobody nothing without cannot don't doesn't won't isn't aren't can't "
    "nicht kein keine keinen keinem keiner nie niemals ohne nein weder non ne pas jamais aucun aucune sans ni "
    "nunca jamás ningún ninguna sin não nunca sem nenhum nenhuma mai nessun nessuna nessuno senza né "
    "niet geen nooit zonder nee nie nigdy bez żaden inte ej aldrig utan ikke aldri ingen uden uten nikdy žádný není "
    "ei eivät koskaan nem soha не нет никогда без ні ніколи"
)
_PREPOSITIONS = words_of("of with for to in on by from at under through some all most many each any none both")
# English participles that keep a remark apart in the same way: "partners, acting on our behalf". The words after the
# colon introduce examples or conditions, and the comma before them is a matter of style.
_PARTICIPLE = re.compile(
    r"(?!including|excluding|regarding|concerning|depending|following|according|during|pending|being|need|indeed|feed|seed"
    r"|bring|thing|string|king|advertising|marketing|processing|pricing|billing)[a-z]{2,}(?:ing|ed)$"
)
# German words that mean the reader with a capital, and other people without.
_GERMAN_YOU = words_of("sie ihr ihre ihrem ihren ihrer ihres ihnen")
# Words that are written in capitals for emphasis.
_EMPHASISED = words_of(
    "not no do does any all never only and or will must shall may always every each none please note important "
    "you your we our the this is are if but nicht kein keine nur und oder ne pas non jamais et ou nunca todos todo "
    "y o no mai "
    "niet geen alleen en of nie tylko i lub inte"
)


def says_the_same(old: str, new: str) -> bool:
    """Returns whether two texts with the same words say the same: no difference of punctuation or case tells.

    old, new: the texts. Between clauses that were split or merged, the texts have BORDER.
    """
    (old_words, old_gaps), (new_words, new_gaps) = _words_and_gaps(old), _words_and_gaps(new)
    old_folded, new_folded = [word.casefold() for word in old_words], [word.casefold() for word in new_words]
    if old_folded != new_folded:
        return False
    if old_words != new_words and _acronym_changed(old_words, new_words):
        return False
    in_columns = any("|" in gap for gap in old_gaps) and any("|" in gap for gap in new_gaps)
    last = len(old_words)
    denied = False  # whether the sentence denies something before this place
    opened: tuple[int, bool] | None = None  # the last place where a pause came or went, and on which side it stands
    for place, (before, after) in enumerate(zip(old_gaps, new_gaps, strict=True)):
        previous = old_folded[place - 1] if place else ""
        stop = _stop(before, previous)
        if place < last and old_words[place] != new_words[place] and old_folded[place] in _GERMAN_YOU:
            # The beginning of a clause may be the middle of a sentence, if the clause is the item of a list.
            is_within = min(stop, _stop(after, previous)) < _END
            if is_within and old_words[place][0].isupper() != new_words[place][0].isupper():
                return False
        if before != after:
            following = old_folded[place] if place < last else ""
            signs, ornaments = zip(*(_signs(gap, in_columns, following) for gap in (before, after)), strict=True)
            if signs[0] != signs[1] or (all(ornaments) and ornaments[0] != ornaments[1]):
                return False
            if _quotes(before, place) != _quotes(after, place):
                return False
            if place < last and _is_minus(before, place, old_folded) != _is_minus(after, place, old_folded):
                return False
            stops = stop, _stop(after, previous)
            at_border = BORDER in before or BORDER in after
            if 0 < place < last and stops[0] != stops[1] and not at_border:
                if (max(stops) == _END and min(stops) < _SEMICOLON) or set(stops) == {_NONE, _SEMICOLON}:
                    return False
                if min(stops) == _NONE:
                    # A pause that closes what another pause opened restricts nothing: "ask us, at any time, which".
                    closes = opened and place - opened[0] <= _REMARK and opened[1] == bool(stops[0])
                    if not closes and _restricts(previous, old_folded[place : place + 2], denied):
                        return False
                    opened = None if closes else (place, bool(stops[0]))
        if stop == _END:
            denied, opened = False, None
        denied = denied or (place < last and old_folded[place] in _DENIALS)
    return True


def _words_and_gaps(text: str) -> tuple[list[str], list[str]]:
    """Returns the words of a text, and what stands before, between and after them."""
    if not text.isascii():
        text = normal_form("NFKC", _SPACE_IN_GUILLEMETS.sub("", text))
    if "|" in text:
        text = _IN_CELLS.sub(lambda cell: cell[0].replace(cell[1], _CELL_SIGNS[cell[1]]), text)
    found: list[str] = []
    gaps: list[str] = []
    gap = ""
    for token in tokens(text.translate(_SHAPES)):
        if token[0].isalnum():
            found.append(token)
            gaps.append(gap)
            gap = ""
        else:
            gap += token
    return found, [*gaps, gap]


def _signs(gap: str, in_columns: bool, following: str) -> tuple[str, str]:
    """Returns the signs in a gap that tell, and the ornaments, such as flags and other pictures.

    in_columns: whether both texts are rows of tables, so that the borders of cells tell, too.
    following: the word after the gap; '' if there is none.
    """
    if gap.isspace() or gap in ("", ", ", ". ", "-"):
        return "", ""
    signs = ornaments = ""
    for character in gap:
        if character in _SIGNS or (in_columns and character == "|"):
            # Between words, > is an arrow: "Settings > Privacy".
            if character not in "<>" or following[:1].isdigit() or following in VALUES:
                signs += character
        elif character not in _BULLETS and unicodedata.category(character)[0] == "S":
            if unicodedata.category(character) == "Sc":
                signs += character
            else:
                ornaments += character
    return signs, ornaments


def _quotes(gap: str, place: int) -> int:
    """Returns how many quotation marks open in a gap. place: the number of words before the gap."""
    if "'" not in gap:
        return 0
    opening = len(_OPENING_QUOTE.findall(gap))
    return opening if place == 0 or gap[0] != "'" or len(gap) > 1 else 0


def _stop(gap: str, previous: str) -> int:
    """Returns what stops the reader in a gap: _END, _SEMICOLON, _PAUSE or _NONE.

    previous: the word before the gap, folded.
    """
    if gap in ("", " ", "-"):
        return _NONE
    is_abbreviated = gap[0] == "." and (len(previous) == 1 or previous in _ABBREVIATIONS)
    if _SENTENCE_END.search(gap) and not is_abbreviated:
        return _END
    if _ANY_SEMICOLON.search(gap):
        return _SEMICOLON
    return _PAUSE if _ANY_PAUSE.search(gap) else _NONE


def _restricts(previous: str, following: list[str], denied: bool) -> bool:
    """Returns whether what follows a place would say something else without a pause at the place.

    previous, following: the words around the place, folded. denied: whether the sentence denies something before it.
    """
    first, second = following[0], following[1] if len(following) > 1 else ""
    if first in _RELATIVE or (second in ("which", "whom", "whose") and first in _PREPOSITIONS):
        return True
    if previous in _DENIALS or first in _DENIALS:
        return True
    if denied and first in _CONJUNCTIONS and second != "well":
        return True
    return bool(_PARTICIPLE.match(first))


def _is_minus(gap: str, place: int, words: list[str]) -> bool:
    return gap.endswith("-") and (gap != "-" or not place) and words[place][0].isdigit()


def _acronym_changed(old: list[str], new: list[str]) -> bool:
    """Returns whether a word is written in capitals on one side only, and is no part of a longer run of capitals."""
    for words, others in ((old, new), (new, old)):
        capitals = [len(word) > 1 and word.isupper() for word in words]
        if all(capitals) or not any(capitals):
            continue
        begin = 0
        while begin < len(words):
            if not capitals[begin]:
                begin += 1
                continue
            end = begin
            while end < len(words) and (capitals[end] or not words[end].isalpha()):
                end += 1
            if end - begin < 3 and any(
                capitals[place] and words[place] != others[place] and words[place].casefold() not in _EMPHASISED
                for place in range(begin, end)
            ):
                return True
            begin = end
    return False
