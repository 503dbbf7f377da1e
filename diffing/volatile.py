"""Recognizes volatile text: text that changes although nobody edits the policy.

Examples are counters, "2 days ago", clocks and request ids. If a part of the policy were wrongly recognized as
volatile, users would not see changes of this part. So only a whole segment of a clause can be volatile. Separators
(`·`, `|`, a dash, brackets, the end of a sentence) cut a clause into segments. "Updated 2 days ago · 1,234 views"
consists of two volatile segments. "We delete messages sent 2 years ago" is one segment, which is not volatile. A
segment that may state a retention period ("Old accounts | last active 2 years ago") is never volatile. In a clause of
more than twelve words, only a counter or an id at the end of the clause is volatile. A date in the text is never
volatile, because a date is a fact.
"""

import re
from functools import lru_cache

from diffing.counters import COUNTER, DECIMAL, NUMBER

# A clause with more words than this counts as prose. A shorter clause may be a line about the page instead, such as
# "Updated 2 days ago".
_FEW_WORDS = 12
# Only the last _FEW_CHARACTERS characters of a clause are searched. Volatile segments are shorter than this.
_FEW_CHARACTERS = 160
# A clause of more than _FEW_CHARACTERS characters is searched only if one of its last _TAIL characters is a digit.
_TAIL = 60

# Words that may stand next to a relative time. A *stamp* is a relative time alone ("2 days ago"), or a relative time
# together with these words ("last updated 2 days ago").
_STAMP = (
    "last|latest|recently|first|was|has|been|is|on|at|the|this|our|about|around|almost|over|nearly|more|than|page|article"
    "|document|policy|statement|notice|privacy|version|updated?|modified|edited|changed|revised|reviewed|published|posted"
    "|created|added|written|asked|answered|viewed|seen|online|active|joined|checked|refreshed"
    "|zuletzt|aktualisiert|geändert|veröffentlicht|bearbeitet|erstellt|am|stand|etwa|über|fast"
    "|mis|mise|à|jour|modifié|modifiée|publié|publiée|dernière|modification|environ|créé|le|la|cette"
    "|actualizado|actualizada|modificado|modificada|publicado|publicada|última|actualización|modificación|casi|más|de"
    "|atualizado|atualizada|atualização|modificação|quase|mais|cerca"
    "|aggiornato|aggiornata|modificato|modificata|pubblicato|pubblicata|ultimo|ultima|aggiornamento|circa"
    "|laatst|laatste|bijgewerkt|gewijzigd|gepubliceerd|geplaatst|ongeveer|bijna|meer|dan"
    "|ostatnia|ostatnio|aktualizacja|zaktualizowano|zmieniono|opublikowano|około|ponad"
    "|senast|uppdaterad|ändrad|publicerad|sidst|opdateret|ændret|udgivet|cirka|omkring"
)
_SECONDS_TO_YEARS = "(?:sec(?:ond)?|min(?:ute)?|hour|hr|day|week|month|year|mo|yr)s?"
_HOW_MANY = r"(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of)"
_AGO = "|".join(
    (
        rf"{_HOW_MANY}\s?(?:{_SECONDS_TO_YEARS}|[smhdwy])(?:(?:,|\sand)?\s{_HOW_MANY}\s?{_SECONDS_TO_YEARS})?\sago",
        r"just now|moments? ago|a moment ago",
        (
            r"vor\s(?:\d{1,4}|einer|einem|wenigen|ein paar)"
            r"\s(?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monat(?:en)?|jahr(?:en)?)"
        ),
        r"il y a\s(?:\d{1,4}|une?|quelques)\s(?:secondes?|minutes?|heures?|jours?|semaines?|mois|ans?|années?)",
        r"hace\s(?:\d{1,4}|una?|unos|unas)\s(?:segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?)",
        r"há\s(?:\d{1,4}|uma?)\s(?:segundos?|minutos?|horas?|dias?|semanas?|m[êe]s(?:es)?|anos?)(?:\satrás)?",
        r"(?:\d{1,4}|una?|un')\s?(?:second[oi]|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi])\sfa",
        r"(?:\d{1,4}|een)\s(?:seconden?|minu(?:ut|ten)|uur|uren|dag(?:en)?|we(?:ek|ken)|maand(?:en)?|ja(?:ar|ren))\sgeleden",
        r"przed\s\d{1,4}\s(?:sekund\w{1,4}|minut\w{1,4}|godzin\w{1,4}|dni\w{0,4}|tygodni\w{1,4}|miesi\w{1,6}|lat\w{1,4})",
        r"(?:\d{1,4}\s)?(?:sekund\w?|minut\w?|godzin\w?|dzień|dni|tydzień|tygodni\w?|miesiąc\w?|miesięcy|rok|lata|lat)\stemu",
        r"för\s(?:\d{1,4}|en|ett)\s\w{2,9}\ssedan|for\s(?:\d{1,4}|en|et)\s\w{2,9}\s(?:siden|sidan)",
        r"(?:\d{1,4}|bir)\s(?:saniye|dakika|saat|gün|hafta|ay|yıl)\sönce",
        r"\d{1,4}\s(?:секунд\w?|минут\w?|час\w{0,2}|де?н\w{1,2}|недел\w|месяц\w{0,2}|год\w?|лет)\sназад",
        r"\d{1,4}\s?(?:秒|分|分钟|小时|時間|天|日|周|週間|个月|か月|ヶ月|年)\s?(?:前|之前)",
    )
)
_RELATIVE_TIME = re.compile(
    rf"(?:(?:{_STAMP})[\s:]{{1,2}}){{0,8}}(?:{_AGO})(?:\s(?:{_STAMP})){{0,3}}(?:\s(?:by|von|par|por|da|door)(?:\s\S+){{1,3}})?",
    re.IGNORECASE,
)
_AGE = re.compile(_AGO, re.IGNORECASE)

# A policy states retention periods in the same words as stamps: "accounts last active more than 2 years ago". Three
# signs tell them apart. First, a limit such as "more than" belongs to a rule about old data. ("over a week ago" is how
# software rounds a time; after a word such as "updated", it is part of a stamp.)
_LIMIT = re.compile(
    r"\b(?:(?:more|less|longer|later|earlier) than|at least|at most|mehr als|plus de|más de|mais de|meer dan|ponad)\b",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"\b(?:over|almost|nearly|about|around|über|fast|etwa|environ|casi|bijna|około)\b", re.IGNORECASE)
# Second, only a page is updated or published. Accounts, members and records are seen or active, too.
_OF_A_PAGE = re.compile(
    r"\b(?:updated?|modified|edited|changed|revised|reviewed|published|posted|refreshed|aktualisiert|geändert|veröffentlicht"
    r"|bearbeitet|mise? à jour|modifiée?|publiée?|modification|actualizad[oa]|modificad[oa]|publicad[oa]|actualización"
    r"|modificación|atualizad[oa]|atualização|modificação|aggiornat[oa]|modificat[oa]|pubblicat[oa]|aggiornamento"
    r"|bijgewerkt|gewijzigd|gepubliceerd|geplaatst|aktualizacja|zaktualizowano|zmieniono|opublikowano|uppdaterad|ändrad"
    r"|publicerad|opdateret|ændret|udgivet)\b",
    re.IGNORECASE,
)
_OF_AN_ACCOUNT = re.compile(
    r"\b(?:active|seen|online|joined|checked|viewed|asked|answered|created|added|written|erstellt|créée?)\b",
    re.IGNORECASE,
)
# Third, beside other text, "3 years ago" may be the period for what the other text names. Software that rounds a time
# writes "a month ago" for 30 days or more.
_LONG_AGO = re.compile(
    r"\b(?:[3-9]\d|\d{3,4})\s?(?:days?|d\b|tag|jours|d[ií]as|giorni|dagen|dni|dagar|dage|gün|дн)|"
    r"months?|mo\b|years?|yrs?|\d\s?y\b|monat|jahr|mois|\bans\b|\bun an\b|année|mes(?:es)?\b|años?|m[êe]s\b|anos?\b"
    r"|mes[ei]\b|ann[oi]\b|maand|ja(?:ar|ren)\b|miesi|\blata?\b|\brok\b|månad|måned|\bår\b|\bay\b|yıl|месяц|год|лет"
    r"|月|年",
    re.IGNORECASE,
)

# If a clause names the page with one of these words, a long time beside them is the page's ("Privacy policy, 2 years
# ago").
_NAMES_A_PAGE = re.compile(
    r"polic(?:y|ies)|privacy|notice|statement|article|page|document|terms|cookies?|datenschutz|richtlinie|hinweis|politique"
    r"|confidentialité|política|privacidad|privacidade|aviso|informativa|beleid|verklaring|polityka|integritet|privatliv"
    r"|personvern|политика|プライバシー|ポリシー|隐私|政策",
    re.IGNORECASE,
)

# Counters that are volatile only if all other segments of the clause are volatile, too. For example, the "1 vote" of
# "each share carries (1 vote)" is a part of a statement.
_COUNTER_AMONG_OTHERS = re.compile(
    rf"{NUMBER}\s(?:votes?|comments?|replies|likes?|shares?|downloads?|ratings?|reviews?|followers?|reactions?)"
    rf"|(?:votes?|comments?|likes?|shares?|downloads?|ratings?|followers?)\s?:\s?{NUMBER}",
    re.IGNORECASE,
)

# Words that are volatile beside a counter only.
_BESIDE_COUNTER = re.compile(
    r"(?:today|yesterday|this week|this month|total|in total|online|heute|gestern|gesamt|insgesamt|aujourd['’]hui|hier"
    rf"|en ligne|hoy|ayer|oggi|ieri|hoje|ontem|vandaag|gisteren|totaal)\s?:\s?{NUMBER}"
    r"|(?:many )?thank(?:s| you)(?: (?:very|so) much)?(?: for (?:your visit|visiting|stopping by|coming)(?: \w+){0,3})?"
    r"|vielen dank für ihren besuch|merci (?:de|pour) votre visite"
    r"|welcome|willkommen|bienvenue|bienvenidos|benvenuti|welkom",
    re.IGNORECASE,
)
# The most words of a segment that is divided into volatile parts.
_MOST_WORDS_DIVIDED = 24
_TWO_NUMBERS = re.compile(r"\d\D+\d")

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:\s?[ap]\.?m\.?)?(?:\s(?:UTC|GMT|[A-Z]{2,4}T|[+-]\d{2}:?\d{2}))?"
_SERVED_AT = re.compile(
    rf"(?:this\s)?(?:page|document|site|report)?\s?(?:was\s)?(?:generated|rendered|served|cached|printed|loaded)"
    rf"\s(?:on|at)\s(?:[\w.,/-]+\s){{0,6}}?(?:at\s)?{_CLOCK}"
    r"|(?:this\s)?page\s(?:was\s)?(?:generated|rendered|created|loaded|served)"
    rf"\sin\s{DECIMAL}\d{{0,6}}\s?(?:ms|s|sec|seconds|milliseconds)"
    rf"|(?:current|server|local)\stime(?:\sis)?\s?:?\s{_CLOCK}",
    re.IGNORECASE,
)
# An id has a digit, at least six characters and no space. So "session id: 30 days", which may be a row of a table of
# cookies, contains no id.
_ID = re.compile(
    r"(?:(?:your|cloudflare)\s)?"
    r"(?:(?:ray|request|session|trace|correlation|incident|support|transaction)[\s-]?id|nonce|csrf[\s-]token)"
    r"(?:\sis)?\s?[:#=]\s?"
    r"(?=[a-z-]{0,40}\d)[0-9a-z](?:[.:-]?[0-9a-z]){5,80}"
    r"|reference\s?#\s?\d{1,3}\.[0-9a-f]{6,}\.\d{8,}\.[0-9a-f]+",
    re.IGNORECASE,
)
_COUNTERS = (COUNTER, _COUNTER_AMONG_OTHERS, _SERVED_AT, _ID)

# The separators between segments. The pattern is a group, so `split` returns the separators, too. The segments that
# are not volatile can then be joined again.
# A full stop may belong to a number ("No. 5", "1. Mai", "der 1234. Besucher"), and a comma to a date ("May 1, 1998").
_SEPARATOR = re.compile(
    r"(\s*[|·•∙●]\s*|\s+[–—/-]\s+|\s*[()\[\];]\s*|(?<!\b\d)(?<!\b\d\d)(?<!\b[Nn]o)(?<!\b[Nn]r)(?<!\b[Nn])"
    r"[.?!](?:\s+|$)(?!(?<=\d\.\s)(?:Besuch|Gast|gości|odwiedz|kävij|látogat|návštěvn|ziyaret))|,\s+(?!(?:19|20)\d\d\b))"
)
_ENDS = " \t\n|·•∙●–—/-;,.?!()[]。"
_WITHOUT_A_DIGIT = re.compile(
    r"\bago\b|\bjust now\b|\bvor (?:ein|wenig)|\bil y a\b|\bhace un|\bhá um|\bfa\b|\bgeleden\b|\btemu\b"
    r"|\bsedan\b|\bsiden\b|\bönce\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


def strip_volatile(text: str) -> str:
    """Returns a text without the volatile segments at its beginning and its end; '' if the whole text is volatile.

    text: a text whose white space is collapsed.
    """
    # This function is called for every clause. Nearly all clauses are prose without a number near the end. A quick
    # search for digits recognizes these clauses, which are returned unchanged.
    if len(text) <= _FEW_CHARACTERS:
        return _strip(text) if _DIGIT.search(text) or _WITHOUT_A_DIGIT.search(text) else text
    return _strip(text) if _DIGIT.search(text, len(text) - _TAIL) else text


@lru_cache(maxsize=4_096)
def _strip(text: str) -> str:
    # Only the last characters of a long clause are searched. The first segment of these characters may begin in the
    # middle of a sentence.
    head, tail = text[:-_FEW_CHARACTERS], text[-_FEW_CHARACTERS:]
    if not head and COUNTER.fullmatch(text.strip(_ENDS)):
        return ""
    parts = _SEPARATOR.split(tail)
    segments, separators = [part.strip(_ENDS) for part in parts[::2]], ["", *parts[1::2], ""]
    if not head:
        # A clause that consists only of "5 comments" is volatile, too. The clause has no other text that the counter
        # could belong to.
        others = [segment for segment in segments if segment and not _BESIDE_COUNTER.fullmatch(segment)]
        if (others or not any(segments)) and all(
            _is_volatile(segment, True, True) or _COUNTER_AMONG_OTHERS.fullmatch(segment) for segment in others
        ):
            return ""
    is_prose = bool(head) or len(text.split()) > _FEW_WORDS
    names_page = _NAMES_A_PAGE.search(text) is not None
    begin, end = 0, len(segments)
    while end > 1 and _is_removable(segments[end - 1], separators[end - 1], is_prose, names_page):
        end -= 1
    while not is_prose and begin < end and _is_removable(segments[begin], separators[begin + 1], is_prose, names_page):
        begin += 1
    if (begin, end) == (0, len(segments)) or not any(segments[:begin] + segments[end:]):
        return text
    kept = "".join(parts[2 * begin : 2 * end - 1]) + separators[end].strip()[:1].strip("([|·•∙●–—/-;,")
    return (head + kept).strip()


def _is_removable(segment: str, separator: str, is_prose: bool, names_page: bool) -> bool:
    """Returns whether a segment at the beginning or the end of a clause is volatile or empty.

    separator: the separator between the segment and the rest of the clause. is_prose: whether the clause is prose.
    names_page: whether the clause names the page.
    """
    if not segment:
        return True
    if "," in separator:
        # A comma may separate a name from an age ("Anna, 2 days ago"). A comma may also separate the items of an
        # enumeration, so no other segment is removed at a comma.
        return not is_prose and bool(_AGE.fullmatch(segment)) and not _may_be_period(segment, False, names_page)
    if is_prose:
        return bool(COUNTER.fullmatch(segment) or _ID.fullmatch(segment))
    return _is_volatile(segment, False, names_page)


def _is_volatile(segment: str, alone: bool, names_page: bool) -> bool:
    """Returns whether a segment is volatile.

    alone: whether the clause has no other segments, or only volatile ones.
    names_page: whether the clause names the page.
    """
    if any(pattern.fullmatch(segment) for pattern in (COUNTER, _SERVED_AT, _ID)):
        return True
    if _RELATIVE_TIME.fullmatch(segment):
        return not _may_be_period(segment, alone, names_page)
    return _is_divisible(segment)


def _is_divisible(segment: str) -> bool:
    """Returns whether a segment consists of several volatile texts, which stood on lines of their own in the page."""
    words = segment.split()
    if len(words) > _MOST_WORDS_DIVIDED or not _TWO_NUMBERS.search(segment):
        return False
    # Nearly all segments don't begin with a volatile text. The patterns need a while, so they are tried once for these.
    whole = " ".join(words).lstrip(_ENDS)
    if not any(pattern.match(whole) for pattern in (*_COUNTERS, _RELATIVE_TIME, _BESIDE_COUNTER)):
        return False
    # The numbers of words after which a volatile text may end; the texts before it are volatile, too.
    ends = [0]
    has_counter = False
    for end in range(1, len(words) + 1):
        for begin in ends:
            part = " ".join(words[begin:end]).strip(_ENDS)
            is_counter = any(pattern.fullmatch(part) for pattern in _COUNTERS)
            is_time = not is_counter and _RELATIVE_TIME.fullmatch(part) and not _may_be_period(part, False, False)
            if is_counter or is_time or _BESIDE_COUNTER.fullmatch(part):
                has_counter = has_counter or is_counter
                ends.append(end)
                break
    return has_counter and ends[-1] == len(words)


def _may_be_period(segment: str, alone: bool, names_page: bool) -> bool:
    """Returns whether a segment with a relative time may state a retention period."""
    if _LIMIT.search(segment):
        return True
    if _OF_A_PAGE.search(segment):
        return not (alone or names_page) and _LONG_AGO.search(segment) is not None
    if _ROUNDED.search(segment):
        return True
    signs = bool(_OF_AN_ACCOUNT.search(segment)) + bool(_LONG_AGO.search(segment))
    return signs > alone  # a line of its own needs both signs
