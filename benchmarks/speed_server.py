"""How long does the server take over a stroke, and what does it bear from many clients?

    python benchmarks/speed_server.py [--quick] [--only strokes|whole|load|deaths]

A stroke of 300 px on a photo of 2 megapixels, and a loop of 300 by 300 px, are sent as windows:
what is around them, cut out of photo and trimap. A photo that the server keeps is clicked on and
cut as a whole, and one of 12 megapixels is cut in the background, from the upload to the finished
file. The load is small cut-outs from 8 clients; a client that is sent away with 429 comes again
when told. Memory is that of the server and its workers. In the last table nobody comes again, and
a worker process is killed every ten seconds.
"""

import argparse
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import numpy as np
import psutil

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
    command = [sys.executable, "-m", "mattekit", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", str(WORKERS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
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


def seconds_of(client: httpx.Client, parts: Parts, repeats: int) -> list[float]:
    """Times of the same request."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        post(client, parts)
        taken.append(time.perf_counter() - start)
    return taken


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
    found = re.search(r"^mattekit_memory_bytes (\d+)", client.get("/metrics").text, re.M)
    assert found is not None
    return int(found[1]) / 2**20


def report_strokes(client: httpx.Client, size: Size, repeats: int) -> None:
    """The table of latencies."""
    sample = scene(7, size, kind="blob")
    assert sample.trimap is not None
    changes: dict[str, Window] = {
        "a stroke": stroke_window(sample.trimap, BRUSH),
        "a loop": stroke_window(sample.trimap, STROKE),
        "everything": (slice(None), slice(None)),
    }
    print("| what changed | pixels | unknown | median s | worst s |")
    print("|---|--:|--:|--:|--:|")
    for name, window in changes.items():
        trimap = sample.trimap[window]
        taken = seconds_of(client, parts_of(sample.image[window], trimap), repeats)
        cells = (name, f"{trimap.size:,}", f"{(trimap == UNKNOWN).mean():.0%}")
        times = (f"{statistics.median(taken):.2f}", f"{max(taken):.2f}")
        print("| " + " | ".join([*cells, *times]) + " |", flush=True)


def report_load(client: httpx.Client, requests: int) -> None:
    """The table of throughput and memory."""
    sample = scene(7, 128, kind="blob")
    assert sample.trimap is not None
    parts = parts_of(sample.image, sample.trimap)
    early = requests // 10
    print(f"\n| requests | per second | sent away | MB after {early} | MB at the end | growth |")
    print("|--:|--:|--:|--:|--:|--:|")
    with ThreadPoolExecutor(CLIENTS) as clients:
        start = time.perf_counter()
        done = list(clients.map(lambda _: post(client, parts), range(early)))
        before = memory(client)
        done += clients.map(lambda _: post(client, parts), range(requests - early))
        rate = requests / (time.perf_counter() - start)
    after = memory(client)
    sizes = f"{before:.0f} | {after:.0f} | {after / before - 1:+.1%}"
    print(f"| {requests} | {rate:.1f} | {sum(done)} | {sizes} |")


def report_whole(client: httpx.Client, size: Size, large: Size, repeats: int) -> None:
    """The table of what is asked of whole photos, over Python's client."""
    with Client(str(client.base_url)) as server:
        sample = scene(7, size, kind="blob")
        kept = server.upload(encode_image(sample.image, format="jpeg"))
        rows, columns = np.nonzero(sample.alpha > 0.99)
        point = int(columns[len(columns) // 2]), int(rows[len(rows) // 2])
        trimap = parts_of(sample.image, sample.trimap, at_once=sample.trimap.size)["trimap"]
        huge = scene(8, large, kind="blob")
        file, labels = encode_image(huge.image, format="jpeg"), to_float(to_pixels(huge.trimap))
        hint = encode_image(labels, format="png")
        asked: dict[str, Callable[[], object]] = {
            "a click, quality=fast": lambda: server.cutout(
                kept, point=point, output="matte", quality="fast"
            ),
            "a click": lambda: server.cutout(kept, point=point, output="matte"),
            "the whole matte": lambda: server.cutout(kept, trimap=trimap, output="matte"),
            f"{large[1]}x{large[0]}, in the background": lambda: server.job(file, trimap=hint),
        }
        print("\n| what is asked | median s | worst s |\n|---|--:|--:|")
        for name, ask in asked.items():
            taken = []
            for _ in range(repeats):
                start = time.perf_counter()
                ask()
                taken.append(time.perf_counter() - start)
            print(f"| {name} | {statistics.median(taken):.2f} | {max(taken):.2f} |", flush=True)


def report_deaths(client: httpx.Client, process: psutil.Process, size: Size, requests: int) -> None:
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

    def ask(number: int) -> tuple[int, int]:
        status = client.post("/v1/cutout", files=parts, data={"output": "matte"}).status_code
        return status, process.memory_info().rss

    killer = threading.Thread(target=kill)
    killer.start()
    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        done = list(clients.map(ask, range(requests)))
    seconds = time.perf_counter() - start
    over.set()
    killer.join()
    statuses = Counter(status for status, _ in done)
    shown = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    early, last = done[requests // 10][1], done[-1][1]
    print("\n| requests | answers | workers killed | seconds | MB of the listener, then | growth |")
    print("|--:|---|--:|--:|--:|--:|")
    sizes = f"{early / 2**20:.0f}, {last / 2**20:.0f} | {last / early - 1:+.1%}"
    print(f"| {requests} | {shown} | {killed} | {seconds:.0f} | {sizes} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small photos and few requests")
    parser.add_argument("--only", choices=("strokes", "whole", "load", "deaths"))
    options = parser.parse_args()
    quick = options.quick
    size = (480, 640) if quick else (1224, 1632)
    print(f"{size[1]}x{size[0]}, {WORKERS} workers, {psutil.cpu_count()} cores\n")
    with server() as (client, process):
        reports: dict[str, Callable[[], None]] = {
            "strokes": lambda: report_strokes(client, size, repeats=2 if quick else 10),
            "whole": lambda: report_whole(
                client, size, (600, 800) if quick else LARGE, repeats=1 if quick else 3
            ),
            "load": lambda: report_load(client, requests=100 if quick else 500),
            "deaths": lambda: report_deaths(
                client, process, (96, 128) if quick else (240, 320), requests=40 if quick else 200
            ),
        }
        for name, report in reports.items():
            if options.only in (None, name):
                report()


if __name__ == "__main__":
    main()
