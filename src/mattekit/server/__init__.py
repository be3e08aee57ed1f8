"""HTTP server and page."""
