"""Settings of the Scrapy project. The operator's settings come from environment variables: see core.settings."""

BOT_NAME = "clausewatch"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"
ITEM_PIPELINES = {"crawler.pipeline.StorePipeline": 300}
DOWNLOADER_MIDDLEWARES = {
    "crawler.robots.RobotsMiddleware": 100,
    "crawler.backoff.LiveBackOff": 550,
    "crawler.backoff.ArchiveBackOff": 551,
}
EXTENSIONS = {"crawler.page_bytes.ByteLimits": 0}

# The download handlers by URL scheme. Only http and https are allowed.
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.EvidenceDownloadHandler",
    "https": "crawler.download.EvidenceDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicAddressResolver"
DOWNLOAD_VERIFY_CERTIFICATES = True
# The download handler decodes content codings, and raises an error if a body is cut off. Scrapy's own middleware for
# content codings is off: it would return the part of the body that was received, without an error.
COMPRESSION_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate",
}

# Limits that protect live sites from too many requests. For archives, see crawler.budget.
ROBOTSTXT_OBEY = False  # Scrapy's middleware is off, because crawler.robots obeys robots.txt
DOWNLOAD_DELAY = 2  # must not be 0: without a delay, Scrapy 2.19 ignores CONCURRENT_REQUESTS_PER_DOMAIN
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# A page in the browser loads its scripts and style sheets at the speed of a visitor's browser. For the site, the crawl
# is one visit.
DOWNLOAD_SLOTS = {"browser": {"concurrency": 6, "delay": 0.01}}
AUTOTHROTTLE_ENABLED = False  # AutoThrottle would override the delays of the slots

# DOWNLOAD_TIMEOUT is the limit, in seconds, on all requests, redirects, retries and pauses for one page of a live site
# together (crawler.page_clock), and on each request to an archive. DOWNLOAD_MAXSIZE is the limit on one HTTP response,
# in bytes. If DOWNLOAD_WARNSIZE is 0, Scrapy logs no warning about large responses.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 10
# Scrapy drops longer addresses without a word to the spider, so no page would fail. crawler.robots and crawler.archives
# limit the length of addresses instead (core.addresses.LONGEST_ADDRESS).
URLLENGTH_LIMIT = 0
METAREFRESH_ENABLED = (
    False  # a page with a refresh doesn't count as a redirect; many pages use a refresh only to reload themselves
)

# Limits on one page in the browser. The total size of the HTTP responses that the page loads is limited to
# DOWNLOAD_MAXSIZE.
BROWSER_QUIET = 1  # seconds in which the page's text must not change before the page counts as settled
BROWSER_TIMEOUT = 20  # seconds in which the page must settle; fewer if DOWNLOAD_TIMEOUT leaves fewer
BROWSER_REQUESTS = 200  # upper limit of the requests that the page may cause

# Every HTTP response is evidence and reaches the spider. Requests are retried by crawler.backoff, which obeys
# Retry-After.
HTTPERROR_ALLOW_ALL = True
RETRY_ENABLED = False
RETRY_TIMES = 2
LIVE_BACKOFF = 5  # seconds before the first retry of a live page; each further retry doubles the wait
# The limits of an archive (crawler.archives.protocol.Limits) are defined in the archive's client. Settings such as
# ARCHIVE_TRIES override them.

# How many items of one HTTP response are processed at the same time. In this project, a response has at most one item.
# But Scrapy starts this many tasks for each response, so a higher number slows the crawl down (bench/crawl).
CONCURRENT_ITEMS = 1
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_START_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# A running crawl accepts no commands from outside.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

PROGRESS_INTERVAL = 60  # seconds between two lines of progress if there is no terminal
LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%dT%H:%M:%SZ"  # as in all other output; crawler.logs makes the times UTC
LOG_COLOR = False
