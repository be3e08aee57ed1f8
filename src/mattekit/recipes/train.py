"""From a recipe and a run folder to a trained network: all is put together here, and started."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from lightning_fabric import Fabric

from mattekit.core.atomic import make_folder, write_text
from mattekit.core.errors import BadData, MattekitError
from mattekit.core.tensors import Batch
from mattekit.core.types import Sample
from mattekit.data import PartialSource, Source, public_test_set
from mattekit.data.loader import NumberedSamples, SampleOrder, collate, make_loader
from mattekit.data.source import Rehearsal, SkipBroken, handle_errors
from mattekit.imaging.files import write_image
from mattekit.recipes.build import (
    make_network,
    make_order,
    make_setup,
    make_steps,
    make_validator,
    scale_remarks,
)
from mattekit.recipes.initial_weights import describe_init, load_initial_critic
from mattekit.recipes.model_card import Description
from mattekit.recipes.processes import (
    Hardware,
    check_same_run,
    decided_by_first,
    fingerprint,
    make_fabric,
)
from mattekit.recipes.published_run import continue_published
from mattekit.recipes.recipe import Recipe, as_tree, dump_recipe
from mattekit.recipes.run_folder import RunFolder, alone_in, with_own_init
from mattekit.training.checkpoints import Checkpoints
from mattekit.training.guards import check_samples
from mattekit.training.loggers import LoggedRun
from mattekit.training.loop import fit, stop_requests, without_denormals
from mattekit.training.panels import ROWS, batch_panel
from mattekit.training.run import Listener, Run
from mattekit.training.run_log import RunLog

CHECKED = 20
"""Samples that are checked before a run starts."""


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


@dataclass
class UntilBroken:
    """Batches that end before the first broken picture, so that the steps so far are saved."""

    batches: Iterator[Batch]
    alone: bool
    """Whether this is the only process; others would wait for its share of the next batch."""
    broken: MattekitError | None = None

    def __iter__(self) -> Iterator[Batch]:
        try:
            yield from self.batches
        except MattekitError as broken:
            if not self.alone:
                raise
            self.broken = broken


@contextmanager
def random_states_kept() -> Iterator[None]:
    """The caller's random numbers go on afterwards as if nothing had been drawn meanwhile."""
    state = random.getstate()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        try:
            yield
        finally:
            random.setstate(state)


@random_states_kept()
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
    source = open_training_data(recipe)
    fabric = make_fabric(recipe, hardware)
    with ExitStack() as until_end:
        decided_by_first(fabric, lambda: until_end.enter_context(alone_in(folder.path)))
        return _train(recipe, folder, source, fabric, title, command, listener)


def _train(
    recipe: Recipe,
    folder: RunFolder,
    source: Source,
    fabric: Fabric,
    title: str,
    command: str,
    listener: Listener,
) -> Result:
    check_same_run(fabric, recipe, source, folder)
    named, recipe = recipe.init, with_own_init(recipe, folder)
    order = make_order(recipe, source, fabric)
    epoch = len(source) / recipe.batch
    torch.manual_seed(recipe.seed)
    random.seed(recipe.seed)
    network, notes = make_network(recipe, resumed=folder.is_resumed)
    notes = [*recipe.check(), *public_test_remarks(source), *notes]
    notes += scale_remarks(recipe, network, epoch, fabric.world_size)
    setup = make_setup(recipe, network, fabric, epoch, folder.path)
    validator = make_validator(recipe, folder.path, setup.guessed_background)
    if validator is not None:
        decided_by_first(fabric, partial(validator.dry_run, network, fabric))
    init = describe_init(recipe.init)
    if named is not None and named != recipe.init:
        notes.append("init has no effect on a resumed run, which goes on from its checkpoint")
    about = Description(recipe=recipe, source=source, title=title, command=command, notes=[init])
    run = Run(
        fabric=fabric,
        method=recipe.method.build(setup),
        length=setup.length,
        checkpoints=Checkpoints(folder.path, recipe.checkpoint),
        files=about.files,
        listener=listener,
        validator=validator,
        data=fingerprint(source),
    )
    torch.manual_seed(recipe.seed + fabric.global_rank)  # dropout differs between processes
    with without_denormals():
        origin, remarks = start_run(recipe, folder, run, source, order)
        notes += remarks
        about.notes.extend(notes)
        if fabric.is_global_zero:
            place = make_folder(folder.path) / "recipe.yaml"
            if run.state.step < run.length.total or not place.exists():  # else it is as it was
                write_text(place, dump_recipe(recipe))
            run.log = open_log(recipe, folder.path, run.state.step, title)
        for note in (origin or init, *notes):
            run.say(note)
        run.measure_restored()
        batches = UntilBroken(
            make_loader(
                source,
                order,
                steps=make_steps(recipe),
                start=run.state.step,
                workers=recipe.data.workers,
                fixed=recipe.data.fixed,
                pin=fabric.device.type == "cuda",
            ),
            alone=fabric.world_size == 1,
        )
        with stop_requests(fabric) as stop:
            fit(
                run.method,
                batches,
                state=run.state,
                steps=run.length.total,
                folder=folder.path,
                every=run.events(
                    recipe.log, save=recipe.checkpoint.every, validate=recipe.validate.every
                ),
                stop=stop,
            )
        run.save()
    if batches.broken is not None:
        if run.state.step:
            run.say(f"step {run.state.step} is saved, but the next batch cannot be had")
        raise batches.broken
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


def start_run(
    recipe: Recipe, folder: RunFolder, run: Run, source: Source, order: SampleOrder
) -> tuple[str, list[str]]:
    """Restore a resumed run, or dry-run a new one; where it was resumed from, and remarks."""
    if folder.checkpoint is not None:
        remarks = run.restore(folder.checkpoint)
        return f"resumed at step {run.state.step} from {folder.checkpoint}", remarks
    remarks = decided_by_first(run.fabric, partial(dry_run, recipe, folder, run, source, order))
    if folder.published is not None:
        remarks += continue_published(run, folder.published)
        return f"continued from {folder.published}", remarks
    return "", remarks + load_initial_critic(run.method.parts().get("critic"), recipe.init)


def open_log(recipe: Recipe, path: Path, step: int, title: str) -> RunLog:
    """The logs of a run from its current step on."""
    logged = LoggedRun(folder=path, step=step, title=title, recipe=as_tree(recipe))
    return RunLog(logged, recipe.log.to)


def public_test_remarks(source: Source) -> list[str]:
    """A remark where the network learns from a public test set."""
    test_set = public_test_set(source)
    if test_set is None:
        return []
    return [f"trained on {test_set}, a public test set: its scores there compare with nobody's"]


def open_training_data(recipe: Recipe) -> Source:
    """What is learned from, with what is rehearsed among it."""
    data = recipe.data
    source: Source = data.train.open()
    if data.rehearse is not None:
        source = Rehearsal(source, data.rehearse.open(), data.rehearsed)
    return handle_errors(source, data.on_error)


def dry_run(
    recipe: Recipe, folder: RunFolder, run: Run, source: Source, order: SampleOrder
) -> list[str]:
    """Check the first samples, compute every loss of the first batch once, and draw it."""
    crop = max(recipe.data.crop)
    check = partial(check_samples, crop=crop, allow_masks=recipe.data.allow_masks)
    try:
        remarks = check(first_samples(source, order, side=crop))
    except BadData:  # windows are quick to read, but only whole pictures can be refused
        remarks = check(first_samples(source, order))
    first = NumberedSamples(source, order, make_steps(recipe)).take(ROWS)
    remarks += run.method.dry_run(collate(first[:2]))
    write_image(folder.path / "first_batch.png", batch_panel(collate(first)))
    return remarks


def first_samples(source: Source, order: SampleOrder, side: int | None = None) -> Iterator[Sample]:
    """The first samples in the order of training, whole or windows where they can be read."""
    for number in range(min(CHECKED, order.length)):
        epoch, index = order.epoch_and_index(number)
        rng = order.rng(epoch, index)
        if side is None or not isinstance(source, PartialSource):
            sample = source.sample(index, rng)
        else:
            sample = source.part(index, rng, side)
        yield replace(sample, name=sample.name or source.names[index])
