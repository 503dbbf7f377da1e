"""The parts of the archive crawl. `crawler.spiders.archive` connects the parts and decides their order.

- `policy_crawl`: the state of the crawl of one policy, and the decisions that follow from the state alone.
- `access`: sends the parts' requests to the archive and their queries to the database, and records failed requests.
- `listing`: requests a policy's listings from the archive's index, page by page, and stores the listed captures.
- `replay`: requests the listed captures, and makes captures from the responses.
"""
