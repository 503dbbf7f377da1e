"""Phrases, titles and markup of pages that servers send instead of a policy, in many languages.

The patterns of phrases are applied to text with straight apostrophes. The patterns of markup are applied to the page in
lower case.
"""

import re

from extraction.words.normalization import word_set


def _phrases(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _markup(*alternatives: str) -> re.Pattern[str]:
    """Compiles a case-sensitive pattern. A case-insensitive search of a whole page takes ten times as long."""
    return re.compile("|".join(alternatives))


#: Markup that occurs only in bot challenges and on pages that refuse access.
CHALLENGE_MARKUP = _markup(
    r"cf-browser-verification|cf[-_]chl[-_]|cf-error-details|cdn-cgi/challenge-platform/h/|challenge-error-text",
    r"/\.well-known/sgcaptcha|_incapsula_resource|incapsula incident id|captcha\.px-cloud|px-captcha|_pxappid",
    r"captcha-delivery\.com|geo\.captcha|ddos-guard|/\.well-known/ddos-guard|awswafcookiedomainlist|gokuprops",
    r"aws-waf-token|token\.awswaf\.com|distil_r_captcha|/_guard/|sucuri_cloudproxy|sucuri website firewall",
    r"perimeterx|akamai[^<>]{0,40}challenge|errors\.edgesuite\.net|bm-verify|sec-if-cpt|kpsdk|/tspd/|rbzns|winsocks\(",
    r"/vercel/security/|vercel security checkpoint|/\.within\.website/|anubis_challenge|go-away",
    r"fgd_icon|fortiguard|wfvt|wordfence|/_sec/|stackpath|barracuda|radware|/_bot_?check",
)
#: Markup of bot challenges that is also found on other pages, for instance in a contact form.
CAPTCHA_MARKUP = _markup(r"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|challenges\.cloudflare\.com|datadome")
#: Phrases of bot challenges and of pages that refuse access.
BLOCKED = _phrases(
    r"just a moment|one moment, please|attention required|checking (?:if the site connection is secure|your browser)",
    r"(?:checking|making sure|verify(?:ing)?|confirm(?:ing)?|prove|ensure|let's confirm).{0,30} (?:you(?:'re| are)|is) "
    r"(?:not )?(?:a )?(?:bot|robot|human)",
    r"access (?:is |was |has been )?(?:denied|blocked|restricted|limited)|access to this .{0,30}(?:denied|blocked|"
    r"limited)",
    r"pardon our interruption|are you (?:a )?(?:robot|human)|not a (?:ro)?bot|human verification|press (?:&|and) hold",
    r"(?:security|browser|bot|client) (?:check|checkpoint|verification|challenge)|security service to protect itself",
    r"unusual (?:traffic|activity)|you have been blocked|(?:has|was|been|is) blocked|(?:page|request|site) blocked",
    r"request (?:unsuccessful|blocked|rejected|could not be satisfied)|requested url was rejected|not acceptable!?$",
    r"mod_security|web application firewall|support id is|reference #\d|ray id|incident id",
    r"403[ .:–-]*forbidden|^forbidden|error 403\b|\b403 error|\b403\b.{0,20}forbidden|ddos protection|captcha|"
    r"bot detection",
    r"proof[- ]of[- ]work|session has been terminated|cookies? (?:is |are )?(?:disabled|absent|required)",
    r"enable (?:javascript and )?cookies (?:to continue|in your browser)|not allow(?:ed)? to access|"
    r"you are not authori[sz]ed",
    r"not available (?:in|from) your (?:country|region|location)|unavailable (?:in|from|due to).{0,30}(?:region|legal)",
    r"error 1020|\b451\b|excluded from the wayback machine|blocked by robots|url has been excluded",
    r"accès (?:refusé|interdit|bloqué)|vérification (?:de sécurité|que vous)|vous n'êtes pas un robot|"
    r"trafic inhabituel",
    r"zugriff (?:verweigert|gesperrt|blockiert)|sicherheits(?:überprüfung|prüfung|check)|kein roboter|"
    r"sind sie ein mensch",
    r"acceso (?:denegado|prohibido|bloqueado)|no (?:eres|soy|es) un robot|verificación de seguridad|tráfico inusual",
    r"accesso (?:negato|bloccato)|non sei un robot|acesso negado|não é um robô|toegang geweigerd|geen robot",
    r"dostęp (?:zabroniony|zablokowany)|доступ (?:запрещ|огранич|заблокирован)|не робот|проверка (?:браузера|"
    r"безопасности)",
    r"アクセスが拒否|ロボットではありません|人間であることを|アクセス(?:制限|できません)|访问被拒绝|安全验证|"
    r"人机验证|접근이 거부|로봇이 아닙니다",
)
#: Phrases of "page not found" pages.
NOT_FOUND = _phrases(
    r"\b404\b|\b410\b.{0,10}gone|(?:page|file|document|article|url|content|resource|site|link|address)s? "
    r"(?:(?:you (?:have )?(?:requested|tried|followed|(?:are|were) (?:looking|searching) for|wanted)|"
    r"that you .{1,20}|at this .{1,20}) )?"
    r"(?:could(?: not|n't)|can ?not|can't) be (?:found|displayed)",
    r"(?:page|file|document|article|url|content|resource|site|link)s? (?:you (?:have )?(?:requested|tried|followed|"
    r"(?:are|were) (?:looking|searching) for|wanted) )?(?:is |was |has been |have been )?(?:not found|missing|gone|"
    r"no longer (?:exists?|available|here|active)|(?:doesn't|does not|do not|don't|didn't) exist|(?:been )?(?:moved|"
    r"removed|deleted))",
    r"(?:has|have|may have|might have) (?:been )?(?:moved|removed|deleted|renamed)|not found$|^not found|no such page",
    r"(?:can't|cannot|can not|couldn't|could not|unable to) (?:seem to )?(?:find|locate) (?:the|that|this|what|any)",
    r"nothing (?:was )?(?:found|here)|no longer (?:exists?|available at this)|lost\?|(?:took|taken) a wrong turn|"
    r"(?:page|link) (?:is|you followed is|may be) (?:broken|dead|incorrect|invalid)|may have (?:mistyped|a typo)",
    r"page (?:introuvable|non trouvée|inexistante)|n'existe (?:pas|plus)|introuvable|n'a pas été trouvée",
    r"seite (?:wurde |konnte )?(?:leider )?nicht gefunden|nicht gefunden|existiert (?:leider )?nicht|"
    r"nicht (?:mehr )?verfügbar$",
    r"página no (?:encontrada|existe)|no se (?:ha )?encontr|no (?:pudimos|podemos|hemos podido) encontrar|página não "
    r"(?:foi )?encontrada|não (?:foi )?encontrad|pagina non (?:trovata|esiste)|non (?:è stata )?trovata",
    r"pagina (?:is )?niet gevonden|niet (?:worden )?gevonden|bestaat niet|sidan (?:kunde inte hittas|finns inte)|"
    r"hittades inte",
    r"siden (?:blev ikke fundet|finnes ikke|findes ikke)|ble ikke funnet|sivua ei löyt|nie (?:znaleziono|istnieje)|"
    r"strona nie została znaleziona|stránka (?:nenalezena|nebyla nalezena|neexistuje)|страница не (?:найдена|"
    r"существует)|"
    r"не найден[ао]?|сторінку не знайдено|sayfa bulunamadı|δεν βρέθηκε|nem található|nu a fost găsită",
    r"見つかりません|存在しません|ページが(?:削除|移動)|お探しのページ|页面(?:不存在|未找到)|找不到(?:页面|"
    r"網頁)|찾을 수 없습니다|存在しない",
    r"wayback machine has(?: not|n't) archived|has not been archived|not in archive|got an http \d+ response at crawl|"
    r"page cannot be crawled or displayed|hrm\.? |this url has not been (?:captured|archived)",
)
#: Class names and ids that site builders use on their "page not found" pages.
NOT_FOUND_NAMES = word_set(
    "error404 error-404 page-404 page404 template-404 not-found notfound page-not-found pagenotfound error-page "
    "404 is-404 page--404 http-404 errorpage four-oh-four"
)
#: Phrases of pages about server errors and maintenance.
UNAVAILABLE = _phrases(
    r"\b50[0234]\b|internal server error|bad gateway|service (?:is )?(?:temporarily )?unavailable|gateway time-?out",
    r"temporarily (?:unavailable|down|offline|out of service)|(?:under|scheduled|site|down for|undergoing) maintenance|"
    r"maintenance mode|be (?:right )?back (?:soon|shortly|online)",
    r"something went wrong|an (?:unexpected |unknown |internal )?error (?:has )?occurr?ed|too many requests|"
    r"rate limit(?:ed| exceeded| reached)",
    r"error establishing a database connection|database error|try again (?:later|in a)|bandwidth limit exceeded",
    r"application error|web server is down|connection timed out|origin is unreachable|account (?:has been )?suspended|"
    r"resource limit is reached",
    r"une erreur (?:est survenue|s'est produite)|en maintenance|momentanément indisponible|wartungsarbeiten|"
    r"fehler (?:ist )?aufgetreten|vorübergehend nicht (?:verfügbar|erreichbar)|en mantenimiento|"
    r"se ha producido un error|"
    r"in manutenzione|si è verificato un errore|em manutenção|ocorreu um erro|onderhoud|er is (?:iets misgegaan|"
    r"een fout)",
    r"prace konserwacyjne|wystąpił błąd|технические работы|произошла ошибка|メンテナンス中|エラーが発生|维护中|"
    r"服务器错误|점검 중",
)
#: Phrases of parked domains, default pages of web servers, unfinished sites and gambling spam.
NO_SITE = _phrases(
    r"domain (?:name )?(?:is |may be |has been )?(?:for sale|parked|expired|registered)|(?:buy|get) this domain|"
    r"this domain (?:is|has|may)|parked (?:free|domain|at)|domain parking|related searches",
    r"^index of /|welcome to nginx|(?:apache2?|iis|nginx|litespeed|centos|ubuntu) .{0,30}(?:default|test|welcome) page|"
    r"^it works!|internet information services|default web ?(?:site )?page|web server's default page|test page for",
    r"(?:web)?site (?:is )?(?:coming soon|under construction)|coming soon|under construction|plesk|cpanel",
    r"situs (?:slot|judi)|slot (?:gacor|online)|judi online|bandar (?:slot|togel)|online casino|casino online",
    r"diese domain (?:ist|steht)|ce domaine est|este dominio está|questo dominio è|domena .{0,20}na sprzedaż|"
    r"домен .{0,20}прода",
)
#: Phrases of login forms.
LOGIN = _phrases(
    r"(?:log|sign)[ -]?in\b|please (?:log|sign) in|members? (?:only|area)|forgot(?:ten)? (?:your )?password|log on|"
    r"single sign-on",
    r"se connecter|connectez-vous|connexion|identifiez-vous|mot de passe oublié|anmelden|einloggen|passwort vergessen|"
    r"anmeldung|"
    r"iniciar sesión|inicia sesión|accedi\b|entrar\b|inloggen|logga in|authenticat|zaloguj|войти|вход|ログイン|"
    r"로그인|登录",
)
#: Phrases of pages that are empty until a browser runs the pages' scripts.
NEEDS_SCRIPT = _phrases(
    r"(?:enable|activate|requires?|needs?|without|turn on|activer|activez|aktivieren|habilita\w*|activa\w*|attiva\w*) "
    r"(?:your )?(?:le |el )?java ?script|javascript (?:is |seems to be |to be )?(?:disabled|required|enabled|"
    r"désactivé|deaktiviert)",
    r"^(?:loading|please wait|chargement|wird geladen|cargando|caricamento)\b",
)
#: Markup of services, such as iubenda, that host a policy and embed it in the vendor's page.
EMBEDS = _markup(
    r"iubenda|termly|data-policy-key|getterms\.io|termsfeed|enzuzo|policymaker|usercentrics\.eu/[^\"']*privacy|"
    r"cookie-script\.com/policy|websitepolicies"
)
#: Words that are typical of a request for consent.
ASKS_CONSENT = _phrases(
    r"cookies?\b|tracking|tracker|partners?|werbung|publicit|advertis|consent|einwilligung|consentement|anzeigen|"
    r"datos|dati"
)
#: Phrases of a notice that replaces a withdrawn policy.
WITHDRAWN = _phrases(
    r"(?:notice|policy|statement|document|service|site|website|product|app|company|shop|store|game)\b.{0,60}"
    r"(?:no longer|withdrawn|discontinued|closed|ceased|shut ?down|retired|ended|superseded|replaced|expired)",
    r"(?:richtlinie|erklärung|hinweis|dienst|angebot|shop|website)\b.{0,60}(?:nicht mehr|eingestellt|geschlossen|"
    r"ersetzt)",
    r"(?:politique|déclaration|notice|service|site|boutique)\b.{0,60}(?:n'est plus|ne sont plus|fermé|remplacée?|"
    r"retirée?)",
    r"(?:política|aviso|servicio|sitio|tienda)\b.{0,60}(?:ya no|cerrado|retirad[oa]|sustituid[oa])",
)
#: Metadata for search engines, and titles, of pages that aren't policies.
OTHER_KIND = _phrases(
    r"\"@type\"\s*:\s*\"(?:JobPosting|NewsArticle|DiscussionForumPosting|QAPage|Recipe|Event|Product)\"",
    r"<title>[^<]{0,120}\b(?:careers|jobs|stellenangebote?)\b",
)
#: Path segments in the addresses of home pages. The address of a home page may also contain language codes (`/en/`).
HOME_SEGMENTS = word_set(
    "home index index.html index.htm index.php default.aspx default.asp hc help support welcome start"
)
