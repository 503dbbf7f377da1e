"""The date on which a policy states that it takes effect or was last updated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause
from extraction import extract
from extraction.words.stated_dates import stated_date, states_date


def date_of(*texts: str, language: str = "en") -> str | None:
    """Returns the date that a policy with these clauses states. A text that begins with `# ` is a heading."""
    clauses = [
        Clause(index, "heading" if text.startswith("# ") else "paragraph", None, (), text.removeprefix("# "))
        for index, text in enumerate(texts)
    ]
    return stated_date(clauses, language)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Last updated: March 13th, 2013", "2013-03-13"),
        ("Last updated - 18-JUL-2022", "2022-07-18"),
        ("Effective as of 1 September 2019.", "2019-09-01"),
        ("This policy was last modified on 2018-05-25.", "2018-05-25"),
        ("This Privacy Policy applies from 29/04/2022.", "2022-04-29"),
        ("Last updated 04/29/2022", "2022-04-29"),
        ("Version 2.1 – 8 June 2023", "2023-06-08"),
        ("Posted June 8, 2023", "2023-06-08"),
        ("Date: 8 June 2023", "2023-06-08"),
        ("Rev. Jun 8 '23", "2023-06-08"),
        ("Date of last revision: 2023 June 8", "2023-06-08"),
        ("LAST UPDATED: JUNE 8TH, 2023 (see earlier versions)", "2023-06-08"),
        ("Effective: 8 June 2023 | Archived versions | Print", "2023-06-08"),
        ("Effective date: the earlier of 2023-06-08 or the day of your consent.", "2023-06-08"),
        ("Last updated & effective date: June 8, 2023", "2023-06-08"),
        ("Published: 8 June 2023 Previous version: 1 May 2020", "2023-06-08"),
        ("This notice was updated on June 8, 2023. The previous notice was effective from 1 May 2019.", "2023-06-08"),
        ("Last updated: June 2023", "2023-06"),
        ("(Updated as of June 2023)", "2023-06"),
        ("Last updated: [June 2023]", "2023-06"),
        ("Updated: June 2023, last changed on 8 June 2023", "2023-06-08"),
        ("Last updated: 3/11/2025", None),
        ("Last updated: 31 February 2020", None),
        ("We were founded on 3 May 2001.", None),
        ("Last updated when we had time. We were founded on 3 May 2001.", None),
        ("Last updated when we had time.", None),
        ("© 2019 Acme Ltd", None),
    ],
)
def test_stated_date_is_read_if_it_is_unambiguous(text: str, stated: str | None) -> None:
    assert date_of(text) == stated


@pytest.mark.parametrize(
    ("language", "text", "stated"),
    [
        ("fr", "Dernière mise à jour : le 05/06/2018", "2018-06-05"),
        ("fr", "En vigueur au 1er août 2021", "2021-08-01"),
        ("fr", "La présente politique s’applique à compter du 3 mai 2020.", "2020-05-03"),
        ("fr", "Version : mai 2020", "2020-05"),
        ("de", "Stand: 25. Mai 2018", "2018-05-25"),
        ("de", "Stand Mai 2018", "2018-05"),
        ("de", "Zuletzt aktualisiert am 03.04.2018", "2018-04-03"),
        ("de", "Diese Datenschutzerklärung wurde zuletzt am 3. April 2018 geändert.", "2018-04-03"),
        ("es", "Última actualización: 5 de diciembre de 2020", "2020-12-05"),
        ("ca", "Última actualització: 5 de desembre de 2020", "2020-12-05"),
        ("it", "Ultimo aggiornamento: 12 gennaio 2022", "2022-01-12"),
        ("it", "In vigore dal 12/01/2022", "2022-01-12"),
        ("pt", "Última atualização em 05 de março de 2021.", "2021-03-05"),
        ("ro", "Ultima actualizare: 7 martie 2021", "2021-03-07"),
        ("nl", "Laatst bijgewerkt op 7 maart 2021", "2021-03-07"),
        ("sv", "Senast uppdaterad 3 oktober 2019", "2019-10-03"),
        ("da", "Senest opdateret: 3. oktober 2019", "2019-10-03"),
        ("nb", "Sist oppdatert: 3. oktober 2019", "2019-10-03"),
        ("fi", "Päivitetty viimeksi 3. lokakuuta 2019", "2019-10-03"),
        ("is", "Síðast uppfært: 3. október 2019", "2019-10-03"),
        ("pl", "Ostatnia aktualizacja: 1 listopada 2019", "2019-11-01"),
        ("hr", "Posljednje ažuriranje: 1. listopada 2019.", "2019-10-01"),
        ("cs", "Tyto podmínky jsou účinné od 3. října 2019", "2019-10-03"),
        ("sk", "Posledná aktualizácia: 3. októbra 2019", "2019-10-03"),
        ("sl", "Zadnja posodobitev: 3. oktober 2019", "2019-10-03"),
        ("hu", "Utolsó frissítés: 2019. október 3.", "2019-10-03"),
        ("hu", "Hatályos: 2019. október 3-tól", "2019-10-03"),
        ("et", "Viimati uuendatud: 3. oktoober 2019", "2019-10-03"),
        ("lv", "Pēdējo reizi atjaunināts: 2019. gada 3. oktobrī", "2019-10-03"),
        ("lt", "Atnaujinta 2019 m. spalio 3 d.", "2019-10-03"),
        ("bg", "Последна актуализация: 3 октомври 2019 г.", "2019-10-03"),
        ("ru", "Дата последнего обновления: 3 октября 2019 г.", "2019-10-03"),
        ("uk", "Останнє оновлення: 3 жовтня 2019 року", "2019-10-03"),
        ("el", "Τελευταία ενημέρωση: 3 Οκτωβρίου 2019", "2019-10-03"),
        ("tr", "Yürürlük tarihi: 03.10.2019", "2019-10-03"),
        ("tr", "SON GÜNCELLEME: 3 EKİM 2019", "2019-10-03"),
        ("id", "Terakhir diperbarui: 3 Oktober 2019", "2019-10-03"),
        ("vi", "Cập nhật lần cuối: ngày 3 tháng 10 năm 2019", "2019-10-03"),
        ("ar", "آخر تحديث: ٣ أكتوبر ٢٠١٩", "2019-10-03"),
        ("he", "עודכן לאחרונה: 3 באוקטובר 2019", "2019-10-03"),
        ("fa", "آخرین به‌روزرسانی: ۱۱ مهر ۱۳۹۸", "2019-10-03"),
        ("hi", "अंतिम अद्यतन: 3 अक्टूबर 2019", "2019-10-03"),
        ("th", "ปรับปรุงล่าสุด: 3 ตุลาคม 2562", "2019-10-03"),
        ("ja", "最終更新日：令和元年10月3日", "2019-10-03"),
        ("ja", "制定日：2015年4月1日 改定日：2019年10月3日", "2019-10-03"),
        ("ja", "２０１９年１０月３日 改定", "2019-10-03"),
        ("ko", "본 방침은 2019년 10월 3일부터 시행됩니다.", "2019-10-03"),
        ("zh", "生效日期：二〇一九年十月三日", "2019-10-03"),
        ("zh", "更新日期：2019 年 10 月", "2019-10"),
    ],
)
def test_date_is_read_in_the_languages_of_policies(language: str, text: str, stated: str) -> None:
    assert date_of(text, language=language) == stated


@pytest.mark.parametrize(
    "text",
    [
        "Under the Consumer Privacy Act, effective January 1, 2020, you may ask us what we know about you.",
        "Effective January 1, 2020, the Consumer Privacy Act gives you more rights.",
        "The Data Protection Regulation, which entered into force on 24 May 2016, gives you more rights.",
        "Our certification under the Framework has been in effect since 10 July 2023.",
        "The law on personal information applies to us as of 1 January 2020.",
        "As of January 1, 2023, we have 40 members.",
        "The incident of 3 March 2021 was reported to the authority.",
        "This policy replaces the policy that was effective until 3 March 2021.",
        "Previous version: 3 March 2021",
        "First published: 3 March 2021",
        "The Colorado Privacy Act (effective July 1, 2023) gives you more rights.",
        "The agreement with our host took effect on 3 March 2021.",
        "The new fee takes effect on 3 March 2021.",
        "Reporting period: 13 July 2022 – 12 July 2023",
        "La loi Informatique et Libertés du 6 janvier 1978, en vigueur depuis le 1er juin 2019",
        "Stand der Technik ist seit Mai 2018 eine andere Verschlüsselung.",
        "Das Gesetz ist seit dem 1. Dezember 2021 in Kraft, zuletzt geändert am 3. Mai 2022.",
    ],
)
def test_other_dates_than_the_policys_do_not_count(text: str) -> None:
    assert date_of("# Privacy Policy", "We process data.", text) is None
    assert date_of("# Privacy Policy", "Last updated: March 2019", text) == "2019-03"


def test_short_statement_counts_before_a_sentence_in_running_text() -> None:
    running = "This policy, which is effective as of 1 May 2018 for all of our members, says how we use data. " * 2
    assert date_of("# Privacy Policy", running) == "2018-05-01"
    assert date_of("# Privacy Policy", running, "Last updated: 8 June 2016") == "2016-06-08"


def test_later_of_effective_date_and_last_update_counts() -> None:
    assert date_of("Last updated: 3 May 2021", "Some words.", "Effective date: 1 June 2021") == "2021-06-01"
    assert date_of("Effective date: 1 June 2012", "Last updated: 3 May 2021") == "2021-05-03"


def test_statement_of_a_part_does_not_count_before_the_policys_own() -> None:
    part = ["# Cookies", "Last updated: 3 May 2022", "We use cookies."]
    assert date_of("# Privacy", "Last updated: 1 May 2021", *["We use data."] * 30, *part) == "2021-05-01"


def test_date_in_the_clause_below_the_announcement_is_recognised() -> None:
    assert date_of("Last updated", "3 May 2021") == "2021-05-03"
    assert date_of("The most recent changes to this policy were made on:", "3 May 2021", "1 May 2020") == "2021-05-03"
    assert date_of("# Privacy Policy", "We use data.", "Previous versions", "3 May 2021", "We use data.") is None


def test_date_alone_counts_below_the_title_and_at_the_end() -> None:
    prose = ["We use data."] * 10
    assert date_of("# Privacy Policy", "3 May 2021", *prose) == "2021-05-03"
    assert date_of("# Privacy Policy", *prose, "3 May 2021") == "2021-05-03"
    assert date_of("# Privacy Policy", *prose, "Berlin, im Mai 2021", language="de") == "2021-05"
    assert date_of("# Privacy Policy", *prose, "# Your rights", "3 May 2021", *prose) is None


def test_later_date_is_not_used_if_the_first_date_is_ambiguous() -> None:
    assert date_of("Last updated: 3/4/2018", "Updated: 5 May 2017") is None


def test_another_date_of_the_text_shows_whether_the_day_comes_first() -> None:
    assert date_of("This policy was reviewed on 26/06/2023 and last updated on 11/12/2023.") == "2023-12-11"
    assert date_of("Last updated: 11/12/2023", "Cookies are listed as of 06/26/2023.") == "2023-11-12"


def test_numbers_with_full_stops_are_ambiguous_in_english_only() -> None:
    assert date_of("Last updated: 4.5.2021") is None
    assert date_of("Last updated: 4.5.2021", "We listed the cookies on 26.4.2021.") == "2021-05-04"
    assert date_of("Last updated: 26.4.2021") == "2021-04-26"
    assert date_of("Stand: 4.5.2021", language="de") == "2021-05-04"


def test_eight_digits_are_a_date_directly_after_their_announcement() -> None:
    assert date_of("# Terms", "Version 26042021") == "2021-04-26"
    assert date_of("# Terms", "Version: 20210426") == "2021-04-26"
    assert date_of("# Terms", "Version 04052021") is None
    assert date_of("# Conditions", "Version 04052021", language="fr") == "2021-05-04"
    assert date_of("# Terms", "Version 26132021") is None
    assert date_of("# Terms", "We sell things.", "26042021") is None
    assert date_of("# Terms", "Effective, company number 26042021") is None


@pytest.mark.parametrize("step", [1, -1])
def test_latest_date_of_a_list_of_versions_counts(step: int) -> None:
    versions = [f"Version of 7 May {year}" for year in range(2001, 2025)][::step]
    assert date_of("# Terms", *["We sell things."] * 40, *versions) == "2024-05-07"
    assert date_of("# Terms", *versions, *["We sell things."] * 40) == "2024-05-07"
    assert date_of("# Terms", "Revised: May 2019; June 2020, 7 July 2021") == "2021-07-07"
    assert date_of("# Terms", "Last revised: 7 July 2021, 4 June 2020, 5 May 2019") == "2021-07-07"


@pytest.mark.parametrize("title", ["# Previous versions", "Previous versions:", "# Frühere Fassungen"])
def test_list_of_earlier_versions_does_not_count(title: str) -> None:
    versions = ["Version of 7 May 2020", "Version of 7 May 2019"]
    assert date_of("# Terms", *["We sell things."] * 40, title, *versions) is None
    assert date_of("# Terms", *["We sell things."] * 40, "# Version history", *versions) == "2020-05-07"


@pytest.mark.parametrize("step", [1, -1])
def test_log_of_changes_states_the_last_update(step: int) -> None:
    log = [f"On 7 May {year}, we added a host." for year in range(2001, 2025)][::step]
    short_log = ["May 7, 2023: Removed our agent.", "March 1, 2022: Clarified how long we keep data."][::step]
    prose = ["We use data."] * 40
    assert date_of("# Privacy Policy", "In force since 3 May 2022", *log, *prose) == "2024-05-07"
    assert date_of("# Privacy Policy", *prose, *log) == "2024-05-07"
    assert date_of("# Privacy Policy", *prose, *short_log) == "2023-05-07"
    assert date_of("# Privacy Policy", "In force since 3 May 2024", *short_log, *prose) == "2024-05-03"


def test_entries_that_name_no_change_are_no_log_of_changes() -> None:
    assert date_of("# Privacy Policy", "On 7 May 2023, we had 40 members.", "On 1 March 2022, we had 20.") is None
    assert date_of("# Privacy Policy", "On 7 May 2023, the parliament changed our duties.", "We use data.") is None


def test_date_of_an_annex_is_not_the_policys() -> None:
    annex = extract(
        b"<h1>Privacy Policy</h1>" + b"<p>We use personal data of our members.</p>" * 30 + b"<h2>Annex: our hosts</h2>"
        b"<p>Last updated: 7 May 2023</p><p>We use one host for all personal data.</p>",
        "text/html",
    )
    assert annex.stated_date is None


def test_time_of_the_day_is_part_of_the_date() -> None:
    assert date_of("# Privacy Policy", "2023-05-07T14:05:30Z", "We use data.") == "2023-05-07"


def test_markup_shows_what_an_ambiguous_date_is() -> None:
    page = "<title>Privacy</title><h1>Privacy</h1><p>Effective: <time datetime='2024-03-04'>03/04/2024</time></p>"
    assert extract(page.encode(), "text/html").stated_date == "2024-03-04"


def test_document_has_no_effective_date_if_the_day_is_unknown() -> None:
    document = extract(b"<h1>Privacy Policy</h1><p>Last updated: June 2023</p><p>We use data.</p>", "text/html")
    assert (document.stated_date, document.effective_date) == ("2023-06", None)


def test_bylines_are_no_stated_dates_for_the_screening_of_pages() -> None:
    assert states_date("Last updated: June 2023")
    assert not states_date("Published on 3 May 2021 by Jo")
    assert not states_date("3 May 2021")


@given(
    st.lists(
        st.text(max_size=60)
        | st.from_regex(r"(Effective|Stand|改定)?:? ?[0-9]{1,4}[/.年 ][0-9]{1,2}[/.月 ][0-9]{2,4}日?")
    )
)
def test_any_text_has_a_date_in_iso_format_or_none(texts: list[str]) -> None:
    stated = date_of(*texts)
    assert stated is None or len(stated) in (7, 10)
