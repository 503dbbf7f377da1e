"""Links that say for themselves what their holder may do: leave, change preferences, confirm a subscription.

The token in such a link is signed with a secret of this installation, so nobody else can make one. The signature
covers the purpose, too: a link for leaving confirms nothing. Each message also has a token in a header, by which a
mail server that returns the message shows that it has got it (`reports.bounces`).
"""

import hashlib
from datetime import timedelta
from typing import Any, Literal

from itsdangerous import BadData, URLSafeTimedSerializer

from core.exceptions import UsageError

Purpose = Literal["unsubscribe", "preferences", "subscribe", "bounce"]
#: For how long a link that confirms a subscription is valid.
CONFIRM_WITHIN = timedelta(days=2)
#: For how long a link to a subscriber's preferences is valid. Each digest has a new one.
PREFERENCES_VALID_FOR = timedelta(days=180)


def make_token(secret: str, purpose: Purpose, content: Any) -> str:
    """Returns a token for a link. It consists of letters, digits, hyphens, underscores and full stops.

    secret: the installation's secret (`storage.secrets`). content: what the link is about, in terms of JSON. Whoever
    has the link can read the content.
    """
    return str(_serializer(secret, purpose).dumps(content))


def read_token(secret: str, purpose: Purpose, token: str, valid_for: timedelta | None = None) -> Any:
    """Returns the content of a token.

    valid_for: for how long after it was made a token is valid; None for ever.

    UsageError if the token was made for another purpose, with another secret, or too long ago.
    """
    try:
        return _serializer(secret, purpose).loads(token, max_age=int(valid_for.total_seconds()) if valid_for else None)
    except BadData:
        raise UsageError("This link is not valid, or no longer. Open it exactly as it stands in the e-mail.") from None


def _serializer(secret: str, purpose: Purpose) -> URLSafeTimedSerializer:
    # Without the digest method, itsdangerous takes SHA-1.
    return URLSafeTimedSerializer(
        secret, salt=f"clausewatch {purpose}", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )
