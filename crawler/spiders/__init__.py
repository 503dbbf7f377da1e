"""The crawls: `live` fetches today's pages, `archive` what a web archive holds of them."""
