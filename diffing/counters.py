"""Recognises the counters of web pages, such as "You are visitor number 1,234 since 1 May 1998", in many languages.

Three forms of a counter are the same in all languages: a noun and a number ("Visits: 1,234"), a number and a noun
("1,234 visits"), and how often a page was read ("viewed 1,234 times"). Old pages also greet the visitor by number.
"""

import re

NUMBER = r"(?:\d{1,3}(?:[.,'’ ]\d{3})+|\d{1,9})(?:[.,]\d{1,2})?\s?[km]?\+?"
DECIMAL = r"\d{1,2}(?:[.,]\d{1,2})?"
_COUNT = r"(?:\d{1,3}(?:[.,'’ ]\d{3})+|\d{1,9})"

# The date since which a counter counts.
_SINCE = (
    r"(?:,?\s\(?(?:since|starting|seit|ab|depuis|desde|dal|da|sinds|vanaf|od|sedan|siden|с)"
    r"(?:\s[\w.,/'’-]{1,12}){1,6}\)?)?"
)
_BEFORE = r"(?:(?:since|seit|depuis|desde|dal|sinds|od|sedan|siden|с)(?:\s[\w.,/'’-]{1,12}){1,6}\s)?"

# What is counted.
_VISITS = "|".join(
    (
        r"(?:(?:unique|total|page|site|web|article|daily)\s?){0,2}(?:views?|hits?|visits|visitors?|accesses|readers)",
        r"(?:hit|visitor|visit|page|access)\s?count(?:er)?|counter",
        r"(?:besucher|besuchs|zugriffs|seiten)?zähler(?:stand)?|besucher(?:zahlen|zahl)?|besuche|(?:seiten)?(?:aufrufe|zugriffe|abrufe)",
        r"klicks",
        r"visiteurs?(?:\suniques?)?|visites?|(?:pages\s)?vues|consultations|lectures|compteur",
        r"visitantes?|visitas|visualiza[cç]iones|visualizações|vistas|accesos|acessos|lecturas|leituras|contador",
        r"visitator[ei]|visite|visualizzazioni|accessi|letture|contatore",
        r"bezoekers?|bezoeken|weergaven|teller(?:stand)?",
        r"odwiedzin[y]?|odwiedzających|gości|wizyt|wyświetleń|odsłon",
        r"besökare|besök|(?:sid)?visningar|besøgende|besøg|(?:side)?visninger|besøkende|besøk",
        r"kävijöitä|kävijää|käyntejä|návštěv(?:níků|y)?|přístupů|zobrazení|látogatók?(?:\sszáma)?|látogatás|vizitatori|vizite|vizualizări",
        r"ziyaretçi(?:\ssayısı)?|görüntülenme|okunma|επισκέπτες|επισκέψεις|προβολές",
        r"посетител(?:ей|и|ь)|посещени[йея]|просмотр(?:ов|ы|а)?|визитов|хитов|відвідувачів|переглядів|відвідувань",
        r"アクセス(?:数|カウンタ[ー]?)?|訪問者数?|来訪者数?|閲覧数",
        r"(?:访问|浏览|瀏覽|阅读|点击|點閱|造訪)(?:量|次数|次數|人次|数)?|访客数?|訪客數?|(?:총\s?)?(?:조회수?|방문자(?:\s?수)?)",
    )
)
_HOW_MANY = (
    r"(?:(?:total\s)?(?:number|no\.?|count)\sof|total|(?:gesamt)?(?:an)?zahl(?:\sder)?|gesamt|nombre(?:\stotal)?\sd[e'’]"
    r"|n[úu]mero(?:\stotal[e]?)?\sd[ei]|total\sde|compteur\sd[e'’]|contador\sde|contatore\s(?:di|delle)?|aantal|totaal"
    r"|liczba|licznik|antal|antall|počet|počítadlo|număr(?:ul)?\sde|количество|число|кількість|αριθμός)"
)
_VISITOR = (
    r"(?:visitor|guest|reader|person\sto\s(?:visit|view|read|see|access|enter)|besucher(?:in)?|gast|visiteur|visitante|visitatore|bezoeker|gościem|odwiedzającym"
    r"|besökare|besøgende|besøkende|gæst|kävijä|návštěvník(?:em)?|látogató(?:nk)?|vizitator(?:ul)?"
    r"|ziyaretçi(?:siniz|mizsiniz)?|посетитель|відвідувач)"
)
_YOU_ARE = (
    r"(?:(?:welcome|hello|hi|willkommen|bienvenue|bienvenid[oa]|benvenut[oi]|welkom)[\s,!:–-]{1,3})?"
    r"(?:you(?:\sare|['’]re)|sie\ssind|du\sbist|vous\sêtes|tu\ses|usted\ses|es\susted|eres|você\sé|é|sei|lei\sè|[uj]e?\sbent|jesteś"
    r"|du\särr?|du\sär|du\ser|olet|jste|ön\saz?|sunteți|вы|ви)\s?[–—-]?"
    r"(?:\s(?:the|our|my|lucky|a|der|die|unser|le|la|notre|el|nuestro|o|nosso|il|nostro|de|onze|naszym|vår|vores|наш)){0,2}"
)
_NUMBER_SIGN = r"(?:numbers?|no\.?|nr\.?|#|n[°º.]|nummer|num[ée]ro|número|núm\.?|cu\snumărul|numer|номер|№)"
_ORDINAL = r"(?:\.|-?\s?(?:st|nd|rd|th|er|re|e|è|ème|eme|ième|ste|te|de|[ºª°]|й|ый|ой|ий))?"
_OF_PAGE = r"(?:\s(?:this|to|of|on|at|here|dieser|auf|de|à|sur|a|en|di|su|van|op|na|på)(?:\s[^\W\d]{1,14}){0,5})?"
_TIMES = r"(?:times|x|mal|fois|veces|vezes|volte|keer|maal|razy|gånger|gange|ganger|kertaa|krát|раз[а]?)"
_READ = (
    r"(?:viewed|read|visited|accessed|opened|loaded|seen|hit|downloaded|aufgerufen|besucht|gelesen|angesehen|angeklickt"
    r"|abgerufen|geladen|vue?|visitée?|consultée?|lue?|affichée?|visitad[oa]|vist[oa]|leíd[oa]|consultad[oa]|acessad[oa]"
    r"|acedid[oa]|lid[oa]|visitat[oa]|lett[oa]|visualizzat[oa]|consultat[oa]|bekeken|bezocht|gelezen|geopend|odwiedzon[oa]"
    r"|wyświetlon[oa]|przeczytan[oa]|visats|besökts|lästs|vist|besøgt|læst|besøkt|lest)"
)
_PAGE = (
    r"(?:(?:this|our|the|diese|die|unsere|cette|notre|la|esta|nuestra|nossa|questa|deze|onze|tę|ta|denna|denne)\s)?"
    r"(?:(?:web|home|internet)[\s-]?)?(?:page|site|document|article|seite|página|pagina|sitio|sito|stron[aę]|sidan?|siden?)"
)
_WORDS = (
    r"(?:\s(?:has|been|was|is|had|already|now|wurde|schon|bereits|bisher|a|été|ha|sido|fue|foi|já|è|stata|stato|werd|al"
    r"|har|er|blivit|była)){0,3}"
)
# A count so far; a count of one day.
_SO_FAR = r"(?:(?:so\sfar|bisher|bislang|jusqu['’]ici|hasta\sahora|finora|tot\snu\stoe|hidtil|hittills)\s)"
_OF_DAY = (
    r"(?:\s(?:today|yesterday|total|in\stotal|so\sfar|online|heute|gestern|insgesamt|gesamt|bisher|oggi|ieri|hoy|ayer|hoje|ontem"
    r"|aujourd['’]hui|hier|vandaag|gisteren|totaal))"
)

COUNTER = re.compile(
    "|".join(
        (
            # "1,234 visits since 1 May 1998", "1,234 people have visited this page"
            rf"(?:{_BEFORE}|{_SO_FAR}){NUMBER}\s?(?:{_VISITS})(?:\s(?:today|so far|this week))?{_OF_PAGE}{_SINCE}",
            rf"{_BEFORE}{NUMBER}\s(?:people|visitors|users|guests)\s(?:have\s)?(?:{_READ})\s(?:here|{_PAGE}){_SINCE}",
            # "Visits: 1,234", "Number of visitors since 1 May 1998: 1,234"
            (
                rf"(?:{_HOW_MANY}\s?|our\s|unsere\s)?(?:{_VISITS}){_OF_DAY}?{_OF_PAGE}"
                rf"{_SINCE}\s?[:：=]\s?{NUMBER}{_SINCE}"
            ),
            rf"{_HOW_MANY}\s?(?:{_VISITS}){_OF_PAGE}{_SINCE}\s(?:is\s)?{NUMBER}{_SINCE}",
            rf"(?:hit|visitor|visit|page|access|besucher|zugriffs)[\s-]?(?:counter|zähler)\s{NUMBER}{_SINCE}",
            rf"(?:{_VISITS}){_OF_DAY}?\s\d[\d.,]{{2,11}}{_SINCE}",
            rf"odwiedziło\s(?:nas|stronę|nas\sjuż)\s{_COUNT}\s(?:osób|osoby|gości)",
            # "viewed 1,234 times", "Diese Seite wurde 1.234 mal besucht"
            rf"{_BEFORE}(?:{_PAGE}{_WORDS}\s)?(?:{_READ})\s{_COUNT}\s?{_TIMES}{_SINCE}",
            rf"{_BEFORE}(?:{_PAGE}{_WORDS}{_SINCE}\s)?{_COUNT}\s?-?{_TIMES}\s(?:{_READ}){_SINCE}",
            (
                rf"{_BEFORE}{_PAGE}\s(?:has|got|had)(?:\s(?:had|been|received|got))?(?:\svisited\sby)?\s{_COUNT}"
                rf"\s(?:{_VISITS}|people){_SINCE}"
            ),
            rf"(?:there\s(?:have|has)\sbeen|we(?:\shave|['’]ve)\shad)\s{_COUNT}\s(?:{_VISITS}|people){_OF_PAGE}{_SINCE}",
            rf"you(?:\sare|['’]re)\s(?:{_NUMBER_SIGN}\s?{_COUNT}|counted\sas\svisitor\s{_COUNT}){_SINCE}",
            rf"you\shave\sbeen\scounted\sas\s(?:the\s)?(?:{_VISITOR}\s)?{_COUNT}{_ORDINAL}(?:\s{_VISITOR})?{_SINCE}",
            # "You are visitor number 1,234", "Sie sind der 1.234. Besucher dieser Seite"
            rf"(?:{_YOU_ARE}\s)?{_VISITOR}\s?{_NUMBER_SIGN}\s?:?\s?{_COUNT}{_OF_PAGE}{_SINCE}",
            rf"{_BEFORE}{_YOU_ARE}\s{_VISITOR}\s{_COUNT}{_OF_PAGE}{_SINCE}",
            rf"{_YOU_ARE}\s(?:visitor\s)?{_COUNT}{_ORDINAL}\s{_VISITOR}{_OF_PAGE}{_SINCE}",
            rf"(?:the|our|der|le|el|il|de)\s{_COUNT}(?:\.|st|nd|rd|th|e|ème|º|ste|de)\s{_VISITOR}{_OF_PAGE}{_SINCE}",
            rf"(?:welcome|hello|hi)[\s,!]{{1,2}}visitor\s{_COUNT}",
            rf"{_COUNT}\.\s?ziyaretçi(?:siniz|mizsiniz)?",
            rf"(?:あなたは)?\s?[^\W\d]{{0,12}}\s?{_COUNT}\s?(?:人|番)目の(?:訪問者|お客様|方|来訪者|ビジター|来場者)(?:です)?",
            rf"(?:您|你)?是?[^\W\d]{{0,12}}第\s?{_COUNT}\s?(?:位|个|個|名)[^\W\d]{{0,6}}(?:访客|访问者|訪客|来访者|來訪者|浏览者|用户)",
            rf"[^\W\d]{{0,6}}\s?{_COUNT}번째\s?방문자(?:입니다|십니다)?",
            # "Today: 12 Yesterday: 34 Total: 56,789"
            (
                rf"(?:today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag)\s?:\s?{NUMBER}"
                rf"(?:[\s,|/]{{1,3}}[^\W\d]{{3,12}}(?:\s[^\W\d]{{3,12}})?\s?:\s?{NUMBER}){{1,4}}"
            ),
            # Who is on the site now
            (
                rf"(?:there\s(?:are|is)\s)?{NUMBER}\s(?:users?|guests?|visitors?|members?|people)(?:\sare)?"
                r"(?:\scurrently)?\sonline(?:\snow)?"
            ),
            rf"(?:users?|guests?|visitors?|members?|people|besucher|visiteurs|visitantes|bezoekers)\sonline\s?:\s?{NUMBER}",
            rf"{NUMBER}\s?besucher online",
            rf"(?:アクセス(?:数|カウンター?)|访问量|浏览量|浏览次数|阅读量|瀏覽人次|조회수?|방문자\s?수)\s?{NUMBER}",
            # What readers think of the page, and how long it is
            (
                rf"{NUMBER}(?:\s(?:out\s)?of\s{NUMBER})?\s(?:people\s|users\s|readers\s)?(?:found|find)"
                r"\s(?:this|it)(?:\s(?:article|page|answer))?\s(?:helpful|useful)"
            ),
            (
                rf"(?:average\s)?(?:article\s)?(?:rat(?:ed|ing)|score)\s?:?\s{DECIMAL}\s?(?:/|out of|of)\s?(?:5|10)"
                rf"(?:\sstars)?(?:\s(?:from|by|based on)\s{NUMBER}\s(?:votes?|ratings?|reviews?))?"
            ),
            rf"{NUMBER}\s?-?\s?min(?:ute)?s?\s(?:read|reading time)",
            rf"(?:estimated\s)?reading time\s?:?\s{NUMBER}\s?min(?:ute)?s?",
            rf"{NUMBER}\s?(?:visualizaciones|wyświetlenia)",
        )
    ),
    re.IGNORECASE,
)
