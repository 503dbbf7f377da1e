"""How fast a live crawl keeps pages."""
