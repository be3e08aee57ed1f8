"""The same work on many items, spread over worker processes that stay for the whole batch."""

import math
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import cv2
import psutil

from mattekit.batch.failures import Failure, attempt
from mattekit.core import system
from mattekit.core.errors import TooLarge

Item = TypeVar("Item")
Answer = TypeVar("Answer")

ENDED = (
    "the process that worked on it was ended from outside twice, most likely for lack of memory; "
    "run it alone, or with fewer --processes"
)
NOT_STARTED = (
    "the process that should work on it could not start, twice; call this in a script below "
    "if __name__ == '__main__':, or use fewer processes"
)
POLL_SECONDS = 0.2
"""Seconds between two looks at limits, and at processes that died: on Windows the pipe of one that
died while it started stays open."""
MAX_ON_WINDOWS = 60
"""Processes, as many as it waits for at once."""
EXIT_SECONDS = 3.0
"""Seconds that a process has to clear away its unfinished file."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the work on one item may take; a process that takes more is ended."""

    seconds: float | None = None
    memory: int | None = None
    """Resident bytes of the process, its model included."""

    def __bool__(self) -> bool:
        return self.seconds is not None or self.memory is not None

    def exceeded(self, seconds: float, process: int | None) -> str | None:
        """What is over the limit, as a sentence."""
        if self.seconds is not None and seconds > self.seconds:
            return f"it took longer than {self.seconds:g} s and was ended; raise --item-seconds"
        if self.memory is not None:
            with suppress(psutil.NoSuchProcess):
                if psutil.Process(process).memory_info().rss > self.memory:
                    most = f"{self.memory / 2**30:.2g} GB"
                    return f"its process took more than {most} and was ended; raise --item-memory"
        return None


NO_LIMITS = Limits()


def run_on_processes(
    work: Callable[[Item], Answer],
    items: Iterable[Item],
    processes: int,
    *,
    limits: Limits = NO_LIMITS,
    stopped: Callable[[], bool] = lambda: False,
    lost: Callable[[Item, str], Answer] | None = None,
) -> Generator[Answer, None, None]:
    """The results of the work on every item, in the order in which they are done.

    Args:
        work: with more than one process a function of a module, or a `partial` of one. A process
            keeps what the function caches, such as a model.
        items: taken one by one, as processes become free.
        processes: 0 is one a processor. One process is this one, unless there are limits.
        stopped: once it is true, items at hand are finished and no other is begun.
        lost: the answer for an item whose process was ended, by a limit or twice from outside,
            given the reason; without it that is an error.
    """
    rest, processes = iter(items), processes or os.cpu_count() or 1
    first = list(islice(rest, min(processes, MAX_ON_WINDOWS) if system.WINDOWS else processes))
    if len(first) <= 1 and not limits:
        for item in chain(first, rest):
            if stopped():
                return
            yield work(item)
        return
    threads = max(1, (os.cpu_count() or 1) // max(1, len(first)))
    workers = [Worker(work, limits, threads=threads) for _ in first]
    try:
        yield from spread(workers, chain(first, rest), stopped=stopped, lost=lost)
    finally:  # also after Ctrl-C, or where the rest is not wanted
        for worker in workers:
            worker.end()


def spread(
    workers: "Sequence[Worker[Item, Answer]]",
    items: Iterable[Item],
    *,
    stopped: Callable[[], bool] = lambda: False,
    lost: Callable[[Item, str], Answer] | None = None,
) -> Generator[Answer, None, None]:
    """The same on workers that are there, and stay."""
    rest = iter(items)
    for worker, item in zip(workers, rest, strict=False):
        worker.begin(item)
    while busy := [worker for worker in workers if worker.busy]:
        with suppress(InterruptedError):  # Ctrl-C on Windows, also where a handler took note of it
            wait([worker.pipe for worker in busy], POLL_SECONDS)
        for worker in busy:
            for answer in worker.answers(lost):
                if isinstance(answer, Failure):
                    raise answer.error
                for item in islice(rest, 0 if stopped() else 1):
                    worker.begin(item)
                yield answer


class Worker(Generic[Item, Answer]):
    """One process and the item at hand."""

    def __init__(
        self, work: Callable[[Item], Answer], limits: Limits = NO_LIMITS, *, threads: int = 1
    ) -> None:
        self.work = work
        self.limits = limits
        self.threads = threads
        self.start()

    def start(self) -> None:
        """Start the process; it gets the work once."""
        context = multiprocessing.get_context("spawn")
        self.current: list[Item] = []
        self.started = False
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(self.work, theirs, self.threads), daemon=True
        )
        self.process.start()
        theirs.close()

    @property
    def busy(self) -> bool:
        return bool(self.current)

    def begin(self, item: Item, *, again: bool = False) -> None:
        """Hand over an item; its time begins when the process is up."""
        self.current, self.again = [item], again
        self.since = time.monotonic() if self.started else math.inf
        with suppress(OSError):  # the process has died, which `answers` will notice
            self.pipe.send(item)

    def answers(self, lost: Callable[[Item, str], Answer] | None) -> Iterator[Answer | Failure]:
        """The answer to the item at hand, if it is there.

        An item whose process died is begun again, but once only.
        """
        (item,) = self.current
        again, reason = self.again, ENDED if self.started else NOT_STARTED
        if self.pipe.poll():
            try:
                answer: Answer | Failure | _Started = self.pipe.recv()
            except (EOFError, OSError):
                pass  # it has died
            else:
                if isinstance(answer, _Started):
                    self.started, self.since = True, time.monotonic()
                    return
                self.current = []
                yield answer
                return
        elif self.process.is_alive():
            passed = time.monotonic() - self.since
            exceeded = self.limits.exceeded(passed, self.process.pid)
            if exceeded is None:
                return
            again, reason = True, exceeded
        self.end()
        self.start()
        if not again:
            self.begin(item, again=True)
        elif lost is None:
            raise TooLarge(reason)
        else:
            yield lost(item, reason)

    def end(self) -> None:
        """Hang up: the process leaves; one that is at work is told to, and clears away its file."""
        self.pipe.close()
        if self.busy:
            self.process.terminate()
        self.process.join(EXIT_SECONDS)
        self.process.kill()
        self.process.join()


class _Started:
    """Sent by a process that has started."""


def _serve(work: Callable[[Any], Any], pipe: Connection, threads: int) -> None:
    """Answer items until the parent hangs up.

    Ctrl-C and SIGTERM, which a whole process group receives, are for the parent: the item at hand
    is finished unless the parent hung up before it sent the signal.
    """
    cv2.setNumThreads(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # this process is ours

    def leave(*_: object) -> None:
        if pipe.poll():
            raise SystemExit

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    with suppress(OSError):  # the parent was killed, as the next line finds out
        pipe.send(_Started())
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        answer = attempt(lambda item=item: work(item))  # type: ignore[misc]
        sent = attempt(lambda answer=answer: pipe.send(answer))  # type: ignore[misc]
        if isinstance(sent, Failure):
            if isinstance(sent.error, OSError):
                return  # the parent was killed meanwhile
            pipe.send(Failure(sent.sentence, RuntimeError(sent.sentence)))
