"""The same work on many items, spread over worker processes that stay for the whole batch."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import cv2

from mattekit.batch.failures import Failure, attempt
from mattekit.core.errors import TooLarge

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run_on_processes(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    processes: int,
    *,
    stopped: Callable[[], bool] = lambda: False,
    lost: Callable[[Item], Answer] | None = None,
) -> Generator[Answer, None, None]:
    """The results of the work on every item, in the order in which they are done.

    Args:
        work: with more than one process a function of a module, or a `partial` of one. A process
            keeps what the function caches, such as a model.
        processes: 0 is one a processor.
        stopped: once it is true, items at hand are finished and no other is begun.
        lost: the answer for an item whose process was ended from outside; without it that is an
            error.
    """
    processes = min(processes or os.cpu_count() or 1, len(items))
    if processes <= 1:
        for item in items:
            if stopped():
                return
            yield work(item)
        return
    rest, workers = iter(items), [_Worker(work) for _ in range(processes)]
    try:
        for worker in workers:
            worker.begin(rest)
        while busy := [worker for worker in workers if worker.at_hand]:
            ready = wait([worker.pipe for worker in busy])
            for worker in (worker for worker in busy if worker.pipe in ready):
                (item,) = worker.at_hand
                try:
                    answer = worker.receive()
                except (EOFError, OSError):
                    if lost is None:
                        raise TooLarge(
                            "a worker process was ended from outside, most likely for lack of "
                            "memory; use fewer --processes"
                        ) from None
                    answer = lost(item)
                    worker.end()
                    worker.start()
                if isinstance(answer, Failure):
                    raise answer.error
                if not stopped():
                    worker.begin(rest)
                yield answer
    finally:  # also after Ctrl-C, or where the rest is not wanted
        for worker in workers:
            worker.end()


class _Worker(Generic[Item, Answer]):
    """One process and the item at hand."""

    def __init__(self, work: Callable[[Item], Answer]) -> None:
        self.work = work
        self.start()

    def start(self) -> None:
        """Start the process; it gets the work once."""
        context = multiprocessing.get_context("spawn")
        self.at_hand: list[Item] = []
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(self.work, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, rest: Iterator[Item]) -> None:
        """Hand over the next item, if there is one."""
        self.at_hand = list(islice(rest, 1))
        for item in self.at_hand:
            with suppress(OSError):  # the process has died, which `receive` will notice
                self.pipe.send(item)

    def receive(self) -> Answer | Failure:
        """The answer to the item at hand."""
        answer: Answer | Failure = self.pipe.recv()
        self.at_hand = []
        return answer

    def end(self) -> None:
        """Hang up; a process that is still at work leaves, its unfinished file cleared away."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    """Answer items until the parent hangs up.

    Ctrl-C and SIGTERM, which a whole process group receives, are for the parent: the item at hand
    is finished unless the parent hung up before it sent the signal.
    """
    cv2.setNumThreads(1)

    def leave(*_: object) -> None:
        if pipe.poll():
            raise SystemExit

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        answer = attempt(lambda item=item: work(item))  # type: ignore[misc]
        sent = attempt(lambda answer=answer: pipe.send(answer))  # type: ignore[misc]
        if isinstance(sent, Failure):
            pipe.send(Failure(sent.sentence, RuntimeError(sent.sentence)))
