"""`python -m mattekit` is the command `mattekit`."""

from mattekit.cli.main import main

if __name__ == "__main__":
    main()
