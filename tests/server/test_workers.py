"""Workers that die, hang and are full, as real processes with a tiny job."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest

from mattekit.imaging.files import encode_image
from mattekit.server.forms import CutoutForm, TrimapForm
from mattekit.server.jobs import Answer, Job, no_progress
from mattekit.server.limits import Busy, Limits, TimeOver, WorkerLost
from mattekit.server.worker_process import STOP
from mattekit.server.workers import STOP_SECONDS, Worker, Workers

ALPHA = encode_image(np.eye(16, dtype=np.float32), format="png")
PHOTO = encode_image(np.random.default_rng(0).random((900, 900, 3), np.float32), format="png")
UNKNOWN = np.full((900, 900), 0.5, np.float32)
UNKNOWN[:9], UNKNOWN[-9:] = 0, 1
LONG = Job(
    kind="cutout",
    form=CutoutForm(model="closed-form"),
    files={"photo": PHOTO, "trimap": encode_image(UNKNOWN, format="png")},
    max_pixels=10**6,
)
SLOW_MACHINE = 20  # seconds more than a machine that has nothing else to do
QUICK = Job(kind="trimap", files={"alpha": ALPHA}, form=TrimapForm(), max_pixels=1000)


pytestmark = pytest.mark.slow  # every process imports all that jobs need


@asynccontextmanager
async def workers(*, queue: int = 4, seconds: float = 60) -> AsyncIterator[Workers]:
    pool = Workers(Limits(workers=1, queue=queue, seconds=seconds, memory=None))
    pool.start()
    try:
        yield pool
    finally:
        pool.close()


def freeze(pool: Workers) -> Worker:
    (worker,) = pool.all
    assert worker.process.pid is not None
    os.kill(worker.process.pid, signal.SIGSTOP)
    return worker


def test_a_worker_that_is_ready_has_the_model_loaded() -> None:
    async def play() -> None:
        async with workers() as pool:
            while not pool.ready:
                await asyncio.sleep(0.1)
            (worker,) = pool.all
            files = [file.path for file in psutil.Process(worker.process.pid).memory_maps()]
            assert any("onnxruntime" in path for path in files)

    asyncio.run(play())


def test_a_worker_that_dies_costs_its_job_one_more_try() -> None:
    async def play() -> None:
        async with workers() as pool:
            assert (await pool.do(QUICK)).error is None
            worker = freeze(pool)
            job = asyncio.create_task(pool.do(QUICK))
            await asyncio.sleep(0.2)
            worker.process.kill()
            assert (await job).error is None
            assert pool.replaced == 1

    asyncio.run(play())


def test_a_job_over_its_time_is_ended_and_the_next_one_is_served() -> None:
    async def play() -> None:
        async with workers() as pool:
            await pool.do(QUICK)
            pool.seconds = 0.3
            freeze(pool)
            with pytest.raises(TimeOver, match="quality=fast"):
                await pool.do(QUICK)
            pool.seconds = 60
            assert (await pool.do(QUICK)).error is None

    asyncio.run(play())


def test_a_client_that_leaves_ends_its_job() -> None:
    async def play() -> None:
        async with workers() as pool:
            await pool.do(QUICK)
            frozen = freeze(pool)
            job = asyncio.create_task(pool.do(QUICK))
            await asyncio.sleep(0.2)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            while frozen in pool.all:
                await asyncio.sleep(0.1)
            assert (await pool.do(QUICK)).error is None

    asyncio.run(play())


def test_a_full_queue_says_when_to_come_back() -> None:
    async def play() -> None:
        async with workers(queue=2) as pool:
            await pool.do(QUICK)
            frozen = freeze(pool)
            jobs = [asyncio.create_task(pool.do(QUICK)) for _ in range(3)]  # one works, two wait
            await asyncio.sleep(0.2)
            with pytest.raises(Busy, match="try again in") as full:
                await pool.do(QUICK)
            assert full.value.seconds >= 1
            os.kill(frozen.process.pid or 0, signal.SIGCONT)
            assert all(answer.error is None for answer in await asyncio.gather(*jobs))

    asyncio.run(play())


def test_a_job_that_two_workers_die_over_is_given_up() -> None:
    class Doomed(Workers):
        tries = 0

        async def _once(self, job: Job, progress: object = no_progress) -> Answer:
            self.tries += 1
            raise WorkerLost

    pool = Doomed(Limits(workers=1, queue=1, seconds=1))
    with pytest.raises(WorkerLost):
        asyncio.run(pool.do(QUICK))
    assert pool.tries == 2


def test_a_client_that_leaves_does_not_cost_the_worker_if_the_job_stops_by_itself() -> None:
    async def play() -> None:
        async with workers() as pool:
            await pool.do(QUICK)
            worker = freeze(pool)
            job = asyncio.create_task(pool.do(QUICK))
            await asyncio.sleep(0.2)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            os.kill(worker.process.pid or 0, signal.SIGCONT)  # it comes to the next step in time
            assert (await pool.do(QUICK)).error is None
            assert pool.all == {worker}
            assert pool.replaced == 0

    asyncio.run(play())


def test_a_job_is_stopped_amid_its_work_and_a_late_stop_hits_no_other() -> None:
    async def play() -> None:
        async with workers() as pool:
            await pool.do(QUICK)
            (worker,) = pool.all
            told = asyncio.Event()
            job = asyncio.create_task(pool.do(LONG, lambda stage, share: told.set()))
            await told.wait()
            await asyncio.sleep(0.3)
            start = time.monotonic()
            job.cancel()
            assert (await pool.do(QUICK)).error is None
            assert time.monotonic() - start < STOP_SECONDS + SLOW_MACHINE
            for _ in range(20):
                await pool.do(QUICK)
                worker._send(STOP)  # for nobody
            assert pool.all == {worker}
            assert pool.replaced == 0

    asyncio.run(play())


def test_a_worker_that_dies_while_it_starts_is_replaced() -> None:
    async def play() -> None:
        async with workers() as pool:
            while not pool.all:
                await asyncio.sleep(0.01)
            (first,) = pool.all
            first.process.kill()
            assert not pool.ready
            assert (await pool.do(QUICK)).error is None
            assert pool.ready

    asyncio.run(play())


def test_no_request_waits_for_ever_where_no_worker_comes_up() -> None:
    async def play() -> None:
        pool = Workers(Limits(workers=1, queue=4, seconds=0.2))  # not started
        with pytest.raises(TimeOver, match="no worker was free"):
            await pool.do(QUICK)

    asyncio.run(play())


def test_workers_that_die_idle_cost_no_request() -> None:
    async def play() -> None:
        async with workers() as pool:
            await pool.do(QUICK)
            (worker,) = pool.all
            worker.process.kill()
            worker.process.join()
            assert not pool.ready
            assert (await pool.do(QUICK)).error is None

    asyncio.run(play())
