"""The policy vocabulary, in many languages: words that policies use far more often than other pages."""

import functools
import re
from collections.abc import Callable

from extraction.words.normalization import word_set

# Whole words, or stems with any ending (`\w*`). The words are about privacy, personal data, consent and rights, or
# occur in the titles of policies.
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
    # Indonesian, Malay, Vietnamese, Hindi, Thai
    r"privasi|pribadi|kebijakan|गोपनीयता|जानकारी|व्यक्तिगत|ข้อมูล\w*|ความเป็นส่วนตัว\w*|"
    # Arabic, Hebrew
    r"خصوصية|الخصوصية|البيانات|פרטיות|מידע"
)
# An elided article may precede the word ("l'information"), and punctuation may follow the word.
_POLICY_WORD = re.compile(rf"(?:[^\W\d_]{{1,2}}['’])?(?:{_STEMS})(?![^\W_])", re.IGNORECASE)
# Shared words are words that both policies and other pages use often. A text with two different shared words may be a
# part of a policy.
_SHARED_WORDS = word_set(
    # English
    "keep keeps kept store stores stored collect collects collected collecting retain retained delete deletes deleted "
    "deletion erase erased erasure share shares shared sharing sell sells sold record records recorded recording "
    "recordings register address addresses telephone phone number numbers e-mail email mail account accounts name "
    "names law laws legal court courts authority authorities access correct corrected correction object objection "
    "request "
    "requests retention purpose purposes party parties provider providers supplier suppliers processor contract "
    "contracts security secure encrypted disclose transfer transferred process processes processed visit visitor "
    "visitors website site service services server servers browser browsers logs log device devices identity identify "
    "payment payments card order orders user users customer customers third years months days complaint complain "
    "identifier ip location picture pictures camera cameras photo photos sign purchase children age anonymous fraud "
    # German
    "speichern gespeichert speichert erheben erhoben erhebt löschen gelöscht löscht weitergegeben weitergeben "
    "adresse adressen anschrift telefonnummer nummer e-mail-adresse konto name namen gesetz gesetzlich gericht behörde "
    "behörden zugriff berichtigung widerspruch zweck zwecke dritte dritten anbieter dienstleister vertrag sicherheit "
    "verschlüsselt übermittelt übertragen website webseite dienst dienste server browser gerät zahlung bestellung "
    "nutzer kunden kunde besucher jahre monate tage beschwerde aufbewahrt aufbewahrung kamera fotos kinder "
    # French
    "conservons conservées conservés conservation stockées stockés collectons collectées collecte collectés supprimer "
    "supprimées effacer effacées partageons partagées vendons adresse adresses téléphone numéro courriel compte nom "
    "noms loi légale légales tribunal autorité accès rectification opposition demande finalité finalités tiers "
    "prestataire prestataires fournisseur contrat sécurité chiffrées transmises transfert site service services "
    "serveur navigateur appareil paiement commande utilisateur utilisateurs clients client visiteurs ans mois jours "
    "plainte "
    # Spanish, Portuguese, Italian
    "conservamos guardamos recopilamos recogemos eliminar borrar suprimir compartimos vendemos dirección teléfono "
    "número correo cuenta nombre ley legal tribunal autoridad acceso rectificación oposición finalidad finalidades "
    "terceros proveedor proveedores contrato seguridad sitio servicio servidor navegador dispositivo pago pedido "
    "usuario usuarios clientes cliente visitantes años meses días reclamación "
    "guardamos recolhemos eliminar apagar partilhamos endereço telefone conta nome lei autoridade acesso retificação "
    "oposição fornecedores contrato segurança serviço serviços navegador pagamento clientes anos meses dias "
    "conserviamo conservati raccogliamo raccolti cancellare cancellazione condividiamo vendiamo indirizzo telefono "
    "numero posta account nome legge autorità accesso rettifica opposizione finalità terzi fornitori fornitore "
    "contratto sicurezza sito servizio servizi server browser dispositivo pagamento ordine utenti clienti cliente "
    "visitatori anni mesi giorni reclamo "
    # Dutch, Polish, Swedish
    "bewaren bewaard verzamelen verzameld verwijderen verwijderd delen verkopen adres telefoonnummer nummer account "
    "naam wet rechter toegang rectificatie bezwaar doel doeleinden derden leverancier contract beveiliging website "
    "dienst server browser apparaat betaling bestelling gebruikers klanten bezoekers jaar maanden dagen klacht "
    "przechowujemy zbieramy usunąć usunięcia udostępniamy sprzedajemy adres telefon numer konto imię nazwisko prawo "
    "sąd organ dostęp sprostowania sprzeciw cel podmiot dostawca umowa bezpieczeństwo serwer przeglądarka urządzenie "
    "płatność zamówienie użytkownik klient lat miesięcy dni skarga "
    "sparar samlar lagras raderas delar säljer adress telefon nummer konto namn lag åtkomst rättelse ändamål tredje "
    "leverantör avtal säkerhet webbplats tjänst server webbläsare enhet betalning beställning kunder år månader dagar"
)
# The first _HEAD characters of a text are searched first. If a text uses the policy vocabulary at all, these characters
# usually have a word of the vocabulary.
_HEAD = 200
# The assumed maximum length of a word, in characters. The second search begins at _HEAD - _LONGEST_WORD, so that it
# also finds a word that the first search cut in two.
_LONGEST_WORD = 40
# The result for a text with more characters than this isn't cached. Otherwise a hostile page could fill the memory.
_LONGEST_CACHED = 2_000
# Words of the policy vocabulary in scripts without spaces between words.
_UNSPACED_WORD = re.compile(r"个人信息|隐私|隱私|プライバシー|個人情報|개인정보|情報|信息|资料|資料|정보")


def _cached(predicate: Callable[[str], bool]) -> Callable[[str], bool]:
    """Returns the predicate with a cache for short texts. Most captures of a policy show the same texts."""
    cached = functools.lru_cache(maxsize=8_192)(predicate)

    def cached_predicate(text: str) -> bool:
        return cached(text) if len(text) <= _LONGEST_CACHED else predicate(text)

    return functools.update_wrapper(cached_predicate, predicate)


@_cached
def uses_policy_word(text: str) -> bool:
    """Returns whether the text has a word of the policy vocabulary."""
    if any(map(_is_policy_word, text[:_HEAD].lower().split())):
        return True
    if len(text) > _HEAD and any(map(_is_policy_word, text[_HEAD - _LONGEST_WORD :].lower().split())):
        return True
    return bool(not text.isascii() and _UNSPACED_WORD.search(text))


@_cached
def uses_shared_words(text: str) -> bool:
    """Returns whether the text has at least two different shared words: words that policies and other pages use."""
    return len(_SHARED_WORDS.intersection([word.strip(".,;:!?()\"'”“’") for word in text.lower().split()])) > 1


@functools.lru_cache(maxsize=65536)
def _is_policy_word(word: str) -> bool:
    return _POLICY_WORD.match(word) is not None
