"""Names of the months in many languages, for the dates that policies state.

The names are copied from the Unicode CLDR instead of being looked up in the library Babel, for two reasons. First,
Babel would load all its data on each language in every process that reads pages. Second, a new release of Babel could
change how a page is read.
"""

# The names of each month, from January to December, in lower case and without a full stop: for each language the full
# and the abbreviated name, in the form used within a date and in the form used alone. The languages are
# English, French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Norwegian, Finnish, Polish, Czech,
# Slovak, Slovenian, Croatian, Hungarian, Romanian, Bulgarian, Greek, Russian, Ukrainian, Turkish, Estonian, Latvian,
# Lithuanian, Catalan, Indonesian and Vietnamese.
_NAMES = (
    (
        "january|jan|janvier|janv|januar|enero|ene|gennaio|gen|janeiro|januari|tammikuuta|tammikuu|tammi|stycznia|"
        "styczeń|sty|ledna|leden|led|januára|január|siječnja|siječanj|sij|ianuarie|ian|януари|яну|ιανουαρίου|"
        "ιανουάριος|ιαν|января|январь|янв|січня|січень|січ|ocak|oca|jaanuar|jaan|janvāris|sausio|sausis|saus|de gener|"
        "gener|de gen|tháng 1|thg 1"
    ),
    (
        "february|feb|février|févr|februar|febrero|febbraio|fevereiro|fev|februari|helmikuuta|helmikuu|helmi|lutego|"
        "luty|lut|února|únor|úno|februára|február|veljače|veljača|velj|febr|februarie|февруари|фев|φεβρουαρίου|"
        "φεβρουάριος|φεβ|февраля|февраль|февр|лютого|лютий|лют|şubat|şub|veebruar|veebr|februāris|vasario|vasaris|vas|"
        "de febrer|febrer|de febr|tháng 2|thg 2"
    ),
    (
        "march|mar|mars|märz|mär|marzo|março|maart|mrt|marts|maaliskuuta|maaliskuu|maalis|marca|marzec|března|březen|"
        "bře|marec|ožujka|ožujak|ožu|március|márc|martie|март|μαρτίου|μάρτιος|μαρ|μάρ|марта|мар|березня|березень|бер|"
        "mart|märts|kovo|kovas|kov|de març|març|maret|tháng 3|thg 3"
    ),
    (
        "april|apr|avril|avr|abril|abr|aprile|huhtikuuta|huhtikuu|huhti|kwietnia|kwiecień|kwi|dubna|duben|dub|apríla|"
        "apríl|travnja|travanj|tra|április|ápr|aprilie|април|апр|απριλίου|απρίλιος|απρ|апреля|апрель|квітня|квітень|"
        "квіт|nisan|nis|aprill|aprīlis|balandžio|balandis|bal|d’abril|d’abr|tháng 4|thg 4"
    ),
    (
        "may|mai|mayo|maggio|mag|maio|mei|maj|toukokuuta|toukokuu|touko|maja|května|květen|kvě|mája|máj|svibnja|"
        "svibanj|svi|május|май|μαΐου|μάιος|μαΐ|μάι|мая|травня|травень|трав|mayıs|maijs|gegužės|gegužė|geg|de maig|"
        "maig|tháng 5|thg 5"
    ),
    (
        "june|jun|juin|juni|junio|giugno|giu|junho|kesäkuuta|kesäkuu|kesä|czerwca|czerwiec|cze|června|červen|čvn|júna|"
        "jún|junij|lipnja|lipanj|június|iunie|iun|юни|ιουνίου|ιούνιος|ιουν|ιούν|июня|июнь|июн|червня|червень|черв|"
        "haziran|haz|juuni|jūnijs|jūn|birželio|birželis|birž|de juny|juny|tháng 6|thg 6"
    ),
    (
        "july|jul|juillet|juil|juli|julio|luglio|lug|julho|heinäkuuta|heinäkuu|heinä|lipca|lipiec|lip|července|"
        "červenec|čvc|júla|júl|julij|srpnja|srpanj|július|iulie|iul|юли|ιουλίου|ιούλιος|ιουλ|ιούλ|июля|июль|июл|липня|"
        "липень|лип|temmuz|tem|juuli|jūlijs|jūl|liepos|liepa|liep|de juliol|juliol|de jul|tháng 7|thg 7"
    ),
    (
        "august|aug|août|agosto|ago|augustus|augusti|elokuuta|elokuu|elo|sierpnia|sierpień|sie|srpna|srpen|srp|"
        "augusta|avgust|avg|kolovoza|kolovoz|kol|augusztus|август|авг|αυγούστου|αύγουστος|αυγ|αύγ|августа|серпня|"
        "серпень|серп|ağustos|ağu|augusts|rugpjūčio|rugpjūtis|rugp|d’agost|agost|d’ag|agustus|agu|tháng 8|thg 8"
    ),
    (
        "september|sep|septembre|sept|septiembre|settembre|set|setembro|syyskuuta|syyskuu|syys|września|wrzesień|wrz|"
        "září|zář|septembra|rujna|rujan|ruj|szeptember|szept|septembrie|септември|сеп|σεπτεμβρίου|σεπτέμβριος|σεπ|"
        "сентября|сентябрь|сент|вересня|вересень|вер|eylül|eyl|septembris|rugsėjo|rugsėjis|rugs|de setembre|setembre|"
        "de set|tháng 9|thg 9"
    ),
    (
        "october|oct|octobre|oktober|okt|octubre|ottobre|ott|outubro|out|lokakuuta|lokakuu|loka|października|"
        "październik|paź|října|říjen|říj|októbra|október|octombrie|октомври|окт|οκτωβρίου|οκτώβριος|οκτ|октября|"
        "октябрь|жовтня|жовтень|жовт|ekim|eki|oktoober|oktobris|spalio|spalis|spal|d’octubre|d’oct|tháng 10|thg 10"
    ),
    (
        "november|nov|novembre|noviembre|novembro|marraskuuta|marraskuu|marras|listopada|listopad|lis|listopadu|"
        "novembra|studenoga|studeni|stu|noiembrie|ноември|ное|νοεμβρίου|νοέμβριος|νοε|νοέ|ноября|ноябрь|нояб|"
        "листопада|листопад|лист|kasım|kas|novembris|lapkričio|lapkritis|lapkr|de novembre|de nov|tháng 11|thg 11"
    ),
    (
        "december|dec|décembre|déc|dezember|dez|diciembre|dic|dicembre|dezembro|desember|des|joulukuuta|joulukuu|"
        "joulu|grudnia|grudzień|gru|prosince|prosinec|pro|decembra|prosinca|prosinac|decembrie|декември|дек|"
        "δεκεμβρίου|δεκέμβριος|δεκ|декабря|декабрь|грудня|грудень|груд|aralık|ara|detsember|dets|decembris|gruodžio|"
        "gruodis|gruod|de desembre|desembre|de des|tháng 12|thg 12"
    ),
)
#: The number of each month, from 1 to 12, by the month's name.
MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split("|")}
