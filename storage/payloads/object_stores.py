"""Bytes outside the database: on a file system, or in a store that speaks S3's protocol."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from core.exceptions import DamageError, StorageError

_FORMS = "give file:///path/to/folder or s3://bucket/prefix, or nothing to keep payloads in the database"
# A transaction of the database waits for these, and others perhaps for that.
_PATIENCE = timedelta(seconds=20)
_CONNECT = timedelta(seconds=5)
_RETRIES = 3


class UnavailableError(StorageError):
    """A payload store refused or cannot be reached. url: its."""

    def __init__(self, url: str, message: str) -> None:
        super().__init__(message)
        self.url = url


class Objects:
    """Stores of objects, each named by its URL; an object is there whole or not at all, and never altered.

    url: of the one that new objects go to; '' when they are to stay in the database. What is in other stores is read
        where it is, as long as that can be reached.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._stores: dict[str, LocalStore | S3Store] = {}
        if self.url:
            if not _is_store(self.url):
                raise StorageError(f"CLAUSEWATCH_PAYLOADS_URL: {url!r} names no payload store; {_FORMS}")
            if self.url.startswith("file:"):
                _make_folder(self.url)

    def put(self, key: str, data: bytes) -> None:
        """Keep an object in the store of `url`. When this returns, a power cut does not lose it.

        UnavailableError when the store refuses or cannot be reached.
        """
        try:
            self._store(self.url).put(key, data, use_multipart=False)
            if self.url.startswith("file:"):
                _sync(_folder(self.url) / key)
        except (BaseError, OSError) as error:
            raise _refused(self.url, error) from None

    def get(self, url: str, key: str) -> bytes:
        """The object of that key in the store of that URL.

        DamageError when the store no longer has it; UnavailableError when the store cannot be read.
        """
        try:
            return bytes(self._store(url).get(key).bytes())
        except FileNotFoundError:
            if next(self.keys(url), None) is None:
                raise UnavailableError(
                    url,
                    f"the payload store {url} is empty or not there, but the database has payloads in it: see that it "
                    "is mounted, or that the bucket is the right one",
                ) from None
            raise DamageError(
                f"the object {key} is gone from the payload store {url}: restore it from a backup"
            ) from None
        except (BaseError, OSError) as error:
            raise _refused(url, error) from None

    def keys(self, url: str) -> Iterator[str]:
        """The keys of all objects in the store of that URL. UnavailableError when it cannot be read."""
        try:
            for some in self._store(url).list(chunk_size=1000):
                yield from (one["path"] for one in some)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _refused(url, error) from None

    def _store(self, url: str) -> LocalStore | S3Store:
        if url not in self._stores:
            if not _is_store(url):
                raise DamageError(f"{url!r}, where a payload is said to be, names no payload store")
            if url.startswith("file:"):
                self._stores[url] = LocalStore(_folder(url))
            else:
                # Credentials, region and endpoint are those that every program of S3 takes from the environment.
                self._stores[url] = S3Store.from_url(
                    url,
                    client_options={"allow_http": True, "connect_timeout": _CONNECT, "timeout": _PATIENCE},
                    retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
                )
        return self._stores[url]


def _is_store(url: str) -> bool:
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        return False
    return parts.netloc != "" if parts.scheme == "s3" else url.startswith("file:///") and parts.path != "/"


def _folder(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _make_folder(url: str) -> None:
    try:
        _folder(url).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the payload store's folder {_folder(url)} cannot be made: {error.strerror}; "
            "make it, or set CLAUSEWATCH_PAYLOADS_URL to another place"
        ) from None


def _sync(path: Path) -> None:
    """Have a file and its name on the disk: its folder may be new, too."""
    for place in (path, path.parent, path.parent.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refused(url: str, error: Exception) -> UnavailableError:
    said = str(error).partition("\n")[0]
    if "os error 28" in said or "os error 122" in said:
        advice = "has no space left: free some and run this again"
    elif "os error 13" in said or "os error 30" in said:
        advice = "cannot be read or written: give this user the right to"
    else:
        advice = "cannot be read or written: see that it is there and reachable, then run this again"
    return UnavailableError(url, f"the payload store {url} {advice}; what was stored before stays ({said})")
