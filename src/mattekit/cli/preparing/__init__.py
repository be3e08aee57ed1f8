"""The words of `mattekit prepare`, one a file."""
