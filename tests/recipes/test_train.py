"""Whole runs of a toy network: what they leave behind, how they go on, what stops them early."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training.toy_runs import Listener, run_toy, toy_recipe
from training.toys import Discs, DiscsConfig, ToyConfig, ToyNetwork, same

from mattekit.core.config import config
from mattekit.core.errors import (
    BadArgument,
    BadData,
    BadImage,
    BadOutput,
    BadRecipe,
    BadWeights,
    MattekitError,
)
from mattekit.core.types import Sample
from mattekit.data.sources.shards import ShardsConfig
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.inference.tile import Tile
from mattekit.networks import weights
from mattekit.networks.samplenet import SampleNetConfig
from mattekit.preparation.shards import write_shards
from mattekit.recipes import run_folder
from mattekit.recipes.build import make_setup, make_validator, scale_remarks
from mattekit.recipes.processes import Hardware, make_fabric
from mattekit.recipes.recipe import DataConfig, InitConfig, Recipe
from mattekit.recipes.run_folder import alone_in
from mattekit.training.checkpoints import read_state
from mattekit.training.freeze import FreezeConfig
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.run_log import read_log
from mattekit.training.schedules import Duration
from mattekit.training.staged import StageConfig, StagedConfig
from mattekit.training.supervised import SupervisedConfig
from mattekit.training.trained_module import TrainedModule
from mattekit.training.validation import ValidationConfig, Validator


def short(**changes: Any) -> Recipe:
    return toy_recipe(SupervisedConfig(), 8, **changes)


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    step = (folder / "checkpoints" / "last").read_text().strip()
    return load_file(folder / "checkpoints" / step / "weights.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that came to its end."""
    folder = tmp_path_factory.mktemp("runs") / "toy"
    run_toy(short(validate=replace(short().validate, save_predictions=1)), folder)
    return folder


class TestACompleteRun:
    @pytest.mark.slow
    def test_its_folder_holds_recipe_logs_pictures_and_checkpoints(self, folder: Path) -> None:
        names = {path.name for path in folder.iterdir()}
        assert names == {
            "recipe.yaml",
            "log.jsonl",
            "log.txt",
            "tensorboard",
            "first_batch.png",
            "predictions",
            "checkpoints",
        }

    def test_its_log_holds_losses_rates_and_scores(self, folder: Path) -> None:
        lines = read_log(folder)
        assert [line.step for line in lines if line.kind == "losses"] == list(range(1, 9))
        assert [line.step for line in lines if line.kind == "validation"] == [8]

    def test_its_checkpoint_is_complete_and_its_weights_say_what_they_are(
        self, folder: Path
    ) -> None:
        checkpoint = folder / "checkpoints" / "step-000008"
        assert {path.name for path in checkpoint.iterdir()} == {
            "weights.safetensors",
            "state.pt",
            "recipe.yaml",
            "model_card.md",
        }
        header = weights.read_header(checkpoint / "weights.safetensors")
        assert (header.architecture, header.options["dropout"]) == ("toy", 0.1)
        assert header.licence == "as of the training data: drawn by a test"
        assert {"torch", "mattekit", "python"} <= read_state(checkpoint)["versions"].keys()

    def test_its_model_card_names_data_scores_and_the_command(self, folder: Path) -> None:
        card = (folder / "checkpoints" / "step-000008" / "model_card.md").read_text()
        score = next(line for line in read_log(folder) if line.kind == "validation").values["sad"]
        for text in ("drawn by a test", "protocol `official`", "mattekit train toy"):
            assert text in card
        assert f"| sad | {score:.5g} |" in card

    def test_the_saved_weights_are_the_average_when_one_is_kept(self, folder: Path) -> None:
        state = read_state(folder / "checkpoints" / "step-000008")["method"]
        saved = last_weights(folder)
        average = {name.removeprefix("module."): value for name, value in state["average"].items()}
        assert torch.equal(saved["decoder.weight"], average["decoder.weight"])
        assert not torch.equal(saved["decoder.weight"], state["network"]["decoder.weight"])


@pytest.mark.slow
def test_a_run_in_a_thread_trains_as_in_the_main_one_and_leaves_signals_alone(
    tmp_path: Path,
) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    class Looking(Listener):
        def on_step(self, step: int, steps: int, seconds: float, loss: float | None) -> None:
            found = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
            assert found == handlers

    recipe = short(length=Duration(steps=4), warmup=None)
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(run_toy, recipe, tmp_path / "thread", listener=Looking())
        assert run.result().step == 4
    run_toy(recipe, tmp_path / "main")
    for name, weight in last_weights(tmp_path / "main").items():
        # near: after many other tests in one process they were once 6e-4 apart
        torch.testing.assert_close(
            last_weights(tmp_path / "thread")[name], weight, atol=0.01, rtol=0
        )


def test_the_random_numbers_of_torch_go_on_as_before(tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    run_toy(short(length=Duration(steps=1), warmup=None), tmp_path / "run")
    assert torch.rand(1) == expected


@pytest.mark.slow
def test_a_run_stopped_by_sigterm_goes_on_to_the_bit(tmp_path: Path) -> None:
    recipe = short(length=Duration(steps=12))

    class Impatient(Listener):
        def on_step(self, step: int, steps: int, seconds: float, loss: float | None) -> None:
            if step == 7:
                signal.raise_signal(signal.SIGTERM)

    stopped = run_toy(recipe, tmp_path / "broken", listener=Impatient())
    assert (stopped.step, stopped.signal) == (7, signal.SIGTERM)
    assert run_toy(recipe, tmp_path / "broken").step == 12
    run_toy(recipe, tmp_path / "unbroken")
    assert same(last_weights(tmp_path / "broken"), last_weights(tmp_path / "unbroken"))


class TestResuming:
    def test_a_finished_run_is_left_as_it_is(self, folder: Path) -> None:
        before = last_weights(folder)
        listener = Listener()
        assert run_toy(short(), folder, listener=listener).step == 8
        assert listener.steps == []
        assert same(before, last_weights(folder))

    def test_another_recipe_is_refused_with_the_keys_that_differ(self, folder: Path) -> None:
        with pytest.raises(BadRecipe, match=r"^optimiser\.lr, batch differ|^batch, optimiser\.lr"):
            run_toy(short(optimiser=OptimiserConfig(lr=0.5), batch=2), folder)

    def test_keys_that_do_not_touch_the_past_may_change(self, folder: Path, tmp_path: Path) -> None:
        longer = short(
            length=Duration(steps=10), log=replace(short().log, losses=Duration(steps=5))
        )
        assert run_toy(longer, tmp_path / "longer", resume=str(folder)).step == 10

    def test_a_run_is_not_overwritten(self, folder: Path) -> None:
        with pytest.raises(BadOutput, match="holds a run already"):
            run_toy(short(), folder, resume="none")

    def test_a_checkpoint_with_later_ones_beside_it_needs_another_folder(
        self, folder: Path, tmp_path: Path
    ) -> None:
        early = folder / "checkpoints" / "step-000004"
        with pytest.raises(BadOutput, match="has later checkpoints than step-000004"):
            run_toy(short(), folder, resume=str(early))
        run_toy(short(), tmp_path / "again", resume=str(early))
        assert same(last_weights(tmp_path / "again"), last_weights(folder))

    def test_a_place_that_is_no_run_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadArgument, match="is neither a run nor a checkpoint"):
            run_toy(short(), tmp_path / "new", resume=str(tmp_path))

    def test_weights_of_another_shape_are_refused_in_a_sentence(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def other(self: ToyConfig) -> ToyNetwork:
            network = ToyNetwork()
            network.decoder = torch.nn.Conv2d(6, 1, 1)
            return network

        monkeypatch.setattr(ToyConfig, "build", other)
        with pytest.raises(BadWeights, match=r"is of another network or method: .*decoder"):
            run_toy(short(), tmp_path / "other", resume=str(folder))

    def test_another_number_of_threads_is_remarked_on(self, folder: Path) -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(threads + 1)
        listener = Listener()
        try:
            run_toy(short(), folder, listener=listener)
        finally:
            torch.set_num_threads(threads)
        assert any(f"saved with {threads} threads" in line for line in listener.lines)

    def test_the_user_reads_where_it_was_resumed(self, folder: Path, tmp_path: Path) -> None:
        listener = Listener()
        run_toy(short(), tmp_path / "on", resume=str(folder), listener=listener)
        assert any(line.startswith("resumed at step 8 from") for line in listener.lines)
        assert not any("started at random" in line for line in listener.lines)
        assert (tmp_path / "on" / "recipe.yaml").exists()
        card = (tmp_path / "on" / "checkpoints" / "step-000008" / "model_card.md").read_text()
        assert "all weights started at random" in card

    @pytest.mark.slow
    def test_a_resumed_run_keeps_the_start_that_it_had(self, tmp_path: Path) -> None:
        listener, folder = Listener(), tmp_path / "run"
        run_toy(short(), folder)
        before = (folder / "recipe.yaml").read_text()
        run_toy(short(length=Duration(steps=6)), folder)
        assert (folder / "recipe.yaml").read_text() == before, "no step was done"
        other = short(length=Duration(steps=9), init=InitConfig(path=str(folder)))
        run_toy(other, folder, listener=listener)
        assert any("init has no effect on a resumed run" in line for line in listener.lines)
        assert "init: null" in (folder / "recipe.yaml").read_text()
        card = (folder / "checkpoints" / "step-000009" / "model_card.md").read_text()
        assert "all weights started at random" in card

    @pytest.mark.slow
    def test_pictures_may_move_but_not_change(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = DataConfig(train=FolderConfig(root="/first"), crop=(16,), size=16)
        run_toy(short(data=data), tmp_path / "run")
        moved = short(
            data=replace(data, train=FolderConfig(root="/second")), length=Duration(steps=9)
        )
        assert run_toy(moved, tmp_path / "run").step == 9
        monkeypatch.setattr(Discs, "names", tuple(f"other-{n}" for n in range(12)))
        with pytest.raises(BadData, match=r"^data\.train has other pictures than the run in"):
            run_toy(moved, tmp_path / "run")

    @pytest.mark.slow
    def test_a_best_score_is_not_compared_with_another_metric(self, tmp_path: Path) -> None:
        listener = Listener()
        run_toy(short(), tmp_path / "run")
        validate = replace(short().validate, every=Duration(steps=1), best="mse")
        other = short(validate=validate, length=Duration(steps=9))
        run_toy(other, tmp_path / "run", listener=listener)
        assert any("the best so far is forgotten" in line for line in listener.lines)
        assert (tmp_path / "run" / "checkpoints" / "best").read_text() == "step-000009\n"

    @pytest.mark.slow
    def test_a_rate_that_jumps_with_the_length_is_remarked_on(
        self, folder: Path, tmp_path: Path
    ) -> None:
        listener = Listener()
        longer = short(length=Duration(steps=16))
        run_toy(longer, tmp_path / "longer", resume=str(folder), listener=listener)
        assert ["the rate jumps from" in line for line in listener.lines].count(True) == 1

    @pytest.mark.slow
    def test_its_weights_can_start_another_run(self, folder: Path, tmp_path: Path) -> None:
        recipe = short(init=InitConfig(path=str(folder)), length=Duration(steps=1), warmup=None)
        run_toy(replace(recipe, optimiser=OptimiserConfig(lr=1e-12), ema=None), tmp_path / "fine")
        start, end = last_weights(folder), last_weights(tmp_path / "fine")
        assert torch.allclose(start["decoder.weight"], end["decoder.weight"], atol=1e-6)


class TestAValidationThatFails:
    """Checkpoints are due at step 4 and 8, validations at step 7 and 8."""

    recipe = short(validate=ValidationConfig(every=Duration(steps=7), metrics=("sad", "mse")))

    def fail(self, folder: Path, validation: int) -> list[str]:
        """Train until the validation of that number fails; what the user reads beside it."""
        numbers, measured, listener = count(), Validator._measured, Listener()

        def broken(self: Validator, index: int, *rest: Any) -> list[float]:
            if next(numbers) == 2 * validation + 1:
                raise BadImage("disc-1.png cannot be read")
            return measured(self, index, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Validator, "_measured", broken)
            with pytest.raises(BadImage, match=r"^disc-1\.png cannot be read$"):
                run_toy(self.recipe, folder, listener=listener)
        return listener.lines

    def test_loses_no_step_and_is_made_up_for_when_the_run_goes_on(
        self, folder: Path, tmp_path: Path
    ) -> None:
        lines = self.fail(tmp_path, 0)
        assert "validation failed; resumed, the run begins with it" in lines[-1]
        assert (tmp_path / "checkpoints" / "last").read_text() == "step-000007\n"
        listener = Listener()
        run_toy(self.recipe, tmp_path, listener=listener)
        assert listener.steps == [8]
        assert [line.step for line in read_log(tmp_path) if line.kind == "validation"] == [7, 8]
        assert same(last_weights(folder), last_weights(tmp_path))

    def test_at_the_end_brings_the_scores_into_the_last_checkpoint_later(
        self, tmp_path: Path
    ) -> None:
        self.fail(tmp_path, 1)
        (tmp_path / "checkpoints" / "best").unlink()
        scores = run_toy(self.recipe, tmp_path).scores
        checkpoint = tmp_path / "checkpoints" / "step-000008"
        assert f"| sad | {scores['sad']:.5g} |" in (checkpoint / "model_card.md").read_text()
        assert read_state(checkpoint)["scores"] == scores
        run_toy(self.recipe, tmp_path)
        assert [line.step for line in read_log(tmp_path) if line.kind == "validation"] == [7, 8]


@config
class FolderConfig(DiscsConfig):
    """Discs that pretend to lie in a folder."""

    root: str = ""


class Colourless(Discs):
    """Discs without a known background."""

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return replace(super().sample(index, rng), background=None)


def test_data_that_lack_what_a_loss_needs_are_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiscsConfig, "open", lambda self: Colourless())
    listener = Listener()
    with pytest.raises(BadData, match="composition_l1 needs true foreground and background"):
        run_toy(short(), tmp_path, listener=listener)
    assert listener.steps == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"metrics": ("sad", "perceptual"), "perceptual": "nowhere.pth"}, "nowhere.pth"),
        ({"metrics": ("sad", "background_l1")}, "the network guesses no background"),
        ({"precision": "fp16"}, "fp16 needs a GPU"),
        ({"strategy": Tile(size=8, overlap=8)}, "tile does not suit"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_the_first_step(
    settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    listener = Listener()
    validate = ValidationConfig(every=Duration(steps=8), **settings)
    with pytest.raises(MattekitError, match=sentence):
        run_toy(short(validate=validate), tmp_path / "run", listener=listener)
    assert listener.steps == []
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_second_run_in_the_folder_of_one_that_trains_is_refused(tmp_path: Path) -> None:
    other = (
        "import sys, pathlib\n"
        "from mattekit.recipes.run_folder import alone_in\n"
        "with alone_in(pathlib.Path(sys.argv[1])):\n"
        "    print('trains', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", other, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"trains\n"
        with pytest.raises(BadOutput, match="another run trains in"):
            run_toy(short(), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
        first.kill()
    assert run_toy(short(), tmp_path).step == 8
    assert not (tmp_path / ".lock").exists()


def test_a_second_run_of_the_same_process_is_refused_until_the_first_has_ended(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        with alone_in(tmp_path), ThreadPoolExecutor(1) as threads:
            second = threads.submit(run_toy, short(), tmp_path / "." / "")
            with pytest.raises(BadOutput, match="another run trains in"):
                second.result()
            assert (tmp_path / ".lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_the_run_before_removes_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, calls = run_folder._lock, count()

    def late(handle: int) -> None:
        if next(calls) == 0:
            (tmp_path / ".lock").unlink()
        lock(handle)

    monkeypatch.setattr(run_folder, "_lock", late)
    with alone_in(tmp_path):
        assert (tmp_path / ".lock").exists()


@pytest.mark.slow
def test_a_loss_that_breaks_leaves_the_names_and_no_checkpoint_of_that_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = TrainedModule.update

    def spoil(self: TrainedModule) -> Any:
        done = update(self)
        if self.updates == 5:
            with torch.no_grad():
                self.module.decoder.bias.fill_(torch.nan)
        return done

    monkeypatch.setattr(TrainedModule, "update", spoil)
    with pytest.raises(Exception, match=r"step 6: the loss .* became nan.*bad_batch\.json"):
        run_toy(short(), tmp_path)
    assert len(json.loads((tmp_path / "bad_batch.json").read_text())["names"]) == 4
    assert (tmp_path / "checkpoints" / "last").read_text() == "step-000004\n"


def test_a_strategy_that_does_not_suit_is_refused_before_the_first_step(tmp_path: Path) -> None:
    from mattekit.inference.strategies import Hybrid

    listener = Listener()
    recipe = short(validate=replace(short().validate, strategy=Hybrid()))
    with pytest.raises(BadArgument, match="hybrid does not suit"):
        run_toy(recipe, tmp_path, listener=listener)
    assert listener.steps == []


def test_a_size_that_the_network_cannot_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyNetwork, "stride", 32)
    with pytest.raises(BadRecipe, match=r"data\.size: 16 is no multiple of 32"):
        run_toy(short(), tmp_path)


def test_a_batch_too_small_for_the_networks_norms_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyNetwork, "smallest_training_batch", 2, raising=False)
    with pytest.raises(BadRecipe, match=r"^batch: 1 at a time is too few for the batch statistics"):
        run_toy(short(accumulate=4), tmp_path)
    frozen = short(accumulate=4, freeze=FreezeConfig(norms=True))
    assert run_toy(frozen, tmp_path).step == 8


def test_a_warm_up_as_long_as_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match=r"^warmup: 8 steps do not fit into a run .* of 8; shorten"):
        run_toy(short(warmup=Duration(steps=8)), tmp_path)


def test_a_warm_up_as_long_as_a_later_stage_is_refused_before_the_first_step(
    tmp_path: Path,
) -> None:
    stages = tuple(StageConfig(length=Duration(steps=steps)) for steps in (6, 5))
    listener = Listener()
    with pytest.raises(BadRecipe, match=r"^warmup: 5 steps do not fit into a run or a stage of 5"):
        run_toy(toy_recipe(StagedConfig(stages=stages), 11), tmp_path, listener=listener)
    assert listener.steps == []


def test_a_guessed_background_needs_a_network_that_takes_one(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match=r"^guessed_background: the network takes no background"):
        run_toy(short(guessed_background="runs/other"), tmp_path)


@pytest.mark.slow
def test_what_is_measured_has_the_guessed_background_that_is_learned_with(tmp_path: Path) -> None:
    config = SampleNetConfig(part="background")
    network = config.build()
    path = tmp_path / "background.safetensors"
    weights.save(path, network.state_dict(), weights.describe(config, network, source="random"))
    recipe = short(guessed_background=str(path))
    fabric = make_fabric(recipe, Hardware(device="cpu"))
    setup = make_setup(recipe, network, fabric, 1.0, tmp_path)
    plain, guessed = (
        make_validator(recipe, tmp_path, guess) for guess in (None, setup.guessed_background)
    )
    assert plain is not None
    assert guessed is not None
    assert not np.array_equal(guessed.sample(0).background, plain.sample(0).background)


def test_learning_from_a_public_test_set_is_said_in_the_model_card_and_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Discs, "test_set", "DISCS-10", raising=False)
    listener = Listener()
    run_toy(short(length=Duration(steps=1), warmup=None), tmp_path, listener=listener)
    checkpoint = tmp_path / "checkpoints" / "step-000001"
    assert any("DISCS-10, a public test set" in line for line in listener.lines)
    assert "DISCS-10, a public test set" in (checkpoint / "model_card.md").read_text()
    assert weights.read_header(checkpoint / "weights.safetensors").test_overlap == "DISCS-10"


def test_statistics_of_one_process_among_several_are_remarked_on() -> None:
    assert scale_remarks(short(), ToyNetwork(), 3.0, 1) == []
    assert (
        "syncbn shares them, and gn needs none" in scale_remarks(short(), ToyNetwork(), 3.0, 2)[0]
    )
    assert scale_remarks(short(), torch.nn.GroupNorm(2, 4), 3.0, 2) == []


def test_an_epoch_shorter_than_a_step_and_too_many_workers_are_remarked_on() -> None:
    data = replace(short().data, workers=1000)
    epoch, workers = scale_remarks(short(data=data), ToyNetwork(), 0.125, 1)
    assert "an epoch is 0.125 of a step of 4 samples" in epoch
    assert "data.workers: 1000 are asked for" in workers


def test_the_model_card_says_how_the_weights_began(folder: Path) -> None:
    card = (folder / "checkpoints" / "step-000008" / "model_card.md").read_text()
    assert "- init: none, all weights started at random" in card


def test_half_precision_with_scaling_is_refused_on_the_cpu() -> None:
    with pytest.raises(BadArgument, match="fp16 needs a GPU; on the CPU use 32 or bf16"):
        make_fabric(short(precision="fp16"), Hardware(device="cpu"))


def test_a_run_without_validation_data_has_no_best(tmp_path: Path) -> None:
    data = DataConfig(train=DiscsConfig(), crop=(16,), size=16)
    result = run_toy(short(data=data), tmp_path)
    assert result.scores == {}
    assert not (tmp_path / "checkpoints" / "best").exists()
    card = (tmp_path / "checkpoints" / "step-000008" / "model_card.md").read_text()
    assert "Not measured yet." in card


@pytest.mark.slow
def test_the_first_samples_are_looked_at(tmp_path: Path) -> None:
    class Masks(Discs):
        def sample(self, index: int, rng: np.random.Generator) -> Sample:
            sample = super().sample(index, rng)
            return replace(sample, alpha=(sample.alpha > 0.5).astype(np.float32))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DiscsConfig, "open", lambda self: Masks())
        with pytest.raises(BadData, match="these are masks"):
            run_toy(short(), tmp_path / "refused")
        allowed = replace(short().data, allow_masks=True)
        assert run_toy(short(data=allowed), tmp_path / "allowed").step == 8


def test_samples_that_are_all_smaller_than_the_crop_are_remarked_on(tmp_path: Path) -> None:
    write_shards(SyntheticConfig(count=3, size=40).open(), tmp_path / "shards", window=20)
    source = ShardsConfig(folder=str(tmp_path / "shards"))
    for crop, remarks in (((12, 20), 0), ((12, 24), 1)):
        listener = Listener()
        data = DataConfig(train=source, crop=crop, size=16)
        run_toy(short(data=data), tmp_path / f"run-{remarks}", listener=listener)
        remark = (
            "data.crop: windows of 24 pixels are asked for, but the first 3 samples have at most"
        )
        assert sum(line.startswith(f"{remark} 20") for line in listener.lines) == remarks


@pytest.mark.slow
def test_a_sample_that_breaks_later_loses_no_step(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, sample = Listener(), Discs.sample

    def breaks(self: Discs, index: int, rng: np.random.Generator) -> Sample:
        if listener.steps[-1:] == [7]:
            raise BadData("the disc is damaged")
        return sample(self, index, rng)

    monkeypatch.setattr(Discs, "sample", breaks)
    with pytest.raises(BadData, match="the disc is damaged"):
        run_toy(short(), tmp_path, listener=listener)
    assert listener.lines[-1] == "step 7 is saved, but the next batch cannot be had"
    listener = Listener()
    run_toy(short(), tmp_path, listener=listener)
    assert listener.steps == [8]
    assert same(last_weights(folder), last_weights(tmp_path))


@pytest.mark.slow
def test_a_damaged_sample_is_left_out_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Damaged(Discs):
        def sample(self, index: int, rng: np.random.Generator) -> Sample:
            if index == 3:
                raise BadData("disc 3 is damaged")
            return super().sample(index, rng)

    monkeypatch.setattr(DiscsConfig, "open", lambda self: Damaged())
    data = DataConfig(train=DiscsConfig(), crop=(16,), size=16)
    with pytest.raises(BadData, match="disc 3 is damaged"):
        run_toy(short(data=data), tmp_path / "refused")
    listener = Listener()
    skipping = short(data=replace(data, on_error="skip"))
    assert run_toy(skipping, tmp_path / "skipped", listener=listener).step == 8
    assert "left out as they cannot be used: disc-3" in listener.lines


@pytest.mark.slow
def test_who_learns_from_a_public_test_set_is_told_and_the_card_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tests(Discs):
        test_set = "AIM-500"

    monkeypatch.setattr(DiscsConfig, "open", lambda self: Tests())
    listener = Listener()
    data = DataConfig(train=DiscsConfig(), crop=(16,), size=16)
    run_toy(short(data=data), tmp_path, listener=listener)
    remark = "trained on AIM-500, a public test set"
    assert any(remark in line for line in listener.lines)
    assert remark in (tmp_path / "checkpoints" / "step-000008" / "model_card.md").read_text()
