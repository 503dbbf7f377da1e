"""Bytes kept under their SHA-256, compressed, and proven on the way out."""

from dataclasses import dataclass
from functools import cached_property

import zstandard

from core.captures import sha256_hex
from core.exceptions import DamageError

# On the real pages measured, levels above save 2 % and take twice as long; those below lose 8 %, and on pages of more
# than a megabyte much more, since they no longer find what the two pages share.
_LEVEL = 6
# How far the level itself looks, 4 MiB in all. Larger pages need more, to reach all of the keyframe from everywhere,
# and larger tables, to index all of it: without those the delta of a page of 12 MB was as large as the page.
_REACH_LOG = 22
_TABLE_LOG = 22


@dataclass(frozen=True)
class Keyframe:
    """A payload that others are stored as differences from.

    sha256: its name; plain: its bytes. whole: how many they are when stored whole, or nearly: for one that is itself a
    difference, how many those it is a difference from are.
    """

    sha256: str
    plain: bytes
    whole: int

    @cached_property
    def dictionary(self) -> zstandard.ZstdCompressionDict:
        """Its bytes as a dictionary that was indexed once for all that are compared with it."""
        dictionary = zstandard.ZstdCompressionDict(self.plain, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        dictionary.precompute_compress(level=_LEVEL)
        return dictionary


def compress(plain: bytes) -> bytes:
    """The bytes as one zstandard frame."""
    return zstandard.compress(plain, _LEVEL)


def compress_against(plain: bytes, keyframe: Keyframe) -> bytes:
    """The bytes as one zstandard frame that only those who have the keyframe can read (RFC 8878, section 5)."""
    reach = (len(plain) + len(keyframe.plain)).bit_length()
    if reach <= _REACH_LOG:
        return zstandard.ZstdCompressor(level=_LEVEL, dict_data=keyframe.dictionary).compress(plain)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL,
        window_log=min(reach, zstandard.WINDOWLOG_MAX),
        hash_log=_TABLE_LOG,
        chain_log=_TABLE_LOG,
        enable_ldm=True,
    )
    dictionary = zstandard.ZstdCompressionDict(keyframe.plain, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(plain)


def restore(stored: bytes, size: int, sha256: str, keyframe: Keyframe | None = None) -> bytes:
    """The bytes that were compressed, against that keyframe or by themselves.

    DamageError when they are not the `size` bytes of that digest any more.
    """
    plain = None
    try:
        # A damaged frame may announce any size, and would be given the memory for it.
        if zstandard.frame_content_size(stored) == size:
            dictionary = zstandard.ZstdCompressionDict(
                keyframe.plain if keyframe else b"", dict_type=zstandard.DICT_TYPE_RAWCONTENT
            )
            plain = zstandard.ZstdDecompressor(dict_data=dictionary).decompress(stored)
    except zstandard.ZstdError:
        plain = None
    if plain is None or sha256_hex(plain) != sha256:
        raise DamageError(
            f"what is stored under SHA-256 {sha256} is damaged: it no longer has that digest; "
            "restore the database from a backup"
        )
    return plain
