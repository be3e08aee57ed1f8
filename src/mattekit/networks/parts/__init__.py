"""Blocks that two or more networks share unchanged."""
