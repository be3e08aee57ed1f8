"""How long does the server take over a stroke, and what does it bear from many clients?

    python benchmarks/speed_server.py [--quick]

A stroke of 300 px on a photo of 2 megapixels is sent as the page sends it: the window around the
stroke, cut out of photo and trimap; and the whole at quality=fast, which large changes take. The
load is small cut-outs from 8 clients; a client that is sent away with 429 comes again when told.
Memory is that of the server and its workers.
"""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import numpy as np
import psutil

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample, Size
from mattekit.imaging.files import encode_image
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.synthetic.scene import scene

STROKE = 300  # pixels long
CONTEXT = 64  # pixels around a stroke that the page sends along
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
    command = [sys.executable, "-m", "mattekit", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", str(WORKERS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
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


def stroke_window(sample: Sample) -> Window:
    """The window that the page sends for a stroke along the subject's edge."""
    rows, columns = np.nonzero(sample.trimap == UNKNOWN)
    middle = len(rows) // 2
    margin = CONTEXT
    while True:
        window = around(rows[middle], columns[middle], margin)
        labels = sample.trimap[window]
        if BACKGROUND in labels and FOREGROUND in labels:
            return window
        margin *= 2


def around(row: int, column: int, margin: int) -> Window:
    """A horizontal stroke with a margin."""
    top, left = max(0, row - margin), max(0, column - STROKE // 2 - margin)
    return slice(top, row + margin), slice(left, column + STROKE // 2 + margin)


def parts_of(sample: Sample, window: Window) -> Parts:
    """Photo and trimap of a window, as files."""
    labels = to_float(to_pixels(sample.trimap[window]))
    return {
        "photo": encode_image(sample.image[window], format="png"),
        "trimap": encode_image(labels, format="png"),
    }


def seconds_of(client: httpx.Client, parts: Parts, quality: str, repeats: int) -> list[float]:
    """Times of the same request, after one for each worker that is not counted."""
    taken = []
    for _ in range(WORKERS + repeats):
        start = time.perf_counter()
        post(client, parts, quality)
        taken.append(time.perf_counter() - start)
    return taken[WORKERS:]


def post(client: httpx.Client, parts: Parts, quality: str) -> int:
    """Ask for an alpha until there is one; how often the client was sent away."""
    for refusals in range(1000):
        response = client.post(
            "/v1/cutout", files=parts, data={"output": "alpha", "quality": quality}
        )
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
    window = stroke_window(sample)
    whole = (slice(None), slice(None))
    print("| what changed | pixels sent | quality | median s | worst s |")
    print("|---|--:|---|--:|--:|")
    for name, part, quality in (("a stroke", window, "full"), ("everything", whole, "fast")):
        taken = seconds_of(client, parts_of(sample, part), quality, repeats)
        median, pixels = statistics.median(taken), sample.alpha[part].size
        print(f"| {name} | {pixels:,} | {quality} | {median:.2f} | {max(taken):.2f} |", flush=True)


def report_load(client: httpx.Client, requests: int) -> None:
    """The table of throughput and memory."""
    parts = parts_of(scene(7, 128, kind="blob"), (slice(None), slice(None)))
    print(
        "\n| requests | per second | sent away, came again | MB after a quarter | MB at the end |"
    )
    print("|--:|--:|--:|--:|--:|")
    with ThreadPoolExecutor(CLIENTS) as clients:
        start = time.perf_counter()
        done = list(clients.map(lambda _: post(client, parts, "full"), range(requests // 4)))
        early = memory(client)
        done += clients.map(lambda _: post(client, parts, "full"), range(requests - len(done)))
        rate = requests / (time.perf_counter() - start)
    print(f"| {requests} | {rate:.1f} | {sum(done)} | {early:.0f} | {memory(client):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small photo and few requests")
    quick = parser.parse_args().quick
    size = (480, 640) if quick else (1224, 1632)
    print(f"{size[1]}x{size[0]}, {WORKERS} workers, {psutil.cpu_count()} cores\n")
    with server() as client:
        report_strokes(client, size, repeats=2 if quick else 10)
        report_load(client, requests=40 if quick else 500)


if __name__ == "__main__":
    main()
