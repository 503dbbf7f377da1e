"""Number words and units of time in the languages that policies are written in."""

import re

# For each language (ISO 639-1): the words for 2 to 20, then for 30, 40, … 90, 100. Forms of one number
# are joined by "/".
_WORDS = {
    "en": (
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"
    ),
    "de": (
        "zwei/zweier drei/dreier vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
        "sechzehn siebzehn achtzehn neunzehn zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig "
        "neunzig hundert/einhundert"
    ),
    "fr": (
        "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
        "dix-huit dix-neuf vingt trente quarante cinquante soixante soixante-dix/septante "
        "quatre-vingts/quatre-vingt quatre-vingt-dix/nonante cent"
    ),
    "es": (
        "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
        "dieciocho diecinueve veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien"
    ),
    "pt": (
        "dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze quinze "
        "dezasseis/dezesseis dezassete/dezessete dezoito dezanove/dezenove vinte trinta quarenta cinquenta "
        "sessenta setenta oitenta noventa cem"
    ),
    "it": (
        "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
        "diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta ottanta novanta "
        "cento"
    ),
    "nl": (
        "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
        "achttien negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd"
    ),
    "sv": (
        "två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton "
        "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio hundra"
    ),
    "da": (
        "to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten "
        "tyve tredive fyrre halvtreds tres halvfjerds firs halvfems hundrede"
    ),
    "no": (
        "to tre fire fem seks sju/syv åtte ni ti elleve tolv tretten fjorten femten seksten sytten atten "
        "nitten tjue tretti førti femti seksti sytti åtti nitti hundre"
    ),
    "pl": (
        "dwa/dwie/dwóch/dwu trzy/trzech cztery/czterech pięć/pięciu sześć/sześciu siedem/siedmiu osiem/ośmiu "
        "dziewięć/dziewięciu dziesięć/dziesięciu jedenaście/jedenastu dwanaście/dwunastu trzynaście/trzynastu "
        "czternaście/czternastu piętnaście/piętnastu szesnaście/szesnastu siedemnaście/siedemnastu "
        "osiemnaście/osiemnastu dziewiętnaście/dziewiętnastu dwadzieścia/dwudziestu trzydzieści/trzydziestu "
        "czterdzieści/czterdziestu pięćdziesiąt/pięćdziesięciu sześćdziesiąt/sześćdziesięciu "
        "siedemdziesiąt/siedemdziesięciu osiemdziesiąt/osiemdziesięciu dziewięćdziesiąt/dziewięćdziesięciu "
        "sto/stu"
    ),
    "cs": (
        "dva/dvě/dvou tři/tří čtyři/čtyř pět/pěti šest/šesti sedm/sedmi osm/osmi devět/devíti deset/deseti "
        "jedenáct/jedenácti dvanáct/dvanácti třináct/třinácti čtrnáct/čtrnácti patnáct/patnácti "
        "šestnáct/šestnácti sedmnáct/sedmnácti osmnáct/osmnácti devatenáct/devatenácti dvacet/dvaceti "
        "třicet/třiceti čtyřicet/čtyřiceti padesát/padesáti šedesát/šedesáti sedmdesát/sedmdesáti "
        "osmdesát/osmdesáti devadesát/devadesáti sto"
    ),
    "fi": (
        "kaksi/kahden/kahdessa kolme/kolmen neljä/neljän viisi/viiden kuusi/kuuden seitsemän kahdeksan "
        "yhdeksän kymmenen yksitoista kaksitoista kolmetoista neljätoista viisitoista kuusitoista "
        "seitsemäntoista kahdeksantoista yhdeksäntoista kaksikymmentä kolmekymmentä/kolmenkymmenen "
        "neljäkymmentä/neljänkymmenen viisikymmentä/viidenkymmenen kuusikymmentä seitsemänkymmentä "
        "kahdeksankymmentä yhdeksänkymmentä sata/sadan"
    ),
    "hu": (
        "két/kettő három négy öt hat hét nyolc kilenc tíz tizenegy tizenkét/tizenkettő tizenhárom tizennégy "
        "tizenöt tizenhat tizenhét tizennyolc tizenkilenc húsz harminc negyven ötven hatvan hetven nyolcvan "
        "kilencven száz"
    ),
    "ro": (
        "doi/două trei patru cinci șase șapte opt nouă zece unsprezece doisprezece/douăsprezece treisprezece "
        "paisprezece cincisprezece șaisprezece șaptesprezece optsprezece nouăsprezece douăzeci treizeci "
        "patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci sută"
    ),
    "tr": (
        "iki üç dört beş altı yedi sekiz dokuz on onbir oniki onüç ondört onbeş onaltı onyedi onsekiz ondokuz "
        "yirmi otuz kırk elli altmış yetmiş seksen doksan yüz"
    ),
    "el": (
        "δύο/δυο τρία/τρεις/τριών τέσσερα/τέσσερις/τεσσάρων πέντε έξι επτά/εφτά οκτώ/οχτώ εννέα/εννιά δέκα "
        "έντεκα δώδεκα δεκατρία/δεκατρείς δεκατέσσερα/δεκατέσσερις δεκαπέντε δεκαέξι δεκαεπτά δεκαοκτώ "
        "δεκαεννέα είκοσι τριάντα σαράντα πενήντα εξήντα εβδομήντα ογδόντα ενενήντα εκατό"
    ),
    "ru": (
        "два/две/двух три/трёх/трех четыре/четырёх/четырех пять/пяти шесть/шести семь/семи восемь/восьми "
        "девять/девяти десять/десяти одиннадцать/одиннадцати двенадцать/двенадцати тринадцать/тринадцати "
        "четырнадцать/четырнадцати пятнадцать/пятнадцати шестнадцать/шестнадцати семнадцать/семнадцати "
        "восемнадцать/восемнадцати девятнадцать/девятнадцати двадцать/двадцати тридцать/тридцати сорок/сорока "
        "пятьдесят/пятидесяти шестьдесят/шестидесяти семьдесят/семидесяти восемьдесят/восьмидесяти девяносто "
        "сто/ста"
    ),
    "uk": (
        "два/дві/двох три/трьох чотири/чотирьох п'ять/п'яти шість/шести сім/семи вісім/восьми дев'ять/дев'яти "
        "десять/десяти одинадцять/одинадцяти дванадцять/дванадцяти тринадцять/тринадцяти "
        "чотирнадцять/чотирнадцяти п'ятнадцять/п'ятнадцяти шістнадцять/шістнадцяти сімнадцять/сімнадцяти "
        "вісімнадцять/вісімнадцяти дев'ятнадцять/дев'ятнадцяти двадцять/двадцяти тридцять/тридцяти "
        "сорок/сорока п'ятдесят/п'ятдесяти шістдесят/шістдесяти сімдесят/сімдесяти вісімдесят/вісімдесяти "
        "дев'яносто сто/ста"
    ),
}
# Words for one. They are articles and pronouns, too.
_ONE = (
    "one un une ein eine einem einen einer eines uno una um uma een één en ett et én jeden jedna jednego jednoho yksi "
    "yhden egy bir ένα ένας μία один одного одна одну одной одне однієї"
)
# Number words that are other words in another language: the English "once", "due", "to", "on", "sex" and "fire", …
_AMBIGUOUS = (
    "once due to ti ni on sei sex elf acht cent opt hat fire neuf sept nouă siete otto quince dix fem tre tres tien "
    "firs elli sto ста stu sata száz cem cien cento venti nove dos do otuz két hét seize onze dois doi"
)


def _values() -> dict[str, int]:
    """Returns the value of each number word. Words that stand for different numbers get the value of the first."""
    values: dict[str, int] = {}
    numbers = [*range(2, 21), *range(30, 101, 10)]
    for spelled in _WORDS.values():
        for number, forms in zip(numbers, spelled.split(), strict=True):
            for form in forms.split("/"):
                values.setdefault(form, number)
    for tens in range(20, 100, 10):
        german, dutch = (_WORDS[language].split()[numbers.index(tens)].split("/") for language in ("de", "nl"))
        for ones in range(1, 10):
            for ten in german:
                word = "ein" if ones == 1 else _WORDS["de"].split()[ones - 2].split("/")[0]
                values[f"{word}und{ten}"] = tens + ones
            word = "een" if ones == 1 else _WORDS["nl"].split()[ones - 2]
            values[f"{word}{'ën' if word.endswith('e') else 'en'}{dutch[0]}"] = tens + ones
    return values | dict.fromkeys(_ONE.split(), 1)


#: The value of each number word: `{"three": 3, "drei": 3, …}`. All words are case-folded, except for "ß".
VALUES = _values()
#: The number words that are only numbers if a unit follows ("one", "due anni").
NEED_UNIT = frozenset(_ONE.split()) | (frozenset(_AMBIGUOUS.split()) & VALUES.keys())

#: The number words that are other words in another language. They need a unit of their own language.
AMBIGUOUS = NEED_UNIT - frozenset(_ONE.split())
#: Units that are English, or short words in several languages.
UNSURE_UNIT = re.compile(
    "(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?|decades?|times|percent|an|let|den|ay|mal|or|ore)",
    re.IGNORECASE,
)

#: A pattern of units: of time, of percentages, and "times".
UNIT = (
    "(?:(?:business|calendar|working|full|consecutive|werk|kalender|arbeits) ?)?(?:"
    "seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?|decades?|times"
    "|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|quartale?n?|jahre?n?|mal|lebensjahre?s?"
    "|secondes?|heures?|jours?|semaines?|mois|trimestres?|ans?|années?|fois"
    "|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|mês|años?|anos?|veces|vezes"
    "|second[oi]|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]|volte"
    "|seconden|uur|uren|dag(?:en)?|we(?:ek|ken)|maand(?:en)?|ja(?:ar|ren)|keer"
    "|sekund\\w?|minut\\w?|godzin\\w?|dni|dzień|tygodni\\w?|tydzień|miesi\\w{2,6}|roku?|lata?|raz\\w?"
    "|sekunder|minut(?:er|ter)|timm?(?:ar|er|e)|dagar|dage[rn]?|veck(?:or|a)|uge?r?|uker?|månad(?:er)?|måned(?:er)?|år"
    "|dn[íůy]|dnech|den|týdn\\w{1,3}|měsíc\\w{0,2}|rok\\w?|let"
    "|päivä\\w{0,2}|viikko\\w?|viikon|kuukau\\w{2,5}|vuo\\w{2,4}"
    "|nap\\w{0,3}|hét|hónap\\w{0,2}|év\\w{0,2}|zile?|luni|lună|ani?|gün|hafta|ay|yıl"
    "|ημέρ\\w{1,2}|εβδομάδ\\w{1,2}|μήν\\w{1,3}|έτ\\w{1,2}|χρόνι\\w{1,2}"
    "|дн\\w{1,2}|день|недел\\w{1,2}|месяц\\w{0,2}|год\\w?|лет|раз\\w?|тижн\\w{1,3}|місяц\\w{1,3}|рок\\w{1,2}"
    "|per ?cent|prozent|pour ?cent|por ?ciento|por ?cento|per ?cento|procent\\w?|процент\\w{0,2}"
    ")(?![^\\W_])"
)
#: A pattern of units in Chinese and Japanese, which stand directly after the number.
UNIT_UNSPACED = (
    "(?:个工作日|個月|个月|か月|ヶ月|カ月|小时|小時|時間|分钟|年間|日間|週間|秒|分|天|日|周|週|月|年|岁|歳|次|回)"
)
#: The digits of Chinese and Japanese number words.
DIGITS_UNSPACED = "一二三四五六七八九十百千两"

#: Names of months within a date, in languages whose months `diffing.normalization` doesn't know.
MONTHS = frozenset(
    word
    for names in (
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
        "januari februari mars maj augusti oktober januar februar marts",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta",
        "marraskuuta joulukuuta",
        "január február március április május június július augusztus szeptember október november december",
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου",
        "νοεμβρίου δεκεμβρίου",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    )
    for word in names.split()
)
