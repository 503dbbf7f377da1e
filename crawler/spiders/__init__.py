"""The two crawls. `live` fetches the pages as they are today; `archive` fetches captures from a web archive."""
