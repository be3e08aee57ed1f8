"""Public networks that mattekit can run and does not ship: what they are, whence, on which terms.

The list is `registry.yaml`, a data file. A user's own network is described in the same words by a
`FILE.yaml` beside `FILE.onnx`, or recognised by its checksum.
"""

import hashlib
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
Activation = Literal["none", "sigmoid", "softmax"]
Commercial = Literal["yes", "no", "unclear"]

T = TypeVar("T")


@config
class ModelFile:
    """One file of a model."""

    name: str
    url: str | None = None
    size: int | None = None
    """Bytes, where they are known exactly."""
    megabytes: float | None = None
    """About how large, where they are not."""
    sha256: str | None = None
    md5: str | None = None

    @property
    def about(self) -> str:
        """How large, for people."""
        amount = self.size / 1e6 if self.size is not None else self.megabytes
        return "unknown size" if amount is None else f"{amount:.1f} MB"

    @property
    def downloadable(self) -> bool:
        """Whether there is an address, and a checksum to hold the file against."""
        return self.url is not None and bool(self.sha256 or self.md5)

    def fits(self, path: Path) -> bool:
        """Whether the file on disk is this one."""
        if self.size is not None and path.stat().st_size != self.size:
            return False
        if self.sha256:
            return digest(path, "sha256") == self.sha256
        return bool(self.md5) and digest(path, "md5") == self.md5


@config
class InputConfig:
    """How a picture is made ready for a network."""

    size: tuple[int, int] = (1024, 1024)
    """Height and width."""
    fit: Fit = "squash"
    """`squash` to the size; `letterbox` with the aspect kept, centred; `corner` the same at the top
    left; `longest` side to the size, no padding; `multiple` the shorter side to the size, both
    rounded to a multiple."""
    multiple: int = 32
    layout: Literal["chw", "hwc"] = "chw"
    scale: float = 1 / 255
    """Applied first, to values of 0..255."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


@config
class OutputConfig:
    """Which output is the mask, and what is still to be done to it."""

    output: str | int = 0
    """Name or number of the output."""
    activation: Activation = "none"
    """Softmax takes the last class for the subject."""
    stretch: bool = False
    """Stretch the least and greatest value to 0 and 1, as the authors of some networks do."""


@config
class Terms:
    """On which terms a model may be used, as far as anybody says."""

    code: str
    weights: str
    data: str
    commercial: Commercial

    @property
    def sentence(self) -> str:
        """One line for people."""
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

    @property
    def folder(self) -> Path:
        """Where its files lie once they are installed."""
        return models_folder() / self.id

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its files, in the order of the registry."""
        return tuple(self.folder / file.name for file in self.files)

    @property
    def installed(self) -> bool:
        """Whether all of them are there."""
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


def describe_file(path: Path) -> tuple[InputConfig, OutputConfig, Terms | None]:
    """How a user's ONNX file is run: from `FILE.yaml` beside it, else by its checksum."""
    beside = path.with_suffix(".yaml")
    if beside.is_file():
        return _described(beside)
    for entry in registry().values():
        if len(entry.files) == 1 and entry.files[0].fits(path):
            return entry.input, entry.output, entry.licence
    raise BadWeights(
        f"{path} is not a registered network and {beside.name} is not beside it; write one that "
        "says how a picture is made ready (size, fit, mean, std, activation), see docs/subject.md"
    )


def check_commercial(name: str, terms: Terms | None, *, commercial_only: bool) -> None:
    """Refuse a model whose terms do not plainly allow commercial use, where that is asked."""
    if commercial_only and (terms is None or terms.commercial != "yes"):
        said = "nobody states its terms" if terms is None else terms.sentence
        raise BadArgument(f"{name} is refused by --commercial-only: {said}")


def digest(path: Path, algorithm: str) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _entry(values: dict[str, Any]) -> RegisteredModel:
    nested = {
        "files": tuple(ModelFile(**file) for file in values["files"]),
        "input": _read(InputConfig, values["input"], "registry.yaml"),
        "output": _read(OutputConfig, values["output"], "registry.yaml"),
        "licence": Terms(**values["licence"]),
    }
    return RegisteredModel(**(values | nested))


def _described(path: Path) -> tuple[InputConfig, OutputConfig, Terms | None]:
    """A user's description: the fields of input and output on one level, terms optional."""
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
    terms = _read(Terms, licence, str(path)) if isinstance(licence, dict) else None
    return _read(InputConfig, values, str(path)), _read(OutputConfig, output, str(path)), terms


CHOICES: dict[str, tuple[str, ...]] = {
    "fit": get_args(Fit),
    "layout": ("chw", "hwc"),
    "activation": get_args(Activation),
    "commercial": get_args(Commercial),
}
NUMBERS = {"size": 2, "mean": 3, "std": 3}


def _read(cls: type[T], values: dict[str, Any], where: str) -> T:
    """Values of a YAML file as one of the configs above, or a sentence about the first bad one."""
    known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in known:
            raise BadWeights(f"{where}: there is no key '{key}'; choose from {', '.join(known)}")
        if key in CHOICES and value not in CHOICES[key]:
            raise BadWeights(f"{where}: {key} is '{value}'; choose from {', '.join(CHOICES[key])}")
        if key in NUMBERS and not _numbers(value, NUMBERS[key]):
            raise BadWeights(f"{where}: {key} is {value!r}; write {NUMBERS[key]} numbers")
    tuples = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return cls(**tuples)


def _numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(number, int | float) for number in value)
    )
