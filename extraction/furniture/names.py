"""Tags, ARIA roles, class names, titles and phrases that are typical of page furniture, in many languages."""

import functools
import re

from extraction.words.normalization import word_set

#: Elements and ARIA roles of the frame around a page, such as its navigation.
FRAME_TAGS = frozenset(["nav", "search"])
FRAME_ROLES = word_set("navigation search menu menubar contentinfo")
#: Elements and ARIA roles that count as furniture unless the elements contain much of the policy's text.
SIDE_TAGS = frozenset(["noscript", "legend"])
SIDE_ROLES = word_set("toolbar dialog alertdialog banner tooltip complementary doc-toc")
#: Elements that may count as furniture because of their tag alone, without a class name, id or role.
FURNITURE_TAGS = word_set("nav search noscript legend footer header aside form")
# Class names and ids of consent managers (CMPs) and their banners. A consent manager may have more running text than
# the policy, so an element with one of these names always counts as furniture. Some consent
# managers also write a list of cookies into the policy's text. The pattern doesn't match the names of elements in these
# lists, so that the lists remain in the policy.
_CONSENT = re.compile(
    r"(?:^|\s)(?:onetrust-(?:consent|banner|pc|style)\S*|ot-sdk-(?:container|row)|optanon-?(?:alert|popup|show)\S*|"
    r"cybotcookiebotdialog\S*|cookiebot(?:dialog|banner)?|didomi-\S*|usercentrics-\S*|uc-(?:banner|overlay)\S*|"
    r"qc-cmp2?-\S*|"
    r"truste_\S*|trustarc-banner\S*|cc-(?:window|banner|dialog)|tarteaucitron\S*|axeptio\S*|iubenda-cs-\S*|klaro|"
    r"osano-cm-\S*|borlabs-?cookie\S*|cmplz-(?:cookiebanner|message|manage)\S*|sp_message_\S*|termly-(?:consent|"
    r"banner)\S*|"
    r"cky-(?:consent|modal|overlay|preference|notice|banner|btn|optout)\S*|cli-(?:bar|modal|settings-overlay)\S*|"
    r"cookie-law-info-bar|moove[-_]gdpr\S*|fc-consent-root|cookiefirst-root|ch2-container|hs-eu-cookie-\S*)(?=\s|$)"
)
_BANNER = re.compile(
    r"(?:cookies?|gdpr|ccpa|consent|privacy|tracking|trackers?)[-_]?(?:banner|consent|notice|notification|bar|popup|"
    r"pop-up|"
    r"modal|message|alert|law|disclaimer|wall|layer|overlay|hint|info|warning|prompt|dialog|popin|toast|"
    r"container-banner|"
    r"settings|preferences)(?![a-z])|(?:banner|bar|popup|modal|notice|accept|eu|alert)[-_](?:cookies?|gdpr|"
    r"consent)(?![a-z])"
)
# The sets below, except _META_NAMES, contain parts of class names and ids: `menu` is a part of `main-menu`.
# Names of lists of links. An element with one of these names counts as a list of links only if most of the element's
# words are in links.
_LINKS_NAMES = word_set(
    "breadcrumb breadcrumbs crumbs pagination pager share sharing social socials related recommended toc "
    "submenu subnav navbar mainnav sidenav leftmenu topbar masthead newsletter skip"
)
# Names of elements that never contain running text of the policy.
_EMPTY_NAMES = word_set(
    "vote votes rate rating ratings helpful comments search searchform searchbox advert adverts ads "
    "testimonial testimonials livechat intercom newsletter backtotop postmeta byline commentlist respond related"
)
# Whole class names that blogs and content management systems use for the author, tags and likes of a text.
_META_NAMES = word_set(
    "entry-meta post-meta article-meta entry-footer post-footer article-footer post-tags entry-tags post-categories "
    "cat-links tags-links posted-on byline author-box author-bio about-author article-votes article-comments "
    "article-subscribe page-metadata likes-section labels-section likes-and-labels-container post-author read-time "
    "reading-time post-info article-info-meta tag-list label-list tags taglist"
)
# Names of asides. An element with one of these names counts as an aside only if its running text hardly uses the
# policy vocabulary (see `extraction.furniture.measuring`).
_ASIDE_NAMES = word_set(
    "related recommended recommendations recommendation recent popular trending teaser teasers promo promotion promos "
    "comment comments respond reply commentlist disqus newsletter subscribe subscription signup mailinglist chat "
    "chatbot chatbox livechat intercom drift messenger announcement announcements popup popover exit interstitial "
    "lightbox modal dialog testimonial testimonials review reviews upsell crosssell carousel slider blogroll author "
    "bio advert adverts ads sponsor sponsored sidebar hello toast notification app-banner smartbanner quicklinks cta "
    "feedback survey news blog posts latest featured products offers offer"
)
# Names of menus. A menu is a list of links and may also contain a line of text.
_MENU_NAMES = word_set(
    "nav navbar navigation menu megamenu submenu subnav mainnav sidenav dropdown sidebar topbar offcanvas drawer"
)
# Names of the page's footer. A footer may contain some sentences about the company.
_FOOT_NAMES = frozenset(["footer", "colophon", "sitefooter"])
# Names that are also used for parts of a policy ("section-header", "card-footer"). An element with one of
# these names counts as furniture only if the element is above or below the policy's running text, or consists mostly of
# links.
_EDGE_NAMES = word_set(
    "nav navigation menu sidebar footer header toolbar follow subscribe signup feedback banner promo widget "
    "chat modal popup cta skip print language languages lang locale locales country copyright login appstore "
    "download badge badges loader loading hidden spinner author avatar byline carousel slider ticker dropdown "
    "select"
)
# A name with more parts than this is not looked up in the sets. Longer names are made from headings
# ("how-your-rights-are-related-to-decisions") and don't show the kind of the element.
_MOST_PARTS = 4
_PARTS = re.compile(r"[-_:]+")

# Titles of asides, such as "Related articles". An aside is text beside the policy that isn't a part of the policy.
_ASIDE_TITLE = re.compile(
    # English
    r"(?:other |more )?related (?:articles?|posts?|content|topics?|reading|resources|links|pages|products|stories)|"
    r"you (?:may|might) (?:also )?(?:like|be interested in).{0,20}|recommended (?:for you|reading|articles|posts)|"
    r"(?:more|keep|continue) reading|more (?:articles|stories|posts|news).{0,30}|"
    r"(?:recent|latest|popular|featured|top|newest) (?:posts?|articles?|news|comments?|stories|topics|from .{1,30})|"
    r"recently viewed.{0,20}|trending.{0,20}|in the news|from (?:the|our) blog|"
    r"(?:leave|post|write|add) a (?:reply|comment|review).{0,20}|"
    r"\d+ (?:comments?|thoughts? on .{1,80}|responses?.{0,60}|replies)|what (?:our|people).{0,20} say.{0,20}|"
    r"stay (?:in the loop|in touch|connected|informed|up[ -]to[ -]date|tuned).{0,20}|follow us.{0,20}|"
    r"share (?:this|on).{0,20}|can.t find what you.re looking for\?|was this .{0,20}helpful\?|"
    r"about the author|(?:get|download) (?:the|our) app.{0,20}|quick links|site ?map|"
    r"(?:before|wait,? before) you go.{0,10}|"
    # French
    r"articles? (?:similaires?|liés?|associés?|récents?|connexes)|vous aimerez (?:aussi|peut-être).{0,20}|"
    r"à (?:lire|découvrir) aussi|sur le même sujet|laisser un commentaire|suivez-nous.{0,20}|"
    r"restez (?:informés?|en contact)|nos dernières actualités|"
    # German
    r"(?:ähnliche|verwandte|weitere|neueste|aktuelle|beliebte|passende) (?:artikel|beiträge|meldungen|nachrichten|"
    r"produkte)|das könnte .{0,20}(?:interessieren|gefallen)|neues aus .{1,30}|schreibe? einen kommentar|"
    r"folgen sie uns|kundenstimmen|"
    # Spanish, Portuguese, Italian
    r"(?:artículos|entradas|contenidos?) (?:relacionad[oa]s|recientes)|también te puede.{0,20}|"
    r"(?:deja|dejar) (?:una respuesta|un comentario)|últimas noticias|síguenos|"
    r"artigos (?:relacionados|recentes)|posts recentes|você também pode gostar|deixe um comentário|"
    r"articoli (?:correlati|recenti|simili)|(?:ti )?potrebbe(?:ro)? (?:anche )?interessar.{0,20}|lascia un commento|"
    r"ultime notizie|seguici.{0,20}|leggi anche|"
    # Dutch, Polish, Swedish, Danish
    r"gerelateerde .{1,20}|lees ook.{0,10}|recente berichten|laatste nieuws|laat een reactie achter|"
    r"volg ons.{0,20}|(?:powiązane|podobne|ostatnie|polecane) (?:artykuły|wpisy|posty)|dodaj komentarz|"
    r"zobacz (?:też|także|również)|relaterade .{1,20}|relaterede .{1,20}|"
    # Russian, Japanese, Chinese, Korean
    r"похожие .{1,20}|читайте также|оставить комментарий|関連(?:記事|リンク)|おすすめ.{0,6}|最新(?:記事|"
    r"ニュース)|人気記事|"
    r"相关(?:文章|阅读|链接)|最新(?:文章|消息)|관련 ?글",
    re.IGNORECASE,
)
# Titles that both asides and sections of a policy use. For example, a section "Newsletter" may explain what a shop does
# with subscribers' addresses.
_SHARED_TITLE = re.compile(
    r"related|recommended|comments?(?: ?\(\d+\))?|latest (?:news|updates)|testimonials|reviews|categories|archives|"
    r"(?:subscribe|sign up|join|register)\b.{0,50}(?:newsletter|mailing list|updates|news|list|e-?mails?)|"
    r"(?:subscribe|(?:our )?newsletter)|commentaires|inscrivez-vous .{0,30}newsletter|actualités|"
    r"aktuelles|neuigkeiten|kommentare?|newsletter.{0,20}|comentarios|suscríbete.{0,40}|comentários|commenti|"
    r"iscriviti.{0,40}|nieuws|reacties|nieuwsbrief|komentarze|aktualności|новости|комментарии|последние .{1,20}|"
    r"コメント|お知らせ|ニュース|评论|댓글",
    re.IGNORECASE,
)
_INVITATION = re.compile(
    r"(?:subscribe|sign up|join|register|get|stay|inscrivez|abonnez|recevez|suscríb|inscríb|apúnt|iscrivi|assine"
    r"|inscreva|abonnier|melden|jetzt|schrijf|meld je|zapisz|prenumerer|tilmeld|подпи)",
    re.IGNORECASE,
)
#: Titles of tables of contents.
CONTENTS_TITLE = re.compile(
    r"(?:table of )?contents:?|in this (?:policy|article|document|notice):?|on this page:?|jump to:?|quick links:?|"
    r"sommaire|table des matières|inhalt(?:sverzeichnis)?|índice|indice|inhoudsopgave|spis treści",
    re.IGNORECASE,
)
#: Copyright lines.
COPYRIGHT = re.compile(
    r"(?:all content )?(?:©|\(c\)|copyright(?: ©)? (?=[\d©]|\(c\)|by\b)).{0,160}|[^.]{0,40}© ?(?:19|20)\d\d.{0,80}",
    re.IGNORECASE,
)
#: Characters that decorate a link or a title.
ORNAMENTS = "«»<>‹›|·•↑^←→*[] "
#: Texts that are never a part of the policy, such as "Back to top".
PAGE_WORDS = re.compile(
    r"(?:back to (?:the )?top|(?:go )?back(?: to .{1,40})?|skip to (?:main )?content|print(?: this page| version)?|"
    r"close|"
    r"share(?: this(?: page| article)?)?|was this (?:article|page|answer|information) helpful\b.*|"
    r"all rights reserved\.?|"
    r"powered by\b.{0,80}|log ?in|sign ?in|sign ?up|menu|search|download(?: as)?(?: pdf)?|download (?:our|the) app|"
    r"(?:created|posted|written|published|added) by\b.{0,120}|"
    r"add us on socials?|follow us(?: on .{1,30})?|retour en haut(?: de page)?|haut de page|retour|imprimer|"
    r"tous droits réservés\.?|"
    r"nach oben|zurück|drucken|volver arriba|torna su|\d+ (?:out )?of \d+ found this helpful|"
    r"(?:\d[\d.,]* )(?:people|users|persons|readers) found this .{1,20}|"
    r"have more questions\?.*|return to top|loading\W*|accept(?: all)?(?: cookies)?|ok|got it!?)",
    re.IGNORECASE,
)
#: Words of a byline. A byline states the author of an article, the time in minutes to read the article, or the number
#: of views. A preposition in front of the author's name begins the line, or follows a date, a mark or a word such as
#: "posted": elsewhere it may belong to a law's name ("lov av 15. juni 2018", "Codice di settore").
BYLINE = re.compile(
    r"(?:^|\d,? |[^\w\s,./'’]\s?|\b(?:posted|written|published|created|veröffentlicht|verfasst|geschrieben|publié|"
    r"écrit|publicado|escrito|pubblicato|scritto|postado|geplaatst|geschreven|gepubliceerd|skrivet|skriven|publicerad|"
    r"skrevet|publisert|udgivet) )"
    r"(?:by|von|par|por|da|di|door|av|af) (?=(?-i:[A-ZÀ-ÖØ-ÞČĆĎĐĚŁŇŘŠŚŤŮŽŹŻŐŰİĞŞȘȚ]))|"
    r"^tekst:|\b(?:autor|författare|kirjoittanut|írta|szerző|napisał|napsal|scris de|"
    r"yazan|автор|συντάκτης|views?|comments?|min(?:ute)?s?\.? read)\b",
    re.IGNORECASE,
)
#: The separator between the entries of a menu that is written in one line.
MENU_SEPARATOR = re.compile(r"\s*(?:\||::|•|·|»|\]\s*\[)\s*")
_CONSENT_CONTROL = re.compile(
    r"(?:i )?(?:accept|agree|allow|consent|reject|decline|refuse|deny|necessary only|only necessary|got it|understood)"
    r"(?: (?:all|and continue|and close|& close|cookies|all cookies|to all|& continue|optional cookies|them all|all "
    r"optional cookies|non-essential(?: cookies)?))?[.!]?|"
    r"ok(?:ay)?,? (?:got it|i understand|i agree|understood)[.!]?|yes,? i (?:agree|accept)[.!]?|i understand[.!]?|"
    r"(?:tout )?accepter(?: (?:tout|et fermer|et continuer|les cookies|tous les cookies))?|j.accepte|tout refuser|"
    r"(?:tout )?refuser(?: tout)?|continuer sans accepter|"
    r"(?:alle(?:s)? )?(?:cookies )?(?:akzeptieren|ablehnen|annehmen|zulassen|erlauben)"
    r"(?: und (?:weiter|schließen|fortfahren))?|einverstanden|"
    r"nur (?:notwendige|erforderliche).{0,20}|verstanden|"
    r"zustimmen(?: und weiter)?|aceptar(?: todo| todas| cookies)?|rechazar(?: todo| todas)?|"
    r"accetta(?: tutto| tutti)?|rifiuta(?: tutto| tutti)?|aceitar(?: tudo| todos)?|rejeitar(?: tudo| todos)?|"
    r"(?:alles )?(?:accepteren|weigeren|toestaan)|akkoord|"
    r"(?:za)?akceptuj(?:ę)?(?: wszystkie)?|odrzuć(?: wszystkie)?|zgadzam się|acceptera(?: alla)?|godta alle|"
    r"(?:acconsento|accetto|aceito|acepto|concordo)(?: .{0,20})?|accetta e (?:continua|chiudi|prosegui)|"
    r"aceitar e (?:continuar|fechar)|"
    r"aceptar y (?:continuar|cerrar)|zgadzam się .{0,30}|akceptuję .{0,30}|přijmout(?: vše)?|souhlasím|"
    r"prijať(?: všetko)?|súhlasím|"
    r"elfogadom(?: mind\w*| és .{0,20})?|"
    r"(?:acceptă|accept)(?: tot| toate| cookie-urile)?|sunt de acord|prihvati(?: sve)?|"
    r"prihvaćam(?: sve)?|"
    r"sprejmi vse|приемам(?: всички)?|прихвати(?: све)?|принять(?: все| и .{0,20})?|прийняти(?: все| всі)?|"
    r"погоджуюс[ья]|"
    r"(?:tümünü )?kabul (?:et|ediyorum|et ve .{0,20})|(?:hepsini |tümünü )?reddet|αποδ[έε]χομαι(?: [όο]λα)?|συμφων[ώω]|"
    r"απόρριψη|"
    r"godkänn(?: alla)?|jag (?:godkänner|accepterar)|tillåt alla|avvisa(?: alla)?|accepter(?: alle)?|tillad alle|"
    r"hyväksy(?: kaikki)?|"
    r"đồng ý|chấp nhận(?: tất cả)?|terima semua|setuju|ยอมรับ(?:ทั้งหมด)?|قبول(?: الكل)?|موافق|אישור|הסכמה|"
    r"同意して(?:続ける|閲覧する|進む)|同意します|すべて(?:許可|同意|受け入れる)|모두 (?:동의|허용)|동의(?:하고 계속|"
    r"합니다)?|"
    r"принять(?: все)?|отклонить|согласен|αποδοχή|同意(?:する|して続ける)?|すべて許可|拒否(?:する)?|全部接受|동의",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=4096)
def is_consent_control(text: str) -> bool:
    """Returns whether the text is the caption of a button or link that gives or refuses consent."""
    return _CONSENT_CONTROL.fullmatch(text) is not None


# Cached because most captures of a policy show the same titles.
@functools.lru_cache(maxsize=4096)
def is_aside_title(text: str) -> bool:
    """Returns whether the text is a title that asides have and sections of a policy don't have."""
    return _ASIDE_TITLE.fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def is_shared_title(text: str) -> bool:
    """Returns whether the text is a title that both asides and sections of a policy may have."""
    return _SHARED_TITLE.fullmatch(text) is not None


def is_invitation(text: str) -> bool:
    """Returns whether the text is a title that asks visitors to enter something, such as "Join our mailing list"."""
    return _INVITATION.match(text) is not None


#: The kinds of furniture that class names and ids suggest, as flags.
CONSENT, BANNER, LINKS, EMPTY, META, EDGE, MENU, ASIDE, FOOT = (1 << n for n in range(9))
_PARTS_BY_KIND = (
    (LINKS, _LINKS_NAMES),
    (EMPTY, _EMPTY_NAMES),
    (EDGE, _EDGE_NAMES),
    (MENU, _MENU_NAMES),
    (ASIDE, _ASIDE_NAMES),
    (FOOT, _FOOT_NAMES),
)


@functools.lru_cache(maxsize=16384)
def kinds_by_names(names: str) -> int:
    """Returns, as flags, the kinds of furniture that an element's names suggest; 0 if the names suggest no kind.

    names: the element's `id` and `class` in lower case, separated by spaces.
    """
    kinds = CONSENT * bool(_CONSENT.search(names)) | BANNER * bool(_BANNER.search(names))
    single_names = names.split()
    kinds |= META * (not _META_NAMES.isdisjoint(single_names))
    parts = {part for name in map(_PARTS.split, single_names) if len(name) <= _MOST_PARTS for part in name}
    for kind, parts_of_kind in _PARTS_BY_KIND:
        kinds |= kind * (not parts_of_kind.isdisjoint(parts))
    return kinds
