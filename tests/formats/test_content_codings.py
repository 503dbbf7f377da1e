"""Decoding of compressed bodies, and the refusal of damaged bodies."""

import gzip
import subprocess
import sys
import time
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # has no types
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from core.settings import CHECKOUT
from formats.content_codings import BodyTooLargeError, CutOffBodyError, DamagedBodyError, UnknownCodingError, decode

LIMIT = 10_000
bodies = st.binary(max_size=2000)


@settings(deadline=None)
@given(bodies)
def test_bodies_of_every_content_coding_are_decoded(body: bytes) -> None:
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
def test_a_cut_off_gzip_body_is_an_error(body: bytes, data: st.DataObject) -> None:
    whole = gzip.compress(body)
    length = data.draw(st.integers(min_value=2, max_value=len(whole) - 1))
    with pytest.raises(DamagedBodyError):
        decode(whole[:length], ["gzip"], LIMIT)


@settings(deadline=None)
@given(bodies, st.data())
def test_a_cut_off_zstd_body_is_an_error(body: bytes, data: st.DataObject) -> None:
    whole = zstandard.compress(body)
    with pytest.raises(DamagedBodyError):
        decode(whole[: data.draw(st.integers(min_value=4, max_value=len(whole) - 1))], ["zstd"], LIMIT)


def test_a_cut_off_brotli_body_is_an_error() -> None:
    whole = brotli.compress("Wir speichern, was Sie uns über sich sagen. ".encode() * 9 + bytes(range(256)))
    for length in range(len(whole) // 2, len(whole)):
        with pytest.raises(DamagedBodyError):
            decode(whole[:length], ["br"], LIMIT)


@settings(deadline=None)
@given(bodies, st.data())
def test_a_gzip_body_with_a_wrong_trailer_is_an_error(body: bytes, data: st.DataObject) -> None:
    whole = bytearray(gzip.compress(body))
    # The last eight bytes are the checksum and the length (RFC 1952, section 2.3.1).
    offset = data.draw(st.integers(min_value=len(whole) - 8, max_value=len(whole) - 1))
    whole[offset] ^= 0xFF
    with pytest.raises(DamagedBodyError):
        decode(bytes(whole), ["gzip"], LIMIT)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_an_uncompressed_body_labelled_compressed_is_unchanged(coding: str) -> None:
    assert decode(b"<html>plain</html>", [coding], LIMIT) == b"<html>plain</html>"
    assert decode(b"", [coding], LIMIT) == b""


@pytest.mark.parametrize("value", ["UTF-8", "none", "", "binary", "text/html", "7bit", "identity", "chunked;q=1.0"])
def test_names_that_are_no_codings_count_for_nothing(value: str) -> None:
    """Browsers ignore them, too. Servers send them because somebody took the header for the charset."""
    assert decode(b"<p>text</p>", [value], LIMIT) == b"<p>text</p>"
    assert decode(gzip.compress(b"<p>text</p>"), [value, "gzip;q=1.0"], LIMIT) == b"<p>text</p>"


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_the_beginning_of_a_cut_off_body_is_given(coding: str, compress: Callable[[bytes], bytes]) -> None:
    text = b"".join(b"<p>Clause %d.</p>" % number for number in range(500))
    with pytest.raises(CutOffBodyError) as caught:
        decode(compress(text)[:-60], [coding], LIMIT)
    assert text.startswith(caught.value.beginning)


def test_a_compression_bomb_is_an_error() -> None:
    zeros = bytes(50_000_000)
    bombs = {"gzip, gzip": gzip.compress(gzip.compress(zeros)), "br": brotli.compress(zeros, quality=1)}
    bombs["zstd"] = zstandard.compress(zeros)
    for codings, bomb in bombs.items():
        with pytest.raises(BodyTooLargeError):
            decode(bomb, [codings], LIMIT)


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "zstd", "br"])
def test_a_compression_bomb_takes_little_memory(coding: str) -> None:
    """Four kilobytes of zstd or Brotli can become more than a gigabyte in one decompression step.

    So a decoder that checks the size only after the step would already have used the memory.
    """
    program = f"""
import resource, zlib, brotli, zstandard
from formats.content_codings import BodyTooLargeError, decode
zeros = bytes(1 << 24)
if {coding!r} == "br":
    packer = brotli.Compressor(quality=5, lgwin=24)
    bomb = b"".join(packer.process(zeros) for _ in range(128)) + packer.finish()
elif {coding!r} == "zstd":
    # A frame with a window of 8 MiB, whose blocks of 128 KiB repeat one byte (RFC 8878, section 3.1.1.2.2).
    bomb = b"\\x28\\xb5\\x2f\\xfd\\x00\\x68"
    bomb += (((131072 << 3) | 2).to_bytes(3, "little") + b"a") * 16384
else:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(zeros) for _ in range(128)) + packer.flush()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(bomb, [{coding!r}], 32 << 20)
except BodyTooLargeError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    process = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert int(process.stdout) < 150  # MiB; the decoded body may have 32 MiB


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_very_many_empty_members_are_refused_quickly(coding: str, compress: Callable[[bytes], bytes]) -> None:
    member = compress(b"")
    begin = time.monotonic()
    with pytest.raises(BodyTooLargeError, match="in more than 10,000 pieces"):
        decode(member * (16 * 1024 * 1024 // len(member)), [coding], LIMIT)
    assert time.monotonic() - begin < 5


def test_a_zstd_body_that_requires_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    # The compressor doesn't know the size of the content beforehand. So the frame contains the window size (RFC 8878,
    # section 3.1.1.1.2), which here exceeds the decoder's limit.
    with pytest.raises(DamagedBodyError, match="damaged"):
        decode(packer.compress(b"x" * 5000) + packer.flush(), ["zstd"], LIMIT)


def test_a_body_with_very_many_codings_is_refused() -> None:
    with pytest.raises(UnknownCodingError, match="compressed 3000 times"):
        decode(b"x", ["gzip, " * 3000], LIMIT)


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(UnknownCodingError, match="compress"):
        decode(b"x", ["compress"], LIMIT)
