"""The same work on many items, spread over processes."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NoReturn, TypeVar

import cv2

from mattekit.core.errors import TooLarge

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run_on_processes(
    work: Callable[[Item], Answer], items: Sequence[Item], processes: int
) -> Generator[Answer, None, None]:
    """The results of the work on every item, in the order in which they are done.

    Args:
        work: of more than one process a function of a module, or a `partial` of one.
        processes: 0 is one a processor.
    """
    processes = processes or os.cpu_count() or 1
    if processes <= 1 or len(items) <= 1:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _start_worker)
    finished = False
    try:
        futures = [pool.submit(_one, work, item) for item in items]
        yield from (future.result() for future in as_completed(futures))
        finished = True
    except BrokenProcessPool as error:
        raise TooLarge(
            "a worker process was ended from outside, most likely for lack of memory;"
            " use fewer --processes"
        ) from error
    finally:
        if not finished:  # Ctrl-C, or nobody wants the rest
            for worker in multiprocessing.active_children():
                worker.terminate()
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """One thread a process, and Ctrl-C is the business of the main process alone."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _one(work: Callable[[Item], Answer], item: Item) -> Answer:
    """Do the work; when the process is to end, clear away the file that is being written first."""
    try:
        signal.signal(signal.SIGTERM, _leave)
        try:
            return work(item)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except SystemExit:
        os._exit(signal.SIGTERM)  # the pool would go on with the next item


def _leave(*_: object) -> NoReturn:
    raise SystemExit
