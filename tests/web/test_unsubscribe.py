"""Leaving by a signed link: one POST request ends the subscription, and no GET request does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from core.settings import load_settings
from core.signed_links import make_token
from storage import Store
from web import Room, create_application

READER = "reader@client.example"
SECRET = "a secret of this test"
LINK = f"/-/unsubscribe/{make_token(SECRET, 'unsubscribe', READER)}"


def opened() -> Store:
    return Store.open(load_settings().database_url)


def subscribers() -> list[str]:
    with opened() as store:
        return [subscriber.address for subscriber in store.subscriptions.subscribers()]


@pytest.fixture
def visitor(room: Room) -> Iterator[TestClient]:
    with opened() as store:
        store.subscriptions.subscribe(READER, (), datetime(2021, 6, 1, tzinfo=UTC))
    public = replace(room, secret=SECRET, writable=opened)
    with TestClient(create_application(public), base_url="http://localhost") as client:
        yield client


def test_one_click_ends_the_subscription_without_a_sign_in(visitor: TestClient) -> None:
    """RFC 8058, section 3.2: the mail program sends this request, with no cookie and no referrer."""
    answer = visitor.post(LINK, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "reader@client.example gets no more e-mails from here." in answer.text
    assert subscribers() == []
    assert visitor.post(LINK, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_fetching_the_link_only_shows_a_button(visitor: TestClient) -> None:
    """Scanners and previews fetch every link in an e-mail."""
    answer = visitor.get(LINK)
    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert visitor.head(LINK).status_code == 200
    assert subscribers() == [READER]


@pytest.mark.parametrize(
    "token",
    [pytest.param("x", id="no token"), pytest.param(make_token("another secret", "unsubscribe", READER), id="foreign")],
)
def test_a_link_that_was_not_signed_here_changes_nothing(visitor: TestClient, token: str) -> None:
    answer = visitor.post(f"/-/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 404
    assert "This link is not valid" in answer.text
    assert subscribers() == [READER]


def test_the_secret_of_the_database_signs_the_links(visitor: TestClient, room: Room) -> None:
    with opened() as store:
        token = make_token(store.secrets.for_links(), "unsubscribe", READER)
    with TestClient(create_application(replace(room, writable=opened)), base_url="http://localhost") as client:
        assert client.post(f"/-/unsubscribe/{token}").status_code == 200
    assert subscribers() == []
