"""Typed descriptions of training runs: read, checked, and put to work."""
