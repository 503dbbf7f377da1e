"""Names of the months in many languages, for the dates that policies state.

The names are copied from the Unicode CLDR instead of being looked up in the library Babel, for two reasons. First,
Babel would load all its data on each language in every process that reads pages. Second, a new release of Babel could
change how a page is read.
"""

import unicodedata

# The names of each month, from January to December, in lower case and without a full stop: for each language the full
# and the abbreviated name, in the form used within a date and in the form used alone. The languages are
# English, French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Norwegian, Finnish, Polish, Czech,
# Slovak, Slovenian, Croatian, Hungarian, Romanian, Bulgarian, Greek, Russian, Ukrainian, Turkish, Estonian, Latvian,
# Lithuanian, Catalan, Indonesian, Vietnamese, Icelandic, Serbian, Macedonian, Belarusian, Galician, Malay, Austrian
# German, Arabic, Hebrew, Hindi, Thai and Persian.
_NAMES = (
    (
        "january|jan|janvier|janv|januar|enero|ene|gennaio|gen|janeiro|januari|tammikuuta|tammikuu|tammi|stycznia|"
        "styczeń|sty|ledna|leden|led|januára|január|siječnja|siječanj|sij|ianuarie|ian|януари|яну|ιανουαρίου|"
        "ιανουάριος|ιαν|января|январь|янв|січня|січень|січ|ocak|oca|jaanuar|jaan|janvāris|sausio|sausis|saus|"
        "de gener|gener|de gen|tháng 1|thg 1|janúar|јануар|јан|јануари|студзеня|студзень|сту|xaneiro|xan|jänner|"
        "jän|يناير|كانون الثاني|ינואר|ינו׳|जनवरी|जन॰|มกราคม|ม.ค|ژانویهٔ|ژانویه"
    ),
    (
        "february|feb|février|févr|februar|febrero|febbraio|fevereiro|fev|februari|helmikuuta|helmikuu|helmi|"
        "lutego|luty|lut|února|únor|úno|februára|február|veljače|veljača|velj|febr|februarie|февруари|фев|"
        "φεβρουαρίου|φεβρουάριος|φεβ|февраля|февраль|февр|лютого|лютий|лют|şubat|şub|veebruar|veebr|februāris|"
        "vasario|vasaris|vas|de febrer|febrer|de febr|tháng 2|thg 2|febrúar|фебруар|феб|лютага|люты|febreiro|"
        "فبراير|شباط|פברואר|פבר׳|फ़रवरी|फ़र॰|กุมภาพันธ์|ก.พ|فوریهٔ|فوریه"
    ),
    (
        "march|mar|mars|märz|mär|marzo|março|maart|mrt|marts|maaliskuuta|maaliskuu|maalis|marca|marzec|března|"
        "březen|bře|marec|ožujka|ožujak|ožu|március|márc|martie|март|μαρτίου|μάρτιος|μαρ|μάρ|марта|мар|березня|"
        "березень|бер|mart|märts|kovo|kovas|kov|de març|març|maret|tháng 3|thg 3|сакавіка|сакавік|сак|mac|مارس|"
        "آذار|מרץ|मार्च|มีนาคม|มี.ค"
    ),
    (
        "april|apr|avril|avr|abril|abr|aprile|huhtikuuta|huhtikuu|huhti|kwietnia|kwiecień|kwi|dubna|duben|dub|"
        "apríla|apríl|travnja|travanj|tra|április|ápr|aprilie|април|апр|απριλίου|απρίλιος|απρ|апреля|апрель|"
        "квітня|квітень|квіт|nisan|nis|aprill|aprīlis|balandžio|balandis|bal|d’abril|d’abr|tháng 4|thg 4|"
        "красавіка|красавік|кра|أبريل|نيسان|אפריל|אפר׳|अप्रैल|เมษายน|เม.ย|آوریل"
    ),
    (
        "may|mai|mayo|maggio|mag|maio|mei|maj|toukokuuta|toukokuu|touko|maja|května|květen|kvě|mája|máj|svibnja|"
        "svibanj|svi|május|май|μαΐου|μάιος|μαΐ|μάι|мая|травня|травень|трав|mayıs|maijs|gegužės|gegužė|geg|de maig|"
        "maig|tháng 5|thg 5|maí|мај|مايو|أيار|מאי|พฤษภาคม|พ.ค|مهٔ"
    ),
    (
        "june|jun|juin|juni|junio|giugno|giu|junho|kesäkuuta|kesäkuu|kesä|czerwca|czerwiec|cze|června|červen|čvn|"
        "júna|jún|junij|lipnja|lipanj|június|iunie|iun|юни|ιουνίου|ιούνιος|ιουν|ιούν|июня|июнь|июн|червня|червень|"
        "черв|haziran|haz|juuni|jūnijs|jūn|birželio|birželis|birž|de juny|juny|tháng 6|thg 6|júní|јун|јуни|"
        "чэрвеня|чэрвень|чэр|xuño|يونيو|حزيران|יוני|जून|มิถุนายน|มิ.ย|ژوئن"
    ),
    (
        "july|jul|juillet|juil|juli|julio|luglio|lug|julho|heinäkuuta|heinäkuu|heinä|lipca|lipiec|lip|července|"
        "červenec|čvc|júla|júl|julij|srpnja|srpanj|július|iulie|iul|юли|ιουλίου|ιούλιος|ιουλ|ιούλ|июля|июль|июл|"
        "липня|липень|лип|temmuz|tem|juuli|jūlijs|jūl|liepos|liepa|liep|de juliol|juliol|de jul|tháng 7|thg 7|"
        "júlí|јул|јули|ліпеня|ліпень|ліп|xullo|xul|julai|يوليو|تموز|יולי|जुलाई|जुल॰|กรกฎาคม|ก.ค|ژوئیهٔ|ژوئیه"
    ),
    (
        "august|aug|août|agosto|ago|augustus|augusti|elokuuta|elokuu|elo|sierpnia|sierpień|sie|srpna|srpen|srp|"
        "augusta|avgust|avg|kolovoza|kolovoz|kol|augusztus|август|авг|αυγούστου|αύγουστος|αυγ|αύγ|августа|серпня|"
        "серпень|серп|ağustos|ağu|augusts|rugpjūčio|rugpjūtis|rugp|d’agost|agost|d’ag|agustus|agu|tháng 8|thg 8|"
        "ágúst|ágú|жніўня|жнівень|жні|ogos|ogo|أغسطس|אוגוסט|אוג׳|अगस्त|अग॰|สิงหาคม|ส.ค|اوت"
    ),
    (
        "september|sep|septembre|sept|septiembre|settembre|set|setembro|syyskuuta|syyskuu|syys|września|wrzesień|"
        "wrz|září|zář|septembra|rujna|rujan|ruj|szeptember|szept|septembrie|септември|сеп|σεπτεμβρίου|σεπτέμβριος|"
        "σεπ|сентября|сентябрь|сент|вересня|вересень|вер|eylül|eyl|septembris|rugsėjo|rugsėjis|rugs|de setembre|"
        "setembre|de set|tháng 9|thg 9|септембар|septembar|верасня|верасень|سبتمبر|أيلول|ספטמבר|ספט׳|सितंबर|सित॰|"
        "กันยายน|ก.ย|سپتامبر"
    ),
    (
        "october|oct|octobre|oktober|okt|octubre|ottobre|ott|outubro|out|lokakuuta|lokakuu|loka|października|"
        "październik|paź|října|říjen|říj|októbra|október|octombrie|октомври|окт|οκτωβρίου|οκτώβριος|οκτ|октября|"
        "октябрь|жовтня|жовтень|жовт|ekim|eki|oktoober|oktobris|spalio|spalis|spal|d’octubre|d’oct|tháng 10|"
        "thg 10|октобар|oktobar|кастрычніка|кастрычнік|кас|أكتوبر|تشرين الأول|אוקטובר|אוק׳|अक्टूबर|अक्टू॰|ตุลาคม|"
        "ต.ค|اکتبر"
    ),
    (
        "november|nov|novembre|noviembre|novembro|marraskuuta|marraskuu|marras|listopada|listopad|lis|listopadu|"
        "novembra|studenoga|studeni|stu|noiembrie|ноември|ное|νοεμβρίου|νοέμβριος|νοε|νοέ|ноября|ноябрь|нояб|"
        "листопада|листопад|лист|kasım|kas|novembris|lapkričio|lapkritis|lapkr|de novembre|de nov|tháng 11|thg 11|"
        "nóvember|nóv|новембар|нов|novembar|лістапада|лістапад|ліс|نوفمبر|تشرين الثاني|נובמבר|נוב׳|नवंबर|नव॰|"
        "พฤศจิกายน|พ.ย|نوامبر"
    ),
    (
        "december|dec|décembre|déc|dezember|dez|diciembre|dic|dicembre|dezembro|desember|des|joulukuuta|joulukuu|"
        "joulu|grudnia|grudzień|gru|prosince|prosinec|pro|decembra|prosinca|prosinac|decembrie|декември|дек|"
        "δεκεμβρίου|δεκέμβριος|δεκ|декабря|декабрь|грудня|грудень|груд|aralık|ara|detsember|dets|decembris|"
        "gruodžio|gruodis|gruod|de desembre|desembre|de des|tháng 12|thg 12|децембар|дец|decembar|снежня|снежань|"
        "сне|decembro|disember|dis|ديسمبر|كانون الأول|דצמבר|דצמ׳|दिसंबर|दिस॰|ธันวาคม|ธ.ค|دسامبر"
    ),
)
# Forms that the CLDR doesn't list, or listed in an earlier release: cases that follow a preposition ("v březnu 2024",
# "maaliskuussa 2024", "4. martā"), the Slovenian genitive, and other spellings.
_FURTHER_FORMS = (
    "styczniu|lednu|tammikuussa|jaanuaril|jaanuarist|janvārī|januarja|январе|січні|جانفي",
    "lutym|únoru|helmikuussa|veebruaril|veebruarist|februārī|februarja|феврале|лютому|فيفري|फरवरी",
    "marcu|březnu|maaliskuussa|märtsil|märtsist|martā|марте|березні|mrz",
    "kwietniu|dubnu|huhtikuussa|aprillil|aprillist|aprīlī|aprila|апреле|квітні|ابريل|إبريل|أفريل",
    "maju|květnu|toukokuussa|maist|maijā|мае|травні|ماي",
    "czerwcu|červnu|kesäkuussa|juunil|juunist|jūnijā|junija|июне|червні|يونيه|جوان",
    "lipcu|červenci|heinäkuussa|juulil|juulist|jūlijā|julija|июле|липні|يوليه|جويلية",
    "sierpniu|srpnu|elokuussa|augustil|augustist|augustā|avgusta|августе|серпні|اغسطس|أوت",
    "wrześniu|syyskuussa|septembril|septembrist|septembrī|сентябре|вересні|setiembre",
    "październiku|říjnu|lokakuussa|oktoobril|oktoobrist|oktobrī|oktobra|октябре|жовтні|اكتوبر|अक्तूबर|अक्तू॰",
    "listopadzie|marraskuussa|novembril|novembrist|novembrī|ноябре|листопаді",
    "grudniu|prosinci|joulukuussa|detsembril|detsembrist|decembrī|декабре|грудні",
)


def _unaccented(name: str) -> str:
    """Returns a Latin, Greek or Cyrillic name without accents, as old pages and capitals write it ("aout", "ΜΑΙΟΥ")."""
    if name > "\u0590":  # in other scripts, combining characters are vowels, not accents
        return name
    return "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))


_CLDR_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split("|")}
_FURTHER = {name: number for number, names in enumerate(_FURTHER_FORMS, 1) for name in names.split("|")}
_KNOWN = _FURTHER | _CLDR_MONTHS
#: The number of each month, from 1 to 12, by any of its forms. A name that is another month in another language is the
#: month of the language that comes first in the list above.
MONTHS = {_unaccented(name): number for name, number in reversed(_KNOWN.items())} | _KNOWN
#: The numbers of the months by names that mean another month than in MONTHS, by language.
MONTHS_OF_LANGUAGE = {"hr": {"listopada": 10, "listopad": 10, "lip": 6, "srp": 7, "lis": 10}}
#: The number of each month of the Solar Hijri calendar, which Iran uses, by the month's name.
SOLAR_HIJRI_MONTHS = {
    name: number
    for number, name in enumerate(
        "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split(),  # noqa: SIM905
        1,
    )
}
