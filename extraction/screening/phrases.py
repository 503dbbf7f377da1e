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
    r"(?:checking|making sure|verify(?:ing)?|confirm(?:ing)?|prove|ensure|let's confirm).{0,30} (?:you(?:'re| are)|"
    r"is) "
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
    r"not available (?:in|from) your (?:country|region|location)|unavailable (?:in|from|due to).{0,30}(?:region|"
    r"legal)",
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
    r"behörighet saknas|åtkomst (?:nekad|nekas|blockerad)|du är inte en robot|säkerhetskontroll|adgang (?:nektet|"
    r"nægtet)|tilgang nektet|"
    r"ikke er en robot|pääsy (?:estetty|kielletty)|et ole robotti|juurdepääs keelatud|prieiga (?:uždrausta|"
    r"draudžiama)|piekļuve liegta|"
    r"přístup (?:odepřen|zamítnut|zakázán|byl (?:odepřen|zablokován))|nejste robot|prístup (?:zamietnutý|odmietnutý|"
    r"zakázaný)|"
    r"hozzáférés (?:megtagadva|letiltva)|nem robot|acces(?:ul)? (?:interzis|refuzat|blocat|restricționat)|nu (?:ești|"
    r"sunteți|sunt) (?:un )?robot|"
    r"pristup (?:odbijen|zabranjen|onemogućen|blokiran)|niste robot|dostop (?:zavrnjen|ni dovoljen)|"
    r"приступ (?:одбијен|забрањен)|"
    r"достъпът е (?:отказан|забранен)|не сте робот|доступ (?:заборонено|обмежено|заблоковано)|не робот|"
    r"перевірка (?:браузера|безпеки)|"
    r"(?:sitemize |siteye |bu sayfaya )?erişim\w* (?:engellen|reddedil|kısıtlan|yasak)\w*|robot olmadığınız|"
    r"güvenlik (?:kontrol|doğrulama)\w*|"
    r"δεν επιτρέπεται η πρόσβαση|απαγορεύεται η πρόσβαση|η πρόσβαση (?:απορρίφθηκε|δεν επιτρέπεται|αποκλείστηκε)|"
    r"πρόσβαση (?:δεν επιτρέπεται|αποκλεί\w+)|"
    r"δεν είστε (?:ρομπότ|robot)|έλεγχος ασφαλείας|truy cập (?:bị từ chối|bị chặn)|không phải (?:là )?(?:người máy|"
    r"robot)|kiểm tra bảo mật|"
    r"akses (?:ditolak|diblokir)|bukan robot|ถูกปฏิเสธการเข้าถึง|ไม่ใช่หุ่นยนต์|(?:تم )?(?:رفض|حظر) (?:الوصول|الدخول)|"
    r"لست روبوت|التحقق من الأمان|"
    r"הגישה (?:נדחתה|נחסמה)|אינך רובוט|دسترسی (?:رد|مسدود)|ربات نیستید|एक्सेस अस्वीकृत|रोबोट नहीं|accés denegat|"
    r"dostęp (?:zabroniony|"
    r"zablokowany|ograniczony)|nie jesteś robotem|weryfikacja (?:bezpieczeństwa|przeglądarki)|acesso (?:bloqueado|"
    r"restrito|proibido)|"
    r"verifica(?:ção|zione|ndo) (?:de segurança|di sicurezza|se você|che tu)|controllo (?:di sicurezza|del browser)|"
    r"(?:no|non|não) (?:está |è )?disponi(?:ble|bile|vel) (?:en|in|nel|no|em) (?:su|tuo|seu|il tuo|sua)? ?(?:país|"
    r"paese|región|região)|"
    r"nicht (?:in ihrem land|in ihrer region) verfügbar|pas disponible dans votre (?:pays|région)|"
    r"niet beschikbaar in (?:uw|jouw) (?:land|regio)|"
    r"(?:недоступ\w+|не доступ\w+) (?:в|у) (?:вашем|вашей|вашій) (?:стране|регион\w*|країні)|お住まいの地域|"
    r"ご利用の地域|地域からは|不正なアクセス|"
    r"セキュリティ(?:チェック|確認)|アクセス(?:が)?(?:拒否|ブロック|禁止)|禁止访问|拒绝访问|您的访问|安全检查|"
    r"접근(?:이)? ?(?:거부|차단|제한)|차단되었습니다|보안 (?:확인|검사)|"
    r"로봇이 아닙니다|사람인지 확인|nietypow\w+ ruch|tráfego incomum|traffico insolito|подозрительн\w+ (?:активност|"
    r"трафик)|olağan ?dışı trafik|ungewöhnlich\w+ (?:verkehr|aktivität)",
)
#: The HTTP statuses of a missing page, as error pages state them (RFC 9110, sections 15.5.5 and 15.5.11).
MISSING_CODE = re.compile(r"(?<![\d-])(?:404|410 gone)(?![\d-])", re.IGNORECASE)
#: Phrases of "page not found" pages.
NOT_FOUND = _phrases(
    r"(?:page|file|document|article|url|content|resource|site|link|"
    r"address)s? "
    r"(?:(?:you (?:have )?(?:requested|tried|followed|(?:are|were) (?:looking|searching) for|wanted)|"
    r"that you .{1,20}|at this .{1,20}) )?"
    r"(?:could(?: not|n't)|can ?not|can't) be (?:found|displayed)",
    r"(?:page|file|document|article|url|content|resource|site|link)s? (?:you (?:have )?(?:requested|tried|followed|"
    r"(?:are|were) (?:looking|searching) for|wanted) )?(?:is |was |has been |have been )?(?:not found|missing|gone|"
    r"no longer (?:exists?|available|here|active)|(?:doesn't|does not|do not|don't|didn't) exist|(?:been )?(?:moved|"
    r"removed|deleted))",
    r"(?:has|have|may have|might have) (?:been )?(?:moved|removed|deleted|renamed)|not found$|^not found|no such page",
    r"(?<!if you )(?:can't|cannot|can not|couldn't|could not|unable to) (?:seem to )?(?:find|locate) "
    r"(?:the|that|this|what|any)",
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
    r"見つかりません|存在しません|ページが(?:削除|移動)|お探しのページ|页面(?:不存在|未找到)|"
    r"找不到(?:頁面|此頁|您|页面|"
    r"網頁)|찾을 수 없습니다|存在しない",
    r"wayback machine has(?: not|n't) archived|has not been archived|not in archive|got an http \d+ response at crawl|"
    r"page cannot be crawled or displayed|hrm\.? |this url has not been (?:captured|archived)",
    r"(?:nie (?:została )?znalezion|nie odnaleziono|nie ma takiej strony)\w*|stránk\w+ (?:sa )?ne(?:našla|existuje|"
    r"byla nalezena|nájdená|nenašli)|"
    r"(?:oldal|lap|keresett \w+) nem (?:található|létezik)|nem találjuk|pagina (?:nu (?:a fost găsită|există)|"
    r"căutată)|nu (?:am găsit|există)|"
    r"stranic\w+ nije (?:pronađena|dostupna)|ne postoji|strani ni mogoče najti|страница(?:та)? не (?:е намерена|"
    r"съществува)|није пронађена|"
    r"(?:сторінк\w+|документ) не (?:знайден\w+|існує)|(?:страниц\w+|документ)\b.{0,40}(?:не найден\w*|не существует|"
    r"удален\w*|перемещен\w*)|"
    r"(?:sayfa\w*|aradığınız.{0,30})\b.{0,20}(?:bulunamadı|bulunmuyor|mevcut değil|yok|kaldırılmış)|"
    r"η σελίδα (?:που .{1,30} )?δεν (?:βρέθηκε|υπάρχει)|"
    r"δεν (?:βρέθηκε|υπάρχει|βρήκαμε)|không (?:tìm thấy|tồn tại)|tidak ditemukan|ไม่พบ(?:หน้า|เพจ)|(?:الصفحة|"
    r"صفحة) (?:غير موجودة|المطلوبة غير|لم)|لم يتم العثور|"
    r"הדף (?:לא נמצא|המבוקש)|לא נמצא|صفحه (?:یافت نشد|مورد نظر)|पृष्ठ नहीं मिला|no s'ha trobat|lehekülge ei leitud|"
    r"puslapis nerastas|lapa nav atrasta|"
    r"sivua ei (?:löydy|löytynyt)|ei löytynyt|siden (?:finnes|eksisterer|findes) (?:ikke|ikke lenger)|fant ikke siden|"
    r"kunne ikke finde|"
    r"sidan (?:kan inte|kunde inte|saknas|hittades inte|existerar inte)|vi hittar inte|kunde inte hitta|"
    r"niet (?:meer )?(?:beschikbaar$|te vinden|gevonden)|"
    r"(?:konnten|können) (?:wir )?(?:die |diese |ihre )?(?:angeforderte )?seite nicht finden|gibt es (?:hier |"
    r"leider )?nicht(?: mehr)?|"
    r"(?:no |non |não )(?:encontramos|troviamo|achamos|abbiamo trovato|existe|esiste|foi encontrada)|"
    r"(?:page|lien) (?:que vous (?:cherchez|demandez)|demandée?).{0,30}(?:n'existe|introuvable|déplacée|supprimée)|"
    r"お探しの|(?:ページ|記事)(?:は|が|を)?(?:見つか|存在|削除|移動|ございません|ありません)|(?:您访问的|"
    r"该)?页面(?:已|不存在|找不到|丢失)|无法找到|"
    r"(?:페이지|요청하신).{0,20}(?:찾을 수|존재하지|없습니다|삭제)",
)
#: Titles that deny something of a page or its content: the noun and a negation.
MISSING_PAGE = _phrases(
    r"\b(?:page|content|pagina|página|contenuto|contenido|conteúdo|contenu|seite|inhalt|sidan?|siden?|innehåll\w*|"
    r"indhold\w*|"
    r"innhold\w*|strona|treść|materiał|stránka|obsah|stranica|sadržaj|stran|vsebina|oldal|tartalom|sivua?|sisältöä?|"
    r"sayfa|içerik|"
    r"страниц[аы]|материал|сторінк[аи]|сторінку|страницата|σελίδα|περιεχόμενο|trang|nội dung|halaman|konten|"
    r"conținut\w*)\b.{0,40}"
    r"(?:\b(?:not|non|no|não|nicht|niet|inte|ikke|nie|není|nebyla|nebyl|nije|ni|nem|ei|nu|yok|değil|не|нет|немає|δεν|"
    r"không|tidak|"
    r"missing|gone|unavailable|weg|fehlt)\b|n'(?:est|existe|a))"
)
#: Phrases of pages about server errors and maintenance.
UNAVAILABLE = _phrases(
    r"(?<![\d.-])50[0234](?=\s*(?:$|[-–—:|·!]|error|internal|bad gateway|service|gateway|server))|"
    r"internal server error|bad gateway|"
    r"service (?:is )?(?:temporarily )?unavailable|gateway time-?out",
    r"temporarily (?:unavailable|down|offline|out of service)|(?:under|scheduled|site|down for|"
    r"undergoing) maintenance|"
    r"maintenance mode|be (?:right )?back (?:soon|shortly|online)",
    r"something went wrong|an (?:unexpected |unknown |internal )?error (?:has )?occurr?ed|too many requests|"
    r"rate limit(?:ed| exceeded| reached)",
    r"error establishing a database connection|database error|try again (?:later|in a)|bandwidth limit exceeded",
    r"application error|web server is down|connection timed out|origin is unreachable|account (?:has been )?suspended|"
    r"resource limit is reached|^.{0,30}\b(?:suspendat|suspendu|suspendido|suspensa?|sospeso|geschorst|zawieszon\w*|"
    r"pozastaven\w*|"
    r"felfüggeszt\w*|obustavljen\w*|приостановлен\w*|призупинен\w*|заблокирован аккаунт|askıya al\w*|"
    r"gesperrtes konto)",
    r"une erreur (?:est survenue|s'est produite)|en maintenance|momentanément indisponible|wartungs(?:arbeiten|modus)|"
    r"fehler (?:ist )?aufgetreten|vorübergehend nicht (?:verfügbar|erreichbar)|en mantenimiento|"
    r"se ha producido un error|"
    r"in manutenzione|si è verificato un errore|em manutenção|ocorreu um erro|"
    r"(?:in|wegens|voor|gepland) onderhoud\b|onderhoudsmodus|er is (?:iets misgegaan|"
    r"een fout)",
    r"prace konserwacyjne|wystąpił błąd|технические работы|произошла ошибка|メンテナンス中|エラーが発生|维护中|"
    r"服务器错误|점검 중",
    r"(?:manutenção|manutenzione|mantenimiento|maintenance) (?:programad[ao]|programmata|en cours|in corso|"
    r"em andamento)|"
    r"(?:fuori servizio|temporaneamente (?:non disponibile|offline)|temporariamente (?:indisponível|fora do ar)|"
    r"temporalmente (?:no disponible|fuera))|"
    r"(?:riprova|tente novamente|inténtelo|vuelva a intentarlo|réessayez|réessayer|versuchen sie es|spróbuj ponownie|"
    r"probeer het|försök igen|"
    r"prøv igen|prøv igjen|yritä|zkuste|skúste|próbálja|încercați|reîncercați|pokušajte|poskusite|опитайте|попробуйте|"
    r"повторите попытку|"
    r"спробуйте|tekrar deneyin|δοκιμάστε|thử lại|coba lagi).{0,30}(?:tard|später|erneut|later|senare|senere|myöhemmin|"
    r"později|neskôr|később|"
    r"târziu|kasnije|kasneje|по-късно|позже|пізніше|sonra|αργότερα|sau|nanti|più tardi|dopo|ponownie|plus tard|"
    r"mais tarde|opnieuw|"
    r"minuten|minutes|minut|minuti|minuty)|"
    r"(?:przerwa techniczna|trwają prace|konserwacj\w+|chwilowo niedostępn\w+|tymczasowo niedostępn\w+)|"
    r"(?:tillfälligt|midlertidigt|midlertidig) "
    r"(?:otillgänglig|nere|stängd|utilgængelig|utilgjengelig|nede|ute av drift)|(?:underhåll|vedligeholdelse|"
    r"vedlikehold)(?:sarbete)?|huoltokatko|"
    r"tilapäisesti poissa|(?:probíhá )?údržba|(?:dočasně|dočasne) nedostupn\w+|karbantartás|átmenetileg nem|"
    r"(?:în curs de )?mentenanță|"
    r"(?:momentan|temporar) indisponibil\w*|(?:eroare|chyba|hiba|greška|napaka) (?:internă|serveru|servera|a szerver|"
    r"strežnika|poslužitelja)|"
    r"(?:održavanj|vzdrževanj|поддръжк|одржавањ)\w+|привремено (?:недоступ|недостъп)\w+|privremeno nedostupn\w+|"
    r"техническ\w+ (?:работ|обслуживани|перерыв)\w*|"
    r"(?:временно|тимчасово) (?:недоступ|не работает|не працює)\w*|технічн\w+ (?:робот|обслуговуванн)\w*|"
    r"ошибка (?:сервера|базы данных)|помилка сервера|"
    r"bakım (?:çalışma|nedeniyle|modu|yapıl|aşama)\w*|bakımda(?:yız)?|geçici olarak|sunucu hatası|bir hata oluştu|"
    r"(?:εργασίες )?συντήρηση\w*|"
    r"προσωρινά (?:μη διαθέσιμ|εκτός)\w*|(?:παρουσιάστηκε|προέκυψε) (?:κάποιο )?σφάλμα|σφάλμα διακομιστή|bảo trì|"
    r"tạm (?:thời )?(?:ngừng|không)|lỗi máy chủ|"
    r"sedang (?:dalam )?(?:pemeliharaan|perbaikan)|ปิดปรับปรุง|(?:تحت|قيد|أعمال) (?:الصيانة|صيانة)|خطأ في الخادم|"
    r"غير متاح(?:ة)? (?:مؤقت|حالي)\w*|"
    r"(?:בתחזוקה|שגיאת שרת)|(?:در حال )?تعمیر|रखरखाव|メンテナンス|一時的に(?:ご利用|利用|停止)|アクセスが集中|"
    r"混み合って|しばらく(?:して|経って)|サーバーエラー|"
    r"系统维护|服务器(?:错误|繁忙)|稍后(?:再试|重试)|暂时无法|점검|일시적(?:으로|인)|잠시 후|서버 오류|오류가 발생|"
    r"접속(?:이|자가) (?:지연|많)",
)
#: Phrases of parked domains, default pages of web servers, unfinished sites and gambling spam.
NO_SITE = _phrases(
    r"domain (?:name )?(?:is |may be |has been )?(?:for sale|parked|expired)|(?:buy|get) this domain|"
    r"parked (?:free|domain|at)|domain parking|related searches",
    r"^index of /|welcome to nginx|(?:apache2?|iis|nginx|litespeed|centos|ubuntu) .{0,30}(?:default|test|"
    r"welcome) page|"
    r"^it works!|internet information services|default web ?(?:site )?page|web server's default page|test page for",
    r"(?:web)?site (?:is )?(?:coming soon|under construction)|coming soon|under construction|plesk|cpanel",
    r"situs (?:slot|judi)|slot (?:gacor|online)|judi online|bandar (?:slot|togel)|online casino|casino online",
    r"domena .{0,20}na sprzedaż|"
    r"домен .{0,20}прода",
    r"(?:domain|domena|doména|domín|домен|ドメイン|域名|도메인|dominio|domínio|domaine|domein|domän|"
    r"alan adı)\w*\b.{0,40}(?:kaufen|verkauf|zum verkauf|"
    r"à vendre|en venta|à venda|in vendita|te koop|till salu|til salg|na sprzedaż|na predaj|na prodej|eladó|"
    r"de vânzare|na prodaju|naprodaj|"
    r"прода\w+|satılık|πωλείται|販売|出售|판매|bán|dijual|parked|geparkt|припаркован\w*|"
    r"zaparkowan\w*|zaparkován\w*|geparkeerd|parkolt|park edilmiş|σταθμευμέν\w*|停放|파킹)",
)
#: Phrases about a domain, such as that it is registered. Registrars' pages use them, and so do legal notices.
REGISTERED_DOMAIN = _phrases(
    r"domain (?:name )?(?:is |may be |has been )?registered|this domain (?:is|has|may)|diese domain (?:ist|steht)|"
    r"ce domaine est|este dominio está|questo dominio è",
    r"(?:domain|domena|doména|domín|домен|ドメイン|域名|도메인|dominio|domínio|domaine|domein|domän|"
    r"alan adı)\w*\b.{0,40}(?:зарегистрирован\w*|zarejestrowan\w*|registriert|geregistreerd|registrad[oa]|enregistré|"
    r"registrato|registrerad|registreret|regisztrált|tescil|kayıtlı|κατοχυρω\w*|取得されて|注册|등록)",
)
#: Phrases of login forms.
LOGIN = _phrases(
    r"(?:log|sign)[ -]?in\b|please (?:log|sign) in|members? (?:only|area)|forgot(?:ten)? (?:your )?password|log on|"
    r"single sign-on",
    r"se connecter|connectez-vous|connexion|identifiez-vous|mot de passe oublié|anmelden|einloggen|passwort vergessen|"
    r"anmeldung|"
    r"iniciar sesión|inicia sesión|accedi\b|entrar\b|inloggen|logga in|authenticat|zaloguj|войти|вход|ログイン|"
    r"로그인|登录",
    r"(?:área|zona) (?:de|do) (?:cliente|socio|usuari)\w*|area (?:riservata|clienti)|espace (?:client|membre|"
    r"adhérent)|kundenbereich|kundenlogin|"
    r"fazer login|faça login|acesse sua conta|effettua (?:il )?(?:login|l'accesso)|accesso (?:clienti|area)|"
    r"logowani\w+|zaloguj|"
    r"aanmelden|log ind|logg inn|kirjaudu|přihlá(?:sit|šení|ste)|prihlás\w+|bejelentkezés|belépés|autentificare|"
    r"conectare|conectați-vă|intră în cont|"
    r"prijav(?:a|i se|ite se)|пријав\w+|вход в|вписване|авторизац\w+|войдите|увійти|вхід|giriş yap\w*|oturum aç\w*|"
    r"üye girişi|σύνδεση|συνδεθείτε|είσοδος|"
    r"đăng nhập|masuk ke|เข้าสู่ระบบ|تسجيل الدخول|התחבר\w*|כניסה|ورود به|लॉग इन|サインイン|会員(?:ログイン|専用)|登入|"
    r"로그인이 필요|iniciar sessão|contraseña|"
    r"palavra-passe|senha|password dimenticata|zapomniałeś hasła|hasł[oa]|heslo|jelszó|parol[aă]|lozink\w+|пароль|"
    r"şifre|κωδικ\w+ πρόσβασης|mật khẩu|パスワード|密码|비밀번호",
)
#: Phrases of pages that are empty until a browser runs the pages' scripts.
NEEDS_SCRIPT = _phrases(
    r"(?:enable|activate|requires?|needs?|without|turn on|activer|activez|aktivieren|habilita\w*|activa\w*|attiva\w*) "
    r"(?:your )?(?:le |el )?java ?script|"
    r"javascript (?:is |seems to be |to be )?(?:disabled|required|enabled|aktivieren|einschalten|"
    r"désactivé|deaktiviert)",
    r"^(?:loading|please wait|chargement|wird geladen|cargando|caricamento)\b",
    r"java ?script\b.{0,60}(?:désactivé|deaktiviert|deshabilitad|desativad|disattivat|disabilitat|uitgeschakeld|"
    r"wyłączon|inaktiverat|avstängt|"
    r"devre dışı|kapalı|отключен|вимкнен|απενεργοποιημέν|dezactivat|onemogućen|kikapcsol|vypnut|vypnut\w+|無効|禁用|"
    r"비활성)|"
    r"(?:włącz|zet|slå på|aktivera|aktivér|aktiver|ota|zapněte|povoľte|engedélyezze|activați|omogućite|включите|"
    r"увімкніть|etkinleştirin|ενεργοποιήστε|"
    r"bật|aktifkan|تفعيل|יש להפעיל|habilite|ative|abilita|schakel)\b.{0,30}java ?script|java ?script ?(?:を有効|"
    r"이 필요|를 (?:활성|사용)|启用)|"
    r"^(?:laden|ładowanie|wczytywanie|laddar|indlæser|laster|ladataan|načítání|načítava|betöltés|se încarcă|"
    r"učitavanje|nalaganje|загрузка|завантаження|"
    r"yükleniyor|φόρτωση|carregando|a carregar|đang tải|memuat|กำลังโหลด|جار(?:ي|ٍ)? (?:التحميل|تحميل)|טוען|"
    r"読み込み中|加载中|로딩|불러오는)",
)
#: Markup of services, such as iubenda, that host a policy and embed it in the vendor's page.
EMBEDS = _markup(
    r"iubenda|termly|data-policy-key|getterms\.io|termsfeed|enzuzo|policymaker|usercentrics\.eu/[^\"']*privacy|"
    r"cookie-script\.com/policy|websitepolicies"
)
#: Words that are typical of a request for consent.
ASKS_CONSENT = _phrases(
    r"cookies?\b|tracking|tracker|partners?|werbung|publicit|advertis|consent|einwilligung|consentement|anzeigen|"
    r"datos|dati|zgod[aęy]|partner\w*|ciasteczk|reklam|śledzeni|consenso|consentimento|publicidad|anúncio|toestemming|"
    r"samtycke|"
    r"kolačić|privol|süti|sütik|hirdetés|partnerünk|mainonta|inzerc|reklám|"
    r"annons|suostumu|souhlas|hozzájárul|consimțământ|pristanak|согласи|реклам|партн[её]р|згод|rıza|çerez|ortak|"
    r"συγκατάθεσ|διαφήμισ|"
    r"同意|広告|パートナー|クッキー|동의|광고|쿠키|đồng ý|quảng cáo|موافق|ملفات|إعلان"
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
#: Names of parts of a site that hold news or job advertisements, as titles of pages name them. Blogs and help centres
#: are left out, because some vendors publish their policies in them.
SECTIONS = _phrases(
    r"^(?:the |our |company )?(?:news(?:room)?|press(?: (?:centre|center|room|releases?))?|careers?|jobs)\b|"
    r"\b(?:newsroom|careers|jobs)$|"
    r"^(?:actualités|presse|espace presse|carrières?|recrutement|emploi)\b|"
    r"^(?:aktuelles|neuigkeiten|karriere|stellenangebote|presseportal|noticias|prensa|empleo|trabaja con)\b|"
    r"^(?:notícias|imprensa|carreiras|vagas|notizie|stampa|lavora con noi|carriere|nieuws|pers|vacatures|"
    r"werken bij|nyheter|press|karriär|lediga jobb|nyheder|job|presserum|uutiset|työpaikat|aktualności|kariera|praca|"
    r"dla prasy|aktuality|kariéra|pro média|hírek|karrier|sajtó|știri|cariere|presă|novosti|karijera|haberler|"
    r"kariyer|basın|"
    r"stellenanzeige|offre d'emploi|oferta (?:pracy|de empleo)|offerta di lavoro|vaga|állás|loc de muncă|iş ilanı|"
    r"posao|νέα|καριέρα|τύπος|новости|ваканси[яи]|карьера|пресс-центр|новини|ваканс[іi][їя]|tin tức|tuyển dụng|ข่าว|"
    r"berita|karir|"
    r"ニュース|お知らせ|採用情報|プレスリリース|新闻|新聞|招聘|뉴스|채용|공지사항|أخبار|وظائف|חדשות|משרות)"
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
#: Path segments of the parts of a site that hold articles or job advertisements.
ARTICLE_SEGMENTS = word_set(
    "blog blogs news newsroom press press-releases magazine magazin magazyn jobs careers karriere "
    "actualites aktuelles noticias noticia notizie nieuws nyheter nyheder aktuality aktualnosci hirek novosti "
    "haberler"
)
