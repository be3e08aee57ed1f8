"""How long does the server take over a stroke, and what does it bear from many clients?

    python benchmarks/speed_server.py [--quick] [--only strokes|whole|load|deaths]

A stroke of 300 px on a photo of 2 megapixels, and a loop of 300 by 300 px, are sent as windows:
what is around them, cut out of photo and trimap. A photo that the server keeps is clicked on and
cut as a whole, and one of 12 megapixels is cut in the background, from the upload to the finished
file. The load is small cut-outs from 8 clients; a client that is sent away with 429 comes again
when told. Memory is that of the server and its workers. In the last table nobody comes again, a
worker process is killed every ten seconds, and memory is that of the process that listens.
"""

import random
import re
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import httpx
import numpy as np
import psutil
from harness import Options, Report, clock, clocked, command

from mattekit.client import Client
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
LARGE = (3000, 4000)  # 12 megapixels
BETWEEN_DEATHS = 10.0  # seconds

Window = tuple[slice, slice]
Parts = dict[str, bytes]


@contextmanager
def server() -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """A client of a server that is up, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = command("serve", "--port", port, "--workers", WORKERS)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
            wait_until_ready(client)
            yield client, psutil.Process(process.pid)
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


def parts_of(image: Image, trimap: Trimap, *, at_once: int = AT_ONCE) -> Parts:
    """Photo and trimap as files, with so many pixels at most."""
    scale = min(1.0, (at_once / trimap.size) ** 0.5)
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


def time_whole(report: Report, client: httpx.Client, size: Size, large: Size, repeats: int) -> None:
    """The table of what is asked of whole photos, over Python's client."""
    sample, huge = scene(7, size, kind="blob"), scene(8, large, kind="blob")
    assert sample.trimap is not None
    assert huge.trimap is not None
    trimap = parts_of(sample.image, sample.trimap, at_once=sample.trimap.size)["trimap"]
    file = encode_image(huge.image, format="jpeg")
    labels = encode_image(to_float(to_pixels(huge.trimap)), format="png")
    rows, columns = np.nonzero(sample.alpha > 0.99)
    point = int(columns[len(columns) // 2]), int(rows[len(rows) // 2])
    table = report.table("what is asked | median s:.2f | worst s:.2f")
    with Client(str(client.base_url)) as server:
        kept = server.upload(encode_image(sample.image, format="jpeg"))
        cut = partial(server.cutout, kept, output="matte")
        asked: dict[str, Callable[[], object]] = {
            "a click, quality=fast": partial(cut, point=point, quality="fast"),
            "a click": partial(cut, point=point),
            "the whole matte": partial(cut, trimap=trimap),
            f"{large[1]}x{large[0]} in the background": partial(server.job, file, trimap=labels),
        }
        for name, ask in asked.items():
            times = [taken.wall for taken in clocked(ask, repeats)]
            table.row(name, statistics.median(times), max(times))


def bear_deaths(
    report: Report, client: httpx.Client, process: psutil.Process, size: Size, requests: int
) -> None:
    """The table of what comes back while a worker is killed every ten seconds."""
    sample = scene(7, size, kind="blob")
    assert sample.trimap is not None
    parts = parts_of(sample.image, sample.trimap)
    over, killed = threading.Event(), 0
    chance = random.Random(0)

    def kill() -> None:
        nonlocal killed
        while not over.wait(BETWEEN_DEATHS):
            found = [child for child in process.children() if "spawn_main" in str(child.cmdline())]
            if found:
                chance.choice(found).kill()
                killed += 1

    def ask(_: int) -> tuple[int, int]:
        status = client.post("/v1/cutout", files=parts, data={"output": "matte"}).status_code
        return status, process.memory_info().rss

    killer = threading.Thread(target=kill)
    killer.start()
    with ThreadPoolExecutor(CLIENTS) as clients, clock() as taken:
        done = list(clients.map(ask, range(requests)))
    over.set()
    killer.join()
    statuses = Counter(status for status, _ in done)
    shown = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    early, last = done[requests // 10][1] / 2**20, done[-1][1] / 2**20
    sizes = "MB after a tenth:.0f | MB at the end:.0f | growth:+.1%"
    table = report.table(f"answers | workers killed:d | seconds:.0f | {sizes}")
    table.row(shown, killed, taken.wall, early, last, last / early - 1)


def main() -> None:
    parser = Options(__doc__, quick="small photos and few requests")
    parser.add_argument("--only", choices=("strokes", "whole", "load", "deaths"))
    options = parser.parse_args()
    quick = options.quick
    size = (480, 640) if quick else (1224, 1632)
    with Report(options.json) as report, server() as (client, process):
        report.say(f"{size[1]}x{size[0]}, {WORKERS} workers, {psutil.cpu_count()} cores")
        large, small = ((600, 800), (96, 128)) if quick else (LARGE, (240, 320))
        parts = {
            "strokes": partial(time_strokes, report, client, size, 2 if quick else 10),
            "whole": partial(time_whole, report, client, size, large, 1 if quick else 3),
            "load": partial(bear_load, report, client, 100 if quick else 500),
            "deaths": partial(bear_deaths, report, client, process, small, 40 if quick else 200),
        }
        for name, part in parts.items():
            if options.only in (None, name):
                part()


if __name__ == "__main__":
    main()
