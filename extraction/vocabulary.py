"""The words policies are made of, in the common languages."""

import functools
import re
from collections import Counter

from extraction.wording import words

# Whole words, or stems with any ending: privacy, personal data, consent, rights, what such a document is called.
_STEMS = (
    # English
    r"privacy|personal(?:ly)?|polic(?:y|ies)|cookies?|data|information|consent|disclos\w*|gdpr|ccpa|"
    r"terms|agreement|liab\w+|subprocessors?|processors?|retention|rights|lawful|applicable|"
    # French
    r"confidentialité|privée|données|personnelles|consentement|traitements?|rgpd|"
    # German, Dutch
    r"datenschutz\w*|daten|personenbezogen\w*|einwilligung\w*|verarbeit\w*|dsgvo|auskunft\w*|privacybeleid|"
    r"privacyverklaring|"
    r"persoonsgegevens|gegevens|toestemming|"
    # Spanish, Portuguese, Italian, Romanian, Catalan
    r"privacidad\w*|privadesa|datos|personales|consentimiento|tratamiento|privacidade|dados|pessoais|consentimento|"
    r"tratamento|dati|personali|consenso|trattamento|informativa|riservatezza|confiden[tț]ialitate\w*|"
    # Nordic
    r"integritet\w*|personuppgift\w*|samtycke\w*|personvern\w*|personopplysning\w*|samtykke\w*|persondata\w*|"
    r"privatliv\w*|personoplysning\w*|tietosuoja\w*|henkilötie\w*|"
    # Polish, Czech, Slovak, Hungarian, Croatian, Slovenian
    r"prywatnoś\w*|danych|dane|osobow\w*|zgod\w+|soukrom\w*|osobn\w+|údaj\w*|súkrom\w*|súhlas\w*|souhlas\w*|"
    r"adatvédel\w*|adatkezel\w*|személyes|privatnost\w*|podac\w+|osobni\w*|zasebnost\w*|"
    # Greek, Russian, Ukrainian, Bulgarian, Turkish
    r"απορρήτου|προσωπικ\w+|δεδομένων|конфиденциальност\w*|персональн\w*|данных|согласи\w*|конфіденційн\w*|даних|"
    r"поверителност\w*|лични|данни|gizlilik\w*|kişisel|veri\w*|çerez\w*|"
    # Arabic, Hebrew
    r"خصوصية|الخصوصية|البيانات|פרטיות|מידע"
)
_POLICY_WORD = re.compile(rf"(?:{_STEMS})", re.IGNORECASE)
# Written without spaces between words.
_RUN_ON = re.compile(r"个人信息|隐私|隱私|プライバシー|個人情報|개인정보")


def policy_share(text: str) -> tuple[int, int]:
    """How many words of the text are of those that policies are made of, and how many it has in all."""
    every = words(text)
    count = sum(times for word, times in Counter(every).items() if _is_policy_word(word))
    return count if text.isascii() else count + len(_RUN_ON.findall(text)), len(every)


def speaks_of_policy(text: str) -> bool:
    """Whether the text has any of them."""
    return policy_share(text)[0] > 0


@functools.lru_cache(maxsize=16384)
def _is_policy_word(word: str) -> bool:
    return _POLICY_WORD.fullmatch(word) is not None
