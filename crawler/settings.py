"""Settings of the Scrapy project. The operator's settings come from the environment: see core.settings."""

BOT_NAME = "clausewatch"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"
ITEM_PIPELINES = {"crawler.pipeline.StorePipeline": 300}
DOWNLOADER_MIDDLEWARES = {
    "crawler.robots.RobotsMiddleware": 100,
    "crawler.backoff.LiveBackOff": 550,
    "crawler.backoff.ArchiveBackOff": 551,
}

# One handler for both schemes of the web, and no other scheme.
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
# The download handler decodes content codings, and fails if a body is cut off. Scrapy's own middleware would return
# the part that came.
COMPRESSION_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate",
}

# Politeness to live sites. How often an archive may be asked is in crawler.budget.
ROBOTSTXT_OBEY = False  # Scrapy's middleware is off, because crawler.robots obeys robots.txt
DOWNLOAD_DELAY = 2  # never 0: without a delay, Scrapy 2.19 ignores the limit below and sends all requests at once
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# What a page in the browser loads is loaded at the pace of a visitor's browser: a page with a hundred scripts is still
# one visit.
DOWNLOAD_SLOTS = {"browser": {"concurrency": 6, "delay": 0.01}}
AUTOTHROTTLE_ENABLED = False  # it would override the delays of the slots

# Limits on one answer: seconds, bytes, redirects.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 10
METAREFRESH_ENABLED = False  # a page with a refresh is itself the answer; many pages only reload themselves

# Limits on one page in the browser. All that it loads together may have as many bytes as one answer.
BROWSER_QUIET = 1  # seconds in which the page's text must not change before the page counts as settled
BROWSER_TIMEOUT = 20  # seconds in which it must settle
BROWSER_REQUESTS = 200

# Every answer is evidence and reaches the spider. Requests are retried by crawler.backoff, which obeys Retry-After.
HTTPERROR_ALLOW_ALL = True
RETRY_ENABLED = False
RETRY_TIMES = 2
LIVE_BACKOFF = 5  # seconds before the first retry of a live page; doubled before each further retry
LIVE_BACKOFF_MAX = 120  # a live page that asks for a longer wait is left for the next crawl
# The limits of an archive (crawler.archives.protocol.Limits) are in its client. Settings such as ARCHIVE_TRIES override
# them.

CONCURRENT_ITEMS = 1  # of one answer, which has only one; Scrapy starts as many tasks for each answer (bench/crawl)
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_START_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# A running crawl accepts no commands from outside.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

PROGRESS_INTERVAL = 60  # seconds between two lines of progress if there is no terminal
LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_COLOR = False
