"""Registry of public networks that mattekit can run but does not ship: files, sources, terms.

The list is `registry.yaml`, a data file. A user's own network is described with the same keys by a
`FILE.yaml` next to `FILE.onnx`, or recognised by its checksum.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml

from mattekit.core.config import config
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.files import models_folder

Kind = Literal["segmenter", "prompted", "trimap"]
Fit = Literal["squash", "letterbox", "multiple", "longest", "corner"]
Layout = Literal["chw", "hwc"]
Activation = Literal["none", "sigmoid", "softmax"]
Commercial = Literal["yes", "no", "unclear"]

COMMERCIAL_ONLY = "MATTEKIT_COMMERCIAL_ONLY"
OFF = ("", "0", "no", "false")

Golden = tuple[tuple[int, ...], ...]
"""What a segmenter finds in a drawn picture, see `subject.golden`."""

T = TypeVar("T")


@config
class ModelFile:
    """One file of a model."""

    name: str
    url: str | None = None
    size: int | None = None
    """Size in bytes, if known exactly."""
    megabytes: float | None = None
    """Approximate size, otherwise."""
    sha256: str | None = None
    md5: str | None = None

    @property
    def about(self) -> str:
        """The size as text."""
        amount = self.size / 1e6 if self.size is not None else self.megabytes
        return "unknown size" if amount is None else f"{amount:.1f} MB"

    @property
    def on_record(self) -> bool:
        """Whether a checksum is known."""
        return bool(self.sha256 or self.md5)

    @property
    def downloadable(self) -> bool:
        """Whether the address and the checksum are known."""
        return self.url is not None and self.on_record

    def fits(self, path: Path) -> bool:
        """Whether the file on disk has this checksum."""
        if self.size is not None and path.stat().st_size != self.size:
            return False
        if self.sha256:
            return digest(path, "sha256") == self.sha256
        return bool(self.md5) and digest(path, "md5") == self.md5


@config
class InputConfig:
    """Preprocessing of a picture for a network."""

    size: tuple[int, int] = (1024, 1024)
    """Height and width."""
    fit: Fit = "squash"
    """`squash` to the size; `letterbox` with the aspect kept, centred; `corner` the same at the top
    left; `longest` side to the size, no padding; `multiple` the shorter side to the size, both
    rounded to a multiple."""
    multiple: int = 32
    layout: Layout = "chw"
    scale: float = 1 / 255
    """Applied first, to values of 0..255."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


@config
class OutputConfig:
    """Which output is the mask, and its postprocessing."""

    output: str | int = 0
    """Name or number of the output."""
    activation: Activation = "none"
    """Softmax takes the last class for the subject."""
    stretch: bool = False
    """Stretch the least and greatest value to 0 and 1, as the authors of some networks do."""


@config
class Terms:
    """Terms of use of a model, as far as they are stated."""

    code: str
    weights: str
    data: str
    commercial: Commercial

    @property
    def sentence(self) -> str:
        """The terms in one line."""
        return (
            f"code {self.code}; weights {self.weights}; data: {self.data}; "
            f"commercial use: {self.commercial}"
        )


@config
class RegisteredModel:
    """One entry of the registry."""

    id: str
    kind: Kind
    about: str
    source: str
    files: tuple[ModelFile, ...]
    input: InputConfig
    output: OutputConfig
    licence: Terms
    rank: int | None = None
    """Among the segmenters of any subject, the best of which is 1."""
    golden: Golden | None = None

    @property
    def folder(self) -> Path:
        """The folder of its installed files."""
        return models_folder() / self.id

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its files, in the order of the registry."""
        return tuple(self.folder / file.name for file in self.files)

    @property
    def installed(self) -> bool:
        """Whether all of them exist."""
        return all(path.is_file() for path in self.paths)


@cache
def registry() -> dict[str, RegisteredModel]:
    """Every registered model by its id."""
    text = files("mattekit.models").joinpath("registry.yaml").read_text("utf-8")
    entries = [_entry(values) for values in yaml.safe_load(text)]
    return {entry.id: entry for entry in entries}


def registered(name: str) -> RegisteredModel:
    """The entry of that id, or an error that lists the ids."""
    if name not in registry():
        raise BadArgument(
            f"no model '{name}' is registered; there are {', '.join(registry())} "
            "(see: mattekit models list)"
        )
    return registry()[name]


def ranked() -> list[str]:
    """Names of the segmenters of any subject, the best first; others are used only by name."""
    ranks = {entry.id: entry.rank for entry in registry().values() if entry.rank is not None}
    return sorted(ranks, key=ranks.__getitem__)


def describe_file(path: Path) -> tuple[InputConfig, OutputConfig, Terms | None]:
    """How a user's ONNX file is run: from `FILE.yaml` next to it, else by its checksum."""
    beside = path.with_suffix(".yaml")
    if beside.is_file():
        return _described(beside)
    for entry in registry().values():
        if len(entry.files) == 1 and entry.files[0].fits(path):
            return entry.input, entry.output, entry.licence
    raise BadWeights(
        f"{path} is not a registered network and there is no {beside.name} next to it; write one "
        "that states the preprocessing (size, fit, mean, std, activation), see docs/subject.md"
    )


def check_commercial(name: str, terms: Terms | None, *, commercial_only: bool) -> None:
    """If requested, refuse a model whose terms do not clearly allow commercial use.

    `MATTEKIT_COMMERCIAL_ONLY=1` in the environment requests it too.
    """
    asked = commercial_only or os.environ.get(COMMERCIAL_ONLY, "").lower() not in OFF
    if asked and (terms is None or terms.commercial != "yes"):
        said = "nobody states its terms" if terms is None else terms.sentence
        asker = "--commercial-only" if commercial_only else COMMERCIAL_ONLY
        raise BadArgument(f"{name} is refused by {asker}: {said}")


def digest(path: Path, algorithm: str) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _entry(values: dict[str, Any]) -> RegisteredModel:
    nested = {
        "files": tuple(ModelFile(**file) for file in values["files"]),
        "input": _read(InputConfig, values["input"], "registry.yaml"),
        "output": _read(OutputConfig, values["output"], "registry.yaml"),
        "licence": _terms(values["licence"], "registry.yaml"),
        "golden": tuple(map(tuple, values["golden"])) if "golden" in values else None,
    }
    return RegisteredModel(**(values | nested))


def _described(path: Path) -> tuple[InputConfig, OutputConfig, Terms | None]:
    """A user's description: fields of input and output in one mapping, terms optional."""
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadWeights(
            f"{path} is not readable as YAML ({error}); see docs/subject.md"
        ) from error
    if not isinstance(values, dict):
        raise BadWeights(f"{path} holds no `key: value` lines; see docs/subject.md")
    of_output = {field.name for field in fields(OutputConfig)}  # type: ignore[arg-type]
    output = {key: values.pop(key) for key in of_output & values.keys()}
    licence = values.pop("licence", None)
    return (
        _read(InputConfig, values, str(path)),
        _read(OutputConfig, output, str(path)),
        _terms(licence, str(path)),
    )


def _terms(licence: Any, where: str) -> Terms | None:
    """Terms in full, or the name of one licence for everything."""
    if licence is None:
        return None
    if not isinstance(licence, dict):
        return Terms(
            code=str(licence), weights=str(licence), data="not stated", commercial="unclear"
        )
    missing = [field.name for field in fields(Terms) if field.name not in licence]  # type: ignore[arg-type]
    if missing:
        raise BadWeights(f"{where}: licence lacks {', '.join(missing)}")
    said = licence["commercial"]
    words = {True: "yes", False: "no"}  # YAML 1.1 reads yes as true
    return _read(Terms, licence | {"commercial": words.get(said, said)}, where)


def _one_of(choices: Any) -> tuple[Callable[[Any], bool], str]:
    words = get_args(choices)
    return lambda value: value in words, f"choose from {', '.join(words)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_is_number, value))


def _is_size(value: Any) -> bool:
    return _numbers(value, 2) and all(isinstance(side, int) and side > 0 for side in value)


RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "size": (_is_size, "write 2 numbers, whole and from 1: height and width"),
    "fit": _one_of(Fit),
    "multiple": (lambda value: isinstance(value, int) and value > 0, "write a whole number from 1"),
    "layout": _one_of(Layout),
    "scale": (_is_number, "write a number such as 0.00392157, which is 1/255"),
    "mean": (lambda value: _numbers(value, 3), "write 3 numbers"),
    "std": (lambda value: _numbers(value, 3) and all(value), "write 3 numbers that are not 0"),
    "output": (lambda value: isinstance(value, str | int), "write a name or a number"),
    "activation": _one_of(Activation),
    "stretch": (lambda value: isinstance(value, bool), "write true or false"),
    "commercial": _one_of(Commercial),
}


def _read(cls: type[T], values: dict[str, Any], where: str) -> T:
    """Values of a YAML file as one of the configs above; an error names the first invalid one."""
    known = {field.name: None for field in fields(cls)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in known:
            raise BadWeights(f"{where}: there is no key '{key}'; choose from {', '.join(known)}")
        fits, what = RULES.get(key, (lambda value: isinstance(value, str), "write a text"))
        if not fits(value):
            shown = f"'{value}'" if isinstance(value, str) else value
            raise BadWeights(f"{where}: {key} is {shown}; {what}")
    tuples = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return cls(**tuples)
