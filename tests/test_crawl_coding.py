import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.coding import CutOff, TooLarge, UnknownCoding, decode

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


@settings(deadline=None)
@given(bodies, st.data())
def test_a_gzip_body_cut_off_anywhere_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    whole = gzip.compress(body)
    length = data.draw(st.integers(min_value=2, max_value=len(whole) - 1))
    with pytest.raises(CutOff):
        decode(whole[:length], ["gzip"], LIMIT)


@settings(deadline=None)
@given(bodies, st.data())
def test_a_damaged_gzip_body_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    whole = bytearray(gzip.compress(body))
    place = data.draw(st.integers(min_value=len(whole) - 8, max_value=len(whole) - 1))  # checksum and length
    whole[place] ^= 0xFF
    with pytest.raises(CutOff):
        decode(bytes(whole), ["gzip"], LIMIT)


def test_a_plain_body_labelled_gzip_is_given_as_it_is() -> None:
    assert decode(b"<html>plain</html>", ["gzip"], LIMIT) == b"<html>plain</html>"
    assert decode(b"", ["gzip"], LIMIT) == b""


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    with pytest.raises(TooLarge):
        decode(bomb, ["gzip", "gzip"], LIMIT)


def test_a_coding_nobody_asked_for_is_refused() -> None:
    with pytest.raises(UnknownCoding, match="br"):
        decode(b"x", ["br"], LIMIT)
