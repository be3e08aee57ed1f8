"""What is kept for clients in memory, under names that nobody guesses, for a while."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

from mattekit.server.limits import Busy, NotKept

T = TypeVar("T")


class Shelf(Generic[T]):
    """Values by their names; one that is not asked for in some time is forgotten."""

    def __init__(self, what: str, *, seconds: float, most: int, size: Callable[[T], int]) -> None:
        """`what` is kept, as a sentence says it; `most` bytes of it, by `size` of a value."""
        self.what = what
        self.seconds = seconds
        self.most = most
        self.size = size
        self.values: dict[str, T] = {}
        self.timers: dict[str, asyncio.TimerHandle] = {}

    def check_room(self, needed: int = 0) -> None:
        """Refuse where so many bytes do not fit beside the others."""
        if sum(map(self.size, self.values.values())) + needed <= self.most:
            return
        now = asyncio.get_running_loop().time()
        ends = [timer.when() - now for timer in self.timers.values()]
        wait = max(1, round(min(ends, default=self.seconds)))
        raise Busy(
            f"the server keeps as many {self.what}s as it may ({self.most / 2**20:.0f} MB); delete "
            f"some, or try again in {wait} s",
            wait,
        )

    def add(self, value: T) -> str:
        """Keep a value, until it is dropped or the time since `renew` is over; its name."""
        self.check_room(self.size(value))
        name = secrets.token_urlsafe(16)
        self.values[name] = value
        return name

    def get(self, name: str) -> T:
        """The value of a name."""
        if name not in self.values:
            raise NotKept(
                f"there is no {self.what} of this name, or not any more: it is forgotten after "
                f"{self.seconds:.0f} s without use; send it again"
            )
        if name in self.timers:
            self.renew(name)
        return self.values[name]

    def renew(self, name: str) -> None:
        """Let the time of a value begin now, if it is still there."""
        if name in self.timers:
            self.timers.pop(name).cancel()
        if name in self.values:
            loop = asyncio.get_running_loop()
            self.timers[name] = loop.call_later(self.seconds, self.drop, name)

    def drop(self, name: str) -> T:
        """Forget a value; it is the answer."""
        value = self.get(name)
        del self.values[name]
        if name in self.timers:
            self.timers.pop(name).cancel()
        return value
