"""Finds the facts in a text (contact details, dates and numbers), and says what a changed fact is worth to a reader.

A changed contact detail, postal address, or date or version stamp of the document itself is worth little. Every other
fact counts: a period, an age, an amount, a percentage, a section of a law, a cross-reference, a date in a rule.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.normal_forms import normal_form
from diffing.normalization import (
    AT_OR_DOT,
    BETWEEN,
    DIGITS,
    LETTER,
    LIGHT_PUNCTUATION,
    MAIL,
    MONTH,
    MONTH_AFTER,
    MONTH_BEFORE,
    WEB,
    fold,
)
from diffing.numerals import AMBIGUOUS, DIGITS_UNSPACED, MONTHS, NEED_UNIT, UNIT, UNIT_UNSPACED, UNSURE_UNIT, VALUES
from diffing.tokenization import DASHES, QUOTES, words, words_of

# Stands for a fact in a masked text. A word, so that the masked text has as many words as the text has words and facts.
_MASK = "0"
# A text with more facts than this has no postal address and no stamp.
_MANY_FACTS = 100
# A clause with more words than this is no stamp.
_FACT_WORDS = 12
_STAMP_WORDS = words_of(
    # What is dated, and how: English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Nordic languages, …
    "last latest first most recently updated update updates modified modification edited changed change changes "
    "revised revision rev reviewed published posted issued issue effective since valid in force as of from on at "
    "the this our is was and with a to privacy policy statement notice document page terms version v ver release "
    "edition date dated day copyright c year january february march april may june july august september october "
    "november december monday tuesday wednesday thursday friday saturday sunday "
    "zuletzt letzte aktualisiert aktualisierung geändert änderung veröffentlicht bearbeitet erstellt am vom stand "
    "gültig ab seit der die dieser datenschutzerklärung datenschutz datum fassung ausgabe kraft inkrafttreten "
    "dernière derniere mise mis à jour au le la du de des en date modifié modifiée publié publiée modification "
    "vigueur depuis politique confidentialité entrée "
    "última ultima actualización actualizado actualizada modificado modificada modificación publicado publicada "
    "fecha vigencia vigente desde versión política privacidad el del de efectiva entrada vigor "
    "atualização atualizado atualizada modificação data vigência versão política privacidade do da em o "
    "ultimo aggiornamento aggiornato aggiornata modifica modificato modificata pubblicato pubblicata efficacia "
    "decorrenza versione informativa privacy il al dal "
    "laatst laatste bijgewerkt bijwerking gewijzigd wijziging gepubliceerd versie datum ingangsdatum geldig vanaf "
    "op van per sinds "
    "ostatnia ostatnio aktualizacja zaktualizowano zmieniono zmiana opublikowano obowiązuje od dnia wersja z r "
    "sist senast uppdaterad uppdaterat ändrad publicerad gäller från och med giltig sidst opdateret ændret udgivet "
    "gælder fra den dato oppdatert endret publisert "
    "poslední aktualizace aktualizováno platnost účinnost účinné verze ze dne platné "
    "päivitetty viimeksi voimassa alkaen julkaistu versio "
    "utolsó frissítés hatályos módosítás módosítva verzió hatály "
    "actualizare actualizată actualizat versiunea valabilă data "
    "son güncelleme güncellenme güncellendi yürürlük tarihi sürüm versiyon "
    "τελευταία ενημέρωση έκδοση ισχύει από ημερομηνία "
    "最 終 更 新 日 制 定 改 定 施 行 版 本 期 生 效 于 於 公 布 发 發 修 订 訂 現 在 后 後 近 次 "
    "최종 업데이트 시행일 시행일자 개정일 개정 시행 수정일 "
    "последнее обновление обновлено дата редакция редакции версия действует с от останнє оновлення оновлено версія"
)
# The words of stamps that say that the document is dated. All are also in _STAMP_WORDS.
_DATING_WORDS = words_of(
    "updated update updates modified modification edited revised revision rev reviewed published posted issued "
    "effective force version v ver release edition dated "
    "aktualisiert aktualisierung geändert änderung veröffentlicht bearbeitet erstellt stand fassung ausgabe kraft "
    "inkrafttreten jour modifié modifiée publié publiée vigueur "
    "actualización actualizado actualizada modificado modificada modificación publicado publicada vigencia versión "
    "efectiva vigor atualização atualizado atualizada modificação vigência versão "
    "aggiornamento aggiornato aggiornata modifica modificato modificata pubblicato pubblicata efficacia decorrenza "
    "versione bijgewerkt bijwerking gewijzigd wijziging gepubliceerd versie ingangsdatum "
    "aktualizacja zaktualizowano zmieniono zmiana opublikowano wersja "
    "uppdaterad uppdaterat ändrad publicerad opdateret ændret udgivet oppdatert endret publisert "
    "aktualizace aktualizováno účinnost účinné verze päivitetty julkaistu versio "
    "frissítés hatályos módosítás módosítva verzió hatály actualizare actualizată actualizat versiunea "
    "güncelleme güncellenme güncellendi yürürlük sürüm versiyon ενημέρωση έκδοση "
    "新 改 修 订 訂 版 制 施 公 업데이트 시행일 시행일자 개정일 개정 시행 수정일 "
    "обновление обновлено редакция редакции версия оновлення оновлено версія"
)
_COPYRIGHT_STAMP = re.compile(r"\W*(?:©|copyright)", re.IGNORECASE)
_VERSION = re.compile(r"\W*v\.?\s?\d[\d.]*\W*", re.IGNORECASE)
_VERSION_CUE = re.compile(
    r"\b(?:v|ver|version|versión|versão|versione|versie|wersja|verze|versio|verzió|versiunea|sürüm|έκδοση|версия|версія"
    r"|rev|revision|fassung|edition|release)\b\.?\s*(?:no\.?|nr\.?|n[°º]|:)?\s*$",
    re.IGNORECASE,
)
#: The beginning of a line that says whose the page is: "© 2023 Fennel Post Ltd."
COPYRIGHT = re.compile(r"\W*(?:©|\(c\)|copyright|copr\.)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTH_NAME = re.compile(rf"(?<![^\W_])(?:{MONTH}|{'|'.join(sorted(MONTHS))})(?![^\W_])", re.IGNORECASE)
# How the names of months begin, folded, in the order in which they are tried. `_OTHER_MONTH`: in other scripts.
_MONTH_BEGINS = tuple(
    (int(line.split()[0]), tuple(line.split()[1:]))
    for line in (
        "11 marras listopad листопад nov kas νοε ноя",
        "7 jul juil júl lug lipca červenc heinä iul tem ιουλ июл лип",
        "1 jan ene gen stycz ledn tammi ocak ιαν янв січ ianu",
        "2 feb fév fev lut únor helmi şub φεβ фев лют",
        "3 maalis mars mart march marz marc març maart mär már mar μαρ мар берез břez",
        "4 apr avr abr kwie dubn huhti ápr nis απρ апр квіт",
        "5 may mai maj mag mei máj květ touko μαΐ μαι мая май трав",
        "6 jun juin jún giu czerw červn kesä iun haz ιουν июн черв",
        "8 aug aou aoû ago sierp srp elo ağu αυγ авг серп",
        "9 sep set wrze září syys szept eyl σεπ сен верес",
        "10 oct okt ott out paźdz říj loka eki οκτ окт жовт",
        "12 dec déc dez dic grud prosin joulu ara δεκ дек груд",
    )
)
_OTHER_MONTH = re.compile("[α-ωάέήίόύώϊϋΐΰа-яіїєґ]{3}")
# A line that states a month as the document's date has at most so many other words, and none that sets a deadline.
_DATE_LINE_WORDS = 8
_DEADLINE_WORDS = words_of(
    "before until till by after to through within later than since between during prior from expires expire ends end "
    "vor bis nach spätestens seit zwischen ablauf avant jusqu jusque jusqu'au jusqu'à après depuis antes hasta después "
    "desde até depois após prima entro fino dopo dal voor tot na uiterlijk sinds vanaf przed po innan före efter "
    "senast "
    "inden før efter etter před po ennen jälkeen előtt után înainte după önce sonra kadar πριν μέχρι μετά до после "
    "після перед"
)
_NUMERIC_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{4}\s?[年년]")
# A point groups digits only if there are two, since 1.500 is one and a half in English and 1,500 in German.
_GROUPED = re.compile(r"\d{1,3}(?:[,' ]\d{3})+(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)")
_PHONE_CUE = re.compile(
    r"(?:tel(?:ephone|efon|éfono|efono|eph)?|phone|call|fax|mobile|hotline|dial|ring|☎|📞|tél(?:éphone)?|телефон|电话|電話)"
    r"\W*(?:\w+\W+)?$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\+\d[\d ().,/-]{5,}|\(?0\d[\d ().,/-]{5,}|\(?\d{3}\)?[ .,-]{1,2}\d{3}[ .,-]\d{4}")
# Streets: the name after the number ("12 Main Street", "12, rue de la Paix") or before it ("Hauptstraße 12", "Via Roma
# 3", "P.O. Box 7").
_STREET_AFTER = re.compile(
    r"\d[\w/-]*,?\s+(?:(?:[A-ZÀ-ÝŁŚŻ][\w'.-]*\s+){1,4}(?:St(?:reet|\.|\b)|R(?:oad|d\b)|Ave(?:nue|\b)|Lane|Drive|B(?:oulevard|lvd)"
    r"|Square|Sq\b|Court|Way|Quay|Parkway|Pkwy|Place|Terrace|Close|Row|Hill|Gardens|Crescent|Highway|Plaza|Broadway)\b"
    r"|(?:[Rr]ue|[Aa]v(?:enue|\.)|[Bb](?:oulevard|d)|[Qq]uai|[Pp]lace|[Cc]ours|[Aa]llée|[Ii]mpasse|[Cc]hemin|[Rr]oute)\s)"
)
_STREET_BEFORE = re.compile(
    r"(?:[A-ZÄÖÜÀ-ÝŁŚŻ][\w'.-]*(?:str(?:aße|asse|\.)|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|straat|laan|plein"
    r"|gracht|kade|gat(?:an|a)|vägen|vej|gade|veien|katu|tie)"
    r"|\b(?:Via|Viale|Piazza|Corso|Largo|Calle|C/|Paseo|Plaza|Avenida|Av\.|Avda\.|Rua|Praça|Travessa|ul\.|Aleja|al\.|Str\."
    r"|Strada|Bulevardul|ул\.|улица|проспект|пр\.)\s[\w'. -]{1,40}?"
    r"|\b(?:[A-Z][\w'.-]*\s+){1,3}(?:Str(?:aße|asse|eet|\.)|Weg|Platz|Allee|Road|Avenue|utca|út|caddesi|sokak|Ring|Damm)"
    r"|\b(?:P\.?\s?O\.?\s?Box|Box|Postfach|Postbus|B\.?P\.?|CS|Apartado|Suite|Ste\.?|Floor|Unit|Apt\.?|Room|Zimmer))"
    r"(?:\s+(?:No\.?|Nr\.?|n[°º]))?\s*,?\s*$"
)
# The line with the city, if an address has a clause for each of its lines: "New York, NY 10001", "10117 Berlin".
_CITY_LINE = re.compile(
    r"(?:[A-Z]{1,3}-?)?\d{5}(?:-\d{4})?,?(?: [A-ZÀ-Ý][\w'.,-]*){1,5}"
    r"|(?:[A-ZÀ-Ý][\w'.,-]* ){1,5}\d{5}(?:-\d{4})?\.?"
)
# Postcodes of the United States, the United Kingdom and Canada.
_POSTCODE = re.compile(
    r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] \d[A-Z]\d\b"
)
_STREET_IN_FRENCH = re.compile(r"[\s,-]*(?:rue|avenue|av\.|bd|boulevard|quai|place|bis|ter)\b")
_PREVIOUS_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_])[^\W\d_]*[\s,.]*$")
_NEXT_WORD = re.compile(r"[\s,-]*([^\W\d_])")
# How far from a street and its number the rest of an address is searched for.
_ADDRESS_LENGTH = 90
# What belongs to a number in front of it and after it, for display.
_IN_FRONT = re.compile(
    r"(?:\b(?:sections?|articles?|arts?\.?|clauses?|chapters?|paragraphs?|rules?|annex|schedule|recitals?|abs\.|absatz|artikel"
    r"|§+|artículos?|artigos?|articol[oi]|paragraf\w?|статьи?)\s?|[$€£¥₹₽₩₺]\s?|\b(?:usd|eur|gbp|chf|[<>≤≥=])\s?|[<>≤≥]\s?)$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"-?\s?(?:{UNIT}|{UNIT_UNSPACED}|[%‰€£$¥₹]|(?:euros?|dollars?|pounds?|usd|eur|gbp|chf|km|gb|mb|kb)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A contact detail, a date or a number in a text.

    kind: `web`, `mail`, or `number` for numbers, dates and telephone numbers.
    text: the words of the fact. begin, end: where it is in the text of `Facts`.
    """

    kind: Literal["web", "mail", "number"]
    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a text.

    text: the text with one shape for all quotes and for all dashes.
    facts: the facts in reading order.
    masked: the text with the word `0` in place of each fact.
    """

    text: str
    facts: tuple[Fact, ...]
    masked: str


# The name of a month, each of whose letters was replaced.
_MONTH_SPELLED = "\ue004"
# A number word, each of whose letters was replaced: "twenty-five", "vingt et un", "two hundred".
_SPELLED = "\ue003"
_NUMBER = (
    r"(?:\d{4}\s?[年년](?:\s?\d{1,2}\s?[月월](?:\s?\d{1,2}\s?[日일])?)?"
    rf"|{DIGITS}|\(?{_SPELLED}+(?:[ -](?:(?:and|et|y|e) )?{_SPELLED}+)*\)?|[{DIGITS_UNSPACED}]+(?={UNIT_UNSPACED}))"
)
_NUMBERS = (
    rf"(?<![{LETTER}\d])(?<!\d[.,])(?:v(?=\d)|{MONTH_BEFORE}|{_MONTH_SPELLED}+\.?{BETWEEN})?{_NUMBER}"
    rf"(?:{BETWEEN}?(?:{_NUMBER}|{MONTH_AFTER}|{_MONTH_SPELLED}+))*"
)
_FACT = re.compile(f"(?P<web>{WEB})|(?P<mail>{MAIL})|(?P<number>{_NUMBERS})", re.IGNORECASE)
_FACT_WITHOUT_MAIL = re.compile(f"(?P<web>{WEB})|(?P<number>{_NUMBERS})", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_UNIT = re.compile(UNIT, re.IGNORECASE)
_DIGIT_BEFORE = re.compile(r"\d\.?\s(?:de\s)?$")
_DIGIT_AFTER = re.compile(r"\.?,?\s\d")
_IN_FACT = re.compile(rf"\w*\d\w*|(?:{MONTH})|{UNIT}|of|de|du|st|nd|rd|th|er|and|et|y|e", re.IGNORECASE)


def _with_spelled_numbers(text: str) -> str:
    """Returns a text in which each letter of a number word or of a month in a date is replaced.

    The patterns of facts then don't have to try hundreds of words at each place of the text.
    """
    result = list(text)
    end_of_number = -2
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if word in MONTHS:
            after_digit = _DIGIT_BEFORE.search(text, max(0, match.start() - 6), match.start())
            if after_digit or _DIGIT_AFTER.match(text, match.end()):
                result[match.start() : match.end()] = _MONTH_SPELLED * len(match[0])
            continue
        if word not in VALUES:
            continue
        follows_number = match.start() == end_of_number + 1
        if word in NEED_UNIT and not follows_number and not _has_unit(text, word, match.end()):
            continue
        result[match.start() : match.end()] = _SPELLED * len(match[0])
        end_of_number = match.end()
    return "".join(result)


_SHAPES = DASHES | QUOTES
# The first letters of years in Russian, Polish and Czech, if there are many.
_OTHER_STEMS = {"ле": "го", "la": "ro", "le": "ro"}
_COUNTED = re.compile(rf"(?<=\b{_MASK})([ -]?)({UNIT})", re.IGNORECASE)


def _has_unit(text: str, word: str, end: int) -> bool:
    """Returns whether a unit follows a number word that ends at a place. word: the number word, folded."""
    if text[end : end + 1] not in (" ", "-"):
        return False
    unit = _UNIT.match(text, end + 1)
    return unit is not None and not (word in AMBIGUOUS and UNSURE_UNIT.fullmatch(unit[0]))


def may_differ_in_facts(old: Sequence[str], new: Sequence[str]) -> bool:
    """Returns whether two texts may differ in nothing but facts. Fast, since most changed clauses differ in more.

    old, new: the words of the two texts, folded.
    """
    return all(
        word in VALUES or word in MONTHS or word in DIGITS_UNSPACED or _IN_FACT.fullmatch(word)
        for word in set(old) ^ set(new)
    )


def find_facts(text: str) -> Facts:
    """Returns the facts of a text, and the text without them."""
    if not text.isascii():
        text = normal_form("NFKC", text)
    text = " ".join(text.translate(_SHAPES).split())
    pattern = _FACT if AT_OR_DOT.search(text) else _FACT_WITHOUT_MAIL
    facts = []
    pieces = []
    end = 0
    for match in pattern.finditer(_with_spelled_numbers(text)):
        kind: Literal["web", "mail", "number"] = "web" if match["web"] else "number" if match["number"] else "mail"
        facts.append(Fact(kind, text[match.start() : match.end()], match.start(), match.end()))
        pieces += [text[end : match.start()], _MASK]
        end = match.end()
    masked = "".join([*pieces, text[end:]])
    return Facts(text, tuple(facts), _COUNTED.sub(lambda unit: unit[1] + _stem(unit[2].casefold()), masked))


def _stem(unit: str) -> str:
    """Returns what the forms of a unit have in common: one day and two days, один год and пять лет."""
    return _OTHER_STEMS.get(unit[:2], unit[:2])


def same_key(old: Facts, new: Facts) -> bool:
    """Returns whether two texts have as many facts, and the same words around them."""
    return len(old.facts) == len(new.facts) and _key(old.masked) == _key(new.masked)


def _key(masked: str) -> str:
    return LIGHT_PUNCTUATION.sub(" ", fold(masked)).strip()


def same_value(old: Fact, new: Fact) -> bool:
    """Returns whether two facts are one fact in two spellings, such as `thirty (30)` and `30`."""
    if old.text.casefold() == new.text.casefold():
        return True
    return old.kind == new.kind == "number" and _value(old.text) == _value(new.text)


def _value(text: str) -> tuple[object, ...]:
    folded = text.casefold()
    grouped = _GROUPED.sub(lambda group: re.sub(r"\D", "", group[0]), folded)
    values: list[object] = []
    for part in re.findall(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[%+]", grouped):
        value: object = int(part) if part.isdecimal() else VALUES.get(part, part[: 4 if part.startswith("jui") else 3])
        if value in ("of", "de", "du", "and", "et", "y", "st", "nd", "rd", "th", "er"):
            continue
        if isinstance(value, int) and not part.isdecimal() and values and isinstance(values[-1], int):
            # "twenty-five" is 25, "two hundred" is 200.
            values[-1] = values[-1] * value if value == 100 else values[-1] + value
        elif not values or values[-1] != value:
            values.append(value)
    has_month = any(isinstance(value, str) and value not in "%+" for value in values)
    # A date with the name of its month means the same in any order.
    return tuple(sorted(values, key=str)) if has_month else tuple(values)


@dataclass(frozen=True, slots=True)
class FactChange:
    """The facts that differ between two texts whose other words are the same.

    counts: the old and the new fact of each pair that counts, with their units: `("30 days", "90 days")`.
    contacts: whether a contact detail, or a date or version stamp of the document itself, differs.
    """

    counts: tuple[tuple[str, str], ...]
    contacts: bool


def changed_facts(old: Facts, new: Facts, stated: tuple[str | None, str | None]) -> FactChange | None:
    """Returns the facts that differ between two texts with as many facts, in the same places.

    None if no fact differs, not even in its spelling.

    stated: the dates that the old and the new document state for themselves, in ISO 8601, perhaps without the day; None
        if a document states no date.
    """
    counts = []
    contacts = False
    if all(before.text.casefold() == after.text.casefold() for before, after in zip(old.facts, new.facts, strict=True)):
        return None
    for before, after in zip(old.facts, new.facts, strict=True):
        if before.text == after.text or (before.kind == "number" and same_value(before, after)):
            continue
        # A text with very many facts is a list of prices or the like.
        is_list = len(old.facts) > _MANY_FACTS
        both = ((old, before, stated[0]), (new, after, stated[1]))
        if not is_list and (all(_is_contact(*fact[:2]) for fact in both) or all(_is_own_date(*fact) for fact in both)):
            contacts = True
        else:
            counts.append((_with_unit(old.text, before), _with_unit(new.text, after)))
    return FactChange(tuple(counts), contacts)


def _is_contact(facts: Facts, fact: Fact) -> bool:
    if fact.kind != "number":
        return True
    text = facts.text
    return _is_phone(text, fact) or _is_in_address(text, fact)


def _is_phone(text: str, fact: Fact) -> bool:
    digits = sum(character.isdigit() for character in fact.text)
    if digits < 6 or _MONTH_NAME.search(fact.text) or _NUMERIC_DATE.search(fact.text):
        return False
    if _GROUPED.fullmatch(fact.text) and not fact.text.startswith("0"):
        return False
    return bool(_PHONE.fullmatch(fact.text) or _PHONE_CUE.search(text, max(0, fact.begin - 40), fact.begin))


def _is_in_address(text: str, fact: Fact) -> bool:
    """Returns whether a number is the number of a house, a postcode, or another number in a postal address."""
    if _BEHIND.match(text, fact.end) or _IN_FRONT.search(text, max(0, fact.begin - 20), fact.begin):
        return False
    following = _NEXT_WORD.match(text, fact.end)
    if following and following[1].islower() and not _STREET_IN_FRENCH.match(text, fact.end):
        return False
    previous = _PREVIOUS_WORD.search(text, max(0, fact.begin - 40), fact.begin)
    if previous and previous[1].islower() and not _STREET_AFTER.match(text, fact.begin):
        return False
    if _CITY_LINE.fullmatch(text):
        return True
    begin, end = max(0, fact.begin - _ADDRESS_LENGTH), fact.end + _ADDRESS_LENGTH
    if _STREET_AFTER.search(text, begin, end) or _POSTCODE.search(text, begin, end):
        return True
    window = text[begin:end]
    return any(_STREET_BEFORE.search(window[: match.start()]) for match in re.finditer(r"\d+", window))


def _is_own_date(facts: Facts, fact: Fact, stated: str | None) -> bool:
    """Returns whether a fact is a date or a version stamp of the document itself.

    stated: the date that the document states for itself; None if it states no date.
    """
    if fact.kind != "number":
        return False
    text = facts.text
    is_date = bool(_MONTH_NAME.search(fact.text) or _NUMERIC_DATE.search(fact.text) or _YEAR.search(fact.text))
    others = words(facts.masked)
    named = _names(fact.text, stated) if is_date and stated else ""
    is_short = len(others) <= _DATE_LINE_WORDS and _DEADLINE_WORDS.isdisjoint(map(str.casefold, others))
    if named == "day" or (named and is_short):
        return True
    if COPYRIGHT.match(text) and len(others) <= 2 * _FACT_WORDS:
        return is_date
    if len(others) > _FACT_WORDS:
        return False
    begin, end = fact.begin, fact.end
    while begin and text[begin - 1] not in "|·•()[];" and not text.startswith(" - ", begin - 1):
        begin -= 1
    while end < len(text) and text[end] not in "|·•()[];" and not text.startswith(" - ", end):
        end += 1
    within = [other for other in facts.facts if begin <= other.begin < end]
    ends = [begin, *(other.end for other in within)]
    begins = [*(other.begin for other in within), end]
    around = " ".join(text[left:right] for left, right in zip(ends, begins, strict=True))
    if not all(word.casefold() in _STAMP_WORDS for word in words(around)):
        return False
    return is_date or fact.text[0] in "vV" or bool(_VERSION_CUE.search(text, begin, fact.begin))


def is_stamp(text: str) -> bool:
    """Returns whether a text is nothing but a date or a version stamp of the document itself."""
    return _are_own_dates(find_facts(text))


def _are_own_dates(facts: Facts) -> bool:
    return bool(facts.facts) and all(_is_own_date(facts, fact, None) for fact in facts.facts)


def is_lone_stamp(text: str, may_be_bare: bool) -> bool:
    """Returns whether a text says of itself that it dates the document: "Last updated: 3 May 2024", "Version 3.2".

    A date beside nothing but words such as "from" or "until" may belong to a rule.

    may_be_bare: whether nothing but a date with day, month and year dates the document, too.
    """
    facts = find_facts(text)
    if not _are_own_dates(facts):
        return False
    others = words(facts.masked.casefold())
    if _DATING_WORDS.intersection(others) or _COPYRIGHT_STAMP.match(text) or _VERSION.fullmatch(text):
        return True
    return may_be_bare and _is_full_date(facts)


def _is_full_date(facts: Facts) -> bool:
    """Returns whether a text is nothing but one date with day, month and year."""
    if len(facts.facts) != 1 or words(facts.masked) != words(_MASK):
        return False
    date = facts.facts[0].text
    numbers = re.findall(r"\d+", date)
    return bool(_YEAR.search(date)) and len(numbers) == (2 if _MONTH_NAME.search(date) else 3)


def _names(text: str, stated: str) -> Literal["", "month", "day"]:
    """Returns whether a text names a date: not at all, its month and year, or also its day.

    stated: the date in ISO 8601, perhaps without the day.
    """
    year, month, day = f"{stated}--".split("-")[:3]
    if not month:
        return ""
    numbers = sorted(int(number) for number in re.findall(r"\d+", text))
    with_name = [_month_of(word) for word in re.findall(r"[^\W\d_]{3,}", text.casefold())]
    months = [number for number in with_name if number]
    if months:
        if months != [int(month)]:
            return ""
    else:
        # Nobody says "2024 5": without a name, the month is a number beside the year.
        numbers = _without(numbers, int(month))
    if numbers == [int(year)]:
        return "month"
    return "day" if day and numbers == sorted((int(year), int(day))) else ""


def _without(numbers: list[int], number: int) -> list[int]:
    """Returns numbers without one of them; no numbers if it isn't there."""
    if number not in numbers:
        return []
    place = numbers.index(number)
    return numbers[:place] + numbers[place + 1 :]


def _month_of(word: str) -> int | None:
    """Returns the number of the month that a word names, folded; None if it names none that is known."""
    if not (_MONTH_NAME.fullmatch(word) or _OTHER_MONTH.match(word)):
        return None
    for number, begins in _MONTH_BEGINS:
        if word.startswith(begins):
            return number
    return None


def _with_unit(text: str, fact: Fact) -> str:
    """Returns a fact with what belongs to it: `$ 5`, `30 days`, `Article 6(1)`."""
    in_front = _IN_FRONT.search(text, max(0, fact.begin - 20), fact.begin)
    behind = _BEHIND.match(text, fact.end)
    return text[in_front.start() if in_front else fact.begin : behind.end() if behind else fact.end].strip()
