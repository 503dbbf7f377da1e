import gzip
import zlib

import brotli  # type: ignore[import-untyped]  # has no types
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from core.codings import CutOff, TooLarge, UnknownCoding, decode

LIMIT = 10_000
bodies = st.binary(max_size=2000)


@settings(deadline=None)
@given(bodies)
def test_codings_are_undone(body: bytes) -> None:
    raw = zlib.compressobj(wbits=-15)
    assert decode(gzip.compress(body), ["gzip"], LIMIT) == body
    assert decode(zlib.compress(body), ["deflate"], LIMIT) == body
    assert decode(raw.compress(body) + raw.flush(), ["deflate"], LIMIT) == body
    assert decode(zlib.compress(gzip.compress(body)), ["gzip", "Deflate"], LIMIT) == body
    assert decode(gzip.compress(body) + gzip.compress(body), ["x-gzip"], LIMIT) == body + body
    assert decode(brotli.compress(body), ["br"], LIMIT) == body
    assert decode(zstandard.compress(body) + zstandard.compress(body), ["zstd"], LIMIT) == body + body


@settings(deadline=None)
@given(bodies, st.data())
def test_a_gzip_body_cut_off_anywhere_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    whole = gzip.compress(body)
    length = data.draw(st.integers(min_value=2, max_value=len(whole) - 1))
    with pytest.raises(CutOff):
        decode(whole[:length], ["gzip"], LIMIT)


@settings(deadline=None)
@given(bodies, st.data())
def test_a_zstd_body_cut_off_anywhere_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    whole = zstandard.compress(body)
    with pytest.raises(CutOff):
        decode(whole[: data.draw(st.integers(min_value=4, max_value=len(whole) - 1))], ["zstd"], LIMIT)


def test_a_brotli_body_cut_off_anywhere_is_never_taken_for_whole() -> None:
    whole = brotli.compress("Wir speichern, was Sie uns über sich sagen. ".encode() * 9 + bytes(range(256)))
    for length in range(len(whole) // 2, len(whole)):
        with pytest.raises(CutOff):
            decode(whole[:length], ["br"], LIMIT)


@settings(deadline=None)
@given(bodies, st.data())
def test_a_damaged_gzip_body_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    whole = bytearray(gzip.compress(body))
    place = data.draw(st.integers(min_value=len(whole) - 8, max_value=len(whole) - 1))  # checksum and length
    whole[place] ^= 0xFF
    with pytest.raises(CutOff):
        decode(bytes(whole), ["gzip"], LIMIT)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_plain_body_labelled_compressed_is_given_as_it_is(coding: str) -> None:
    assert decode(b"<html>plain</html>", [coding], LIMIT) == b"<html>plain</html>"
    assert decode(b"", [coding], LIMIT) == b""


def test_a_bomb_is_stopped_at_the_limit() -> None:
    zeros = bytes(50_000_000)
    bombs = {"gzip, gzip": gzip.compress(gzip.compress(zeros)), "br": brotli.compress(zeros, quality=1)}
    bombs["zstd"] = zstandard.compress(zeros)
    for codings, bomb in bombs.items():
        with pytest.raises(TooLarge):
            decode(bomb, [codings], LIMIT)


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(UnknownCoding, match="compress"):
        decode(b"x", ["compress"], LIMIT)
