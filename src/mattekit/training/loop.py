"""The training loop, and how it is asked to stop.

It owns time: which step it is, what happens every so often, when to end. What happens within a step
is the method's.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric

from mattekit.core.tensors import Batch
from mattekit.training.checkpoints import State
from mattekit.training.guards import check_finite, explain_errors
from mattekit.training.method import Method, Readback, StepResult


@dataclass(frozen=True)
class Every:
    """Something done every so many steps, and after the last one if `at_end`."""

    steps: int
    action: Callable[[StepResult], None]
    at_end: bool = False
    reads: bool = True
    """Whether numbers or weights are read, so that they must be known to be finite first."""


def fit(
    method: Method,
    batches: Iterable[Batch],
    *,
    state: State,
    steps: int,
    folder: Path,
    every: Sequence[Every] = (),
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train up to step `steps`; whether it got there, rather than being stopped.

    A step's numbers are checked when the next step is under way, so that the device never waits;
    before anything is logged, measured or saved they are checked in any case.
    """
    start = time.perf_counter()
    unchecked: StepResult | None = None
    for batch in islice(batches, max(steps - state.step, 0)):
        with explain_errors(batch, state.step + 1):
            result = method.step(batch).sent()
        if unchecked is not None:
            check_finite(unchecked, state.step, folder)
        state.step += 1
        now = time.perf_counter()
        result, start = replace(result, batch=batch, seconds=now - start), now
        due = [
            event
            for event in every
            if state.step % event.steps == 0 or (event.at_end and state.step == steps)
        ]
        unchecked = result
        if any(event.reads for event in due):
            check_finite(result, state.step, folder)
            unchecked = None
        for event in due:
            event.action(result)
        if stop():
            break
    if unchecked is not None:
        check_finite(unchecked, state.step, folder)
    return state.step >= steps


@contextmanager
def without_denormals() -> Iterator[None]:
    """Numbers below 1e-38 are 0 meanwhile: they mean nothing, and slow a CPU down tenfold."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


class StopRequest:
    """Whether the run was asked to stop; all its processes agree on the answer.

    Several processes act on the votes of the step before, so that no device waits for them.
    """

    def __init__(self, fabric: Fabric) -> None:
        self.fabric = fabric
        self.signal: int | None = None
        self.votes: Readback | None = None

    def __call__(self) -> bool:
        asked = self.signal is not None
        if self.fabric.world_size == 1:
            return asked
        before = self.votes
        vote = torch.full((1,), float(asked), device=self.fabric.device)
        together: Any = self.fabric.all_reduce(vote, reduce_op="sum")
        self.votes = Readback(together)
        return before is not None and before.tolist() != [0]


@contextmanager
def stop_requests(fabric: Fabric) -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a request to stop after the step; a second Ctrl-C interrupts.

    Signals reach the main thread alone, so a run in another one is not asked.
    """
    request = StopRequest(fabric)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = number
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
