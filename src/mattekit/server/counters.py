"""Counts for Prometheus, in its text format: requests, seconds, the queue, memory."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import psutil

from mattekit.server.workers import Workers

BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Counters:
    """What was answered so far, by route."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.buckets: Counter[tuple[str, float]] = Counter()
        self.sums: defaultdict[str, float] = defaultdict(float)
        self.counts: Counter[str] = Counter()

    def add(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests[route, status] += 1
        self.counts[route] += 1
        self.sums[route] += seconds
        for bucket in BUCKETS:
            self.buckets[route, bucket] += seconds <= bucket

    def text(self, workers: Workers) -> str:
        """All counts in Prometheus' text format."""
        return "\n".join(self._lines(workers)) + "\n"

    def _lines(self, workers: Workers) -> Iterator[str]:
        yield from _head("requests_total", "counter", "Requests by route and status.")
        for (route, status), count in sorted(self.requests.items()):
            yield f'mattekit_requests_total{{route="{route}",status="{status}"}} {count}'
        yield from _head("request_seconds", "histogram", "Time to answer.")
        for route in sorted(self.counts):
            for bucket in BUCKETS:
                count = self.buckets[route, bucket]
                yield f'mattekit_request_seconds_bucket{{route="{route}",le="{bucket}"}} {count}'
            total = self.counts[route]
            yield f'mattekit_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}'
            yield f'mattekit_request_seconds_sum{{route="{route}"}} {self.sums[route]:.3f}'
            yield f'mattekit_request_seconds_count{{route="{route}"}} {total}'
        gauges = {
            "queue_length": ("Requests that wait for a worker.", workers.waiting),
            "workers": ("Worker processes that are up.", len(workers.all)),
            "workers_replaced": ("Workers that died or were ended.", workers.replaced),
            "memory_bytes": ("Resident memory of all processes.", memory(workers)),
        }
        for name, (words, value) in gauges.items():
            yield from _head(name, "gauge", words)
            yield f"mattekit_{name} {value}"


def memory(workers: Workers) -> int:
    """Bytes of resident memory of the server and its workers."""
    total = psutil.Process().memory_info().rss
    for worker in workers.all:
        try:
            total += psutil.Process(worker.process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return int(total)


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP mattekit_{name} {words}"
    yield f"# TYPE mattekit_{name} {kind}"
