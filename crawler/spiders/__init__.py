"""The two crawls: of the live pages, and of the archive."""
