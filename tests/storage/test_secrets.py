"""The secret that signs links."""

from storage import Store


def test_the_secret_is_made_once_and_stays(database_url: str) -> None:
    with Store.open(database_url) as store:
        assert store.secrets.known_for_links() == ""
        secret = store.secrets.for_links()
        assert len(secret) >= 32
        with Store.open(database_url) as other:
            assert other.secrets.for_links() == other.secrets.known_for_links() == secret
