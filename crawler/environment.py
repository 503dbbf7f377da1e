"""The operator's settings, where Scrapy's components find them."""

from importlib.metadata import PackageNotFoundError, version

from scrapy.downloadermiddlewares import cookies
from scrapy.settings import BaseSettings
from tldextract import TLDExtract

from core.settings import Settings, load_settings

_KEY = "CLAUSEWATCH_ENVIRONMENT"


def apply_environment(settings: BaseSettings, environment: Settings) -> None:
    """Adds to Scrapy's settings the operator's settings, and the user agent, which names the operator's contact."""
    settings.set(_KEY, environment, priority="project")
    settings.set("USER_AGENT", f"clausewatch/{_version()} (+{environment.contact})", priority="project")


def environment_of(settings: BaseSettings) -> Settings:
    """Returns the operator's settings that `apply_environment` added; without them, those of the process's environment.

    UsageError if an environment variable has a value that can't be used.
    """
    environment = settings.get(_KEY)
    return environment if isinstance(environment, Settings) else load_settings()


def use_bundled_public_suffixes() -> None:
    """Has Scrapy take the list of public suffixes from tldextract's package.

    Scrapy looks up which domains are public suffixes, so that no site can set a cookie for all of `.example`. By
    default it downloads the list from the web the first time a machine crawls.
    """
    # Scrapy has no setting for this. tldextract's own, an environment variable, is read when Scrapy's module is
    # imported, and older versions of tldextract don't know it.
    cookies._split_domain = TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)


def _version() -> str:
    try:
        return version("clausewatch")
    except PackageNotFoundError:  # run from a checkout without `make install`
        return "0"
