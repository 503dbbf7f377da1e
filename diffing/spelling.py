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
    "e-mails": "emails",
    "e-mailing": "emailing",
    "licence": "license",
    "licences": "licenses",
    "defence": "defense",
    "offence": "offense",
    "offences": "offenses",
    "practise": "practice",
    "practises": "practices",
    "programme": "program",
    "programmes": "programs",
    "centre": "center",
    "centres": "centers",
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
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_NOT = re.compile(r"(?<=[a-z])n't\b", re.IGNORECASE)
_ENDINGS = {"'ve": " have", "'re": " are", "'ll": " will", "'m": " am"}
_ENDING = re.compile(rf"(?<=[a-z])(?:{'|'.join(_ENDINGS)})\b", re.IGNORECASE)


def respelled(text: str) -> str:
    """Returns a text in one spelling, and without contractions."""
    text = text.replace("’", "'")
    text = _WORD.sub(lambda word: _like(word[0], _WORDS[word[0].casefold()]), text)
    text = _ENDING.sub(lambda ending: _ENDINGS[ending[0].casefold()], _NOT.sub(" not", text))
    return _LL.sub(r"\1", _OUR.sub(r"\1", _ISE.sub(r"\1s", text)))


def _like(word: str, other: str) -> str:
    """Returns another word with capitals as a word has them."""
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other
