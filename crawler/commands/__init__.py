"""Commands that replace Scrapy's own: `scrapy crawl`."""
