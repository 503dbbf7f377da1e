"""Scrapy commands that replace its own."""
