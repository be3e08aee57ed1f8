"""The loop: how many steps, what happens when, and how it is stopped."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from training.toys import ToyNetwork, discs

from mattekit.core.errors import MattekitError, TooLarge
from mattekit.core.tensors import Batch
from mattekit.training.loop import Every, Moment, fit, stop_requests, without_denormals
from mattekit.training.method import Report
from mattekit.training.state import State


class Counting:
    """A method that only counts, and breaks in the step it is told to."""

    stage = 0

    def __init__(self, failure: Exception | None = None) -> None:
        self.network = ToyNetwork()
        self.taken = 0
        self.failure = failure

    def rehearse(self, batch: Batch) -> None: ...

    def step(self, batch: Batch) -> Report:
        self.taken += 1
        if self.failure is not None and self.taken == 2:
            raise self.failure
        return Report(losses={"total": 1.0}, rates={}, gradient_norms={})

    def parts(self) -> dict[str, torch.nn.Module]:
        return {"network": self.network}

    def state_dict(self) -> dict[str, object]:
        return {}

    def load_state_dict(self, state: dict[str, object]) -> None: ...


def test_it_trains_up_to_the_last_step_from_wherever_it_stands(tmp_path: Path) -> None:
    method, state = Counting(), State(step=3)
    assert fit(method, discs(), state=state, steps=10, folder=tmp_path)
    assert (method.taken, state.step) == (7, 10)
    assert fit(method, discs(), state=state, steps=10, folder=tmp_path)
    assert method.taken == 7


def test_events_fire_at_their_periods_and_at_the_end_when_asked(tmp_path: Path) -> None:
    state = State()
    fired: dict[str, list[int]] = {"every 3": [], "every 4 and at the end": []}

    def note(name: str, moment: Moment) -> None:
        assert moment.seconds > 0
        fired[name].append(state.step)

    every = [
        Every(3, lambda moment: note("every 3", moment)),
        Every(4, lambda moment: note("every 4 and at the end", moment), at_end=True),
    ]
    fit(Counting(), discs(), state=state, steps=10, folder=tmp_path, every=every)
    assert fired == {"every 3": [3, 6, 9], "every 4 and at the end": [4, 8, 10]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_after_the_step_and_its_events(tmp_path: Path, number: int) -> None:
    state = State()
    seen: list[int] = []

    def batches() -> Iterator[Batch]:
        for count, batch in enumerate(discs()):
            if count == 2:
                os.kill(os.getpid(), number)
            yield batch

    every = [Every(1, lambda moment: seen.append(state.step))]
    before = signal.getsignal(number)
    with stop_requests(Fabric(accelerator="cpu", devices=1)) as stop:
        done = fit(
            Counting(), batches(), state=state, steps=9, folder=tmp_path, every=every, stop=stop
        )
    assert not done
    assert seen == [1, 2, 3]
    assert stop.signal == number
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with stop_requests(Fabric(accelerator="cpu", devices=1)) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_denormal_numbers_are_nothing_within_a_run_and_come_back_after_it() -> None:
    tiny = torch.tensor(1e-40)
    with without_denormals():
        assert tiny * 1 == 0
    assert tiny * 1 > 0


def test_running_out_of_memory_names_the_keys_to_change(tmp_path: Path) -> None:
    failure = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(TooLarge, match=r"step 2: .*4 pictures of 16x16; raise accumulate.*batch"):
        fit(Counting(failure), discs(), state=State(), steps=5, folder=tmp_path)


def test_other_failures_are_left_as_they_are(tmp_path: Path) -> None:
    for failure in (RuntimeError("shapes differ"), MattekitError("a sentence")):
        with pytest.raises(type(failure), match=str(failure)):
            fit(Counting(failure), discs(), state=State(), steps=5, folder=tmp_path)
