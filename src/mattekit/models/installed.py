"""Installed files of registered models: import, verification, removal."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadOutput, BadWeights
from mattekit.models.registry import ModelFile, RegisteredModel, digest

State = Literal["as published", "as imported", "changed", "missing"]
RECORD = "sha256sums.txt"
"""Checksums of the files when they were imported."""


def import_files(
    model: RegisteredModel, files: Sequence[Path], *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Copy the files of a model to mattekit's folder.

    If the registry has a checksum, the file must match it; otherwise its checksum is recorded.

    Args:
        files: in the order of the registry.

    Returns:
        The paths of the copies.

    Raises:
        BadWeights: a file does not match its checksum; nothing is copied.
    """
    if len(files) != len(model.files):
        names = " and ".join(file.name for file in model.files)
        raise BadArgument(
            f"{model.id} is {names}; {len(files)} {'file was' if len(files) == 1 else 'files were'}"
            " given"
        )
    for file, source in zip(model.files, files, strict=True):
        if not source.is_file():
            raise BadWeights(f"there is no file {source}; give the {file.name} of {model.source}")
        if _published(file) and not file.fits(source):
            raise BadWeights(
                f"{source} is not the {file.name} on record (its checksum differs); "
                f"get it from {file.url or model.source}"
            )
    for path in model.paths:
        if path.exists() and not overwrite:
            raise BadOutput(f"{path} exists; add --overwrite to replace it")
    for source, path in zip(files, model.paths, strict=True):
        with replacing(path) as aside:
            shutil.copyfile(source, aside)
    with replacing(model.folder / RECORD) as aside:
        aside.write_text(
            "".join(f"{digest(path, 'sha256')}  {path.name}\n" for path in model.paths)
        )
    return model.paths


def check_files(model: RegisteredModel) -> dict[Path, State]:
    """The state of every file of a model."""
    record = model.folder / RECORD
    lines = record.read_text("utf-8").splitlines() if record.is_file() else []
    recorded = {line[66:]: line[:64] for line in lines}
    return {
        path: _state(file, path, recorded.get(file.name))
        for file, path in zip(model.files, model.paths, strict=True)
    }


def remove_files(model: RegisteredModel) -> list[Path]:
    """Delete the files of a model, partial downloads included; returns what was deleted."""
    parts = [path.with_name(f"{path.name}.part") for path in model.paths]
    known = [*model.paths, *parts, model.folder / RECORD]
    removed = [path for path in known if path.is_file()]
    for path in removed:
        path.unlink()
    if model.folder.is_dir() and not any(model.folder.iterdir()):
        model.folder.rmdir()
    return removed


def _state(file: ModelFile, path: Path, recorded: str | None) -> State:
    if not path.is_file():
        return "missing"
    if _published(file):
        return "as published" if file.fits(path) else "changed"
    return "as imported" if digest(path, "sha256") == recorded else "changed"


def _published(file: ModelFile) -> bool:
    return bool(file.sha256 or file.md5)
