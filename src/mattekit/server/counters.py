"""Counts for Prometheus: requests, seconds, the queue, workers, memory."""

import logging
import time
from collections.abc import Awaitable, Callable

import psutil
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from mattekit.server.workers import Workers

log = logging.getLogger("mattekit.server")
BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
Next = Callable[[Request], Awaitable[Response]]


class Counters(Collector):
    """What was answered so far, by route, and how the workers are."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.registry = CollectorRegistry()
        self.registry.register(self)
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

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        """How the workers are, read when somebody asks."""
        workers = self.workers
        ready = sum(worker.ready for worker in workers.all)
        return [
            GaugeMetricFamily(
                "mattekit_queue_length", "Requests that wait for a worker.", workers.waiting
            ),
            GaugeMetricFamily("mattekit_workers", "Worker processes that can answer.", ready),
            CounterMetricFamily(
                "mattekit_workers_replaced", "Workers that died or were ended.", workers.replaced
            ),
            GaugeMetricFamily(
                "mattekit_memory_bytes", "Resident memory of all processes.", memory(workers)
            ),
        ]

    async def count(self, request: Request, call_next: Next) -> Response:
        """Count a request and log it without anything of the user's."""
        start = time.monotonic()
        response = await call_next(request)
        seconds = time.monotonic() - start
        matched = request.scope.get("route")
        route = "page" if matched is None else matched.path
        self.requests.labels(route, str(response.status_code)).inc()
        self.seconds.labels(route).observe(seconds)
        log.info("%s %s %d %.0f ms", request.method, route, response.status_code, 1000 * seconds)
        return response

    def text(self) -> str:
        """All counts in Prometheus' text format."""
        return generate_latest(self.registry).decode()


def memory(workers: Workers) -> int:
    """Bytes of resident memory of the server and its workers."""
    total = psutil.Process().memory_info().rss
    for worker in workers.all:
        try:
            total += psutil.Process(worker.process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return int(total)
