"""The Scrapy project: `scrapy crawl live`, `scrapy crawl archive`, and the same two crawls from Python.

Other rooms use `crawler.run.crawl` and `crawler.fetch.fetch_once`. Inside:

- `spiders/` are the two crawls, `archives/` the clients of web archives, `commands/` our `scrapy crawl`, and
  `settings.py` says which of our components Scrapy uses.
- Between a request and its answer: `robots` and `backoff` (downloader middlewares), `download` (the download handler),
  `resolver` (which addresses may be connected to), `budget` (how often an archive may be asked).
- From an answer to the store: `location_fetch` and `page_capturer` (a live location's pages), `browser` and `chromium`
  (pages that must be rendered), `captures` (from Scrapy's responses), `pipeline` (hands captures to the intake).
- Around a crawl: `run`, `own_process`, `environment`, `outcome`, `progress`, `logs`, `failures`.
"""
