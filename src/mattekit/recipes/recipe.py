"""What a training run consists of, as one frozen object: read from YAML, checked, written back."""

import math
from collections.abc import Sequence
from dataclasses import field, fields, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic_core import to_jsonable_python

from mattekit.core.config import config
from mattekit.core.errors import BadArgument, BadRecipe, MattekitError
from mattekit.data import SourceConfig
from mattekit.data.augmentation import StepConfig
from mattekit.data.source import OnError
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.losses import LossConfig
from mattekit.metrics import METRICS
from mattekit.metrics.protocols import choose_protocol
from mattekit.networks import NetworkConfig
from mattekit.recipes.published import converted, is_published
from mattekit.recipes.reading import apply_words, did_you_mean, fill_environment, read, read_file
from mattekit.training import MethodConfig
from mattekit.training.checkpoints import CheckpointConfig
from mattekit.training.method import TrainingConfig
from mattekit.training.run_log import LogConfig
from mattekit.training.schedules import ConstantConfig, Duration, TriangularConfig
from mattekit.training.staged import StagedConfig
from mattekit.training.supervised import SupervisedConfig
from mattekit.training.validation import FURTHER, SMALLEST_SIDE, ValidationConfig

FOLDER = Path(__file__).parent / "yaml"
IMAGENET, RANDOM = "imagenet", "none"
SEEDS = 2**63
"""They are below this, as PyTorch wants them."""


@config
class DataConfig:
    """What the network learns from, and what it is measured on."""

    train: SourceConfig
    valid: SourceConfig | None = None
    """None: the run is not measured, and no checkpoint is called the best."""
    rehearse: SourceConfig | None = None
    """What the network has learned before: some samples are taken from it, so that learning
    something new does not unlearn the rest."""
    rehearsed: float = 0.5
    """Share of the samples that are taken from `rehearse`."""
    crop: tuple[int, ...] = (320,)
    """Sides of the window cut around an unknown pixel, one of them drawn for every sample."""
    size: int = 320
    """Side that the window is resampled to."""
    crop_anywhere: float = 0.0
    """Probability of a window cut anywhere, not around an unknown pixel."""
    before_crop: tuple[StepConfig, ...] = ()
    """What is done to the whole picture, in this order."""
    after_crop: tuple[StepConfig, ...] = ()
    """What is done to the window at its final size, in this order."""
    on_error: OnError = "raise"
    """skip: a sample that cannot be used is named once and another takes its place."""
    workers: int = 0
    """Processes that prepare samples beside the one that trains."""
    allow_masks: bool = False
    """Accept alphas that hold nothing but 0 and 1."""
    fixed: bool = False
    """Train on the first batch only, to see whether the network can overfit it."""


@config
class InitConfig:
    """Weights to start from."""

    path: str = RANDOM
    """imagenet (the encoder, through timm), or a .safetensors file, a checkpoint or a run (its best
    checkpoint)."""
    strict: bool = True
    """Refuse weights that do not fit exactly; otherwise what fits is loaded and the rest named."""
    file: str | None = None
    """Where imagenet is read from, in torchvision's names, instead of asking timm."""
    critic: str | None = None
    """What the critic of the adversarial method starts from: an imported one."""
    parts: dict[str, str] = field(default_factory=dict)
    """Parts of the network with their own start, which is written like `path`."""
    how_to_get: str = ""
    """How to get what is named here; shown where it is missing."""

    def __post_init__(self) -> None:
        starts = {self.path, *self.parts.values()}
        if self.file is not None and IMAGENET not in starts:
            raise ValueError("file is read with init=imagenet alone; write init=FILE for a file")
        if not self.strict and starts == {RANDOM} and self.critic is None:
            raise ValueError("strict=false is for weights to start from; name them by init=FILE")


@config
class SmokeConfig:
    """What `--smoke` changes besides data and sizes."""

    lr: float = 1e-3
    steps: int = 12

    def __post_init__(self) -> None:
        if self.lr <= 0 or self.steps < 1:
            raise ValueError("lr must be above 0 and steps at least 1")


@config
class Recipe(TrainingConfig):
    """One training run, complete."""

    network: NetworkConfig
    data: DataConfig
    length: Duration | None = None
    """How long the run is; left out where the method's stages say it."""
    method: MethodConfig = SupervisedConfig()
    seed: int = 0
    init: InitConfig | None = None
    """none: all weights are random."""
    guessed_background: str | None = None
    """A trained background network (a file or a run): what it guesses is given to the network in
    the place of the true background. none: the true one."""
    validate: ValidationConfig = field(default_factory=ValidationConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    log: LogConfig = field(default_factory=LogConfig)
    smoke: SmokeConfig = field(default_factory=SmokeConfig)
    notes: tuple[str, ...] = ()
    """Shown when the run starts, and kept in the model card."""

    def check(self) -> list[str]:
        """Refuse combinations that cannot work; remarks on those that look like a mistake."""
        least = {
            "batch": (self.batch, 1),
            "accumulate": (self.accumulate, 1),
            "seed": (self.seed, 0),
            "data.workers": (self.data.workers, 0),
        }
        for name, (value, smallest) in least.items():
            if value < smallest:
                raise BadRecipe(f"{name}: at least {smallest} is expected")
        if self.seed >= SEEDS:
            raise BadRecipe("seed: below 2^63 is expected")
        for name, below in (("clip", math.inf), ("ema", 1)):
            value = getattr(self, name)
            if value is not None and not 0 < value < below:
                raise BadRecipe(f"{name}: {value} is out of range")
        if self.batch % self.accumulate:
            raise BadRecipe(f"accumulate: {self.accumulate} parts do not divide {self.batch}")
        if (self.length is None) != isinstance(self.method, StagedConfig):
            raise BadRecipe(
                "length: exactly one of the recipe and the stages of its method states it"
            )
        if self.rates_change == "every epoch" and self.warmup and self.warmup.steps:
            raise BadRecipe("warmup: state it in epochs where rates_change is 'every epoch'")
        _check_losses(self.losses, "losses")
        if isinstance(self.method, StagedConfig):
            for number, stage in enumerate(self.method.stages):
                if stage.losses is not None:
                    _check_losses(stage.losses, f"method.stages.{number}.losses")
        if not self.data.crop or min(*self.data.crop, self.data.size) < SMALLEST_SIDE:
            raise BadRecipe(
                f"data.crop and data.size: at least {SMALLEST_SIDE} pixels are expected"
            )
        for name in ("crop_anywhere", "rehearsed"):
            if not 0 <= getattr(self.data, name) <= 1:
                raise BadRecipe(f"data.{name}: a share between 0 and 1 is expected")
        _check_metrics(self.validate)
        return [*self.notes, *_remarks(self)]

    def steps(self, epoch: float) -> int:
        """Length of the run in steps where an epoch has `epoch` of them."""
        if isinstance(self.method, StagedConfig):
            return self.method.length(epoch)
        assert self.length is not None, "check() sees to it"
        return self.length.in_steps(epoch)

    def network_at(self, stage: int) -> NetworkConfig:
        """The network in a stage of the method."""
        if not isinstance(self.method, StagedConfig):
            return self.network
        named = [each.network for each in self.method.stages[: stage + 1] if each.network]
        return named[-1] if named else self.network

    def smoked(self) -> "Recipe":
        """The same run in small: synthetic pictures of 64 pixels, one batch of two, few steps."""
        every = Duration(steps=1)
        end = Duration(steps=self.smoke.steps)
        method = self.method
        if isinstance(method, StagedConfig):
            method = method.shortened(self.smoke.steps)
        return replace(
            self,
            data=DataConfig(
                train=SyntheticConfig(count=2, size=96),
                valid=SyntheticConfig(count=2, size=64, seed=1),
                crop=(64,),
                size=64,
                before_crop=self.data.before_crop,
                after_crop=self.data.after_crop,
                fixed=True,
            ),
            batch=2,
            accumulate=1,
            length=None if self.length is None else end,
            method=method,
            optimiser=replace(self.optimiser, lr=self.smoke.lr),
            schedule=ConstantConfig(),
            warmup=None,
            precision="32",
            init=None,
            guessed_background=None,
            validate=replace(self.validate, every=end, crop=None),
            checkpoint=replace(self.checkpoint, every=end),
            log=replace(self.log, losses=every, rates=every, pictures=end),
        )


def names() -> list[str]:
    """The recipes that come with mattekit."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find(name_or_path: str) -> Path:
    """The YAML file of a bundled recipe or of a path."""
    if name_or_path in names():
        return FOLDER / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise BadRecipe(
        f"there is no recipe '{name_or_path}'{did_you_mean(name_or_path, names())}, "
        "nor a file of that name"
    )


def describe(path: Path) -> str:
    """What a recipe says of itself: its first comment."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ").strip()


def load_recipe(path: Path, words: Sequence[str] = (), *, keep_unset: bool = False) -> Recipe:
    """Read a recipe, set single values by `key=value` words, and check the whole.

    Args:
        keep_unset: leave names of environment variables that are not set, for a look at the recipe
            or a run without its data.
    """
    tree = read_file(path)
    if is_published(tree):
        tree, words = converted(tree, words, read_file(FOLDER / "alphagan-a6.yaml"))
    apply_words(tree, words)
    recipe = read(Recipe, fill_environment(tree, keep_unset=keep_unset))
    assert isinstance(recipe, Recipe)
    recipe.check()
    return recipe


def presets(path: Path) -> list[str]:
    """Names of the sets of values that a recipe keeps for `preset=NAME`."""
    return list(read_file(path).get("presets", {}))


def dump_recipe(recipe: Recipe) -> str:
    """The whole recipe as YAML, every default filled in; `load_recipe` reads it back the same."""
    return yaml.safe_dump(as_tree(recipe), sort_keys=False)


def as_tree(recipe: Recipe) -> dict[str, Any]:
    """The whole recipe as dictionaries and lists, as YAML has them."""
    tree: dict[str, Any] = to_jsonable_python(recipe)
    shared = [field.name for field in fields(TrainingConfig)]
    return {key: tree[key] for key in sorted(tree, key=lambda key: key in shared)}


def describe_length(recipe: Recipe) -> str:
    """The length in both units, or why the number of samples is not known here."""
    try:
        samples = len(recipe.data.train.open())
    except MattekitError as error:
        return f"the data cannot be opened here, so steps and epochs cannot be compared: {error}"
    epoch = samples / recipe.batch
    steps = recipe.steps(epoch)
    return (
        f"length: {steps:,} steps = {steps / epoch:.6g} epochs of {samples:,} samples, "
        f"{recipe.batch} a step"
    )


def changed_keys(before: Any, after: Any, path: str = "") -> list[str]:
    """Dotted keys of a recipe read as a tree that another one has otherwise.

    Keys that only the later one has are passed over: an earlier mattekit did not know them.
    """
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [] if before == after else [path]
    changed = []
    for key, value in before.items():
        changed += changed_keys(value, after.get(key), f"{path}.{key}" if path else key)
    return changed


def _check_losses(losses: Sequence[LossConfig], path: str) -> None:
    if not losses:
        raise BadRecipe(f"{path}: at least one is expected")
    for number, loss in enumerate(losses):
        if loss.weight < 0:
            raise BadRecipe(
                f"{path}.{number}.weight: at least 0 is expected, found {loss.weight:g}"
            )


def _check_metrics(settings: ValidationConfig) -> None:
    known = [*METRICS, *FURTHER]
    unknown = [name for name in settings.metrics if name not in known]
    if unknown:
        raise BadRecipe(f"validate.metrics: no '{unknown[0]}'; choose from {', '.join(known)}")
    if settings.best in METRICS and METRICS[settings.best].higher_is_better:
        raise BadRecipe(
            f"validate.best: {settings.best} is best where it is highest, but the best checkpoint"
            " is that of the lowest error; take an error such as mae"
        )
    try:
        choose_protocol(settings.protocol, None)
    except BadArgument as error:
        raise BadRecipe(f"validate.protocol: {error}") from error


def _remarks(recipe: Recipe) -> list[str]:
    remarks = []
    schedule = recipe.schedule
    if isinstance(schedule, TriangularConfig) and schedule.high < schedule.low:
        remarks.append(
            f"schedule: the rate starts high and dips, from {schedule.low:g} to {schedule.high:g}"
        )
    if recipe.data.valid is not None and recipe.data.valid == recipe.data.train:
        remarks.append("data.valid is data.train: the scores will say nothing of new pictures")
    return remarks
