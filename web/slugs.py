"""Slugs in addresses: `/{vendor:slug}` doesn't match the pages that belong to no vendor, which begin with `/-/`."""

from starlette.convertors import Convertor, register_url_convertor


class _SlugConvertor(Convertor[str]):
    regex = "[a-z0-9][a-z0-9_-]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("slug", _SlugConvertor())
