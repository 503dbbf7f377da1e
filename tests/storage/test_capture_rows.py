"""The identities and seals of stored captures stay the same in every release. Captures of two archives are distinct."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from core.archives import Provenance
from core.captures import Capture, sha256_hex
from core.declarations import Policy
from storage import Store
from storage.capture_rows import capture_identity
from tests.capture_examples import (
    BOTH,
    BOTH_PAYLOAD,
    FILE,
    IDENTIFIERS,
    LIVE,
    OTHER_ARCHIVE,
    PAGES,
    PAGES_PAYLOAD,
    WARC,
    WAYBACK,
)
from tests.keeping import keep

POLICY = Policy.model_validate({"locations": [{"url": "https://www.marmot.example/privacy"}]})


# Identity, seal, and SHA-256 of the column `archive`, as commit 4a914d7 stored them.
@pytest.mark.parametrize(
    ("stored", "payload", "identity", "seal", "archive"),
    [
        pytest.param(
            LIVE,
            b"page",
            "a47d4e4b72051e8110cb2d281b2ca0590a1001b99043775a53f06a73ec0400cb",
            "1606b31a869dcd19635e696f0c9a1e7763b4724068733ef07e4e5d1203714c4e",
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            id="live",
        ),
        pytest.param(
            WAYBACK,
            b"page",
            "80c90d1da403adb69077777645a3a2c24853935442aebd89d731c9d05a8a098a",
            "453185f2111b8f8f24d56a7581e2a386c6551a446e4e642d0d983cb5519172e7",
            "c897e68ae13cc3e2feecb8d799985468ebc95e2410de60021ee10c5457314499",
            id="wayback",
        ),
        pytest.param(
            WARC,
            b"page",
            "8754de1c77bb957994d04630cba799af92a79318da56c52072024b3e9d23e927",
            "140c9edb989c866b03e443103d7fc08c9fcd29c1c4b092bbe1a2967faa640d85",
            "81f5610396a06499a89a89a955ec06763285a33c14977871e56370ff25cfa22b",
            id="warc",
        ),
        pytest.param(
            FILE,
            b"page",
            "0eb6ac285f5dc9cb2561840a2716775d4474445bf52eb9f7181404d2f4b81385",
            "e0cf0c32f3b42416b369336ebccf28c4d31a8ca72e993c757673cc578b7a97d8",
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            id="file",
        ),
        pytest.param(
            PAGES,
            PAGES_PAYLOAD,
            "bd8ad3bfb1e811cf93a8f5acbb7b381d1dffa72cf83a2fc9b3684af6c9304d5e",
            "3119110ba2bbd47aeaa16aeebbd7869f5691df0b2c5f6617d03189d0a1c0dacb",
            "fbcb71feeb0d89918cbb16623fba6d3b63d67a1b0218516bad83f4a703f92d93",
            id="several pages",
        ),
        pytest.param(
            BOTH,
            BOTH_PAYLOAD,
            "ab911ac6888b1e0b9da0875e5ad5dd0be53e2967c264dbdf309439dbded7fb86",
            "e584dcbfdfc4c66c63a0390211add57da31649b53b8f83e8826e9b5cb925329f",
            "ec23484fa642d5f9c6a04d0dd9752285bdd249e1be97c6715174a2914494ebda",
            id="rendered",
        ),
    ],
)
def test_rows_are_stored_as_by_commit_4a914d7(
    store: Store, database_url: str, stored: Capture, payload: bytes, identity: str, seal: str, archive: str
) -> None:
    assert capture_identity(stored) == identity
    keep(store, stored, payload, POLICY)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT identity, seal, archive FROM captures")).one()
    engine.dispose()
    assert (bytes(row.identity).hex(), bytes(row.seal).hex()) == (identity, seal)
    assert sha256_hex(row.archive.encode()) == archive
    assert [each.capture for each in store.library.captures(stored.key)] == [stored]


def test_identifiers_do_not_distinguish_wayback_captures() -> None:
    """The identities of Wayback captures are older than the part of an identity for the archive's identifiers.

    Two rows of the index result in the same capture if the archive redirects both requests to that capture.
    """
    other = replace(WAYBACK, provenance=Provenance("wayback", {**IDENTIFIERS, "timestamp": "20190304050608"}))
    assert capture_identity(other) == capture_identity(WAYBACK)


def test_captures_of_another_archive_are_distinct_by_identifiers(store: Store) -> None:
    others = [
        replace(WAYBACK, source=OTHER_ARCHIVE, provenance=Provenance(OTHER_ARCHIVE, identifiers))
        for identifiers in (IDENTIFIERS, {**IDENTIFIERS, "memento": "http://b/"})
    ]
    for capture in (WAYBACK, *others):
        assert keep(store, capture, b"page", POLICY).is_new
        assert not keep(store, capture, b"page", POLICY).is_new
    in_order = sorted(store.library.captures(WAYBACK.key), key=lambda stored: stored.id)
    assert [stored.capture for stored in in_order] == [WAYBACK, *others]


def test_identity_ignores_the_order_of_identifiers() -> None:
    first, second = (
        replace(WAYBACK, source=OTHER_ARCHIVE, provenance=Provenance(OTHER_ARCHIVE, dict(items)))
        for items in (list(IDENTIFIERS.items()), list(IDENTIFIERS.items())[::-1])
    )
    assert capture_identity(first) == capture_identity(second)


def test_the_source_of_an_archived_capture_is_its_archive() -> None:
    with pytest.raises(ValueError, match="the name of its archive"):
        replace(LIVE, provenance=Provenance("wayback", IDENTIFIERS))
