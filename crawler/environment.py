"""What the operator set, where Scrapy's parts find it."""

from importlib.metadata import PackageNotFoundError, version

from scrapy.downloadermiddlewares import cookies
from scrapy.settings import BaseSettings
from tldextract import TLDExtract

from core.settings import Settings, load_settings

# Scrapy looks up which domains are public, so that no site sets a cookie for all of `.example`. Left alone, it fetches
# the list from the web when a machine first crawls; the one that comes with the package does.
cookies._split_domain = TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)

_KEY = "CLAUSEWATCH_ENVIRONMENT"


def apply_environment(settings: BaseSettings, environment: Settings) -> None:
    """Puts the operator's settings into Scrapy's, and the user agent that follows from them."""
    settings.set(_KEY, environment, priority="project")
    settings.set("USER_AGENT", f"clausewatch/{_version()} (+{environment.contact})", priority="project")


def environment_of(settings: BaseSettings) -> Settings:
    """The operator's settings that apply_environment() put there, or else those of the process's environment.

    UsageError when a variable cannot be used.
    """
    environment = settings.get(_KEY)
    return environment if isinstance(environment, Settings) else load_settings()


def _version() -> str:
    try:
        return version("clausewatch")
    except PackageNotFoundError:  # run from a checkout without `make install`
        return "0"
