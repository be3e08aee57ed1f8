"""Files of weights: the folder of imported ones, their names, and the header of each.

The header of a .safetensors file is its length and a JSON text: names and shapes of the tensors,
and metadata. The shipped network is an .onnx file with the same header in its metadata.
Reading either needs no torch; `networks.weights` reads the tensors.
"""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from mattekit.core.errors import BadArgument, BadWeights

SUFFIX = ".safetensors"
EXPORTED = ".onnx"
OURS = "mattekit"
"""Key of the JSON text in a file's metadata."""
DEFAULT_MODEL = "compact"
"""The shipped networks together, ahead of the classical methods in SAD, MSE, Grad and Conn on real
photographs (docs/model-card-compact.md). Training starts from the file of this name."""
EARLIER = "compact-1"
"""The first version, which runs together with the second by the name `compact`."""
LATER = "compact-2"
"""The second version alone: the file from which training starts."""
WEIGHTS = f"weights{SUFFIX}"
"""Name of the weights file in a checkpoint."""
HUB = "hf://"
"""Begins the address of a model on the Hugging Face hub, `hf://org/name`."""
SHIPPED = Path(__file__).with_name("shipped")
METADATA = "__metadata__"
LARGEST_HEADER = 100_000_000
STATISTICS = (".running_mean", ".running_var", ".num_batches_tracked")
"""Endings of the statistics that a norm observes, which are not learned."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The header of a file."""

    texts: dict[str, str]
    shapes: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """Number of learned parameters, without the statistics of norms."""
        learned = [shape for name, shape in self.shapes.items() if not name.endswith(STATISTICS)]
        return sum(math.prod(shape) for shape in learned)


def read_contents(path: Path) -> Contents:
    """The file's header; a truncated file is refused."""
    if not path.is_file():
        raise BadWeights(f"there is no file {path}; give the path of a {SUFFIX} file")
    if path.suffix == EXPORTED:
        return _contents_of_export(path)
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header: dict[str, Any] = json.loads(stream.read(min(length, LARGEST_HEADER)))
        texts = header.pop(METADATA, {})
        shapes = {name: tuple(entry["shape"]) for name, entry in header.items()}
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadWeights(_damaged(path)) from error
    if path.stat().st_size != 8 + length + end:
        raise BadWeights(_damaged(path))
    return Contents(texts=texts, shapes=shapes)


def _contents_of_export(path: Path) -> Contents:
    """The header of an exported network that holds its weights unchanged."""
    from mattekit.models.runtime import open_session  # slow to import

    text = open_session(path, threads=1).get_modelmeta().custom_metadata_map.get(OURS, "{}")
    described: dict[str, Any] = json.loads(text)
    header = described.get("weights")
    texts = {} if header is None else {OURS: json.dumps(header)}
    shapes = {name: tuple(shape) for name, shape in described.get("shapes", {}).items()}
    return Contents(texts=texts, shapes=shapes)


def models_folder() -> Path:
    """The folder of imported models: $MATTEKIT_MODELS, or the platform's folder for user data.

    $MATTEKIT_HOME is an older name of the same variable.
    """
    named = os.environ.get("MATTEKIT_MODELS") or os.environ.get("MATTEKIT_HOME")
    return Path(named) if named else platformdirs.user_data_path("mattekit", appauthor=False)


def model_files() -> dict[str, Path]:
    """Name -> file of every model that is shipped or imported; imported ones take precedence."""
    imported = {path.stem: path for path in sorted(models_folder().glob(f"*{SUFFIX}"))}
    return {DEFAULT_MODEL: SHIPPED / f"{DEFAULT_MODEL}{EXPORTED}"} | imported


def shipped_alone() -> dict[str, Path]:
    """Both shipped networks, which run together, by the name of each alone."""
    return {
        EARLIER: SHIPPED / f"{EARLIER}{EXPORTED}",
        LATER: SHIPPED / f"{DEFAULT_MODEL}{EXPORTED}",
    }


def parts_of(model: str) -> list[str]:
    """The networks whose mean a model is: those that `+` joins, both shipped ones by the name of
    the default, else the model alone.

    >>> parts_of("compact-1+mine.onnx")
    ['compact-1', 'mine.onnx']
    """
    if model == DEFAULT_MODEL and model_files()[model].parent == SHIPPED:
        return [LATER, EARLIER]
    if "+" not in model or model.startswith(HUB) or Path(model).exists():
        return [model]
    return [part for name in model.split("+") for part in parts_of(name)]


def find(model: str) -> Path:
    """The file of a model, given by its name, its path, a run (its best checkpoint), or an address
    on the hub."""
    if model.startswith(HUB):
        from mattekit.models.hub import fetch  # imported for these names only

        return fetch(model)
    if Path(model).is_file():
        return Path(model)
    if Path(model).is_dir():
        return _weights_of_run(Path(model))
    files = shipped_alone() | model_files()
    if model in files:
        return files[model]
    if Path(model).suffix:
        raise BadWeights(f"there is no file {model}; give the path of a {SUFFIX} or .onnx file")
    known = f"there are {', '.join(files)}" if files else "none is imported yet"
    raise BadArgument(f"no model is called '{model}'; {known} (see: mattekit models import --help)")


def _weights_of_run(folder: Path) -> Path:
    """The weights of a run (its best checkpoint, or its last one) or of a checkpoint."""
    notes = [folder / "checkpoints" / which for which in ("best", "last")]
    named = [note.parent / note.read_text("utf-8").strip() for note in notes if note.is_file()]
    for checkpoint in (*named, folder):
        if (checkpoint / WEIGHTS).is_file():
            return checkpoint / WEIGHTS
    raise BadWeights(f"the folder {folder} is neither a run nor a checkpoint; name one, or a model")


def _damaged(path: Path) -> str:
    return (
        f"{path} is damaged or not a {SUFFIX} file; "
        "import public checkpoints with: mattekit models import KIND FILE"
    )
