"""Labels of clauses: `2.1`, `(a)`, `§ 3`, `Article 5`."""

import re

from extraction.words.normalization import has_letter_or_digit, word_set

_NAMED = (
    r"(?:Section|Article|Clause|Chapter|Part|Annex|Appendix|Schedule|Artikel|Abschnitt|Kapitel|Teil|Anhang|Anlage|"
    r"Ziffer|"
    r"Chapitre|Annexe|Titre|Artículo|Sección|Cláusula|Capítulo|Anexo|Articolo|Sezione|Clausola|Allegato|Artigo|Seção|"
    r"Hoofdstuk|Bijlage|Rozdział|Artykuł|Załącznik|Раздел|Статья|Глава|Приложение|Άρθρο|Ενότητα|"
    r"SECTION|ARTICLE|CLAUSE|CHAPTER|PART|ANNEX|APPENDIX|SCHEDULE|ARTIKEL|ABSCHNITT|ANHANG|ANNEXE|CLÁUSULA|ARTÍCULO|"
    r"SECCIÓN|ARTICOLO|SEZIONE|ARTIGO|Art\.|art\.|§{1,2})"
)
_NUMERALS = "0-9０-９一二三四五六七八九十百"
_LABEL = re.compile(
    rf"""(?P<label>
        (?P<named>{_NAMED}\s?(?:\d{{1,3}}(?:\.\d{{1,3}})*(?:\.?[ªº])?(?:-?[a-z]\b|\s?-?(?:bis|ter|quater))?|[A-Z]\b|[IVXLC]{{1,6}}\b))
            (?P<after>[.:)]?)(?=\s*[-–—:]|\s+\S|$)                       # Article 5, § 3.1, Annex A, Art. 4-bis
      | 第\s?[{_NUMERALS}]{{1,4}}\s?[条條章节節項项款](?=\s|[（(:：])         # 第1条
      | 제\s?\d{{1,3}}\s?[조장절항](?=\s|[(:])                             # 제1조
      | \d{{1,3}}(?:\.\d{{1,3}})+[.):]?(?=\s)                             # 2.1   2.1.
      | [A-Z]\.\d{{1,3}}(?:\.\d{{1,3}})*[.):]?(?=\s)                       # B.12
      | [A-Z]-\d{{1,2}}[.):](?=\s)                                         # B-2.
      | [IVXLC]{{1,5}}-[a-z][.):](?=\s)                                    # III-a.
      | \d{{1,3}}[.):](?=\s)                                              # 3.    3)
      | \((?:\d{{1,3}}|[a-zA-Z]|[ivxlc]{{1,6}}|[IVXLC]{{1,6}})\)(?=\s)    # (a)   (iv)
      | (?:[a-zA-Z]|[ivxlc]{{2,6}}|[IVXLC]{{2,6}})[.)](?=\s)              # a)    IV.
      | \d{{1,3}}(?=\s[-–—]\s)                                            # 4 – Cookies
    )\s*(?:[-–—:：]\s*(?=\S))?""",
    re.VERBOSE,
)
# If only a space follows a label such as "Article 5", the clause must be a title with at most this many characters. A
# longer clause, or a sentence, only mentions the article: "Article 6 GDPR applies." has no label.
_LONGEST_TITLE = 120
# The first three letters of the words in _NAMED, in lower case (`str.casefold`).
_BEGINNINGS = word_set(
    "sec art cla cha par ann app sch abs kap tei anh anl zif tit cap ane sez all seç hoo bij roz zał раз ста гла при "
    "άρθ ενό"
)
# A quantity, not a clause number: "2.5 million users", "1.2 GB".
_QUANTITY = re.compile(
    r"\d+\.\d+\s+(?:million|billion|trillion|thousand|per\s?cent|percent|%|[kmgt]i?b\b|km|mb|years?|months?|days?|"
    r"hours?|"
    r"minutes?|seconds?|times?|millions?|milliards?|millionen|milliarden)\b",
    re.IGNORECASE,
)
# A day of the month, not a clause number: "25. Mai 2018".
_DAY = re.compile(r"\d{1,2}\.\s+[^\W\d_]{3,}\.?\s+(?:\d{4}\b|um\b)")

_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


_LATIN = "abcdefghijklmnopqrstuvwxyz"
# The letters of alphabetic list styles (CSS Counter Styles, section 6.2).
_ALPHABETS = {
    "lower-alpha": _LATIN,
    "lower-latin": _LATIN,
    "upper-alpha": _LATIN.upper(),
    "upper-latin": _LATIN.upper(),
    "lower-greek": "αβγδεζηθικλμνξοπρστυφχψω",
}
# The code point of the digit zero in numeric list styles (CSS Counter Styles, section 6.1).
_DIGITS = {
    "arabic-indic": 0x660,
    "bengali": 0x9E6,
    "cambodian": 0x17E0,
    "devanagari": 0x966,
    "gujarati": 0xAE6,
    "gurmukhi": 0xA66,
    "kannada": 0xCE6,
    "khmer": 0x17E0,
    "lao": 0xED0,
    "malayalam": 0xD66,
    "myanmar": 0x1040,
    "persian": 0x6F0,
    "tamil": 0xBE6,
    "telugu": 0xC66,
    "thai": 0xE50,
}


def split_label(text: str) -> tuple[str | None, str]:
    """Returns the label at the beginning of a clause, as written in the page, and the rest of the clause's text.

    Returns None and the whole text if the clause has no label. A number without punctuation isn't a label ("30 days
    after …"). A clause that is nothing but a label ("2.1") counts as a clause without a label.
    """
    # A shortcut: most texts begin with a word of two or more letters that isn't the beginning of a label.
    if (
        text[:2].isascii()
        and text[:2].isalpha()
        and text[1:2] not in "ivxlcIVXLC"
        and text[:3].casefold() not in _BEGINNINGS
    ):
        return None, text
    match = _LABEL.match(text)
    if not match or _QUANTITY.match(text) or _DAY.match(text):
        return None, text
    # If only a space follows the label, the label may be the beginning of a sentence: "Article 6 …".
    is_set_apart = not match["named"] or match["after"] or match.end() != match.end("label") + 1
    if not is_set_apart and (
        len(text) > _LONGEST_TITLE or text.endswith((".", ";", ",")) or text[match.end()].islower()
    ):
        return None, text
    rest = text[match.end() :]
    if not has_letter_or_digit(rest):
        return None, text
    return match["label"].strip(), rest


def ordinal_label(number: int, style: str) -> str | None:
    """Returns the label of an item in a list, such as `3.`, `c.`, `iii.` or `γ.`; None if the list has no such labels.

    The label is the one of CSS Counter Styles, section 6. A number that the style can't write is written in digits.

    number: the item's number.
    style: a value of the CSS property `list-style-type`, such as `lower-roman`; '' for a list with bullets.
    """
    if style == "decimal":
        return f"{number}."
    if style in _ALPHABETS and number > 0:
        letters = ""
        alphabet = _ALPHABETS[style]
        while number:
            number, rest = divmod(number - 1, len(alphabet))
            letters = alphabet[rest] + letters
        return f"{letters}."
    if style in ("lower-roman", "upper-roman") and 0 < number < 4_000:
        roman = ""
        for value, digits in _ROMAN:
            count, number = divmod(number, value)
            roman += digits * count
        return f"{roman if style == 'lower-roman' else roman.upper()}."
    if style in _DIGITS:
        return f"{number}.".translate({ord("0") + digit: _DIGITS[style] + digit for digit in range(10)})
    if style == "decimal-leading-zero":
        return f"{number:0{2 if number >= 0 else 3}}."
    return f"{number}." if style in _ALPHABETS or style.endswith("roman") else None
