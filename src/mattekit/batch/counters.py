"""What a batch is doing, in Prometheus' text format, in a file that node_exporter serves."""

import time
from collections import Counter
from pathlib import Path
from typing import get_args

from mattekit.batch.files import Shard
from mattekit.batch.runner import ItemResult, Status
from mattekit.core.atomic import write_text
from mattekit.core.errors import BadOutput

PREFIX = "mattekit_batch_"
WRITE_EVERY = 5.0
"""Seconds between two writings of the file."""


class BatchCounters:
    """Counts of a running batch, written to a file now and then."""

    def __init__(self, path: Path, *, shard: Shard, total: int | None) -> None:
        """Write the file before any work, so that a place that cannot be written is told at once.

        Args:
            total: of inputs, where it is known.
        """
        _check_ours(path)
        self.path = path
        self.shard = shard
        self.total = total
        self.items: Counter[str] = Counter()
        self.seconds = 0.0
        self.confidence = 0.0
        self.confident = 0
        self.begun = time.time()
        self.write()

    def add(self, result: ItemResult) -> None:
        self.items[result.status] += 1
        self.seconds += result.seconds
        if "confidence" in result.extra:
            self.confidence += result.extra["confidence"]
            self.confident += 1
        if time.monotonic() - self.written > WRITE_EVERY:
            self.write()

    def __enter__(self) -> "BatchCounters":
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def write(self) -> None:
        write_text(self.path, self.text())
        self.written = time.monotonic()

    def text(self) -> str:
        shard = f'shard="{self.shard}"'
        items: dict[str, float] = {
            f'{shard},status="{status}"': self.items[status] for status in get_args(Status)
        }
        families: list[tuple[str, str, str, dict[str, float]]] = [
            ("items_total", "counter", "Inputs by what became of them.", items),
            ("work_seconds_total", "counter", "Seconds of work.", {shard: self.seconds}),
            ("confidence_sum", "counter", "Confidences added up.", {shard: self.confidence}),
            ("confidence_count", "counter", "Results with one.", {shard: self.confident}),
            ("start_time_seconds", "gauge", "When the batch began.", {shard: self.begun}),
        ]
        if self.total is not None:
            families.append(("items", "gauge", "Inputs in all.", {shard: self.total}))
        lines = []
        for name, kind, about, values in families:
            lines += [f"# HELP {PREFIX}{name} {about}"]
            lines += [f"# TYPE {PREFIX}{name} {kind}"]
            lines += [f"{PREFIX}{name}{{{key}}} {value}" for key, value in values.items()]
        return "\n".join(lines) + "\n"


def _check_ours(path: Path) -> None:
    """Refuse a file that holds something else, such as a photo."""
    held = path.read_bytes() if path.exists() else b""
    if held and not held.startswith(f"# HELP {PREFIX}".encode()):
        raise BadOutput(f"{path} exists and holds no counters; name another file")
