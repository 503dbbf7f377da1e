"""The phrases with which policies state their date, and the words that say whose date it is, in many languages.

All functions expect a text as `extraction.words.written_dates.simplified` returns it.
"""

import functools
import re
from collections.abc import Iterator
from typing import Literal

#: What a phrase announces: the date on which a policy takes effect, the date of its last update, or a date that may be
#: the policy's ("Date:", "Version", "Published").
Announced = Literal["effective", "updated", "weak"]
#: A phrase in a text: what it announces, its start and its end.
Announcement = tuple[Announced, int, int]


def _pattern(*phrases: str) -> str:
    return "|".join(phrases)


# Phrases before the date on which the policy takes effect.
_EFFECTIVE = _pattern(
    r"effective(?:\s+(?:date|as\s+of|from|on|since))?|(?:in|into)\s+effect(?:\s+(?:as\s+of|from|since|on))?|"
    r"(?:takes?|took|has\s+taken)\s+effect|(?:comes?|came|enters?|entered|entry|coming)\s+into\s+(?:force|effect)|"
    r"in\s+force|valid\s+(?:from|as\s+of|since)|appl(?:y|ies)\s+(?:from|as\s+of|beginning|starting)",
    # French
    r"s[’']applique(?:nt)?\s+(?:à\s+(?:partir|compter)|depuis)|entr(?:e|ent|é|ée|és|ées|era|eront)\s+en\s+vigueur|"
    r"entrée\s+en\s+(?:vigueur|application)|en\s+vigueur|date\s+d[’']effet|applicables?\s+(?:à\s+(?:compter|partir)|"
    r"depuis|au|le)|valide\s+à\s+partir",
    # German, Dutch
    r"gültig\s+(?:ab|seit)|in\s+kraft|inkrafttretens?|wirksam\s+(?:ab|seit|zum)|gilt\s+(?:ab|seit)|gelten\s+(?:ab|seit)|"
    r"van\s+kracht|ingangsdatum|geldig\s+(?:vanaf|sinds)|treedt\s+in\s+werking|geldt\s+vanaf",
    # Spanish, Portuguese, Italian, Catalan, Galician, Romanian
    r"(?:fecha\s+de\s+)?entrada\s+en\s+vigor|en\s+vigor|vigentes?(?:\s+(?:desde|a\s+partir))?|fecha\s+efectiva|"
    r"fecha\s+de\s+vigencia|vigencia|efectiva?\s+(?:desde|a\s+partir)|"
    r"em\s+vigor|entrada\s+em\s+vigor|data\s+de\s+(?:vigência|entrada)|vigência|(?:válid|aplicáve)\w*\s+a\s+partir|"
    r"in\s+vigore|data\s+di\s+(?:entrata|efficacia|decorrenza)|efficace\s+(?:dal|a\s+partire)|valid[oae]\s+dal|"
    r"entrada\s+en\s+vigència|en\s+vigència|"
    r"intr[ăa]\s+în\s+vigoare|în\s+vigoare|se\s+aplică\s+(?:începând|de\s+la)|valabil\w*\s+(?:de\s+la|din|începând)|"
    r"data\s+intrării",
    # Nordic
    r"träder\s+i\s+kraft|i\s+kraft|gäller\s+(?:från|fr)|giltig\w*\s+från|trer\s+i\s+kraft|gjelder\s+fra|gyldig\w*\s+fra|"
    r"træder\s+i\s+kraft|ikrafttræd\w+|ikrafttred\w+|gælder\s+fra|voimassa|voimaan|tekur\s+gildi|gildir\s+frá",
    # Polish, Czech, Slovak, Slovenian, Croatian, Serbian
    r"obowiązuj[eą]\s+od|wchodz[ią]\s+w\s+życie|wejścia\s+w\s+życie|ważn[ae]\s+od|"
    r"účinn\w+(?:\s+od)?|platn\w+\s+(?:od|a\s+účinnosti)|nabýv\w+\s+(?:platnosti|účinnosti)|v\s+platnosti\s+od|"
    r"nadobúd\w+\s+(?:platnosť|účinnosť)|"
    r"velja(?:jo|ta)?\s+od|veljavn\w+\s+(?:od|z\s+dn\w+)|začn\w+\s+veljati|"
    r"vrijed[ei]\s+od|primjenjuj[eu]\s+(?:se\s+)?od|stup\w*\s+na\s+snagu|na\s+snazi\s+od|važi\s+od|"
    # Hungarian, Estonian, Latvian, Lithuanian
    r"hatály(?:os|ba\w*|a)?|érvényes|"
    r"kehti[bv]\w*(?:\s+alates)?|jõustu\w+|stājas\s+spēkā|spēkā\s+(?:no|kopš)|įsigalioj\w+|galioja\s+nuo",
    # Bulgarian, Russian, Ukrainian, Belarusian, Serbian, Greek, Turkish
    r"в\s+сила\s+от|(?:вступления|вступленні)\s+в\s+силу|набрання\s+чинності|влизане\s+в\s+сила|вл(?:иза|яза)\s+в\s+сила|вступает\s+в\s+силу|вступил[аои]?\s+в\s+силу|действу[ею]т?\s+с|действительн\w+\s+с|"
    r"набува[єю]т?ь?\s+чинності|набирає\s+чинності|діє\s+з|чинн[аі]\s+з|ступа\w*\s+на\s+снагу|"
    r"ισχύ(?:ει|ουν)(?:\s+από)?|έναρξη\s+ισχύος|ημερομηνία\s+ισχύος|τίθ\w+\s+σε\s+ισχύ|"
    r"yürürlü[kğ]\w*(?:\s+tarihi)?|geçerlilik\s+tarihi",
    # Indonesian, Malay, Vietnamese
    r"berlaku\s+(?:efektif|sejak|mulai|pada)|tanggal\s+(?:efektif|berlaku)|efektif\s+(?:sejak|per|pada)|berkuat\s?kuasa|"
    r"có\s+hiệu\s+lực|ngày\s+hiệu\s+lực|hiệu\s+lực\s+từ",
)
# Phrases before the date of the last update.
_UPDATED = _pattern(
    r"(?:last|most\s+recent(?:ly)?|latest)\s+(?:updated?|modified|modifications?|revised|revisions?|changed?|changes|"
    r"amend(?:ed|ment)|reviewed|edited|posted|published|made)|(?:updated?|updating|revised|modified|amended|rev\.)(?=[\s:]|$)|"
    r"date\s+(?:of\s+(?:(?:the\s+)?(?:last|latest|most\s+recent)\s+\w+|revision|update|issue)|(?:last\s+)?(?:updated|"
    r"modified|revised))|(?:revision|update|version)\s+date|current\s+as\s+of|"
    r"changes\s+to\s+this(?:\s+\w+){1,3}\s+were\s+(?:last\s+)?made",
    # French
    r"(?:dernières?|date\s+de\s+(?:la\s+)?dernière)\s+(?:mise?s?\s+[àa]\s+jour|modifications?|révisions?|actualisations?|"
    r"version)|mise?s?\s+[àa]\s+jour|modifiée?s?\s+(?:le|en|pour)|actualisée?s?\s+(?:le|en)|révisée?s?\s+(?:le|en)|"
    r"date\s+de\s+(?:révision|modification)",
    # German, Dutch
    r"(?:zu)?letzt(?:mals)?(?:\s+(?:aktualisiert|geändert|überarbeitet|angepasst))?|letzte[rsn]?\s+(?:aktualisierung|"
    r"änderung|überarbeitung|fassung|stand|bearbeitung)|aktualisiert|stand(?=\s*[:.]|\s*$|\s+(?:der|vom))|"
    r"(?:in\s+der\s+)?fassung\s+vom|"
    r"(?:voor\s+het\s+)?laatst\s+(?:bijgewerkt|gewijzigd|aangepast|herzien|geactualiseerd)|laatste\s+(?:update|wijziging|"
    r"aanpassing|herziening|versie)|bijgewerkt|gewijzigd",
    # Spanish, Portuguese, Italian, Catalan, Galician, Romanian
    r"(?:últim[ao]|darrera)\s+(?:actualizaci[óo]n?|modificación|revisión|versión|cambio|vez|atualização|a[c]?tualização|"
    r"modificação|alteração|revisão|versão|actualització|modificació|revisió)|ultima\s+actualizaci[óo]n|"
    r"actualizad[oa]s?|atualizad[oa]s?|actualitzad?[oa]?t?|modificad[oa]s?\s+(?:el|em|en|a)|"
    r"ultim[oa]\s+(?:aggiornamento|modifica|revisione|versione)|aggiornat[oaie]|aggiornamento|data\s+di\s+revisione|"
    r"(?:data\s+)?ultim(?:a|ei|ă)\s+(?:actualizare|actualizări|modificare|modificări|revizuire)|actualizat[ăe]?|"
    r"modificat[ăe]?\s+(?:la|în)",
    # Nordic
    r"(?:senast|sist|sidst|senest)\s+(?:uppdatera[dt]e?|ändrad|reviderad|oppdatert|endret|revidert|opdateret|ændret|"
    r"revideret)|(?:senaste|siste|seneste|sidste)\s+(?:uppdatering\w*|ändring\w*|oppdatering\w*|endring\w*|opdatering\w*|"
    r"ændring\w*)|uppdaterad|oppdatert|opdateret|(?:viimeksi\s+)?päivitet(?:ty|ään)(?:\s+viimeksi)?|"
    r"viimeisin\s+päivitys|viimeksi\s+(?:päivitetty|muutettu)|päivitys(?:päivä)?|síðast\s+(?:uppfært?|breytt)|"
    r"síðasta\s+(?:uppfærsla|breyting)|uppfært?",
    # Polish, Czech, Slovak, Slovenian, Croatian, Serbian
    r"ostatni[aoe]?\s+(?:raz\s+)?(?:aktualizacj|zmian|zaktualizowan|zmodyfikowan|modyfikacj)\w*|zaktualizowan\w+|"
    r"data\s+(?:ostatniej\s+)?(?:aktualizacji|zmiany)|aktualizacja|"
    r"(?:poslední|naposledy|posledná|poslednej)\s+(?:aktualiz\w+|změn\w+|zmen\w+|uprav\w+|revi\w+)|aktualizov\w+|"
    r"(?:zadnja|nazadnje|zadnjič|zadnje)\s+(?:posodob\w+|sprememb\w+|spremenj\w+)|posodobljen\w*|"
    r"(?:posljednj[aei]|zadnj[aei]|poslednj[aei])\s+(?:put\s+)?(?:ažurira\w+|izmjen\w+|izmen\w+|promjen\w+|revizij\w+)|"
    r"ažuriran\w*",
    # Hungarian, Estonian, Latvian, Lithuanian
    r"(?:utolsó|utoljára|legutóbb\w*|legutolsó)\s+(?:frissít\w+|módosít\w+|felülvizsgál\w+)|frissítve|módosítva|"
    r"(?:viimati|viimane)\s+(?:uuenda\w+|mu[ud]\w+|uuendus\w*)|uuendatud|"
    r"(?:pēdējo\s+reizi|pēdējā|pēdējās)\s+\w*(?:atjaun\w+|atjaunin\w+|grozī\w+|izmaiņ\w+|mainī\w+)|atjaunin\w+|"
    r"(?:paskutin\w+\s+(?:kartą\s+)?(?:atnauj\w+|pakeit\w+|keist\w+|pakeitim\w+))|atnaujint\w+",
    # Bulgarian, Russian, Ukrainian, Belarusian, Serbian, Macedonian, Greek, Turkish
    r"последњ\w+\s+(?:ажурир\w+|измен\w+|промен\w+)|последн[аоеия]\w*\s+(?:актуализаци\w+|актуализиран\w*|промян\w+|обновлени\w+|обновля\w+|изменени\w+|редакци\w+|"
    r"ажурир\w+|измен\w+|промен\w+)|актуализиран\w*|обновлен[аоы]?|дата\s+(?:последнего\s+)?(?:обновления|изменения)|"
    r"(?:в\s+)?редакци[ияею]+\s+от|редакці[яії]\s+від|версия\s+от|"
    r"останн[єія]\w*\s+(?:оновлен\w+|змін\w*|редакці\w+)|оновлено|востаннє\s+оновлено|дата\s+(?:останнього\s+)?оновлення|"
    r"(?:τελευταία|πρόσφατη)ς?\s+(?:ενημέρωσης?|τροποποίησης?|αναθεώρησης?|επικαιροποίησης?)|ενημερώθηκε|τροποποιήθηκε|"
    r"(?:son|en\s+son)\s+(?:güncelle\w+|değişiklik\w*|revizyon\w*)(?:\s+tarihi)?|güncelle(?:nme|me)\s+tarihi|güncellendi|"
    r"güncelleme",
    # Indonesian, Malay, Vietnamese
    r"(?:terakhir|pembaruan|perubahan)\s+(?:kali\s+)?(?:diperbarui|diperbaharui|diubah|dikemas\s?kini|terakhir|"
    r"pembaruan)|diperbarui|dikemas\s?kini|cập\s+nhật(?:\s+(?:lần\s+cuối|gần\s+(?:đây\s+)?nhất|mới\s+nhất|ngày|vào))?|"
    r"sửa\s+đổi\s+lần\s+cuối|lần\s+cập\s+nhật\s+(?:cuối|gần\s+nhất)",
    # Arabic, Hebrew, Persian, Hindi
    r"(?:آخر|تاريخ(?:\s+آخر)?)\s+(?:تحديث|تعديل|مراجعة)|تم\s+التحديث|(?:עודכ[ןנ][הו]?|תאריך\s+עדכון|עדכון)\s*(?:לאחרונה|אחרון)?|"
    r"(?:آخرین|تاریخ)\s+(?:به\W?روز\W?رسانی|بروز\W?رسانی|ویرایش|تغییر)|"
    r"अंतिम\s+(?:अद्यतन|अपडेट|संशोधन|बार)|अद्यतन|अपडेट",
)
# The same for languages without spaces between words, where no word boundary stands before and after a phrase.
_EFFECTIVE_UNSPACED = _pattern(
    r"施行日|発効日|適用日|効力発生日|生效日期?|生效时间|生效時間|施行日期|시행\s?일자?|적용\s?일자?|발효일|"
    r"วันที่มีผล(?:บังคับใช้)?|มีผล(?:บังคับ)?(?:ใช้)?(?:ตั้งแต่)?|"
    r"(?:تاريخ\s+)?(?:السريان|النفاذ|سريان)|سارية?\s+(?:اعتبار|من)|נכנסת?\s+לתוקף|בתוקף\s+(?:מ|החל)|प्रभावी"
)
_UPDATED_UNSPACED = _pattern(
    r"(?:最終|最近|最新)?(?:更新|改定|改訂|改正|変更)(?:日時?|年月日)|最終(?:更新|改定|改訂|改正|変更)|(?:更新|改定|改訂|改正)(?=\s*:)|"
    r"最[后後近](?:一次)?(?:更新|修[订訂改])(?:日期|时间|時間|于|於)?|(?:更新|修[订訂改]|版本)(?:日期|时间|時間|于|於)|"
    r"(?:최종\s*|최근\s*)?(?:개정|수정|변경|업데이트)\s?(?:일자?|날짜)|마지막\s*(?:업데이트|수정|개정)|"
    r"(?:ปรับปรุง|แก้ไข|อัปเดต|อัพเดต)(?:ครั้ง)?(?:ล่าสุด|สุดท้าย)?(?:เมื่อ)?(?:วันที่)?"
)
# Phrases that also stand before other dates. They announce the policy's date only if nothing else is in the statement.
_WEAK = _pattern(
    r"as\s+(?:of|at)|dated|date\s+of\s+(?:publishing|publication)|publi(?:shed|cation\s+date|cation)|revision|"
    r"posted|issued|approved|adopted|status|version|"
    r"version\s+(?:of|dated)|v(?:er)?\.|v(?=\d)|"
    r"date\s+de\s+(?:la\s+)?(?:publication|mise\s+en\s+ligne)|publiée?|version\s+(?:du|en\s+date|datée)|en\s+date\s+du|"
    r"veröffentlicht|versi[eó]n?|versão|versione|verzija|verze|verzia|wersja|versiunea|версия|версія|έκδοση|sürüm|utgåva|"
    r"gepubliceerd|fecha\s+de\s+publicación|publicad[oa]|data\s+de\s+publicação|pubblicat[oa]|julkaistu|publicerad|publisert|"
    r"udgivet|публикации|опубликован[ао]?|оприлюднено|(?:date|datum|fecha|data|dato|dátum|kuupäev|datums|päivämäärä|дата|ημερομηνία|tarih|tanggal|ngày)(?=\s*:)",
)
_WEAK_UNSPACED = r"日期|発行日|公開日|公布日|发布日期|發布日期|版本|일자"
# Phrases after the date, which stand close to it.
_EFFECTIVE_AFTER = _pattern(
    r"起?(?:生效|施行|実施|適用|発効)|より(?:施行|適用|実施|効力)|から(?:施行|適用|実施)|(?:부터|자로?|일)?\s*(?:시행|적용|발효)|"
    r"(?:tarihinde|tarihinden)\s+(?:itibaren\s+)?(?:yürürlü|geçerli)\w*|-?\s?t[őo]l\s+(?:hatályos|érvényes|lép)|"
    r"napjától\s+(?:hatályos|érvényes)|(?:d\.\s+)?įsigalioj\w+|से\s+प्रभावी"
)
_UPDATED_AFTER = _pattern(
    r"(?:最終|最近|最后|最後)?(?:改[定訂正]|更新|修[订訂改]|変更)|(?:자|일)?\s*(?:최종\s*)?(?:개정|수정|변경|업데이트)|"
    r"(?:zuletzt\s+|letztmalig\s+)?(?:aktualisiert|geändert|angepasst|überarbeitet)|tarihinde\s+(?:güncellen|değiştiril)\w*|"
    r"(?:d\.\s+)?atnaujint\w+|को\s+(?:अपडेट|अद्यतन|संशोधित)|(?:lett\s+)?(?:frissít|módosít)\w+|(?:viimati\s+)?uuendatud|päivitetty"
)
# The words for a policy and other documents that state their own date.
_DOCUMENTS = _pattern(
    r"privacy|polic(?:y|ies)|notices?|statements?|terms|agreements?(?!\s+(?:with|between))|conditions|documents?|pages?|versions?|rules|guidelines|"
    r"addendum",
    r"politiques?|déclarations?|avis|charte|mentions|présente?s?|cg[uv]s?|contrat|accord|notre|texte",
    r"datenschutz\w*|\w*erklärung\w*|\w*hinweise?|\w*bedingungen|agb|\w*vereinbarung|dokuments?|fassung|bestimmungen|"
    r"privacy\w+|\w*beleid|\w*verklaring|\w*voorwaarden|overeenkomst|versie|reglement|gebruiksregels",
    r"políticas?|avisos?|declaración|condiciones|términos|documento|acuerdo|contrato|página|versión|presentes?|aviso|"
    r"termos|condições|acordo|versão|declaração|informativa|termini|condizioni|accordo|versione|pagina|avís|condicions",
    r"\w*policyn?|\w*villkore?n?|meddelande\w*|\w*politik\w*|\w*erklæring\w*|vilkår\w*|\w*betingelser\w*|avtale\w*|"
    r"\w*seloste\w*|\w*käytän\w*|\w*ehdo\w*|\w*ehto\w*|\w*stefna\w*|skilmála\w*",
    r"polityk\w*|regulamin\w*|warunk\w*|zásad\w*|podmín\w*|podmienk\w*|prohlášen\w*|vyhláseni\w*|pogoj\w*|pravil\w*|"
    r"izjav\w*|uvjet\w*|uslov\w*|vop|\w*tájékoztató\w*|\w*szabályzat\w*|\w*feltétel\w*|ászf|nyilatkozat\w*|"
    r"poliitika\w*|\w*tingimus\w*|põhimõt\w*|noteikum\w*|taisykl\w*|sąlyg\w*|termen\w*|condiți\w*|versiun\w*|politic\w*",
    r"политик\w*|услови\w*|соглашени\w*|документ\w*|редакци\w*|положени\w*|політик\w*|умов\w*|угод\w*|услов\w*|πολιτικ\w*|"
    r"όρ(?:οι|ους|ων)|δήλωση|έγγραφο|politika\w*|bildirim\w*|metin|metni|şart\w*|koşul\w*|sözleşme\w*|kebijakan|"
    r"pemberitahuan|ketentuan|syarat|dasar|chính\s+sách|điều\s+khoản|thông\s+báo|سياسة|السياسة|شروط|الشروط|إشعار|الإشعار|"
    r"מדיניות|המדיניות|תנאי|سیاست|شرایط|नीति|शर्तें|सूचना",
)
_DOCUMENTS_UNSPACED = r"政策|条款|條款|协议|協議|声明|聲明|ポリシー|規約|方針|약관|방침|นโยบาย|ข้อกำหนด|ประกาศ"
# The words for statutes, certificates, incidents and other things that have a date of their own.
_OTHERS = _pattern(
    r"laws?|acts?|regulations?|directives?|statutes?|legislation|bill|amendments?|certif\w+|framework|shield|"
    r"accreditation|decrees?|ordinances?|standards?|licen[cs]es?|patents?|rulings?|judge?ments?|decisions?|incidents?|"
    r"breach(?:es)?|outages?|acquisitions?|mergers?|fees?|prices?|clauses|gdpr|ccpa|cpra|lgpd|hipaa|coppa|pipeda|iso|"
    r"sccs?|bcrs?|founded|established|incorporated",
    r"lois?|règlements?|directives?|décrets?|ordonnance|arrêté|normes?|rgpd|décision|incident|licence",
    r"\w*gesetz\w*|\w*verordnung|dsgvo|ds-gvo|bdsg|\w*richtlinie|zertifi\w+|bescheinigung|urteil|beschluss|wet|"
    r"verordening|richtlijn|avg|certificering",
    r"ley|leyes|reglamento|directiva|decreto|rgpd|certifica\w+|lei|regulamento|diretiva|legge|regolamento|direttiva|llei|"
    r"reglament|lege\w*|regulamentu\w*|ordonanț\w*",
    r"lag|lagen|förordning\w*|lov|loven|forordning\w*|laki|asetus\w*|lög|\w*ustaw\w*|rozporządzeni\w*|rodo|zákon\w*|nařízení\w*|"
    r"nariadeni\w*|zakon\w*|uredb\w*|törvény\w*|rendelet\w*|seadus\w*|määrus\w*|likum\w*|regul\w*|įstatym\w*|reglament\w*",
    r"закон\w*|регламент\w*|νόμο\w*|κανονισμ\w*|kanun\w*|yönetmeli\w*|undang-undang|luật|nghị\s+định|قانون|القانون|اللائحة|חוק|"
    r"תקנות|कानून|अधिनियम",
)
_OTHERS_UNSPACED = r"法律|条例|條例|個人情報保護法|保護法|保护法|법률|법(?=이|은|의|에)|พระราชบัญญัติ|กฎหมาย"
_EARLIER = (
    r"previous(?:ly)?|prior|earlier(?!\s+of)|former(?:ly)?|preceding|superseded?s?|replac\w+|until|archived?|archives|old(?:er)?|"
    r"history|first\s+published|original(?:ly)?|précédente?s?|ancienne?s?|antérieure?s?|jusqu\w*|remplac\w+|historique|"
    r"bisherige\w*|frühere\w*|vorherige\w*|vorige\w*|alte|bis|ersetzt|ersetzen|archiv|eerdere?|vorige|oude|tot|vervangt|"
    r"anterior(?:es)?|previ[ao]s?|hasta|sustituye|até|substitui|precedent[ei]|fino|sostituisce|tidligere|tidigare|"
    r"äldre|aiem\w+|poprzedni\w*|předchozí\w*|predchádzajúc\w*|prejšnj\w*|prethodn\w*|korábbi\w*|anterioar\w*|"
    r"предишн\w*|предыдущ\w*|попередн\w*|προηγούμεν\w*|önceki|eelmi\w*|iepriekšēj\w*|ankstesn\w*|sebelumnya|"
    r"(?:trước\s+đây)|السابق\w*|הקודמ\w*|قبلی|पिछल\w*"
)
# The words for a change, in entries of a log of changes. Stems, because the form of the verb doesn't matter.
_CHANGES = _pattern(
    r"add(?:ed|ition)|includ|remov|delet|updat|chang|revis|clarif|amend|modif|introduc|renam|rewrit|rewrote|reorgani|replac",
    r"ajout|supprim|retir|précis|mis(?:e|es)?\s+à\s+jour|actualis|ergänz|hinzu|geändert|änderung|aktualisier|entfern|"
    r"angepasst|anpassung|überarbeit|toegevoegd|verwijder|gewijzigd|bijgewerkt|aangepast|añadi|agreg|elimin|actualiz|"
    r"atualiz|adicion|acrescent|alter[ao]|aggiunt|rimoss|aggiorn|lagt\s+til|tilføj|lade\s+till|ändra|endre|ændre|"
    r"oppdater|opdater|uppdater|lisätt|poistett|päivitet|dodan|zmien|usuni|zaktualiz|přid|změn|aktualiz|добавлен|"
    r"измен|обновлен|додан|змін|оновлен",
)
_CHANGES_UNSPACED = r"追加|変更|改定|改訂|更新|削除|修[订訂改]|新增|추가|변경|개정|수정|삭제"
# The beginning of the title of a part with a date of its own.
_PARTS = r"annex(?:e|es)?|appendix|anhang|anlage|anexo|allegato|bijlage|bilaga|bilag|vedlegg|liite|załącznik|příloha"
_EARLIER_UNSPACED = r"旧|以前|前回|之前|이전|종전|까지|制定日|ก่อนหน้า"


def _words(phrases: str, unspaced: str) -> str:
    """Returns a pattern of whole words, and of phrases in languages that put no spaces between words."""
    return rf"(?<![^\W\d_])(?=[^\W\d_])(?:{_grouped(phrases)})(?![^\W\d_])|(?=[\u0590-\uffff])(?:{_grouped(unspaced)})"


def _grouped(phrases: str) -> str:
    """Returns a pattern with its alternatives grouped by their first letter.

    The regular expression engine tries the alternatives one after the other, so the groups make it three times faster.
    """
    alternatives = [""]
    depth = 0
    for sign in phrases:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            alternatives.append("")
        else:
            alternatives[-1] += sign
    by_letter: dict[str, list[str]] = {}
    for phrase in alternatives:
        letter = phrase[0] if phrase[0].isalpha() and phrase[1:2] not in "?*+{" else ""
        by_letter.setdefault(letter, []).append(phrase.removeprefix(letter))
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


# The patterns are compiled when they are first needed, because compiling them takes longer than reading a small page.
@functools.cache
def _announcement() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<updated>{_words(_UPDATED, _UPDATED_UNSPACED)})|(?P<effective>{_words(_EFFECTIVE, _EFFECTIVE_UNSPACED)})"
        rf"|(?P<weak>{_words(_WEAK, _WEAK_UNSPACED)})",
    )


@functools.cache
def _announcement_after() -> re.Pattern[str]:
    return re.compile(rf"[\s,)]{{0,2}}(?:(?P<updated>{_UPDATED_AFTER})|(?P<effective>{_EFFECTIVE_AFTER}))")


@functools.cache
def _subject() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<other>(?:{_words(_OTHERS, _OTHERS_UNSPACED)})(?:\W+(?:{_DOCUMENTS})(?![^\W\d_]))?)"
        rf"|{_words(_DOCUMENTS, _DOCUMENTS_UNSPACED)}",
    )


@functools.cache
def _earlier() -> re.Pattern[str]:
    return re.compile(_words(_EARLIER, _EARLIER_UNSPACED))


@functools.cache
def _change() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{_CHANGES})|{_CHANGES_UNSPACED}")


@functools.cache
def _part() -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{_PARTS})(?![^\W\d_])")


def announcements(text: str, start: int, end: int) -> Iterator[Announcement]:
    """Yields the phrases between two positions of a text that announce a date: what they announce, start and end."""
    for match in _announcement().finditer(text, start, end):
        yield _kind_of(match), *match.span()


def announcement_after(text: str, end: int) -> Announcement | None:
    """Returns the phrase that directly follows a date and says whose date it is: what it announces, start and end.

    end: the end of the date. None if no such phrase follows.
    """
    match = _announcement_after().match(text, end)
    return (_kind_of(match), *match.span()) if match else None


def _kind_of(match: re.Match[str]) -> Announced:
    return "weak" if match.lastgroup == "weak" else "effective" if match.lastgroup == "effective" else "updated"


def subject_of(text: str) -> Literal["policy", "other", ""]:
    """Returns whose date a text is about, by the last word in it that names a document, a statute or the like.

    'policy' for a document such as a policy or its terms, 'other' for something else that has a date of its own (a
    statute, a certificate, an incident), '' if the text names neither.
    """
    subject: Literal["policy", "other", ""] = ""
    for match in _subject().finditer(text):
        subject = "other" if match["other"] else "policy"
    return subject


def earlier_text_at(text: str) -> int | None:
    """Returns where words about an earlier text of the policy stand: "Previous version", "until"; None if nowhere."""
    match = _earlier().search(text)
    return match.start() if match else None


def names_change(text: str) -> bool:
    """Returns whether a text has a word for a change, as the entries of a log of changes have: "added", "removed"."""
    return _change().search(text) is not None


def is_title_of_part(text: str) -> bool:
    """Returns whether a heading is the title of an annex, which has a date of its own."""
    return _part().match(text) is not None


def is_title_of_earlier_texts(text: str) -> bool:
    """Returns whether a title names earlier texts of the policy, but not its history, which ends with the present text.

    "Previous versions" is such a title, "Version history" isn't.
    """
    return any(match[0] not in ("history", "historique") for match in _earlier().finditer(text))
