"""What is kept for clients in memory, under names that nobody guesses, for a while."""

import asyncio
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
CLOCK = 0.05  # seconds by which a timer may be early


class NotKept(Exception):
    """There is nothing of that name, or not any more."""


class Full(Exception):
    """So much is kept already that nothing more fits."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        """When some of it will have expired."""


@dataclass
class _Entry(Generic[T]):
    value: T
    expires: float


class Shelf(Generic[T]):
    """Values by their names; one that is not asked for in some time is forgotten."""

    def __init__(self, what: str, *, seconds: float, most: int, size: Callable[[T], int]) -> None:
        """`what` is kept, as a sentence says it; `most` bytes of it, by `size` of a value."""
        self.what = what
        self.seconds = seconds
        self.most = most
        self.size = size
        self.entries: dict[str, _Entry[T]] = {}

    @property
    def bytes(self) -> int:
        """Bytes of all values."""
        return sum(self.size(entry.value) for entry in self.entries.values())

    def check_room(self, needed: int = 0) -> None:
        """Refuse where so many bytes do not fit beside the others."""
        if self.bytes + needed <= self.most:
            return
        first = min((entry.expires for entry in self.entries.values()), default=math.inf)
        wait = max(1, round(min(first - self._now(), self.seconds)))
        raise Full(
            f"the server keeps as many {self.what}s as it may ({self.most / 2**20:.0f} MB); delete "
            f"some, or try again in {wait} s",
            wait,
        )

    def add(self, value: T, *, expires: bool = True) -> str:
        """Keep a value; its name. One that does not expire is kept until `renew`."""
        self.check_room(self.size(value))
        name = secrets.token_urlsafe(16)
        self.entries[name] = _Entry(value, math.inf)
        if expires:
            self.renew(name)
        return name

    def get(self, name: str) -> T:
        """The value of a name."""
        if name not in self.entries:
            raise NotKept(
                f"there is no {self.what} of this name, or not any more: it is forgotten after "
                f"{self.seconds:.0f} s without use; send it again"
            )
        entry = self.entries[name]
        if entry.expires < math.inf:
            self.renew(name)
        return entry.value

    def renew(self, name: str) -> None:
        """Let the time of a value begin now."""
        if name in self.entries:
            self.entries[name].expires = self._now() + self.seconds
            asyncio.get_running_loop().call_later(self.seconds, self._forget_expired)

    def drop(self, name: str) -> T:
        """Forget a value; it is the answer."""
        value = self.get(name)
        del self.entries[name]
        return value

    def _forget_expired(self) -> None:
        now = self._now() + CLOCK
        self.entries = {n: entry for n, entry in self.entries.items() if entry.expires > now}

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
