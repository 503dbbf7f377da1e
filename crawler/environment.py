"""Makes the operator's settings (core.settings) available to Scrapy's components."""

from importlib.metadata import PackageNotFoundError, version

from scrapy.downloadermiddlewares import cookies
from scrapy.settings import BaseSettings
from tldextract import TLDExtract

from core.settings import Settings, load_settings

_KEY = "CLAUSEWATCH_ENVIRONMENT"


def apply_environment(settings: BaseSettings, environment: Settings) -> None:
    """Adds the operator's settings to Scrapy's settings, and sets the user agent, which contains the contact."""
    settings.set(_KEY, environment, priority="project")
    settings.set("USER_AGENT", f"clausewatch/{_version()} (+{environment.contact})", priority="project")


def environment_of(settings: BaseSettings) -> Settings:
    """Returns the operator's settings that `apply_environment` added.

    If none were added, loads the settings from the environment variables. UsageError if a variable has an invalid
    value.
    """
    environment = settings.get(_KEY)
    return environment if isinstance(environment, Settings) else load_settings()


def use_bundled_public_suffixes() -> None:
    """Makes Scrapy use the list of public suffixes that is part of the tldextract package.

    With this list, Scrapy rejects cookies for a whole public suffix such as `.co.uk`. By default, Scrapy downloads the
    list in the first crawl of a machine.
    """
    # Scrapy has no setting for the list of public suffixes. tldextract has an environment variable for the list, but
    # reads the variable as soon as Scrapy's module is imported. Older versions of tldextract don't have the variable.
    cookies._split_domain = TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)


def _version() -> str:
    try:
        return version("clausewatch")
    except PackageNotFoundError:  # run from a checkout without `make install`
        return "0"
