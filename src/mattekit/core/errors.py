"""Every error that mattekit raises on purpose, all of them a `MattekitError`.

A message is one sentence that says what was found, what was expected, and what to do. The exit code
of the command line is 2 for `BadArgument`, and 1 for every other.
"""

from typing import Any


class MattekitError(Exception):
    """Base of all errors whose message is meant for the user.

    >>> issubclass(BadTrimap, MattekitError)
    True
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the error whatever arguments its class takes, so that processes can pass it on."""
        return _restored, (type(self), self.args), self.__dict__ or None


def _restored(kind: type[MattekitError], args: tuple[Any, ...]) -> MattekitError:
    error = kind.__new__(kind)
    error.args = args
    return error


class BadArgument(MattekitError):
    """An option or value that is not valid."""


class BadImage(MattekitError):
    """A picture that cannot be read, or has the wrong size or kind."""


class BadTrimap(MattekitError):
    """A trimap with wrong values, size or labels."""


class BadData(MattekitError):
    """A data set, list or archive with something missing or wrong."""


class BadRecipe(MattekitError):
    """A recipe with an unknown key, a wrong type or an impossible combination."""


class BadWeights(MattekitError):
    """A checkpoint of another kind, damaged, or with keys that do not fit."""


class BadOutput(MattekitError):
    """A place that cannot be written, or a file that would be overwritten."""


class NoSubject(MattekitError):
    """No hint says what the subject is, and the photo does not show it clearly."""


class TooLarge(MattekitError):
    """Work that does not fit the memory, pixel or time limit."""


class MissingExtra(MattekitError):
    """An optional part of mattekit is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        install = f'pip install "mattekit[{extra}]"'  # which every shell understands
        super().__init__(f"{what} needs the extra '{extra}'; run: {install}")
