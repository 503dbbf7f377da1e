"""Settings of the Scrapy project. What an operator sets is in the environment (core.settings), not here."""

BOT_NAME = "clausewatch"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"
ITEM_PIPELINES = {"crawler.pipeline.StorePipeline": 300}
DOWNLOADER_MIDDLEWARES = {
    "crawler.robots.RobotsMiddleware": 100,
    "crawler.backoff.LiveBackOff": 550,
    "crawler.backoff.ArchiveBackOff": 551,
}

# One handler for all that is fetched; no scheme but the web's.
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.EvidenceDownloadHandler",
    "https": "crawler.download.EvidenceDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
PLAYWRIGHT_BROWSER_PROVIDER = "crawler.chromium.SystemChromium"
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicAddressResolver"
DOWNLOAD_VERIFY_CERTIFICATES = True
# Undone by the handler, which takes a cut-off body for what it is; Scrapy's own middleware gives what there is of it.
COMPRESSION_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate",
}

# Politeness to live sites. The archive has a budget of its own (crawler.budget).
ROBOTSTXT_OBEY = False  # by Scrapy's middleware; crawler.robots obeys it
DOWNLOAD_DELAY = 2  # never 0: without a delay Scrapy 2.19 does not keep to the concurrency, and sends all at once
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# What a page in the browser asks for, as a visitor's browser would: a page of a hundred scripts is one visit.
DOWNLOAD_SLOTS = {"browser": {"concurrency": 6, "delay": 0.01}}
AUTOTHROTTLE_ENABLED = False  # it would undo the delays of slots

# Caps on one answer.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 10
METAREFRESH_ENABLED = False  # the page that has it is the answer; many only reload themselves

# And on one page in the browser, whose own answers have the bytes of one answer together. In seconds:
BROWSER_QUIET = 1  # the page's text must not have changed for so long
BROWSER_TIMEOUT = 20  # and has to come to that in so many
BROWSER_REQUESTS = 200

# Any answer is evidence, and reaches the spider. Trying again is for crawler.backoff, which obeys Retry-After.
HTTPERROR_ALLOW_ALL = True
RETRY_ENABLED = False
RETRY_TIMES = 2
LIVE_BACKOFF = 5  # seconds before the first retry, doubled for each further one
LIVE_BACKOFF_MAX = 120  # a live page that asks for more is left for the next crawl
# Seconds between two requests that all crawls of this machine send to an archive: the Wayback Machine allows about 30
# index queries a minute and about 8 replays a second.
ARCHIVE_LISTING_INTERVAL = 2.5
ARCHIVE_REPLAY_INTERVAL = 0.125
ARCHIVE_BACKOFF = 5
ARCHIVE_BACKOFF_429 = 60  # ignoring a 429 for a minute makes the Wayback Machine block the address for an hour
ARCHIVE_BACKOFF_MAX = 900  # an archive that asks for more is not asked again in this crawl
ARCHIVE_TRIES = 3  # of one request
ARCHIVE_STRIKES = 8  # in a row, of any requests: then the archive is not asked again in this crawl
ARCHIVE_REFUSALS = 4  # of connections, in a row: then it has blocked this machine: left alone for an hour or more
ARCHIVE_LISTING_ROWS = 5000  # of one answer of the index

CONCURRENT_ITEMS = 1  # of one answer; Scrapy starts as many tasks for each (bench/crawl)
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_START_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# No doors into a running crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

PROGRESS_INTERVAL = 60  # seconds between two lines that tell how far a crawl is, where there is no terminal
LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_COLOR = False
