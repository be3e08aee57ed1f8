"""The same work on many items."""
