"""The subcommands of `mattekit prepare`, one per file."""
