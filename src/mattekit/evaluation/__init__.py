"""Folders of results: pair the files, measure them, compare, report, inspect."""
