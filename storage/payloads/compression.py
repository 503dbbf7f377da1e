"""Compresses bytes by themselves or as a delta against other bytes. Restores the bytes and checks their SHA-256."""

from dataclasses import dataclass
from functools import cached_property

import zstandard

from core.captures import sha256_hex
from core.exceptions import RESTORE_ADVICE, DamageError

# The zstandard level, chosen by measurements on real pages. Higher levels save 2 % of the bytes and take twice as long.
# Lower levels need 8 % more bytes. For pages of more than a megabyte, lower levels need far more bytes: they don't
# detect the parts that a page has in common with its keyframe.
_LEVEL = 6
# The binary logarithm of this level's window size, which is 4 MiB. For larger pages, the window and the tables must be
# made larger, so that they cover the whole keyframe. Otherwise, the delta of a page of 12 MB was as large as the page.
_LEVEL_WINDOW_LOG = 22
_TABLE_LOG = 22


@dataclass(frozen=True)
class Keyframe:
    """A payload against which other payloads are stored as deltas.

    sha256: the payload's SHA-256.
    plain: the payload's bytes.
    whole_size: the size of the payload when compressed by itself, in bytes. This size is not known for a keyframe that
        is itself stored as a delta. `whole_size` is then an estimate: the `whole_size` of the keyframe's own keyframe.
    """

    sha256: str
    plain: bytes
    whole_size: int

    @cached_property
    def dictionary(self) -> zstandard.ZstdCompressionDict:
        """The payload's bytes as a zstandard dictionary. The dictionary is indexed only once."""
        dictionary = zstandard.ZstdCompressionDict(self.plain, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        dictionary.precompute_compress(level=_LEVEL)
        return dictionary


def compress(plain: bytes) -> bytes:
    """Returns the bytes as one zstandard frame."""
    return zstandard.compress(plain, _LEVEL)


def compress_against(plain: bytes, keyframe: Keyframe) -> bytes:
    """Returns a delta: the bytes as one zstandard frame that uses the keyframe as dictionary (RFC 8878, section 5)."""
    window_log = (len(plain) + len(keyframe.plain)).bit_length()
    if window_log <= _LEVEL_WINDOW_LOG:
        return zstandard.ZstdCompressor(level=_LEVEL, dict_data=keyframe.dictionary).compress(plain)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL,
        window_log=min(window_log, zstandard.WINDOWLOG_MAX),
        hash_log=_TABLE_LOG,
        chain_log=_TABLE_LOG,
        enable_ldm=True,
    )
    dictionary = zstandard.ZstdCompressionDict(keyframe.plain, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(plain)


def restore(compressed: bytes, size: int, sha256: str, keyframe: Keyframe | None = None) -> bytes:
    """Returns the bytes that were compressed.

    size: the number of bytes before compression. sha256: the SHA-256 of the bytes before compression. keyframe: the
    keyframe that the bytes were compressed against; None if the bytes were compressed by themselves.

    DamageError if the restored bytes have another size or SHA-256.
    """
    plain = None
    try:
        # zstandard allocates as much memory as the frame's header declares. A damaged header may declare any size.
        if zstandard.frame_content_size(compressed) == size:
            dictionary = zstandard.ZstdCompressionDict(
                keyframe.plain if keyframe else b"", dict_type=zstandard.DICT_TYPE_RAWCONTENT
            )
            plain = zstandard.ZstdDecompressor(dict_data=dictionary).decompress(compressed)
    except zstandard.ZstdError:
        plain = None
    if plain is None or sha256_hex(plain) != sha256:
        raise DamageError(
            f"the data stored under SHA-256 {sha256} no longer matches its checksum: it is damaged or was changed; "
            f"{RESTORE_ADVICE}"
        )
    return plain
