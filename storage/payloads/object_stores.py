"""Object stores outside the database, for payloads: folders, or servers that speak the protocol of Amazon S3."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from core.exceptions import RESTORE_ADVICE, DamageError, StorageError

_ACCEPTED_URLS = "give file:///path/to/folder or s3://bucket/prefix; leave it empty to keep payloads in the database"
# A request that takes longer than this fails. A database transaction is open during the request, and other processes
# may be waiting for that transaction.
_REQUEST_TIMEOUT = timedelta(seconds=20)
_CONNECT_TIMEOUT = timedelta(seconds=5)
_RETRIES = 3


class UnavailableError(StorageError):
    """Raised if a request to a payload store fails, or if the store can't be reached. url: the store's URL."""

    def __init__(self, url: str, message: str) -> None:
        super().__init__(message)
        self.url = url


class ObjectStores:
    """The object stores, each identified by its URL.

    An object is written completely or not at all, and is never altered.

    url: the URL of the store for new objects, such as `s3://bucket/prefix`; '' if new payloads are stored in the
        database. Older objects may be in other stores, and `get` can read any store.

    StorageError if `url` is not the URL of a store, or if the store's folder can't be created.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._stores: dict[str, LocalStore | S3Store] = {}
        if self.url:
            if not _names_store(self.url):
                raise StorageError(f"CLAUSEWATCH_PAYLOADS_URL: {url!r} is not a payload store's URL; {_ACCEPTED_URLS}")
            if self.url.startswith("file:"):
                _make_folder(self.url)

    def put(self, key: str, data: bytes) -> None:
        """Writes an object to the store for new objects. After `put` has returned, a power cut can't lose the object.

        UnavailableError if the object can't be written, or if the store can't be reached.
        """
        try:
            self._open(self.url).put(key, data, use_multipart=False)
            if self.url.startswith("file:"):
                _sync_to_disk(_folder(self.url) / key)
        except (BaseError, OSError) as error:
            raise _unavailable(self.url, error) from None

    def get(self, url: str, key: str) -> bytes:
        """Returns an object. url: the store's URL. key: the object's key in the store.

        DamageError if the object is missing from the store. UnavailableError if the store can't be read.
        """
        try:
            return bytes(self._open(url).get(key).bytes())
        except FileNotFoundError:
            if next(self.keys(url), None) is None:
                raise UnavailableError(
                    url,
                    f"the payload store {url} is empty or missing, but the database refers to payloads in it: check "
                    "that the folder is mounted, or that the bucket is the right one",
                ) from None
            raise DamageError(
                f"the file {key} is missing from the payload store {url}: copy it back from a backup of the payload "
                f"store; if there is none, {RESTORE_ADVICE}"
            ) from None
        except (BaseError, OSError) as error:
            raise _unavailable(url, error) from None

    def keys(self, url: str) -> Iterator[str]:
        """Yields the keys of all objects in the store with that URL. UnavailableError if the store can't be read."""
        try:
            for page in self._open(url).list(chunk_size=1000):
                yield from (entry["path"] for entry in page)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _unavailable(url, error) from None

    def _open(self, url: str) -> LocalStore | S3Store:
        if url not in self._stores:
            self._stores[url] = open_store(url)
        return self._stores[url]


def open_store(url: str) -> LocalStore | S3Store:
    """Returns a client for a store. url: a value from the database. DamageError if `url` is not the URL of a store."""
    if not _names_store(url):
        raise DamageError(f"according to the database, a payload is in {url!r}, but that is not a payload store's URL")
    if url.startswith("file:"):
        return LocalStore(_folder(url))
    # Credentials, region and endpoint come from the environment variables that all S3 clients use.
    return S3Store.from_url(
        url,
        client_options={"allow_http": True, "connect_timeout": _CONNECT_TIMEOUT, "timeout": _REQUEST_TIMEOUT},
        retry_config={"max_retries": _RETRIES, "retry_timeout": _REQUEST_TIMEOUT},
    )


def _names_store(url: str) -> bool:
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
            f"the payload store's folder {_folder(url)} can't be created: {error.strerror}; "
            "create it, or set CLAUSEWATCH_PAYLOADS_URL to another place"
        ) from None


def _sync_to_disk(path: Path) -> None:
    """Syncs a file, its folder, and the folder's parent folder. The parent is synced because the folder may be new."""
    for entry in (path, path.parent, path.parent.parent):
        descriptor = os.open(entry, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unavailable(url: str, error: Exception) -> UnavailableError:
    message = str(error).partition("\n")[0]
    # The numbers are ENOSPC (28), EDQUOT (122), EACCES (13) and EROFS (30).
    if "os error 28" in message or "os error 122" in message:
        advice = "is on a full disk: free space there and run this again"
    elif "os error 13" in message or "os error 30" in message:
        advice = "can't be read or written: give this user the right to read and write it"
    else:
        advice = "can't be read or written: check that it exists and can be reached, then run this again"
    return UnavailableError(
        url, f"the payload store {url} {advice}; everything stored before is still there ({message})"
    )
