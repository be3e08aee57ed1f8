"""The loop: how many steps, what happens when, and how it is stopped."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from training.toys import ToyNetwork, discs

from mattekit.core.errors import MattekitError, TooLarge
from mattekit.core.tensors import Batch
from mattekit.training.checkpoints import State
from mattekit.training.loop import Every, fit, stop_requests, without_denormals
from mattekit.training.method import StepResult


class Counting:
    """A method that only counts, and breaks in the step it is told to."""

    stage = 0

    def __init__(self, failure: Exception | None = None) -> None:
        self.network = ToyNetwork()
        self.taken = 0
        self.failure = failure
        self.loss = torch.tensor(1.0)

    def dry_run(self, batch: Batch) -> list[str]:
        return []

    def step(self, batch: Batch) -> StepResult:
        self.taken += 1
        if self.failure is not None and self.taken == 2:
            raise self.failure
        return StepResult(losses={"total": self.loss}, rates={}, gradient_norms={})

    def rate_jump(self) -> tuple[float, float]:
        return 1.0, 1.0

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

    def note(name: str, result: StepResult) -> None:
        assert result.seconds > 0
        fired[name].append(state.step)

    every = [
        Every(3, lambda result: note("every 3", result)),
        Every(4, lambda result: note("every 4 and at the end", result), at_end=True),
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
                signal.raise_signal(number)
            yield batch

    every = [Every(1, lambda result: seen.append(state.step))]
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
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


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


def test_a_number_that_broke_is_found_before_it_is_saved_and_at_the_latest_a_step_later(
    tmp_path: Path,
) -> None:
    class Breaking(Counting):
        def step(self, batch: Batch) -> StepResult:
            self.loss = torch.tensor(torch.nan if self.taken == 2 else 1.0)
            return super().step(batch)

    saved: list[int] = []
    for period, steps_made in ((1, 3), (10, 4)):
        method, state = Breaking(), State()
        every = [Every(period, lambda result: saved.append(1))]
        with pytest.raises(MattekitError, match=r"step 3: the loss total became nan"):
            fit(method, discs(), state=state, steps=9, folder=tmp_path, every=every)
        assert method.taken == steps_made
    assert saved == [1, 1]
    assert '"step": 3' in (tmp_path / "bad_batch.json").read_text()


def test_numbers_that_were_sent_for_are_those_of_the_step() -> None:
    loss = torch.tensor(1.0)
    result = StepResult(losses={"total": loss}, rates={}, gradient_norms={}).sent()
    loss.fill_(2.0)
    assert result.numbers()["losses"] == {"total": 1.0}
