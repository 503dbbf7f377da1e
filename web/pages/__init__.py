"""The pages of the reading room. Each module has the endpoints of one kind of page, and lists them in `ROUTES`."""
