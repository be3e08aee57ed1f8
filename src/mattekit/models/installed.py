"""Installed files of registered models: download, import, verification, removal.

A download happens only on request; it is resumed, verified, and whole or absent.
"""

import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from mattekit.core.atomic import make_folder, rename, replacing, write_text
from mattekit.core.errors import BadArgument, BadOutput, BadWeights
from mattekit.models.registry import ModelFile, RegisteredModel, digest

CHUNK = 1 << 18
TIMEOUT = 30
ATTEMPTS = 5
AGENT = {"User-Agent": "mattekit"}
RECORD = "sha256sums.txt"
"""Checksums of the files when they were imported."""

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, the bytes received, and the total if known."""
State = Literal["as published", "as imported", "changed", "missing"]


def fetch(model: RegisteredModel, *, progress: Progress = lambda name, here, all: None) -> None:
    """Download those files of a model that are not installed yet.

    An interrupted download is resumed, in this call or in a later one; a file gets its name only
    if its checksum matches. Proxies are read from the environment.
    """
    for file in missing_files(model):
        _fetch_file(file, make_folder(model.folder), progress)


def missing_files(model: RegisteredModel) -> list[ModelFile]:
    """The files to download; an error if one can only be imported."""
    missing = [
        file
        for file, path in zip(model.files, model.paths, strict=True)
        if not path.is_file() or (file.downloadable and not file.fits(path))
    ]
    for file in missing:
        if not file.downloadable:
            names = " ".join(file.name for file in model.files)
            raise BadWeights(
                f"{model.id}: {file.name} has no address or no checksum on record; download it "
                f"from {model.source} and run: mattekit models import {model.id} {names}"
            )
    return missing


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
        if file.on_record and not file.fits(source):
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
    record = "".join(f"{digest(path, 'sha256')}  {path.name}\n" for path in model.paths)
    write_text(model.folder / RECORD, record)
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


def _fetch_file(file: ModelFile, folder: Path, progress: Progress) -> None:
    part = folder / f"{file.name}.part"
    for attempt in range(ATTEMPTS):
        before = _received(part)
        reason: Exception | None = None
        try:
            if _receive(file, part, progress):
                break
        except (OSError, HTTPException) as error:  # URLError is one of the first
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                raise BadWeights(f"{file.url} answers {error.code} {error.reason}") from error
            reason = error
        if attempt == ATTEMPTS - 1 or (attempt > 0 and _received(part) <= before):
            raise BadWeights(
                f"the download of {file.name} stopped early ({reason or 'the server sent less'}); "
                "run the command again to resume it"
            )
    if not file.fits(part):
        part.unlink()
        raise BadWeights(
            f"{file.name} from {file.url} is not the file on record (its checksum differs); "
            "nothing was kept"
        )
    rename(part, folder / file.name)


def _received(part: Path) -> int:
    """Bytes of a download that are here."""
    return part.stat().st_size if part.exists() else 0


def _receive(file: ModelFile, part: Path, progress: Progress) -> bool:
    """Append the missing bytes; returns whether the download is complete."""
    here = _received(part)
    assert file.url is not None
    headers = AGENT | ({"Range": f"bytes={here}-"} if here else {})
    request = urllib.request.Request(file.url, headers=headers)
    try:
        opener = urllib.request.build_opener()  # reads the proxies of the environment
        response = opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and here:  # the file is complete, or longer than the original
            return True
        raise
    with response:
        resumed = response.status == 206
        here = here if resumed else 0
        length = response.headers.get("Content-Length")
        total = here + int(length) if length and length.isdigit() else file.size
        limit = file.size or total
        _check_space(part, (total or 0) - here)
        with part.open("ab" if resumed else "wb") as out:
            while chunk := response.read(CHUNK):
                here += len(chunk)
                if limit is not None and here > limit:
                    break
                out.write(chunk)
                progress(file.name, here, total)
    if limit is not None and here > limit:
        part.unlink()
        raise BadWeights(f"{file.url} sends more than the {limit:,} bytes of {file.name}; stopped")
    return total is None or here >= total


def _check_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise BadOutput(
            f"{part.parent} has {free / 1e6:.0f} MB free, but {needed / 1e6:.0f} MB are needed"
        )


def _state(file: ModelFile, path: Path, recorded: str | None) -> State:
    if not path.is_file():
        return "missing"
    if file.on_record:
        return "as published" if file.fits(path) else "changed"
    return "as imported" if digest(path, "sha256") == recorded else "changed"
