"""The kinds of vendors' documents, and the names by which titles and texts call the kinds, in many languages.

A kind is recognised by its name, such as "Terms of Service". A language without names here is judged by the other
rules alone.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

from extraction.words.normalization import word_set

# Latin and Greek letters with accents, in lower case, and the letter without the accent.
_PLAIN_LETTERS = {
    code: unicodedata.normalize("NFD", chr(code))[0]
    for code in (*range(0xDF, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000))
    if chr(code).islower() and len(unicodedata.normalize("NFD", chr(code))) > 1
} | {ord("ı"): "i"}


def _names(*alternatives: str) -> re.Pattern[str]:
    """Returns a pattern for text that `_plain` returns. A search that ignores case takes three to ten times as long."""
    return re.compile("|".join(alternatives).translate(_PLAIN_LETTERS))


# An ending in front of a space is bounded ("\w{1,20} "), so that the time of a search doesn't grow with the square of a
# text without spaces.
#: The names of documents, by kind. The patterns are applied to text that `_plain` returns, with straight apostrophes.
NAMES: Mapping[str, re.Pattern[str]] = {
    "privacy": _names(
        r"privacy(?:beleid|verklaring|statement|reglement)?\b|(?<!general )data (?:protection|policy|use policy)|"
        r"personal (?:data|information)|how we use your (?:data|information)|fair processing notice",
        r"datenschutz\w*|confidentialité|vie privée|données (?:personnelles|à caractère personnel)|"
        r"protection des données",
        r"rgpd|gdpr|dsgvo|privacidad|protección de datos|datos personales|privadesa|dades personals|pribatutasun\w*",
        r"privacidade|dados pessoais|proteção de dados|riservatezza|dati personali|informativa (?:sulla )?privacy",
        r"persoonsgegevens|gegevensbescherming|integritetspolicy|integritet(?=\b|s)|personuppgift\w*|personvern\w*|"
        r"privatliv\w*|persondata\w*|personoplysning\w*|personopplysning\w*|tietosuoja\w*|henkilötieto\w*|"
        r"persónuvernd\w*|isikuandme\w*|privaatsus\w*|privātum\w*|privatum\w*|asmens duomen\w*|personas dat\w*",
        r"prywatnoś\w*|danych osobowych|soukrom\w*|osobních údajů|súkrom\w*|osobných údajov|adatvédel\w*|"
        r"adatkezel\w*|személyes adat\w*|confidențialit\w*|confidentialitate\w*|"
        r"date(?:lor)? (?:cu caracter )?personale?",
        r"privatnost\w*|osobnih podataka|zasebnost\w*|osebnih podatkov|приватност\w*|личних података|"
        r"απορρήτου|ιδιωτικότητας|προσωπικ\w{1,20} δεδομέν\w+",
        r"aydınlatma metni|конфиденциальност\w*|персональн\w{1,20} данн\w*|конфіденційн\w*|персональних даних|"
        r"приватност\w*|"
        r"поверителност\w*|лични(?:те)? данни|gizlilik\w*|kişisel veri\w*|kvkk|məxfilik|құпиялылық",
        r"خصوصية|الخصوصية|البيانات الشخصية|حریم خصوصی|פרטיות|プライバシー|個人情報|隐私|隱私|个人信息|個人資料|"
        r"개인정보|गोपनीयता|ความเป็นส่วนตัว|ข้อมูลส่วนบุคคล|quyền riêng tư|bảo mật|dữ liệu cá nhân|privasi|"
        r"data pribadi|pribadi|faragha|গোপনীয়তা|தனியுரிமை",
    ),
    "terms": _names(
        r"terms (?:of|and|&|for)\b(?: \w+)?|^(?:our |the |these |legal |website |site |user |general )?terms$|"
        r"conditions of (?:use|sale|service|carriage)|"
        r"(?:user|subscription|services?|customer|membership|seller|end[- ]user licen[cs]e|licen[cs]e) agreement|"
        r"\beula\b|general conditions",
        r"conditions (?:générales|d'utilisation|de vente|d'abonnement|de service)\S*|\bcg[uvs]+\b|"
        r"allgemeine \w{0,30}bedingungen|\bagbs?\b|\b\w{0,20}(?:geschäfts|nutzungs|vertrags|verkaufs|liefer|"
        r"teilnahme)bedingungen|"
        r"lizenzvertrag",
        r"^(?:termini|termos|termeni|términos|voorwaarden|villkor|vilkår|ehdot|podmínky|podmienky|feltételek|"
        r"uvjeti|uslovi|pogoji|условия|умови|όροι|koşullar|şartlar|regulamin)\b|términos\b|condiciones (?:de|"
        r"generales)|termes i condicions|condicions (?:d'ús|generals)|termini (?:e|di|"
        r"d'uso)|"
        r"condizioni (?:generali|d'uso|di)|termos (?:e|de)|condições (?:gerais|de)",
        r"(?:algemene |gebruiks|leverings|verkoop)voorwaarden|användarvillkor|allmänna villkor|köpvillkor|"
        r"brukervilkår|vilkår for|(?:handels|forretnings|salgs|bruger)(?:betingelser|vilkår)|brugsbetingelser|"
        r"käyttöehdot|toimitusehdot|yleiset (?:sopimus)?ehdot|skilmál\w+|kasutustingimus\w*|lietošanas noteikum\w*|"
        r"naudojimo(?:si)? (?:sąlyg|taisykl)\w*",
        r"regulamin\w*|warunki (?:korzystania|ogólne|świadczenia|użytkowania)|ogólne warunki|"
        r"obchodní(?:ch)? podmín\w+|"
        r"podmínky (?:použití|užívání)|všeobecné \w{0,20} ?podm[ií]\w+|obchodné podmienky|podmienky používania|"
        r"(?:általános )?(?:szerződési|felhasználási|üzleti) feltétel\w*|\bászf\b|termeni(?:i)? (?:și|si|şi|de)|"
        r"condiții(?:le)? (?:de|generale)|these terms|our terms|the terms|the agreement|this agreement",
        r"uvjeti (?:korištenja|poslovanja)|opći uvjeti|uslovi (?:korišćenja|poslovanja)|pogoji (?:uporabe|poslovanja)|"
        r"splošni pogoji|услови (?:коришћења|за ползване)|общи условия|όροι (?:χρήσης|και|παροχής)|όρους χρήσης",
        r"услови[яй] (?:использования|пользования|обслуживания|продажи)|пользовательск\w{1,20} соглашени\w+|"
        r"публичн\w{1,20} оферт\w+|договор[- ]оферт\w+|умови (?:використання|користування)|публічн\w{1,20} (?:оферт\w+|"
        r"догов\w+)|"
        r"угод\w{1,20} користувача|kullanım (?:koşul|şart)\w*|üyelik sözleşme\w*|mesafeli satış sözleşme\w*|"
        r"hizmet (?:şart|koşul)\w*|kullanıcı sözleşme\w*",
        r"利用規約|ご利用条件|会員規約|サービス規約|服务条款|服務條款|使用条款|使用條款|用户协议|用戶協議|이용약관|"
        r"서비스 ?약관|điều khoản|điều kiện sử dụng|ข้อกำหนด(?:และเงื่อนไข|การใช้)|เงื่อนไขการ|الشروط والأحكام|"
        r"شروط (?:الاستخدام|الخدمة)|תנאי (?:שימוש|השימוש)|תקנון|सेवा की शर्तें|उपयोग की शर्तें|syarat (?:dan|"
        r"&) ketentuan|"
        r"ketentuan (?:layanan|penggunaan)|شرایط استفاده",
        r"γενικοί όροι|όροι (?:πώλησης|συναλλαγών|συμμετοχής|συνδρομής)|opšti uslovi|uvjeti kupnje|üyelik koşullar\w*|"
        r"شروط (?:وأحكام|الاستعمال|البيع)|תנאים כלליים|kasutajatingimus\w*|müügitingimus\w*|pardavimo taisykl\w*|"
        r"用户服务协议|服务协议|購買條款|会员协议|利用条件|販売条件|판매 ?약관|구매 ?약관|ketentuan umum|"
        r"syarat penggunaan|terma dan syarat",
    ),
    "cookies": _names(
        r"cookies?(?:[- ]?(?:policy|notice|richtlinie|beleid|verklaring|erklärung|policyn|politik|käytäntö|"
        r"policy'?s?))?\b|"
        r"cookie\w*|trackers?|traceurs?|evästee\w*|eväste\w*|küpsis\w*|sīkdat\w*|slapuk\w*|kolačić\w*|piškot\w*|"
        r"çerez\w*|файл\w*[- ]cookie|куки|бисквитк\w*|ciasteczk\w*|クッキー|ملفات تعريف الارتباط|קוביות|עוגיות|쿠키|"
        r"vafrakök\w*|süti\w*|galetes|testigos",
    ),
    "dpa": _names(
        r"data process(?:ing|or) (?:agreement|addendum|terms|annex)|\bdpa\b|auftragsverarbeitung\w*|"
        r"\bavv?\b(?=.{0,60}vertrag)|"
        r"accord (?:de|sur le) traitement des données|contrat de sous-traitance|"
        r"(?:acuerdo|contrato|addendum|anexo) (?:de|para el|sobre el) (?:tratamiento|procesamiento) de datos|"
        r"encargado del tratamiento|"
        r"(?:acordo|contrato|aditivo|adendo) de (?:tratamento|processamento) de dados|"
        r"accordo (?:sul|per il|di) trattamento dei dati|verwerkersovereenkomst|personuppgiftsbiträdesavtal\w*|"
        r"databehandler(?:avtale|aftale)\w*|umowa powierzenia\w*|smlouva o zpracování|zmluva o spracúvaní|"
        r"adatfeldolgozási (?:szerződés|megállapodás)\w*|acord de prelucrare|veri işleme (?:sözleşme|ek)\w*|"
        r"データ処理(?:契約|補遺|に関する)|数据处理(?:协议|附录)|개인정보 처리 ?위탁|데이터 처리 (?:계약|부속)|"
        r"соглашени\w{1,20} об обработке|поручени\w{1,20} на обработку",
        r"σύμβαση επεξεργασίας|(?:henkilö)?tietojen ?käsittelysopimu\w*|споразумени\w{1,20} за обработ\w+|"
        r"договір про обробку|"
        r"ugovor o obradi|pogodba o obdelavi|andmetöötlusleping\w*|datu apstrādes līgum\w*|duomenų tvarkymo sutart\w*|"
        r"اتفاقية معالجة البيانات|הסכם עיבוד|perjanjian pemrosesan data|thỏa thuận xử lý dữ liệu|資料處理(?:協議|增補)|"
        r"ข้อตกลงการประมวลผลข้อมูล|vinnslusamning\w*|contracte d'encarregat",
    ),
    "subprocessors": _names(
        r"sub-?processors?|sous-traitants? ultérieurs?|liste des sous-traitants|unterauftrags?(?:verarbeiter|"
        r"nehmer)\w*|"
        r"subencargados?|subencarregados?|suboperadores|subprocessadores|sub-?responsabili|subverwerkers?|"
        r"underbiträde\w*|underdatabehandler\w*|underdatabehandlere|podprocesor\w*|podwykonawc\w{0,20} przetwarza\w*|"
        r"再委託先|子处理者|субобработчик\w*",
    ),
    "imprint": _names(
        r"impressum|anbieterkennzeichnung|"
        r"imprint|legal (?:notice|disclosure|information)|company information|mentions légales|aviso legal|"
        r"avís legal|note legali|informazioni legali|informações legais|colofon|juridische kennisgeving|"
        r"impresszum|právní (?:informace|upozornění)|nota prawna|特定商取引\w*|会社概要|künye|правовая информация|"
        r"реквизиты",
        r"νομική (?:σημείωση|ανακοίνωση)|στοιχεία (?:εταιρείας|επιχείρησης)|oikeudellinen huomautus|"
        r"юридическая информация|"
        r"правна информация|impresum|pravno obvestilo|právne informácie|juridisk information|firmaoplysninger|"
        r"会社情報|法律声明|法律聲明|사업자 ?정보|הודעה משפטית|إشعار قانوني",
    ),
    "community-guidelines": _names(
        r"community (?:guidelines|standards|rules)|(?:house|forum|conduct) rules|code of conduct|"
        r"(?:règles|standards|charte|directives) de (?:la )?communauté|community-(?:richtlinien|regeln|standards)|"
        r"gemeinschaftsrichtlinien|verhaltenskodex|forenregeln|(?:normas|directrices|reglas) de la comunidad|"
        r"código de conduct?a|(?:diretrizes|regras|normas) da comunidade|linee guida della (?:community|comunità)|"
        r"codice (?:etico|di condotta)|communityrichtlijnen|huisregels|gedragscode|gemeenschapsregels|"
        r"riktlinjer för (?:communityn|gemenskapen)|uppförandekod|ordningsregler|zasady społeczności|"
        r"pravidla komunity|közösségi (?:irányelvek|szabály\w*)|regulile comunității|topluluk kurallar\w*|"
        r"правила (?:сообщества|форума)|правила спільноти|コミュニティ(?:ガイドライン|規約)|社区(?:准则|规则)|"
        r"커뮤니티 (?:가이드라인|규칙)|κανόνες κοινότητας",
        r"κανόνες (?:της κοινότητας|του φόρουμ)|yhteisön säännöt|fællesskabsregler|retningslinjer for fællesskabet|"
        r"fellesskapsregler|правила на общността|pravila skupnosti|pravidlá komunity|kogukonna reeglid|"
        r"pedoman komunitas|tiêu chuẩn cộng đồng|إرشادات المجتمع|כללי הקהילה|社群(?:守则|規範)|行動規範|"
        r"コミュニティルール|커뮤니티 ?규정",
    ),
    "acceptable-use": _names(
        r"acceptable use|fair use policy|usage polic(?:y|ies)|prohibited (?:uses?|items|content)|"
        r"utilisation acceptable|usage acceptable|(?:richtlinie zur )?akzeptable\w{0,20} nutzung|nutzungsrichtlinie\w*|"
        r"uso aceptable|uso aceitável|uso accettabile|acceptabel gebruik|godtagbar användning|"
        r"acceptabel (?:användning|brug)|akceptowaln\w{1,20} użytkowani\w+|kabul edilebilir kullanım|"
        r"допустимо\w{1,20} использовани\w+|利用規範|可接受使用",
        r"αποδεκτή χρήση|hyväksyttävä käyttö|допустим\w{1,20} употреб\w+|přijateln\w{1,20} užív\w+|"
        r"prijateľn\w{1,20} použív\w+|"
        r"elfogadható használat|utilizare acceptabilă|prihvatljiv\w{1,20} korišten\w+|"
        r"penggunaan (?:wajar|yang dapat diterima)|"
        r"الاستخدام المقبول|שימוש מקובל|許容される利用|可接受的使用|허용 ?가능한 사용",
    ),
    "other": _names(
        r"service[- ]level agreement|\bsla\b|(?:refunds?|returns?|shipping|delivery|cancellation|warranty|copyright|"
        r"dmca|"
        r"trademark|editorial|moderation|complaints?|cookies? preference)(?: and \w+)? (?:policy|policies|guidelines)|"
        r"modern slavery|accessibility (?:statement|policy)|vulnerability disclosure|bug bounty|"
        r"press releases?|transparency report|code of ethics|white ?paper",
        r"politique de (?:remboursement|retour|livraison)\w*|communiqué de presse|déclaration d'accessibilité|"
        r"widerrufs(?:belehrung|recht)|versandbedingungen|versand(?: und |kosten)|rückgabe\w*|barrierefreiheit\w*|"
        r"pressemitteilung|stellenangebot",
        r"política de (?:devoluci\w+|reembolso\w*|envíos?|cambios|trocas|entrega)|nota de prensa|comunicado de prensa|"
        r"declaración de accesibilidad|politica di (?:reso|rimborso)|(?:diritto di )?recesso|resi e rimborsi|"
        r"comunicato stampa|dichiarazione di accessibilità|retour(?:beleid|neren)|verzending|persbericht|"
        r"toegankelijkheidsverklaring|returpolicy|ångerrätt|leveransvillkor|pressmeddelande|"
        r"tillgänglighetsredogörelse|"
        r"^retur(?:nering|er)?\b|fuld returret|pressemeddelelse|pressemelding|zwroty|polityka zwrotów|"
        r"informacja prasowa|dostawa i płatność|reklamac\w+|"
        r"odstoupení od smlouvy|sajtóközlemény|elállás\w*|politica de (?:retur|livrare)|comunicat de presă|"
        r"iade (?:politika|koşul|ve)\w*|basın bülteni|возврат\w*|повернен\w*|пресс-релиз|доставка и оплата|返品|"
        r"プレスリリース|"
        r"退货|退款|新闻稿|환불|보도자료|chính sách (?:đổi trả|hoàn tiền|vận chuyển)|πολιτική επιστροφών|δελτίο τύπου",
        r"δήλωση προσβασιμότητας|заявление о доступности|доступность сайта|заява про доступність|"
        r"декларация за достъпност|"
        r"izjava o (?:pristupačnosti|dostopnosti)|prohlášení o přístupnosti|vyhlásenie o prístupnosti|"
        r"deklaracja dostępności|"
        r"akadálymentes\w{0,20} nyilatkozat|declarați\w{1,20} (?:de|privind) accesibilitate\w*|saavutettavuusseloste|"
        r"tilgængelighedserklæring|tilgjengelighetserklæring|aðgengisyfirlýsing|juurdepääsetavus\w*|piekļūstamīb\w*|"
        r"prieinamumo pareiškim\w*|erişilebilirlik|بيان إمكانية الوصول|הצהרת נגישות|pernyataan aksesibilitas|"
        r"アクセシビリティ|"
        r"无障碍|無障礙|접근성|declaració d'accessibilitat|declaração de acessibilidade|"
        r"επιστροφ(?:ές|ών)|palautus\w*|returret\w*|fortrydelsesret\w*|angrerett\w*|tagastus\w*|atteikuma ties\w*|"
        r"grąžinim\w*|"
        r"връщане на|рекламаци\w+|povrat \w+|vračil\w+|odstúpenie od zmluvy|vrátenie tovaru|vrácení zboží|"
        r"visszaküldés\w*|"
        r"visszatérítés\w*|سياسة (?:الاسترجاع|الاستبدال|الإرجاع|الشحن)|מדיניות (?:החזר\w*|ביטול\w*|משלוחים)|"
        r"kebijakan (?:pengembalian|pengiriman)|退换货|配送|返金|반품|배송|นโยบายการ(?:คืน|จัดส่ง)|"
        r"прес-?реліз|съобщение за медиите|priopćenje za \w+|sporočilo za \w+|tisková zpráva|tlačová správa|"
        r"(?:lehdistö|media)tiedote|pressiteade|preses relīze|pranešimas spaudai|fréttatilkynning|بيان صحفي|"
        r"הודעה ל(?:עיתונות|תקשורת)|siaran pers|thông cáo báo chí|新聞稿|"
        r"job (?:advert\w*|description|posting)|offre d'emploi|oferta de (?:empleo|trabajo)|offerta di lavoro|"
        r"vacatures?\b|"
        r"platsannons|ledig (?:tjänst|stilling)|jobopslag|stillingsannonse|avoin työpaikka|oferta pracy|nabídka práce|"
        r"pracovná ponuka|álláshirdetés|állásajánlat|loc de muncă|θέση εργασίας|ваканси[яї]|вакансія|обява за работа|"
        r"iş ilanı|求人(?:票|情報|広告)|募集要項|招聘(?:启事|信息|公告|职位)|채용 ?공고|وظيفة شاغرة|"
        r"lowongan kerja|tuyển dụng",
    ),
}
# Nouns for a document, such as "notice" in "privacy notice". The pattern also contains titles that name a document
# without such a noun, for instance "Privacy".
_DOCUMENT_NOUN = _names(
    r"polic(?:y|ies)|notice|statement|declaration|charter|rules|terms|legal|information on|erklärung|hinweise?|"
    r"richtlinie|"
    r"bestimmungen|ordnung|politique|charte|déclaration|avis|mentions|política|aviso|declaración|informativa|politica|"
    r"polityka|verklaring|beleid|reglement|policy|ポリシー|方針|について|政策|声明|방침|처리|политик|заявлен|"
    r"πολιτική|politika|"
    r"kebijakan|นโยบาย|नीति|سياسة|מדיניות|chính sách|datenschutz$|^datenschutz|^privacy$|^your privacy|^our privacy|"
    r"^data protection$|^confidentialité$|^privacidad$|^privacidade$|^privacy (?:center|centre|at|in)|"
    r"^privacy (?:&|and) (?:cookies?|terms|security|data|legal|safety|gdpr)|"
    r"& privacy$|and privacy$|^protection des données|^privatliv|^integritet|^personvern|^tietosuoja"
)
# The words of a policy's slug that tell its kind, such as `terms-of-service` or `cookie_policy`.
_SLUG_WORDS: Mapping[str, frozenset[str]] = {
    "subprocessors": word_set("subprocessors subprocessor"),
    "dpa": word_set("dpa avv"),
    "cookies": word_set("cookie cookies tracker trackers"),
    "imprint": word_set("imprint impressum"),
    "privacy": word_set("privacy datenschutz confidentialite gdpr"),
    "terms": word_set("terms tos agb cgu cgv eula"),
}
_WHOLE_SLUGS = {
    "community-guidelines": "community-guidelines",
    "acceptable-use": "acceptable-use",
    "aup": "acceptable-use",
    "data-protection": "privacy",
    "legal-notice": "imprint",
    "data-processing-agreement": "dpa",
    "data-processing-addendum": "dpa",
}
# The noun of a document stands within this many characters of the document's name.
_NOUN_REACH = 20
_SLUG_PARTS = re.compile(r"[-_]+")


@functools.lru_cache(maxsize=1_024)
def kind_of(policy: str) -> str | None:
    """Returns the kind of a declared policy; None if the kind isn't known.

    policy: the policy's slug, such as `privacy` or `terms-of-service`.
    """
    slug = "-".join(_SLUG_PARTS.split(policy))
    if slug in _WHOLE_SLUGS:
        return _WHOLE_SLUGS[slug]
    parts = set(slug.split("-"))
    return next((kind for kind, words in _SLUG_WORDS.items() if parts & words), None)


@functools.lru_cache(maxsize=4_096)
def kinds_named(title: str) -> frozenset[str]:
    """Returns the kinds of documents that a title names.

    A name inside a longer name doesn't count: "data processing agreement" names one kind, and "cookies" in "terms and
    cookies" names a second.

    title: a title or a heading, with straight apostrophes.
    """
    title = _plain(title)
    # If several kinds have the same words, the last kind in NAMES is meant.
    spans = {(match.start(), match.end()): kind for kind, names in NAMES.items() for match in names.finditer(title)}
    matches = [(start, end, kind) for (start, end), kind in spans.items()]
    return frozenset(
        kind
        for start, end, kind in matches
        if not any(other[0] <= start and end <= other[1] and other[1] - other[0] > end - start for other in matches)
    )


def names_document(title: str) -> bool:
    """Returns whether a title that names a kind names a document, as in "privacy notice", and not only a subject."""
    return _DOCUMENT_NOUN.search(_plain(title)) is not None


def is_name(kind: str, title: str) -> bool:
    """Returns whether a title is a name of the kind and nothing else, such as "Cookies"."""
    return NAMES[kind].fullmatch(_plain(title.strip())) is not None


def count_references(kind: str, text: str) -> int:
    """Returns how often a text uses the names of a kind for a document, as in "this privacy notice"."""
    text = _plain(text)
    return sum(
        names_document(text[max(0, match.start() - _NOUN_REACH) : match.end() + _NOUN_REACH])
        for match in NAMES[kind].finditer(text)
    )


def count_names(kind: str, text: str) -> int:
    """Returns how often a text uses the names of a kind."""
    return sum(1 for _ in NAMES[kind].finditer(_plain(text)))


@functools.lru_cache(maxsize=16)
def _plain(text: str) -> str:
    """Returns a text in lower case, without the accents of Latin and Greek letters.

    In capitals, many languages leave accents out ("MENTIONS LEGALES", "ΟΡΟΙ ΧΡΗΣΗΣ"), and the Turkish ı becomes I.
    """
    return text.lower().replace("i\u0307", "i").translate(_PLAIN_LETTERS)
