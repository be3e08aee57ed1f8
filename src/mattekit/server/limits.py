"""What a request may cost, and what is raised beyond it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from mattekit.core.errors import MattekitError, TooLarge


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds that are on by default."""

    body: int = 64 * 2**20
    """Bytes of a request."""
    pixels: int = 40_000_000
    """Of a photo, checked before decoding."""
    seconds: float = 120.0
    """For the upload of one request, for its wait and for its work, each."""
    queue: int = 16
    """Requests that may wait for a worker; more are sent away with 429."""
    workers: int = 2
    """Processes that work, one request each at a time; with two, one may be coming up again."""
    memory: int | None = 6 * 2**30
    """Bytes of address space of a worker; more than it uses, since libraries reserve ahead."""
    kept: int = 256 * 2**20
    """Bytes of photos that are kept for further requests, and as many of results."""
    keep: float = 600.0
    """Seconds for which they are kept after the last use."""
    bodies: int = 512 * 2**20
    """Bytes of all requests at hand, unfinished ones too."""
    connections: int = 200
    """Open at a time; more are answered with 503."""
    head: float = 10.0
    """Seconds for the headers of a request, and for its first byte on a new connection."""

    @classmethod
    def for_body(cls, body: int, **others: Any) -> "Limits":
        """Limits for requests of so many bytes, several of which fit at a time."""
        return cls(
            body=body, bodies=max(cls.bodies, 4 * body), kept=max(cls.kept, 4 * body), **others
        )


class Busy(MattekitError):
    """There is no room now."""

    def __init__(self, sentence: str, seconds: int = 1) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        """After which there may be."""


class TimeOver(MattekitError):
    """The work on a job took longer than it may, or no worker was free for so long."""


class WorkerLost(MattekitError):
    """A process died over a job."""


class Crashed(MattekitError):
    """The fault is ours; the sentence says nothing about the inside."""


class NotKept(MattekitError):
    """There is nothing of that name, or not any more."""


class BodyTooLarge(TooLarge):
    """A request with more bytes than the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the request is larger than {limit / 2**20:.0f} MB; send a smaller photo, or start "
            "the server with a higher --max-body"
        )


async def limited(stream: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """The same chunks, cut off with an error once there are more bytes than the limit."""
    total = 0
    async for chunk in stream:
        total += len(chunk)
        if total > limit:
            raise BodyTooLarge(limit)
        yield chunk
