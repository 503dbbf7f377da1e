"""Detection of a page's character encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import extract
from extraction.readers.character_encodings import as_utf8, decode


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("<meta charset=windows-1252><p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html"),
        ("<p>caf\xe9 \x93data\x94</p>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<p>café “data”</p>".encode(), "text/html; charset=ISO-8859-1"),
        ("\ufeff<p>café “data”</p>".encode("utf-16-le"), "text/html"),
        ("<p>café “data”</p>".encode("utf-16-le"), "text/html; charset=utf-16le"),
    ],
)
def test_page_is_decoded_with_the_encoding_of_the_bytes(data: bytes, media_type: str) -> None:
    assert [clause.text for clause in extract(data, media_type).clauses] == ["café “data”"]


_SENTENCES = [
    ("cs", "Vaše údaje neprodáváme žádné třetí straně, můžete požádat o výmaz.", ["cp1250", "iso8859_2"]),
    ("pl", "Aby świadczyć usługę, przetwarzamy Twoje dane; możesz zażądać ich usunięcia.", ["cp1250", "iso8859_2"]),
    ("tr", "Kişisel verilerinizi üçüncü kişilere satmıyoruz; hesabınızı silebilirsiniz.", ["cp1254"]),
    ("ru", "Мы не продаём ваши персональные данные третьим лицам.", ["cp1251", "koi8_r", "cp866"]),
    ("el", "Δεν πουλάμε τα προσωπικά σας δεδομένα σε τρίτους.", ["cp1253", "iso8859_7"]),
    ("ar", "لا نبيع بياناتك الشخصية لأي طرف ثالث.", ["cp1256", "iso8859_6"]),
    ("th", "เราไม่ขายข้อมูลส่วนบุคคลของคุณให้บุคคลที่สาม", ["cp874"]),
    ("ja", "同意なく個人情報を第三者に提供することはありません。", ["cp932", "euc_jp"]),
    ("ko", "동의 없이 개인정보를 제3자에게 제공하지 않습니다.", ["cp949"]),
    ("zh-TW", "未經您的同意，我們不會向第三方出售您的個人資訊。", ["big5"]),
]
_PAGES = [(language, text, encoding) for language, text, encodings in _SENTENCES for encoding in encodings]


@pytest.mark.parametrize("declaration", ["", "<meta charset=utf-8>", "<meta charset=no-such-charset>"])
@pytest.mark.parametrize(("language", "text", "encoding"), _PAGES)
def test_language_shows_the_encoding_if_no_declaration_fits(
    language: str, text: str, encoding: str, declaration: str
) -> None:
    page = f"<html lang={language}>{declaration}<p>{text}</p>"
    assert decode(page.encode(encoding), "text/html") == page


@pytest.mark.parametrize(
    "declaration",
    [
        '<?xml version="1.0" encoding="iso-8859-2"?>',
        f"<head><script>{'// filler' * 1_000}</script><meta charset=iso-8859-2>",
        "<!-- <meta charset=windows-1252> --><title><meta charset=koi8-r></title><meta charset=iso-8859-2>",
        '<meta name=description content="charset=koi8-r"><meta http-equiv=content-type content="a/b; charset=latin2">',
    ],
)
def test_declaration_is_found_wherever_browsers_find_it(declaration: str) -> None:
    page = f"{declaration}<p>Żądanie usunięcia</p>"
    assert decode(page.encode("iso8859_2"), "text/html") == page


@pytest.mark.parametrize(("language", "text", "encoding"), _PAGES)
def test_one_bad_byte_costs_one_character(language: str, text: str, encoding: str) -> None:
    """As in browsers: the declared encoding holds, whatever a single byte says."""
    label = {"iso8859_2": "iso-8859-2", "iso8859_6": "iso-8859-6", "iso8859_7": "iso-8859-7"}.get(encoding, encoding)
    head, tail = f"<meta charset={label.replace('_', '-')}><p>{text}", "</p><p>end</p>"
    decoded = decode(head.encode(encoding) + b"\xff" + tail.encode(), "text/html")
    assert decoded.startswith(head)
    assert decoded.endswith(tail)
    assert len(decoded) == len(head + tail) + 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe oder Maß: ".encode() + b"M\xfchle and don\x92t \x93sell\x94", "Größe oder Maß: Mühle and don’t “sell”"),
        ("Größe, Straße – ".encode()[:-2], "Größe, Straße \ufffd"),  # cut off inside the dash
        ("Größe, ".encode() + b"M\xc3hle", "Größe, M\ufffdhle"),
        ("Политика ".encode() + b"\xd0. " + "Мы".encode(), "Политика \ufffd. Мы"),
    ],
)
def test_stray_bytes_in_utf8_are_windows_1252_or_are_lost(data: bytes, text: str) -> None:
    assert decode(data, "text/html; charset=utf-8") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_needs_no_byte_order_mark(encoding: str) -> None:
    page = "<!doctype html><p>We don’t sell “data” – ever.</p>"
    assert decode(page.encode(encoding), "text/html") == page


def test_no_browser_reads_utf7() -> None:
    page = b"<meta charset=utf-7><p>We don+IBk-t</p>"
    assert decode(page, "text/html; charset=utf-7") == page.decode()


@given(
    st.text(st.characters(exclude_characters="\0\x1b~\ufeff", exclude_categories=["Cs"])),
    st.sampled_from(["latin1", ""]),
)
def test_utf8_is_read_as_utf8_whatever_is_declared(text: str, charset: str) -> None:
    data = f"<p>{text}</p>".encode()
    assert decode(data, f"text/html; charset={charset}") == f"<p>{text}</p>"


@given(
    st.binary(), st.sampled_from(["", "utf-8", "gbk", "big5", "shift_jis", "euc-kr", "iso-2022-jp", "koi8-r", "hex"])
)
def test_any_bytes_are_decoded(data: bytes, charset: str) -> None:
    assert as_utf8(data, f"text/html; charset={charset}").decode() == decode(data, f"text/html; charset={charset}")


@pytest.mark.parametrize("piece", [b"<!-- ", b"<title>", b"<script ", b"<meta ", b"<html ", b"<"])
def test_decoding_takes_linear_time(piece: bytes) -> None:
    decode(piece * 100_000 + b"\xff\xfe", "text/html")
