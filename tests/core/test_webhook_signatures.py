"""The signatures of webhooks, checked with the library that receivers use."""

import base64
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from core.webhook_signatures import signature_headers, webhook_secret

SECRET = "a secret of this installation"
ADDRESS = "https://hooks.example.org/1"


def test_a_receiver_can_check_the_signature() -> None:
    body = '{"id":"msg_1","text":"für alle"}'.encode()
    headers = signature_headers(SECRET, ADDRESS, "msg_1", int(time.time()), body)
    assert Webhook(webhook_secret(SECRET, ADDRESS)).verify(body.decode(), headers)["id"] == "msg_1"


@pytest.mark.parametrize("changed", ["body", "id", "timestamp", "secret", "age"])
def test_a_receiver_notices_what_was_changed(changed: str) -> None:
    age = 600 if changed == "age" else 0
    headers = signature_headers(SECRET, ADDRESS, "msg_1", int(time.time()) - age, b"{}")
    headers |= {"id": {"webhook-id": "msg_2"}, "timestamp": {"webhook-timestamp": str(int(time.time()) - 1)}}.get(
        changed, {}
    )
    receiver = Webhook(webhook_secret("another secret" if changed == "secret" else SECRET, ADDRESS))
    with pytest.raises(WebhookVerificationError):
        receiver.verify("{ }" if changed == "body" else "{}", headers)


def test_each_webhook_has_a_secret_of_its_own() -> None:
    secret = webhook_secret(SECRET, ADDRESS)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert webhook_secret(SECRET, "HTTPS://Hooks.example.org:443/1") == secret
    assert webhook_secret(SECRET, "https://hooks.example.org/2") != secret
