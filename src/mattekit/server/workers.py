"""A few worker processes, one job each at a time, and a short queue before them.

A thread cannot be stopped, a process can: a job over its time, or whose client has left, is ended
by ending its worker, which is replaced. A worker that dies by itself costs its job one more try.
(`ProcessPoolExecutor` would break as a whole when one of its processes dies.)
"""

import asyncio
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import TypeVar

from mattekit.server.jobs import Answer, Job, perform, warm_up

log = logging.getLogger("mattekit.server")
T = TypeVar("T")

READY = "ready"
USUAL_SECONDS = 2.0  # of a job, before any was measured


class QueueFull(Exception):
    """Too many requests wait already."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the server is busy; try again in {seconds} s")
        self.seconds = seconds


class TimeOver(Exception):
    """The work on a job took longer than it may."""


class WorkerLost(Exception):
    """A process died over a job."""


class Worker:
    """A process that does jobs, and the thread that talks to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.thread = ThreadPoolExecutor(max_workers=1)

    async def until_ready(self) -> None:
        """Wait until the process is up, has loaded the model and used it once."""
        await self._in_thread(self.pipe.recv)

    async def do(self, job: Job) -> Answer:
        """The answer to a job."""

        def exchange() -> Answer:
            self.pipe.send(job)
            answer: Answer = self.pipe.recv()
            return answer

        return await self._in_thread(exchange)

    def end(self) -> None:
        """Stop the process at once; a job under way is lost."""
        self.process.kill()
        self.process.join()
        self.thread.shutdown()
        self.pipe.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except (EOFError, OSError) as error:
            raise WorkerLost from error


class Workers:
    """The processes of a server."""

    def __init__(self, *, count: int, queue: int, seconds: float) -> None:
        self.count = count
        self.queue = queue
        self.seconds = seconds
        self.waiting = 0
        self.replaced = 0
        self.usual = USUAL_SECONDS
        """Seconds that a job takes, averaged over the last ones."""
        self.idle: asyncio.Queue[Worker] = asyncio.Queue()
        self.all: set[Worker] = set()
        self.starting: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all processes; each is idle as soon as it is ready."""
        for _ in range(self.count):
            self._start_one()

    def close(self) -> None:
        """End all processes."""
        for task in self.starting:
            task.cancel()
        for worker in self.all:
            worker.end()
        self.all.clear()

    @property
    def ready(self) -> bool:
        """Whether a worker has come up."""
        return len(self.all) > len(self.starting)

    async def do(self, job: Job) -> Answer:
        """The answer to a job, after waiting for a worker; once more if the worker dies over it."""
        if self.waiting >= self.queue:
            raise QueueFull(max(1, round(self.usual * self.waiting / self.count)))
        try:
            return await self._once(job)
        except WorkerLost:
            log.warning("a worker died over a job; the job is tried once more")
            return await self._once(job)

    async def _once(self, job: Job) -> Answer:
        self.waiting += 1
        try:
            worker = await self.idle.get()
        finally:
            self.waiting -= 1
        start = time.monotonic()
        try:
            async with asyncio.timeout(self.seconds):
                answer = await worker.do(job)
        except BaseException as error:  # also when the client leaves, which cancels this
            self._replace(worker)
            if isinstance(error, TimeoutError):
                raise TimeOver(
                    f"the work took longer than {self.seconds:.0f} s and was ended; send a "
                    "smaller photo, or ask for quality=fast"
                ) from error
            raise
        self.usual += 0.2 * (time.monotonic() - start - self.usual)
        self.idle.put_nowait(worker)
        return answer

    def _replace(self, worker: Worker) -> None:
        self.all.discard(worker)
        worker.end()
        self.replaced += 1
        self._start_one()

    def _start_one(self) -> None:
        worker = Worker()
        self.all.add(worker)
        task = asyncio.create_task(self._admit(worker))
        self.starting.add(task)
        task.add_done_callback(self.starting.discard)

    async def _admit(self, worker: Worker) -> None:
        await worker.until_ready()
        self.idle.put_nowait(worker)


def _serve(pipe: Connection) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the listening process says when it is over
    warm_up()
    pipe.send(READY)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(perform(job))
