"""A few worker processes, one job each at a time, and a short queue before them.

A job whose client has left, or that is over its time, is asked to stop; one that does not is ended
with its process, and another takes its place. A worker that dies, while starting too, is replaced,
at growing intervals.
(`ProcessPoolExecutor` would break as a whole when one of its processes dies.)
"""

import asyncio
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mattekit.cutouts.cutout import Progress
from mattekit.server.jobs import Answer, Job, no_progress
from mattekit.server.limits import Busy, Limits, TimeOver, WorkerLost
from mattekit.server.worker_process import STOP, serve

log = logging.getLogger("mattekit.server")
T = TypeVar("T")

ASSUMED_SECONDS = 2.0  # of a job, before any was measured
STOP_SECONDS = 4.0  # seconds that a job has to stop by itself
BACK_OFF = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a worker is started again, by how many died while starting."""


class Worker:
    """A process that does jobs, and the thread that talks to it."""

    def __init__(self, memory: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, memory), daemon=True)
        self.process.start()
        theirs.close()
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.sending = threading.Lock()
        self.started = False

    @property
    def ready(self) -> bool:
        """Whether the process came up, and is still there."""
        return self.started and self.process.is_alive()

    async def until_started(self) -> None:
        """Wait until the process has loaded the model and used it once."""
        await self._in_thread(self.pipe.recv)
        self.started = True

    async def do(self, job: Job, progress: Progress = no_progress) -> Answer:
        """The answer to a job; its progress is told in the loop."""
        loop = asyncio.get_running_loop()

        def exchange() -> Answer:
            self._send(job)
            while not isinstance(message := self.pipe.recv(), Answer):
                loop.call_soon_threadsafe(progress, *message)
            return message

        return await self._in_thread(exchange)

    async def stop_job(self) -> bool:
        """Ask the job under way to stop; whether the worker is free again."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.to_thread(self._send, STOP)
                await self._in_thread(lambda: None)  # runs when the exchange is over
        except (TimeoutError, WorkerLost, OSError):
            return False
        return self.ready

    async def end(self) -> None:
        """Stop the process at once; a job under way is lost."""
        self.process.kill()
        await asyncio.to_thread(self.release)

    def release(self) -> None:
        """Wait until a killed process is gone, and close what belonged to it."""
        self.process.join()
        self.thread.shutdown()
        self.pipe.close()

    def _send(self, message: Job | str) -> None:
        """Send whole; a stop may come while a job is being sent."""
        with self.sending:
            self.pipe.send(message)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except (EOFError, OSError) as error:
            raise WorkerLost(
                "the work on this picture ended unexpectedly, twice; try a smaller photo"
            ) from error


class Workers:
    """The processes of a server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.waiting = 0
        self.replaced = 0
        self.mean_seconds = ASSUMED_SECONDS
        """Seconds that a job takes, averaged over the last ones."""
        self.idle: asyncio.Queue[Worker] = asyncio.Queue()
        self.all: set[Worker] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all processes; each is idle as soon as it is ready."""
        for _ in range(self.limits.workers):
            self._in_background(self._start_one())

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        for worker in self.all:
            worker.process.kill()
        for worker in self.all:
            worker.release()
        self.all.clear()

    @property
    def ready(self) -> bool:
        """Whether there is a worker that can answer."""
        return any(worker.ready for worker in self.all)

    def check_queue(self) -> None:
        """Refuse where too many wait already."""
        if self.waiting >= self.limits.queue:
            wait = max(1, round(self.mean_seconds * self.waiting / self.limits.workers))
            raise Busy(f"the server is busy; try again in {wait} s", wait)

    async def do(self, job: Job, progress: Progress = no_progress) -> Answer:
        """The answer to a job, after waiting for a worker; once more if the worker dies over it."""
        self.check_queue()
        try:
            return await self._once(job, progress)
        except WorkerLost:
            log.warning("a worker died over a job; the job is tried once more")
            return await self._once(job, progress)

    async def _once(self, job: Job, progress: Progress) -> Answer:
        worker = await self._free_worker()
        start = time.monotonic()
        try:
            async with asyncio.timeout(self.limits.seconds):
                answer = await worker.do(job, progress)
        except BaseException as error:
            lost = isinstance(error, WorkerLost)
            self._in_background(self._replace(worker) if lost else self._reclaim(worker))
            if isinstance(error, TimeoutError):
                raise TimeOver(
                    f"the work took longer than {self.limits.seconds:.0f} s and was ended; send a "
                    "smaller photo, or ask for quality=fast"
                ) from error
            raise
        self.mean_seconds += 0.2 * (time.monotonic() - start - self.mean_seconds)
        self.idle.put_nowait(worker)
        return answer

    async def _free_worker(self) -> Worker:
        """A living worker that has nothing to do; one that died meanwhile is replaced."""
        self.waiting += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                while True:
                    worker = await self.idle.get()
                    if worker.ready:
                        return worker
                    self._in_background(self._replace(worker))
        except TimeoutError as error:
            raise TimeOver(
                f"no worker was free for {self.limits.seconds:.0f} s; try again in a minute"
            ) from error
        finally:
            self.waiting -= 1

    async def _reclaim(self, worker: Worker) -> None:
        if await worker.stop_job():
            self.idle.put_nowait(worker)
        else:
            await self._replace(worker)

    async def _replace(self, worker: Worker) -> None:
        self.all.discard(worker)
        self.replaced += 1
        await asyncio.gather(worker.end(), self._start_one())

    async def _start_one(self) -> None:
        """Start workers until one is ready."""
        for failures in range(10**6):
            await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
            worker = Worker(self.limits.memory)
            self.all.add(worker)
            try:
                await worker.until_started()
            except WorkerLost:
                log.warning("a worker died while it started; another one is started")
                self.all.discard(worker)
                await worker.end()
            else:
                self.idle.put_nowait(worker)
                return

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
