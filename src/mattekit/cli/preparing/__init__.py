"""Subcommands of `mattekit prepare` with more to say than their options."""
