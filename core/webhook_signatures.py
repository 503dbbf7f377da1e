"""Signs webhooks as Standard Webhooks says (https://www.standardwebhooks.com), version 1 with a shared secret."""

import base64
import hashlib
import hmac

from core.recipients import mailbox_of


def webhook_secret(secret: str, address: str) -> str:
    """Returns the secret that a webhook's receiver checks signatures with: `whsec_` and 32 bytes in Base64.

    It is derived from the installation's secret, so nothing else has to be stored, and whoever knows the secret of one
    webhook knows no other.

    secret: the installation's secret (`storage.secrets`). address: the webhook's.
    """
    return f"whsec_{base64.b64encode(_key(secret, address)).decode('ascii')}"


def signature_headers(secret: str, address: str, number: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Returns the headers of a request to a webhook that say what it is, and prove who sent it.

    secret, address: as for `webhook_secret`. number: the message's id, the same in each attempt. By it, receivers know
    a repetition. timestamp: the time of the attempt, in seconds since 1970. Receivers refuse requests that are old.
    body: the body of the request.
    """
    signed = b".".join((number.encode("ascii"), str(timestamp).encode("ascii"), body))
    signature = base64.b64encode(hmac.digest(_key(secret, address), signed, hashlib.sha256)).decode("ascii")
    return {"webhook-id": number, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


def _key(secret: str, address: str) -> bytes:
    purpose = f"clausewatch webhook {mailbox_of(address)}"
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
