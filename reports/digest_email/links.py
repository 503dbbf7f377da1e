"""Where the links of an e-mail lead: to the reading room, and out of the subscription."""

from dataclasses import dataclass
from urllib.parse import quote

from core.signed_links import make_token
from views import addresses


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links of this installation's e-mails lead.

    public_url: the address under which others reach the reading room, without a slash at the end; '' if there is none.
    secret: signs the links for leaving; '' if there are none.
    operator: the e-mail address to which a subscriber writes; '' for the sender of the e-mail.
    """

    public_url: str = ""
    secret: str = ""
    operator: str = ""

    def page(self, address: str) -> str:
        """Returns the whole address of a page of the reading room; '' if there is no reading room for others.

        address: relative to the room (`views.addresses`).
        """
        return f"{self.public_url}{address}" if self.public_url and address else ""

    def unsubscribe_page(self, subscriber: str) -> str:
        """Returns the address of the page that ends a subscription; '' if there is none. subscriber: the address."""
        if not (self.public_url and self.secret):
            return ""
        return self.page(addresses.unsubscribe_page(make_token(self.secret, "unsubscribe", subscriber)))

    def preferences_page(self, subscriber: str) -> str:
        """Returns the address of a subscriber's preferences; '' if there is none. subscriber: the address."""
        if not (self.public_url and self.secret):
            return ""
        return self.page(addresses.preferences_page(make_token(self.secret, "preferences", subscriber)))

    def unsubscribe_mail(self, subscriber: str, sender: str) -> str:
        """Returns the `mailto:` address by which a subscriber leaves (RFC 6068)."""
        subject = quote(f"unsubscribe {subscriber}")
        return f"mailto:{quote(self.operator or sender, safe='@')}?subject={subject}"
