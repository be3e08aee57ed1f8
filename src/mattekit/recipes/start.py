"""From a recipe to a run: everything is put together here, and the loop is started.

Nothing below this room sees a recipe.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from mattekit.core.atomic import make_folder, replacing
from mattekit.data import Source, public_test_set
from mattekit.data.forgiving import Forgiving, forgiving
from mattekit.data.loader import Numbered, Row, collate
from mattekit.imaging.files import write_image
from mattekit.networks import weights
from mattekit.recipes.beginning import beginning_in_words
from mattekit.recipes.pieces import (
    Hardware,
    make_batches,
    make_clock,
    make_fabric,
    make_network,
    make_row,
    make_settings,
    make_steps,
    make_validator,
    norm_remarks,
)
from mattekit.recipes.place import Place
from mattekit.recipes.recipe import Recipe, dump_recipe
from mattekit.training.guards import check_samples
from mattekit.training.init import WEIGHTS
from mattekit.training.loop import fit, stop_requests, without_denormals
from mattekit.training.method import Settings
from mattekit.training.model_card import Card, model_card
from mattekit.training.panels import batch_panel
from mattekit.training.periods import Clock
from mattekit.training.report import Journal
from mattekit.training.run import Audience, Run
from mattekit.training.state import Checkpoints, State, Writers
from mattekit.training.validation import predictor_of

LOOKED_AT = 20
"""Samples that are checked before a run begins."""
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
    leads: bool
    """Whether this is the process that speaks, of several."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A recipe with its data opened: what everything else is made from."""

    recipe: Recipe
    text: str
    """The recipe as it is written down."""
    place: Place
    source: Source
    row: Row
    clock: Clock
    title: str
    command: str


def train(
    recipe: Recipe,
    place: Place,
    *,
    title: str,
    command: str,
    hardware: Hardware,
    audience: Audience,
) -> Result:
    """Train as the recipe says, in the place given, to its end or until asked to stop.

    Args:
        command: what the model card names to repeat the run.
    """
    source = forgiving(recipe.data.train.open(), recipe.data.on_error)
    fabric = make_fabric(recipe, hardware)
    job = Job(
        recipe=recipe,
        text=dump_recipe(recipe),
        place=place,
        source=source,
        row=make_row(recipe, source, fabric),
        clock=make_clock(recipe, source),
        title=title,
        command=command,
    )
    torch.manual_seed(recipe.seed)
    random.seed(recipe.seed)
    network, notes = make_network(recipe, resumed=place.checkpoint is not None)
    settings = make_settings(recipe, network, fabric, job.clock, place.folder)
    notes += norm_remarks(network, fabric.world_size)
    notes = [*recipe.check(), beginning_in_words(recipe.init), *tested_on(source), *notes]
    run = _prepare(job, settings, audience, notes)
    torch.manual_seed(recipe.seed + fabric.global_rank)  # dropout differs between processes
    with without_denormals():
        if place.checkpoint is None:
            rehearse(job, run)
        else:
            notes += run.restore(place.checkpoint)
        return _go(job, run, notes)


def tested_on(source: Source) -> list[str]:
    """A remark where the network learns from a public test set."""
    test_set = public_test_set(source)
    if test_set is None:
        return []
    return [f"trained on {test_set}, a public test set: its scores there compare with nobody's"]


def rehearse(job: Job, run: Run) -> None:
    """Look at the first samples, compute every loss of the first batch once, and draw it."""
    whole = Numbered(job.source, job.row).take(min(LOOKED_AT, job.row.length))
    check_samples(whole, allow_masks=job.recipe.data.allow_masks)
    first = Numbered(job.source, job.row, make_steps(job.recipe)).take(SHOWN)
    run.method.rehearse(collate(first[:2]))
    if run.fabric.is_global_zero:
        write_image(job.place.folder / "first_batch.png", batch_panel(collate(first)))


def _prepare(job: Job, settings: Settings, audience: Audience, notes: Sequence[str]) -> Run:
    """The run, not yet begun."""
    recipe, folder = job.recipe, job.place.folder
    validator = make_validator(recipe, folder, settings.guessed_background)
    if validator is not None:  # refuses now a strategy that does not suit the network
        predictor_of(settings.network, settings.fabric.device, recipe.validate.strategy)

    def files(run: Run) -> Writers:
        card = _card(job, run, notes)
        return {
            WEIGHTS: lambda path: _write_weights(path, job, run),
            "recipe.yaml": lambda path: _write_text(path, job.text),
            "model_card.md": lambda path: _write_text(path, model_card(card)),
        }

    return Run(
        fabric=settings.fabric,
        method=recipe.method.build(settings),
        state=State(),
        clock=job.clock,
        checkpoints=Checkpoints(folder, recipe.checkpoint),
        journal=None,
        files=files,
        audience=audience,
        validator=validator,
    )


def _go(job: Job, run: Run, notes: Sequence[str]) -> Result:
    """Open the logs, go round the loop, save, close."""
    recipe, folder = job.recipe, job.place.folder
    if run.fabric.is_global_zero:
        with replacing(make_folder(folder) / "recipe.yaml") as aside:
            aside.write_text(job.text)
        run.journal = Journal(folder, step=run.state.step)
        for note in notes:
            run.journal.say(run.state.step, note)
            run.audience.said(note)
    batches = make_batches(recipe, job.source, job.row, run.fabric, start=run.state.step)
    events = run.events(recipe.log, save=recipe.checkpoint.every, validate=recipe.validate.every)
    with stop_requests(run.fabric) as stop:
        fit(
            run.method,
            batches,
            state=run.state,
            steps=job.clock.total,
            folder=folder,
            every=events,
            stop=stop,
        )
    run.save()
    if isinstance(job.source, Forgiving) and job.source.skipped:
        run.audience.said(f"left out as they cannot be used: {', '.join(job.source.skipped)}")
    if run.journal is not None:
        run.journal.close()
    return Result(
        folder=folder,
        step=run.state.step,
        steps=job.clock.total,
        signal=stop.signal,
        scores=run.scores,
        leads=run.fabric.is_global_zero,
    )


def _card(job: Job, run: Run, notes: Sequence[str]) -> Card:
    recipe = job.recipe
    data = {"training": str(recipe.data.train)}
    licences = {"training": job.source.licence}
    if run.validator is not None:
        data["validation"] = str(recipe.data.valid)
        licences["validation"] = run.validator.source.licence
    return Card(
        title=job.title,
        command=job.command,
        network=recipe.network.name,
        parameters=sum(weight.numel() for weight in run.method.network.parameters()),
        step=run.state.step,
        steps=job.clock.total,
        data=data,
        licences=licences,
        scores=run.scores,
        protocol=recipe.validate.protocol,
        samples=0 if run.validator is None else run.validator.count,
        notes=notes,
        recipe=job.text,
    )


def _write_weights(path: Path, job: Job, run: Run) -> None:
    """The network as it would be used now, in a file that says what it is."""
    header = weights.describe(
        job.recipe.network_at(run.state.stage),
        run.method.network,
        source=job.command,
        training_data=str(job.recipe.data.train),
        licence=f"as of the training data: {job.source.licence}",
        test_overlap=public_test_set(job.source) or "not known",
    )
    weights.save(path, run.method.network.state_dict(), header)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text)
