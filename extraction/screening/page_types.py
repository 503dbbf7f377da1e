"""The types of page that a site's software states in the markup, whatever the language of the page.

Most content management systems and shops name the type of a page in the class or id of `<body>` or `<html>`, so that
the theme can style it. Most of the names below are those of WordPress, Drupal, Joomla, Magento, PrestaShop, OpenCart,
Shopify and Moodle. The others are common on sites made by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.captures import Reason
from extraction.readers.html_page import Page
from extraction.words.normalization import word_set

#: Class names and ids of "page not found" pages, and of the elements in them.
NOT_FOUND_NAMES = word_set(
    "error404 error-404 page-404 page404 template-404 not-found notfound page-not-found pagenotfound 404 "
    "is-404 page--404 http-404 four-oh-four cms-noroute-index cms-no-route error-not_found error-not-found "
    "tmpl-404 template-page-404 page-error-404 status-404"
)
_NAMES: Mapping[Reason, frozenset[str]] = {
    "not_found": NOT_FOUND_NAMES,
    "login": word_set(
        "login-action-login user-login-page page-user-login view-login customer-account-login account-login "
        "template-password template-customers-login pagelayout-login path-user-login page-login login-page body-login "
        "login-pf post-password-required"
    ),
    "unavailable": word_set(
        "maintenance maintenance-mode maintenance-page in-maintenance site-maintenance offline-page site-offline "
        "under-construction underconstruction coming-soon-page error-page errorpage"
    ),
    "not_a_policy": word_set(
        # Home pages.
        "home page-home homepage home-page front-page frontpage is-front-page path-frontpage is-home is-homepage "
        "template-index cms-index-index cms-home common-home template-home home-template page-type-home view-featured "
        "pagelayout-frontpage is-front page-front "
        # Lists of articles and of what a search found.
        "search-results search-no-results template-search catalogsearch-result-index path-search page-type-search "
        "post-type-archive template-blog blog-index category-archive"
    ),
    "other_document": word_set(
        # Job advertisements and goods. Posts of a blog are left out, because some vendors publish their policies so.
        "single-job_listing single-jobs job_listing-template-default product-template-default single-product "
        "template-product catalog-product-view product-product"
    ),
}
# In PrestaShop, the id of <body> is the name of the page, and one of its classes is the name, too. The id alone is no
# evidence: the theme that Pelican installs writes `<body id="index" class="home">` on every page.
_IDS: Mapping[str, Reason] = {"index": "not_a_policy", "pagenotfound": "not_found", "authentication": "login"}
# Names that authors of hand-made sites copy to every page. They count only beside other classes, as software writes
# them; not on an article of Joomla, which has the classes of the home page if it has no entry in a menu.
_COPIED = word_set("home homepage home-page front-page frontpage")
_ARTICLE_OF_JOOMLA = "view-article"


@dataclass(frozen=True, slots=True)
class StatedType:
    """The type of page that the markup states.

    reason: the reason for which a page of this type isn't the policy.
    markup: the name that states the type.
    """

    reason: Reason
    markup: str


def stated_type(page: Page) -> StatedType | None:
    """Returns the type of page that the markup states; None if it states none, or only the type of ordinary pages."""
    body, html = page.tree.body, page.tree.css_first("html")
    names: set[str] = set()
    for node in (body, html):
        if node is not None:
            classes = set((node.attributes.get("class") or "").lower().split())
            identifier = (node.attributes.get("id") or "").lower()
            if identifier in _IDS and not classes.isdisjoint([identifier, f"page-{identifier}"]):
                return StatedType(_IDS[identifier], identifier)
            is_copied = classes <= _COPIED or _ARTICLE_OF_JOOMLA in classes
            names |= {*classes, identifier} - (_COPIED if is_copied else frozenset())
    for reason, names_of_type in _NAMES.items():
        stated = names_of_type.intersection(names)
        if stated:
            return StatedType(reason, min(stated))
    return None
