"""From a recipe and a run folder to a trained network: all is put together here, and started."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from mattekit.core.atomic import make_folder, replacing
from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data import PartialSource, Source, public_test_set
from mattekit.data.loader import NumberedSamples, SampleOrder, collate
from mattekit.data.skip_broken import SkipBroken, handle_errors
from mattekit.imaging.files import write_image
from mattekit.models.files import WEIGHTS
from mattekit.networks import weights
from mattekit.recipes.build import (
    make_batches,
    make_network,
    make_row,
    make_setup,
    make_steps,
    make_validator,
    scale_remarks,
)
from mattekit.recipes.initial_weights import describe_init, load_initial_critic
from mattekit.recipes.processes import (
    Hardware,
    check_same_run,
    decided_by_first,
    fingerprint,
    make_fabric,
)
from mattekit.recipes.published_run import continue_published
from mattekit.recipes.recipe import Recipe, as_tree, dump_recipe
from mattekit.recipes.run_folder import RunFolder
from mattekit.training.checkpoints import Checkpoints, Writers
from mattekit.training.guards import check_samples
from mattekit.training.loggers import LoggedRun
from mattekit.training.loop import fit, stop_requests, without_denormals
from mattekit.training.model_card import Card, model_card
from mattekit.training.panels import batch_panel
from mattekit.training.run import Listener, Run
from mattekit.training.run_log import RunLog
from mattekit.training.validation import predictor_of

CHECKED = 20
"""Samples that are checked before a run starts."""
WINDOW = 256
"""Side of the windows of them that are read."""
SHOWN = 4
"""Samples of the picture of the first batch."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a run ended."""

    folder: Path
    step: int
    steps: int
    signal: int | None
    """The signal that stopped it early."""
    scores: dict[str, float]
    is_main_process: bool
    """Whether this is the one of several processes that writes and reports."""


def train(
    recipe: Recipe,
    folder: RunFolder,
    *,
    title: str,
    command: str,
    hardware: Hardware,
    listener: Listener,
) -> Result:
    """Train as the recipe says, in its folder, to its end or until asked to stop.

    Args:
        command: what the model card names to repeat the run.
    """
    source = handle_errors(recipe.data.train.open(), recipe.data.on_error)
    fabric = make_fabric(recipe, hardware)
    check_same_run(fabric, recipe, source, folder)
    row = make_row(recipe, source, fabric)
    epoch = len(source) / recipe.batch
    torch.manual_seed(recipe.seed)
    random.seed(recipe.seed)
    network, notes = make_network(recipe, resumed=folder.is_resumed)
    notes = [*recipe.check(), *public_test_remarks(source), *notes]
    notes += scale_remarks(recipe, network, epoch, fabric.world_size)
    setup = make_setup(recipe, network, fabric, epoch, folder.path)
    validator = make_validator(recipe, folder.path, setup.guessed_background)
    if validator is not None:  # refuses now a strategy that does not suit the network
        predictor_of(network, fabric.device, recipe.validate.strategy)
    start = describe_init(recipe.init)
    card = Description(recipe=recipe, source=source, title=title, command=command, notes=[start])
    run = Run(
        fabric=fabric,
        method=recipe.method.build(setup),
        length=setup.length,
        checkpoints=Checkpoints(folder.path, recipe.checkpoint),
        files=card.files,
        listener=listener,
        validator=validator,
        data=fingerprint(source),
    )
    torch.manual_seed(recipe.seed + fabric.global_rank)  # dropout differs between processes
    with without_denormals():
        if folder.checkpoint is None:
            notes += decided_by_first(
                fabric, lambda: dry_run(recipe, run, source, row, folder.path)
            )
            if folder.published is None:
                notes += load_initial_critic(run.method.parts().get("critic"), recipe.init)
            else:
                notes += continue_published(run, folder.published)
                start = f"continued from {folder.published}"
        else:
            notes += run.restore(folder.checkpoint)
            start = f"resumed at step {run.state.step} from {folder.checkpoint}"
        card.notes.extend(notes)
        if fabric.is_global_zero:
            with replacing(make_folder(folder.path) / "recipe.yaml") as aside:
                aside.write_text(dump_recipe(recipe), encoding="utf-8")
            run.log = RunLog(
                LoggedRun(
                    folder=folder.path, step=run.state.step, title=title, recipe=as_tree(recipe)
                ),
                recipe.log.to,
            )
        for note in (start, *notes):
            run.say(note)
        batches = make_batches(recipe, source, row, fabric, start=run.state.step)
        events = run.events(
            recipe.log, save=recipe.checkpoint.every, validate=recipe.validate.every
        )
        with stop_requests(fabric) as stop:
            fit(
                run.method,
                batches,
                state=run.state,
                steps=run.length.total,
                folder=folder.path,
                every=events,
                stop=stop,
            )
        run.save()
    if isinstance(source, SkipBroken) and source.skipped:
        run.say(f"left out as they cannot be used: {', '.join(source.skipped)}")
    if run.log is not None:
        run.log.close()
    return Result(
        folder=folder.path,
        step=run.state.step,
        steps=run.length.total,
        signal=stop.signal,
        scores=run.scores,
        is_main_process=fabric.is_global_zero,
    )


def public_test_remarks(source: Source) -> list[str]:
    """A remark where the network learns from a public test set."""
    test_set = public_test_set(source)
    if test_set is None:
        return []
    return [f"trained on {test_set}, a public test set: its scores there compare with nobody's"]


def dry_run(recipe: Recipe, run: Run, source: Source, row: SampleOrder, path: Path) -> list[str]:
    """Check the first samples, compute every loss of the first batch once, and draw it."""
    masks = recipe.data.allow_masks
    try:
        check_samples(first_samples(source, row, side=WINDOW), allow_masks=masks)
    except BadData:  # windows are quick to read, but only whole pictures can be refused
        check_samples(first_samples(source, row), allow_masks=masks)
    first = NumberedSamples(source, row, make_steps(recipe)).take(SHOWN)
    remarks = run.method.dry_run(collate(first[:2]))
    write_image(path / "first_batch.png", batch_panel(collate(first)))
    return remarks


def first_samples(source: Source, row: SampleOrder, side: int | None = None) -> Iterator[Sample]:
    """The first samples in the order of training, whole or windows where they can be read."""
    for number in range(min(CHECKED, row.length)):
        epoch, index = row.epoch_and_index(number)
        rng = row.rng(epoch, index)
        if side is None or not isinstance(source, PartialSource):
            sample = source.sample(index, rng)
        else:
            sample = source.part(index, rng, side)
        yield replace(sample, name=sample.name or source.names[index])


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a checkpoint says of itself, beside the state of the run."""

    recipe: Recipe
    source: Source
    title: str
    command: str
    notes: list[str]

    def files(self, run: Run) -> Writers:
        """Weights, recipe and model card of the network as it is now."""
        text, card = dump_recipe(self.recipe), model_card(self._card(run, self.notes))
        return {
            WEIGHTS: lambda path: self._write_weights(path, run),
            "recipe.yaml": lambda path: _write_text(path, text),
            "model_card.md": lambda path: _write_text(path, card),
        }

    def _card(self, run: Run, notes: Sequence[str]) -> Card:
        recipe = self.recipe
        data = {"training": str(recipe.data.train)}
        licences = {"training": self.source.licence}
        if run.validator is not None:
            data["validation"] = str(recipe.data.valid)
            licences["validation"] = run.validator.source.licence
        return Card(
            title=self.title,
            command=self.command,
            network=recipe.network.name,
            parameters=sum(weight.numel() for weight in run.method.network.parameters()),
            step=run.state.step,
            steps=run.length.total,
            data=data,
            licences=licences,
            scores=run.scores,
            protocol=recipe.validate.protocol,
            samples=0 if run.validator is None else run.validator.count,
            notes=notes,
            recipe=dump_recipe(recipe),
        )

    def _write_weights(self, path: Path, run: Run) -> None:
        """The network as it would be used now, in a file that says what it is."""
        header = weights.describe(
            self.recipe.network_at(run.state.stage),
            run.method.network,
            source=self.command,
            training_data=str(self.recipe.data.train),
            licence=f"as of the training data: {self.source.licence}",
            test_overlap=public_test_set(self.source) or "not known",
        )
        weights.save(path, run.method.network.state_dict(), header)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
