"""Counts for Prometheus: requests, seconds, the queue, workers, memory."""

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from mattekit.server.workers import Workers

BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Counters:
    """What was answered so far, by route, and how the workers are."""

    def __init__(self, workers: Workers) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mattekit_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "mattekit_request_seconds",
            "Time to answer.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_OfWorkers(workers))

    def add(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> str:
        """All counts in Prometheus' text format."""
        return generate_latest(self.registry).decode()


class _OfWorkers(Collector):
    """Read from the workers when somebody asks."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        workers = self.workers
        alive = sum(worker.alive for worker in workers.admitted)
        return [
            GaugeMetricFamily(
                "mattekit_queue_length", "Requests that wait for a worker.", workers.waiting
            ),
            GaugeMetricFamily("mattekit_workers", "Worker processes that can answer.", alive),
            CounterMetricFamily(
                "mattekit_workers_replaced", "Workers that died or were ended.", workers.replaced
            ),
            GaugeMetricFamily(
                "mattekit_memory_bytes", "Resident memory of all processes.", memory(workers)
            ),
        ]


def memory(workers: Workers) -> int:
    """Bytes of resident memory of the server and its workers."""
    total = psutil.Process().memory_info().rss
    for worker in workers.all:
        try:
            total += psutil.Process(worker.process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return int(total)
