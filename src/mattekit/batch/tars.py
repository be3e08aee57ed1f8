"""Tars of photos in, tars of results out, with the names of WebDataset.

Files of one stem belong together: `7.jpg` is the photo, `7.trimap.png` and `7.mask.png` are hints.
Its results are `7.png`, `7.alpha.png`, ... in a tar that appears when all are in it. Both are read
and written front to back; one photo at a time lies on the disk.
"""

import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from mattekit.batch.runner import Item, ItemResult, Outcome, run_item
from mattekit.core.atomic import replacing
from mattekit.core.errors import BadData
from mattekit.core.storage import as_path, streamed

SUFFIX = ".tar"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files of one stem."""

    stem: str
    """With the folders that it has in the tar."""
    photo: Path
    others: dict[str, Path]
    """What a file is, such as `trimap` -> its place."""


def through_tar(source: Path, target: Path, item_of: Callable[[Sample, Path], Item]) -> Outcome:
    """Work on every photo of a tar; one that fails does not stop the others.

    Args:
        item_of: given a sample and a folder for its results, what is to be done.
    """
    results: list[ItemResult] = []
    with replacing(target) as aside, tarfile.open(aside, "w") as out:
        for sample, folder in _samples(source):
            item = item_of(sample, folder)
            for result in run_item(item, existing="replace", checksums=True):
                named = {
                    path: f"{sample.stem}{_extension(as_path(path), sample)}"
                    for path in result.outputs
                }
                for path, name in named.items():
                    out.add(path, name, filter=_anonymous)
                results.append(_renamed(result, source, target, sample, named))
    return Outcome(outputs=[target], inside=results)


def tar_of(name: str) -> str | None:
    """The tar that holds the photo of such a name.

    >>> tar_of("s3://in/0.tar/a/7.jpg"), tar_of("a/7.jpg")
    ('s3://in/0.tar', None)
    """
    tar, inside, _ = name.partition(f"{SUFFIX}/")
    return f"{tar}{SUFFIX}" if inside else None


def _samples(source: Path) -> Iterator[tuple[Sample, Path]]:
    """Each sample, unpacked into a folder of its own that lasts until the next one."""
    from mattekit.imaging.files import SUFFIXES

    try:
        with streamed(source) as file, tarfile.open(fileobj=file, mode="r|*") as members:
            files = ((member, _parts(member)) for member in members if member.isfile())
            for stem, group in groupby(files, key=lambda entry: entry[1][0]):
                with tempfile.TemporaryDirectory(prefix="mattekit-") as name:
                    found: dict[str, Path] = {}
                    for member, (_, what) in group:
                        place = Path(name) / f"{PurePosixPath(stem).name}.{what}"
                        content = members.extractfile(member)
                        assert content is not None
                        place.write_bytes(content.read())
                        found[what] = place
                    photos = [what for what in found if f".{what}".lower() in SUFFIXES]
                    if photos:
                        others = {what.partition(".")[0]: found[what] for what in found
                                  if what not in photos}  # fmt: skip
                        photo = found[photos[0]]
                        yield Sample(stem=stem, photo=photo, others=others), Path(name) / "results"
    except (tarfile.TarError, EOFError) as error:
        raise BadData(f"{source} is damaged or no tar ({error}); make it again") from error


def _parts(member: tarfile.TarInfo) -> tuple[str, str]:
    """Stem, folders included, and the rest of the name behind its first dot."""
    folder, name = PurePosixPath(member.name).parent, PurePosixPath(member.name).name
    stem, _, what = name.partition(".")
    return (folder / stem).as_posix(), what


def _extension(path: Path, sample: Sample) -> str:
    """What is appended to the stem: `-alpha.png` of a file is `.alpha.png` in a tar."""
    rest = path.name.removeprefix(sample.photo.name.partition(".")[0])
    return f".{rest[1:]}" if rest.startswith("-") else rest


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same photos give the same bytes, whoever packs them and when."""
    return member.replace(mtime=0, mode=0o644, uid=0, gid=0, uname="", gname="", deep=False)


def _renamed(
    result: ItemResult, source: Path, target: Path, sample: Sample, named: dict[str, str]
) -> ItemResult:
    """The result with places in tars instead of those that it had on the disk."""
    photo = f"{source}/{sample.stem}{''.join(sample.photo.suffixes)}"

    def said(text: str) -> str:
        return text.replace(str(sample.photo), photo).replace(f"{sample.photo.parent}/", "")

    changed: dict[str, Any] = {
        "input": photo,
        "outputs": [f"{target}/{name}" for name in named.values()],
        "sha256": {f"{target}/{named[path]}": found for path, found in result.sha256.items()},
        "warnings": [*map(said, result.warnings)],
        "error": None if result.error is None else said(result.error),
    }
    return replace(result, **changed)


def tar_item(source: Path, output: Path, item_of: Callable[[Sample, Path], Item]) -> Item:
    """The item of a tar, which gives a tar of its name in a folder, or the one that is named."""
    target = output if output.suffix == SUFFIX else output / source.name
    return Item(path=source, work=partial(through_tar, source, target, item_of), outputs=(target,))
