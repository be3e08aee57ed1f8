"""How long does the server take over a stroke, and what does it bear from many clients?

    python benchmarks/speed_server.py [--quick]

A stroke of 300 px on a photo of 2 megapixels, and a loop of 300 by 300 px, are sent as the page
sends them: the window around them, cut out of photo and trimap; and the whole, reduced to 0.3
megapixels, as the page asks for a preview. The load is small cut-outs from 8 clients; a client that
is sent away with 429 comes again when told. Memory is that of the server and its workers.
"""

import re
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import httpx
import numpy as np
import psutil
from harness import Options, Report, clock, clocked, command

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Image, Size, Trimap
from mattekit.imaging.files import encode_image
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import to_pixels
from mattekit.synthetic.scene import scene

STROKE = 300  # pixels long
BRUSH = 40  # its width
CONTEXT = 64  # pixels around a stroke that the page sends along
AT_ONCE = 300_000  # pixels that the page asks for at once
CLIENTS = 8
WORKERS = 2

Window = tuple[slice, slice]
Parts = dict[str, bytes]


@contextmanager
def server() -> Iterator[httpx.Client]:
    """A client of a server that is up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = command("serve", "--port", port, "--workers", WORKERS)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
            wait_until_ready(client)
            yield client
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(client: httpx.Client) -> None:
    """Until all workers are up."""
    while True:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)


def stroke_window(trimap: Trimap, height: int) -> Window:
    """The window that the page sends for a stroke, so high, along the subject's edge."""
    rows, columns = np.nonzero(trimap == UNKNOWN)
    middle = len(rows) // 2
    margin = CONTEXT
    while True:
        place = int(rows[middle]), int(columns[middle])
        window = around(place, (height // 2 + margin, STROKE // 2 + margin))
        if BACKGROUND in trimap[window] and FOREGROUND in trimap[window]:
            return window
        margin *= 2


def around(place: tuple[int, int], reach: tuple[int, int]) -> Window:
    """Rows and columns that are so near to a place."""
    rows, columns = (
        slice(max(0, at - far), at + far) for at, far in zip(place, reach, strict=True)
    )
    return rows, columns


def parts_of(image: Image, trimap: Trimap) -> Parts:
    """Photo and trimap as files, at a size that the page asks for at once."""
    scale = min(1.0, (AT_ONCE / trimap.size) ** 0.5)
    size = round(trimap.shape[0] * scale), round(trimap.shape[1] * scale)
    labels = resize(trimap, size, "labels")
    return {
        "photo": encode_image(resize(image, size), format="png"),
        "trimap": encode_image(to_float(to_pixels(labels)), format="png"),
    }


def post(client: httpx.Client, parts: Parts) -> int:
    """Ask for a matte until there is one; how often the client was sent away."""
    for refusals in range(1000):
        response = client.post("/v1/cutout", files=parts, data={"output": "matte"})
        if response.status_code != 429:
            response.raise_for_status()
            return refusals
        time.sleep(float(response.headers["Retry-After"]))
    raise TimeoutError("the server was busy for 1000 tries")


def memory(client: httpx.Client) -> float:
    """Megabytes of the server and its workers."""
    found = re.search(r"^mattekit_memory_bytes (\S+)", client.get("/metrics").text, re.M)
    assert found is not None
    return float(found[1]) / 2**20


def time_strokes(report: Report, client: httpx.Client, size: Size, repeats: int) -> None:
    """The table of latencies."""
    sample = scene(7, size, kind="blob")
    assert sample.trimap is not None
    changes: dict[str, Window] = {
        "a stroke": stroke_window(sample.trimap, BRUSH),
        "a loop": stroke_window(sample.trimap, STROKE),
        "everything": (slice(None), slice(None)),
    }
    columns = "what changed | pixels:, | unknown:.0% | median s:.2f | worst s:.2f"
    table = report.table(columns)
    for name, window in changes.items():
        trimap = sample.trimap[window]
        ask = partial(post, client, parts_of(sample.image[window], trimap))
        times = [taken.wall for taken in clocked(ask, repeats)]
        unknown = (trimap == UNKNOWN).mean()
        table.row(name, trimap.size, unknown, statistics.median(times), max(times))


def bear_load(report: Report, client: httpx.Client, requests: int) -> None:
    """The table of throughput and memory."""
    sample = scene(7, 128, kind="blob")
    assert sample.trimap is not None
    ask = partial(post, client, parts_of(sample.image, sample.trimap))
    early = requests // 10
    with ThreadPoolExecutor(CLIENTS) as clients, clock() as taken:
        done = list(clients.map(lambda _: ask(), range(early)))
        before = memory(client)
        done += clients.map(lambda _: ask(), range(requests - early))
    after = memory(client)
    sizes = f"MB after {early}:.0f | MB at the end:.0f | growth:+.1%"
    table = report.table(f"requests:d | per second:.1f | sent away:d | {sizes}")
    rate = requests / taken.wall
    table.row(requests, rate, sum(done), before, after, after / before - 1)


def main() -> None:
    options = Options(__doc__, quick="a small photo and few requests").parse_args()
    size = (480, 640) if options.quick else (1224, 1632)
    with Report(options.json) as report, server() as client:
        report.say(f"{size[1]}x{size[0]}, {WORKERS} workers, {psutil.cpu_count()} cores")
        time_strokes(report, client, size, repeats=2 if options.quick else 10)
        bear_load(report, client, requests=100 if options.quick else 500)


if __name__ == "__main__":
    main()
