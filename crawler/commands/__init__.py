"""Commands that replace commands of Scrapy: only `scrapy crawl`."""
