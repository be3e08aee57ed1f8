"""A real server under load: every request is answered, memory is flat, and it ends when asked."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import psutil
import pytest

from mattekit.core.types import Sample
from mattekit.imaging.files import encode_image, read_trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.synthetic.scene import scene

pytestmark = pytest.mark.slow

REQUESTS, CLIENTS = 200, 8
CUT_OUTS = 50
ALPHA = encode_image(np.eye(64, dtype=np.float32), format="png")
FLAT = 1.05  # memory at the end, of that after some of the requests
BUSY = {429, 503}
Served = Any  # of conftest


@pytest.fixture(scope="module")
def served(serve: Callable[..., Served]) -> Served:
    return serve("--workers", "2", "--queue", "4")


def workers_of(served: Served) -> list[psutil.Process]:
    children = psutil.Process(served.process.pid).children()
    return [child for child in children if "spawn_main" in words_of(child)]


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has just been ended
        return ""


def memory_of(served: Served) -> int:
    """Bytes of the listening process: workers come and go."""
    return memory_of_process(psutil.Process(served.process.pid))


def memory_of_process(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


async def answered(client: httpx.AsyncClient) -> list[int]:
    """All status codes that one request met until it was done."""
    met = []
    while True:
        response = await client.post("/v1/trimap", files={"alpha": ALPHA})
        met.append(response.status_code)
        if response.status_code not in BUSY:
            assert read_trimap(response.content).shape == (64, 64)
            return met
        assert response.status_code == 503 or int(response.headers["Retry-After"]) >= 1
        await asyncio.sleep(0.2)


def test_200_requests_of_8_clients_are_answered_though_a_worker_is_killed(served: Served) -> None:
    victim = workers_of(served)[0]
    memory: list[int] = []

    async def one_client(client: httpx.AsyncClient) -> list[int]:
        met = []
        for _ in range(REQUESTS // CLIENTS):
            met += await answered(client)
            memory.append(memory_of(served))
            if len(memory) == REQUESTS // 2:
                victim.kill()
        return met

    async def play() -> list[int]:
        async with httpx.AsyncClient(base_url=served.url, timeout=120) as client:
            everyone = await asyncio.gather(*(one_client(client) for _ in range(CLIENTS)))
            return [code for met in everyone for code in met]

    met = asyncio.run(play())
    assert met.count(200) == REQUESTS
    assert set(met) <= {200, *BUSY}
    assert len(memory) == REQUESTS
    assert memory[-1] <= FLAT * memory[REQUESTS // 4]
    assert victim.pid not in [worker.pid for worker in workers_of(served)]


def test_cut_outs_of_many_sizes_leave_no_memory_behind(serve: Callable[..., Served]) -> None:
    served = serve("--workers", "1")
    pictures = [scene(7, side, kind="blob") for side in (96, 112, 128)]
    requests = [
        {"photo": encode_image(one.image, format="png"), "trimap": trimap_of(one)}
        for one in pictures
    ]
    memory = []
    with httpx.Client(base_url=served.url, timeout=120) as client:
        for number in range(CUT_OUTS):
            response = client.post("/v1/cutout", files=requests[number % len(requests)])
            assert response.status_code == 200, response.text
            memory.append(memory_of(served) + memory_of_process(workers_of(served)[0]))
    assert memory[-1] <= FLAT * memory[CUT_OUTS // 10]


def trimap_of(sample: Sample) -> bytes:
    assert sample.trimap is not None
    return encode_image(to_float(to_pixels(sample.trimap)), format="png")


def test_a_client_that_leaves_frees_its_worker(served: Served) -> None:
    before = {worker.pid for worker in workers_of(served)}
    for worker in workers_of(served):
        worker.suspend()  # so that the work lasts for as long as the client waits
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{served.url}/v1/trimap", files={"alpha": ALPHA}, timeout=1)
    end = time.monotonic() + 60
    while before <= {worker.pid for worker in workers_of(served)}:
        assert time.monotonic() < end, "the worker was not replaced"
        time.sleep(0.1)
    for worker in workers_of(served):
        worker.resume()
    answer = httpx.post(f"{served.url}/v1/trimap", files={"alpha": ALPHA}, timeout=120)
    assert answer.status_code == 200


def test_sigterm_lets_a_request_finish_and_leaves_nothing_behind(
    serve: Callable[..., Served],
) -> None:
    served = serve("--workers", "1")
    (worker,) = workers_of(served)
    head = b"POST /v1/trimap HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; "
    part = b'--x\r\nContent-Disposition: form-data; name="alpha"; filename="a"\r\n\r\n'
    body = part + ALPHA + b"\r\n--x--\r\n"
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(head + b"boundary=x\r\nContent-Length: %d\r\n\r\n" % len(body))
        client.sendall(body[:100])
        time.sleep(1)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        client.sendall(body[100:])
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    served.process.wait(60)
    assert not worker.is_running()
