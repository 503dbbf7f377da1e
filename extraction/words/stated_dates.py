"""Recognises the date that a policy's text states: the date on which the policy takes effect or was last updated."""

import functools
import re
from collections.abc import Sequence
from datetime import date

from extraction.words.months import MONTHS

_EFFECTIVE = re.compile(
    r"\b(?:effective(?:\s+(?:date|as\s+of|from|on|since))?|in\s+effect\s+(?:as\s+of|from|since)|takes?\s+effect|"
    r"(?:comes?|came|enters?|entered)\s+into\s+(?:force|effect)|valid\s+(?:from|as\s+of)|applies\s+(?:from|as\s+of)|"
    r"s[’']applique\s+à\s+(?:partir|compter)|entr(?:e|ée|era)\s+en\s+vigueur|en\s+vigueur|date\s+d[’']effet|"
    r"date\s+d[’']entrée|applicable\s+(?:à\s+compter|"
    r"depuis)|"
    r"gültig\s+(?:ab|seit)|in\s+kraft|wirksam\s+(?:ab|seit)|gilt\s+ab|"
    r"(?:fecha\s+de\s+)?entrada\s+en\s+vigor|en\s+vigor|vigente\s+(?:desde|a\s+partir)|fecha\s+efectiva|"
    r"in\s+vigore|data\s+di\s+entrata|em\s+vigor|data\s+de\s+vigência|vigência|"
    r"van\s+kracht|ingangsdatum|geldig\s+vanaf|träder\s+i\s+kraft|gäller\s+från|trer\s+i\s+kraft|træder\s+i\s+kraft|"
    r"obowiązuje\s+od|wchodzi\s+w\s+życie|účinnost[ií]|voimassa|вступает\s+в\s+силу|действует\s+с|yürürlük|"
    r"ισχύει\s+από|"
    r"施行日|発効日|生效日期|生效时间|自.{0,2}起生效|시행일)",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"\b(?:(?:last|most\s+recently|latest)\s+(?:updated?|modified|modification|revised|revision|changed?|amended|"
    r"reviewed|edited|posted)|"
    r"(?:updated|revised|modified|amended|posted|revision\s+date|version\s+(?:of|dated)|as\s+of|date\s+of\s+last|"
    r"this\s+version)(?=\s|:)|version\s+date|"
    r"(?:dernière|date\s+de\s+(?:la\s+)?dernière)\s+(?:mise\s+[àa]\s+jour|modification|révision|actualisation)|"
    r"mise?s?\s+à\s+jour|"
    r"version\s+(?:du|en\s+date)|modifiée?\s+le|(?:zu)?letzt\s+(?:aktualisiert|geändert|überarbeitet)|"
    r"letzte\s+(?:aktualisierung|änderung)|stand(?=\s*:|\s+(?:der|vom|\d|[A-ZÄ]))|fassung\s+vom|"
    r"última\s+(?:actualización|modificación|revisión|atualização|alteração)|actualizad[oa]|atualizad[oa]|"
    r"ultim[oa]\s+(?:aggiornamento|modifica|revisione)|aggiornat[oa]|laatst\s+(?:bijgewerkt|gewijzigd|aangepast|"
    r"herzien)|"
    r"laatste\s+(?:update|wijziging)|versie\s+(?:van|d\.?d\.?)|bijgewerkt|senast\s+(?:uppdaterad|ändrad)|"
    r"sist\s+(?:oppdatert|endret)|"
    r"sidst\s+opdateret|"
    r"ostatni[ao]?\s+(?:aktualizacj|zmian)\w*|poslední\s+(?:aktualizace|změna)|päivitetty|последнее\s+обновление|"
    r"дата\s+обновления|son\s+güncelleme|τελευταία\s+(?:ενημέρωση|τροποποίηση)|utolsó\s+(?:frissítés|módosítás)|"
    r"ultima\s+actualizare|最終(?:更新|改定|改訂)日?|改定日|改訂日|更新日|最后更新|更新日期|修订日期|(?:최종\s*)?(?:개정|수정)일)",
    re.IGNORECASE,
)
# An announcement is a phrase such as "last updated". The announced date must end at most this many characters after the
# announcement.
_REACH = 70
# An announcement ("Last updated:") and its date may be two separate clauses, if each of the two clauses has at most
# this many characters.
_LONGEST_PART = 40
# A clause with more characters than this doesn't count as a clause that only states a date.
_LONGEST_STATEMENT = 160
_YEAR = re.compile(r"(?:19|20)\d\d")


@functools.cache
def _date_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
    return re.compile(
        rf"""(?<![\w/])(?:
          (?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})(?![\d/])
        | (?P<n2>\d{{1,2}})(?P<sep>[-/.])\s?(?P<n3>\d{{1,2}})(?P=sep)\s?(?P<y2>(?:19|20)\d\d)(?!\d)
        | (?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|°|\.)?[\s\-]+(?:(?:of|de|d[’'])\s*)?(?P<m3>{names})\b\.?,?[\s\-]*
          (?:(?:de|del)\s+)?(?P<y3>(?:19|20)\d\d)(?!\d)
        | (?P<m4>{names})\b\.?[\s\-]+(?:the\s+)?(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?[\s,\-.]+(?P<y4>(?:19|20)\d\d)(?!\d)
        | (?P<y5>(?:19|20)\d\d)\s?[年년]\s?(?P<m5>\d{{1,2}})\s?[月월]\s?(?P<d5>\d{{1,2}})\s?[日일]
        )""",
        re.VERBOSE | re.IGNORECASE,
    )


def _dates_in(text: str) -> list[date | None]:
    """Returns the dates in a text, in order.

    In the list, None stands for a date that doesn't exist (2018-02-30) and for an ambiguous date (03/04/2018).
    """
    dates: list[date | None] = []
    for match in _date_pattern().finditer(text):
        group = match.groupdict()
        if group["n2"]:
            first, second, year = int(group["n2"]), int(group["n3"]), int(group["y2"])
            # In dates that are written with full stops, the day comes first everywhere in Europe.
            if group["sep"] == "." or first > 12 or first == second:
                day, month = first, second
            elif second > 12:
                day, month = second, first
            else:
                dates.append(None)
                continue
        else:
            day = int(group["d1"] or group["d3"] or group["d4"] or group["d5"])
            named = group["m3"] or group["m4"]
            month = MONTHS[named.lower()] if named else int(group["m1"] or group["m5"])
            year = int(group["y1"] or group["y3"] or group["y4"] or group["y5"])
        try:
            dates.append(date(year, month, day))
        except ValueError:
            dates.append(None)
    return dates


def states_date(text: str) -> bool:
    """Returns whether a short text states when the policy takes effect or was last updated."""
    return (
        len(text) <= _LONGEST_STATEMENT
        and bool(_YEAR.search(text))
        and (_announced_date(_EFFECTIVE, text)[0] or _announced_date(_UPDATED, text)[0])
    )


def stated_date(texts: Sequence[str]) -> date | None:
    """Returns the effective date that a policy states, or else the date of the last update that the policy states.

    texts: the texts of the policy's clauses, in order.

    A date counts only if words such as "effective" or "last updated" announce the date. The words must be shortly
    before the date, in the same clause. If both clauses are short, the words may also be in the clause directly above.

    The first announced effective date counts, or else the first announced date of an update. Returns None if the policy
    announces no date. Also None if the date that counts doesn't exist or is ambiguous (03/04/2018).
    """
    update_dates: list[date | None] = []
    for index, text in enumerate(texts):
        if not ("20" in text or "19" in text) or not _YEAR.search(text):
            continue
        if index and len(texts[index - 1]) <= _LONGEST_PART and len(text) <= _LONGEST_PART:
            text = f"{texts[index - 1]} {text}"
        announced, day = _announced_date(_EFFECTIVE, text)
        if announced:
            return day
        if not update_dates:
            announced, day = _announced_date(_UPDATED, text)
            if announced:
                update_dates.append(day)
    return update_dates[0] if update_dates else None


def _announced_date(announcement: re.Pattern[str], text: str) -> tuple[bool, date | None]:
    """Returns whether the text announces a date, and the date.

    The date is None if no date is announced, or if the announced date doesn't exist or is ambiguous.

    announcement: a pattern of words that announce a date.
    """
    for match in announcement.finditer(text):
        dates = _dates_in(text[match.end() : match.end() + _REACH])
        if dates:
            return True, dates[0]
    return False, None
