"""Commands that replace commands of Scrapy. `scrapy crawl` is the only replaced command."""
