"""How many photos does a batch do in a second, and what does a million of them cost?

    python benchmarks/speed_batch.py [--quick] [--photos 500] [--priced 8] [--items 5000]

The same small photos with their trimaps by the shipped network: one local process, two, two
workers of Ray on local files, and two processes on an S3 server of this machine (moto, a share of
the processors with the rest; extras `cloud` and `ray` and moto, else left out). A rate is of photos
after the first result, so that neither starting processes nor opening networks is in it. The price
is of photos of 2 megapixels with trimaps: CPU seconds of a run over several less those of a run
over one. At last the memory of the process that hands out items, whose work is a stand-in.
"""

import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psutil
from harness import Options, Report
from speed_cutout import photo

from mattekit.batch.runner import Item, Outcome, plan_items, run_items
from mattekit.imaging.files import write_image, write_trimap

SMALL, PRICED = 0.06, 2.0
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def draw(folder: Path, megapixels: float, count: int) -> list[str]:
    """So many photos and trimaps of a size; the words that name them."""
    image, _, trimap = photo(megapixels)
    for number in range(count):
        write_image(folder / "photos" / f"{number:05}.png", image)
        write_trimap(folder / "hints" / f"{number:05}.png", trimap)
    return [str(folder / "photos"), "--trimap", str(folder / "hints")]


def cutout(*words: str) -> tuple[float, float]:
    """Run `mattekit cutout`: photos a second after the first, and CPU seconds in all."""
    line = [sys.executable, "-m", "mattekit", "cutout", *words]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = []
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD}
    ) as child:
        assert child.stdout is not None
        for said in child.stdout:
            times += [time.perf_counter()] * (" -> " in said)
    if child.returncode:
        sys.exit(f"failed: {' '.join(line)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (len(times) - 1) / max(times[-1] - times[0], 1e-9), cpu


def rates(report: Report, photos: int) -> None:
    """The table of rates."""
    with tempfile.TemporaryDirectory() as name:
        words = draw(Path(name), SMALL, photos)
        ways = {"one process": ["--processes", "1"], "two processes": ["--processes", "2"]}
        if find_spec("ray"):
            ways["Ray, local files"] = ["--engine", "ray"]
        table = report.table("way | photos a second:.2f | times one process:.2f")
        found = []
        for way, how in ways.items():
            found.append(cutout(*words, *how, "-o", f"{name}/out-{len(found)}")[0])
            table.row(way, found[-1], found[-1] / found[0])
        if find_spec("moto") and find_spec("s3fs"):
            rate = through_s3(Path(name))
            table.row("two processes, S3 on this machine", rate, rate / found[0])


def through_s3(folder: Path) -> float:
    """The rate with photos, trimaps and results in object storage."""
    import s3fs
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    store = s3fs.S3FileSystem()
    for kind in ("photos", "hints"):
        store.mkdir(kind)
        store.put(f"{folder}/{kind}/", f"{kind}/", recursive=True)
    store.mkdir("out")
    words = ["s3://photos/", "--trimap", "s3://hints/", "-o", "s3://out/", "--processes", "2"]
    rate = cutout(*words)[0]
    server.stop()
    return rate


def price(report: Report, count: int, megapixels: float) -> None:
    """What a million photos take."""
    with tempfile.TemporaryDirectory() as name:
        one = cutout(*draw(Path(name) / "one", megapixels, 1), "-o", f"{name}/1")[1]
        several = cutout(*draw(Path(name) / "several", megapixels, count), "-o", f"{name}/2")[1]
    seconds = (several - one) / (count - 1)
    report.say(
        f"A million photos of {megapixels:g} megapixels with trimaps take "
        f"{seconds * 1e6 / 3600:,.0f} CPU hours ({seconds:.2f} CPU seconds each)."
    )


def memory(report: Report, items: int) -> None:
    """How the memory of the process that hands out items grows."""
    with tempfile.TemporaryDirectory() as name:
        paths = (Path(name) / f"{number}.png" for number in range(items))
        given = (Item(path=path, work=partial(Outcome, outputs=[path])) for path in paths)
        held = {}
        for done, _ in enumerate(run_items(plan_items(given), processes=2), 1):
            if done in (items // 10, items):
                held[done] = psutil.Process().memory_info().rss / 1e6
    said = ", ".join(f"{size:.1f} MB after {done}" for done, size in held.items())
    report.say(f"Memory of the process that hands out {items} items: {said}.")


def main() -> None:
    parser = Options(__doc__, quick="few photos", photos=24, priced=2, items=2000)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--priced", type=int, default=8, help="photos of 2 megapixels")
    parser.add_argument("--items", type=int, default=5000, help="of the stand-in")
    options = parser.parse_args()
    with Report(options.json) as report:
        report.say(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        rates(report, options.photos)
        price(report, options.priced, PRICED)
        memory(report, options.items)


if __name__ == "__main__":
    main()
