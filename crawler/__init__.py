"""The Scrapy project: `scrapy crawl live`, `scrapy crawl archive`, and the same from Python.

`crawler.run.crawl` and `crawler.fetch.fetch_once` are what other rooms use; `crawler.archives` holds
the archives' clients.
"""
