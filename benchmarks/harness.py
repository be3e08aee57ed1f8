"""What every benchmark needs: options, tables that JSON keeps as well, clocks, processes."""

import argparse
import json
import os
import platform
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from math import nan
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

PACKAGES = ("mattekit", "numpy", "scipy", "onnxruntime", "torch", "pymatting")
PROCESS = Path("/proc/self")  # Linux
Result = TypeVar("Result")


class Options(argparse.ArgumentParser):
    """The options of a script: its own, `--json`, and `--quick`, which sets others as `small`."""

    def __init__(self, docstring: str, *, quick: str, **small: object) -> None:
        super().__init__(description=docstring.splitlines()[0])
        self.small = small
        self.add_argument("--quick", action="store_true", help=quick)
        self.add_argument("--json", type=Path, metavar="FILE", help="write what is found there too")

    def parse_args(self) -> argparse.Namespace:  # type: ignore[override]
        options = super().parse_args()
        if options.quick:
            vars(options).update(self.small)
        return options


class Table:
    """Rows of Markdown, printed as they come, below `title | title:format of numbers | ...`."""

    def __init__(self, columns: str) -> None:
        parts = [column.partition(":") for column in columns.split(" | ")]
        self.titles, self.formats = [part[0] for part in parts], [part[2] for part in parts]
        self.rows: list[tuple[Any, ...]] = []
        print(f"| {' | '.join(self.titles)} |")
        print(f"|{'|'.join('--:' if numbers else '---' for numbers in self.formats)}|")

    def row(self, *cells: Any) -> None:
        """Words stand as they are; None, and cells left out at the end, stay empty."""
        cells += (None,) * (len(self.titles) - len(cells))
        self.rows.append(cells)
        shown = [
            "" if cell is None else cell if isinstance(cell, str) else format(cell, numbers)
            for cell, numbers in zip(cells, self.formats, strict=True)
        ]
        print(f"| {' | '.join(shown)} |", flush=True)


class Report:
    """Tables and sentences, printed as they come and written as JSON at the end, even a bad one."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.parts: list[dict[str, Any]] = []
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)

    def table(self, columns: str) -> Table:
        if self.parts:
            print()
        table = Table(columns)
        self.parts.append({"columns": table.titles, "rows": table.rows})
        return table

    def say(self, sentence: str, **values: Any) -> None:
        """The sentence with the values in it."""
        if self.parts and "rows" in self.parts[-1]:
            print()
        text = sentence.format(**values) if values else sentence
        self.parts.append({"text": text, **values})
        print(text, flush=True)

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if self.file is not None:
            found = {
                "command": shlex.join(sys.argv),
                "date": datetime.now().astimezone().isoformat(timespec="seconds"),
                "finished": error is None,
                "machine": machine(),
                "found": self.parts,
            }
            numbers = {"default": lambda number: number.item()}  # those of NumPy
            self.file.write_text(json.dumps(found, indent=2, **numbers) + "\n")


def machine() -> dict[str, object]:
    """What the numbers depend on."""
    about = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", about.read_text()) if about.exists() else None
    torch = sys.modules.get("torch")
    return {
        "system": platform.platform(),
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "gpu": torch.cuda.get_device_name() if torch and torch.cuda.is_available() else None,
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES if name in sys.modules},
    }


@dataclass
class Taken:
    """Seconds on the wall and of the processor; on Linux, bytes held before and at most."""

    wall: float = nan
    cpu: float = nan
    held: float = nan
    peak: float = nan

    @property
    def grown(self) -> float:
        """Bytes at most beyond those held before."""
        return self.peak - self.held


@contextmanager
def clock() -> Iterator[Taken]:
    """Measures its block; the numbers stand when it is left."""
    if counted := os.access(PROCESS / "clear_refs", os.W_OK):
        (PROCESS / "clear_refs").write_text("5")  # forgets the peak
    taken = Taken(held=memory("VmRSS") if counted else nan)
    wall, cpu = time.perf_counter(), time.process_time()
    yield taken
    taken.wall, taken.cpu = time.perf_counter() - wall, time.process_time() - cpu
    taken.peak = memory("VmHWM") if counted else nan


def memory(kind: str) -> int:
    """Bytes that this process holds now, `VmRSS`, or held at most, `VmHWM`."""
    return 1024 * int((PROCESS / "status").read_text().partition(f"{kind}:")[2].split()[0])


def clocked(work: Callable[[], object], times: int) -> list[Taken]:
    """What each of so many calls took."""
    found = []
    for _ in range(times):
        with clock() as taken:
            work()
        found.append(taken)
    return found


def apart(function: Callable[..., Result], *arguments: Any) -> Result:
    """What a function returns in a process of its own, which begins with nothing in memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def command(*words: object, **settings: object) -> list[str]:
    """A command line of mattekit; the settings of a recipe follow as KEY=VALUE."""
    keys = [f"{key}={value}" for key, value in settings.items()]
    return [sys.executable, "-m", "mattekit", *map(str, words), *keys]


@contextmanager
def kept_in(folder: Path | None) -> Iterator[Path]:
    """That folder, or one that is gone afterwards."""
    with TemporaryDirectory() as aside:
        yield folder or Path(aside)
