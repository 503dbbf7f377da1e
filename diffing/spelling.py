"""Makes texts equal that differ only in British or American spelling, or in contractions: no reader could object."""

import re

# The regular endings, British as American: -ise and -yse, -our and -or, -lled and -led.
_ISE = re.compile(r"(?<=[^\W\d_]{3})([iy])z(?=(?:e|ed|es|er|ers|ing|ation|ations|able)\b)", re.IGNORECASE)
_OUR = re.compile(
    r"\b((?:behavi|fav|col|hon|lab|neighb|endeav|harb|hum|flav|rum|arm|vap|od|sav)o)u(?=r)", re.IGNORECASE
)
_LL = re.compile(
    r"\b(cancel|travel|label|model|signal|channel|counsel|level|total|fuel)l(?=ed\b|ing\b|ers?\b)", re.IGNORECASE
)
_WORDS = {
    "e-mail": "email",
    "e-mailing": "emailing",
    "e-mailed": "emailed",
    "licence": "license",
    "defence": "defense",
    "offence": "offense",
    "practise": "practice",
    "programme": "program",
    "centre": "center",
    "catalogue": "catalog",
    "judgement": "judgment",
    "acknowledgement": "acknowledgment",
    "fulfil": "fulfill",
    "enrol": "enroll",
    "enrolment": "enrollment",
    "whilst": "while",
    "cannot": "can not",
    "can't": "can not",
    "won't": "will not",
    "it's": "it is",
    "that's": "that is",
    "let's": "let us",
}
_WORD = re.compile(rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))})(s?)\b", re.IGNORECASE)
_NOT = re.compile(r"(?<=[a-z])n't\b", re.IGNORECASE)
_ENDINGS = {"'ve": " have", "'re": " are", "'ll": " will", "'m": " am"}
_ENDING = re.compile(rf"(?<=[a-z])(?:{'|'.join(_ENDINGS)})\b", re.IGNORECASE)


# A text without spaces that may be a web or mail address, or a part of one.
_IN_ADDRESS = re.compile(r"[@/\\]|\w\.[^\W\d_]{2}")
_TOKEN = re.compile(r"\S+")
_MAIL = re.compile(r"\W*e-?mail(?:s|ed|ing)?(?:'s)?\W*", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"(?:[.!?:;…|•·●▪*\u2029][\"'”’)\]]*\s*|\n\s*)$")
_CAPITAL_IN_FRONT = re.compile(r"\s+[^\w\s]*([^\W\d_])")
# "We can not only see it" doesn't say what "We cannot only see it" says.
_CAN_NOT = re.compile(r"\W*(?:cannot|can't)", re.IGNORECASE)
_ONLY = re.compile(r"\s+(?:only|just|merely|simply|but)\b", re.IGNORECASE)


def respelled(text: str) -> str:
    """Returns a text in one spelling, and without contractions.

    Addresses and names, which begin with a capital within a sentence, keep their spelling.
    """
    return _TOKEN.sub(_respelled_token, text.replace("’", "'"))


def _respelled_token(token: re.Match[str]) -> str:
    text = token[0]
    if _IN_ADDRESS.search(text) or (_CAN_NOT.fullmatch(text) and _ONLY.match(token.string, token.end())):
        return text
    if not (_may_be_name(token) and not _MAIL.fullmatch(text)):
        text = _WORD.sub(lambda word: _like(word[1], _WORDS[word[1].casefold()]) + word[2], text)
        text = _LL.sub(r"\1", _OUR.sub(r"\1", _ISE.sub(r"\1s", text)))
    return _ENDING.sub(lambda ending: _ENDINGS[ending[0].casefold()], _NOT.sub(" not", text))


def _may_be_name(token: re.Match[str]) -> bool:
    """Returns whether a word with a capital is within a sentence, or in front of another word with a capital."""
    if not any(character.isupper() for character in token[0]):
        return False
    before, following = token.string[: token.start()], _CAPITAL_IN_FRONT.match(token.string, token.end())
    if following and following[1].isupper():
        return True
    return bool(before.strip()) and _ENDS_SENTENCE.search(before) is None


def _like(word: str, other: str) -> str:
    """Returns another word with capitals as a word has them."""
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other
