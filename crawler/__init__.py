"""The Scrapy project. It contains the live crawl and the archive crawl. Both can also be run from Python.

Other packages of the project use `crawler.run.crawl` and `crawler.fetch.fetch_once`. The modules:

- `spiders/` contains the two crawls, `archive_crawl/` the parts of the archive crawl, `archives/` the clients of web
  archives, and `commands/` our version of `scrapy crawl`. `settings.py` lists the components that replace Scrapy's own.
- Modules that handle requests: `robots` and `backoff` (downloader middlewares), `download` (the download handler),
  `resolver` (rejects private addresses), `budget` (limits the requests to an archive), `http_dates`.
- Modules that handle HTTP responses: `location_fetch` and `page_capturer` (the pages of a live location), `browser` and
  `chromium` (pages that must be rendered), `captures` (makes captures from Scrapy's responses), `pipeline` (passes
  captures to the intake).
- Modules that start, observe and report crawls: `run`, `fetch`, `own_process`, `environment`, `outcome`, `progress`,
  `logs`, `failures`.
"""
