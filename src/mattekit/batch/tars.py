"""Tars of photos in, tars of results out, with the names of WebDataset.

Files of one stem belong together: `7.jpg` is the photo, `7.trimap.png` and `7.mask.png` are hints.
Its results are `7.png`, `7.alpha.png`, ... in a tar that appears when all are in it. Both are read
and written front to back; the photos at hand lie on the disk.
"""

import os
import shutil
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from mattekit.batch.failures import Failure, attempt
from mattekit.batch.runner import Existing, Item, ItemResult, failed
from mattekit.core.atomic import make_folder, replacing
from mattekit.core.errors import BadData, BadOutput
from mattekit.core.storage import Url, as_path, streamed

SUFFIX = ".tar"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files of one stem, in a folder of their own."""

    stem: str
    """With the folders that it has in the tar."""
    photo: Path
    others: dict[str, Path]
    """What a file is, such as `trimap` -> its place."""


class OpenTar:
    """A tar at work: each of its photos is an item, and their results are packed in its order."""

    def __init__(
        self,
        source: Path,
        target: Path,
        item_of: Callable[[Sample, Path], Item],
        existing: Existing,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            item_of: given a sample and a folder for its results, what is to be done.
            existing: `skip` goes on with what a stopped run left.
        """
        self.source, self.target, self.item_of = source, target, item_of
        self.part = target.with_name(f"{target.name}.part")
        self.existing = existing
        self.waiting: deque[Sample] = deque()
        self.answers: dict[str, ItemResult] = {}
        self.results: list[ItemResult] = []
        self.error: str | None = None
        self.at_end = False
        self.stack = ExitStack()

    def items(self) -> Iterator[Item]:
        """The photos, each unpacked when its turn comes."""
        items = self._items()
        while self.error is None and not self.at_end:
            item = attempt(partial(next, items, None))
            if isinstance(item, Failure):
                self.error = item.sentence
            elif item is None:
                self.at_end = True
            else:
                yield item

    def _items(self) -> Iterator[Item]:
        beside = None if isinstance(self.target, Url) else make_folder(self.target.parent)
        folder = TemporaryDirectory(prefix=f".{self.target.name}-", dir=beside)
        self.folder = Path(self.stack.enter_context(folder))
        self.packed = self.stack.enter_context(tarfile.open(self.folder / "packed", "w"))  # noqa: SIM115
        self._unpack_part()
        for sample in _samples(self.source, self.folder / "photos"):
            self.waiting.append(sample)
            item = attempt(partial(self.item_of, sample, sample.photo.parent / "results"))
            if isinstance(item, Failure):
                self.take(failed(sample.photo, item.sentence))
            else:
                yield self._resumed(item, sample)

    def _unpack_part(self) -> None:
        """Lay out the results that a stopped run left."""
        self.earlier = self.folder / "earlier"
        if self.existing == "replace" or not self.part.exists():
            return
        if self.existing == "refuse":
            raise BadOutput(f"{self.part} exists; add --overwrite or --skip-existing")
        try:
            with streamed(self.part) as file, tarfile.open(fileobj=file, mode="r|") as part:
                part.extractall(self.earlier, filter="data")
        except tarfile.TarError as error:
            raise BadData(f"{self.part} is damaged ({error}); remove it") from error

    def _resumed(self, item: Item, sample: Sample) -> Item:
        """The item; nothing of it is left to do where all its results are there from before."""
        places = {out: self.earlier / _name(out, sample) for out in item.outputs}
        if not all(place.is_file() for place in places.values()):
            return item
        for output, place in places.items():
            make_folder(output.parent)
            shutil.copyfile(place, output)
        return replace(item, current=True)

    def take(self, result: ItemResult) -> bool:
        """Pack the files of a result once it is its turn; false where it is not of this tar."""
        if not any(result.input == str(sample.photo) for sample in self.waiting):
            return False
        self.answers[result.input] = result
        while self.waiting and str(self.waiting[0].photo) in self.answers:
            sample = self.waiting.popleft()
            pack = partial(self._pack, self.answers.pop(str(sample.photo)), sample)
            if isinstance(found := attempt(pack), Failure):
                self.error = found.sentence
            shutil.rmtree(sample.photo.parent, ignore_errors=True)
        return True

    def _pack(self, result: ItemResult, sample: Sample) -> None:
        """Add the files of a result, which is told with places in tars from now on."""
        names = {path: _name(as_path(path), sample) for path in result.outputs}
        for path, name in names.items():
            self.packed.add(path, name, filter=_anonymous)
            (self.earlier / name).unlink(missing_ok=True)
        photo = f"{self.source}/{sample.stem}{''.join(sample.photo.suffixes)}"

        folder = f"{sample.photo.parent}{os.sep}"

        def said(text: str) -> str:
            return text.replace(str(sample.photo), photo).replace(folder, "")

        packed = replace(
            result,
            input=photo,
            outputs=[f"{self.target}/{name}" for name in names.values()],
            sha256={f"{self.target}/{names[path]}": found for path, found in result.sha256.items()},
            warnings=[*map(said, result.warnings)],
            error=None if result.error is None else said(result.error),
        )
        self.results.append(packed)

    @property
    def finished(self) -> bool:
        """Whether the results of all photos are there, or it has failed."""
        return not self.waiting and (self.at_end or self.error is not None)

    def close(self) -> list[ItemResult]:
        """Put the tar in its place, and tell what became of its photos.

        What is done of one that is not finished goes beside it, with the suffix `.part`.
        """
        if self.error is None and isinstance(found := attempt(self._put), Failure):
            self.error = found.sentence
        self.discard()
        return self.results if self.error is None else [failed(self.source, self.error)]

    def _put(self) -> None:
        if self.finished and not self.results:
            raise BadData(f"{self.source} holds no photos; expected names like 7.jpg")
        if not self.results:
            return
        if not self.finished:  # what an even earlier run did stays with it
            for path in sorted(path for path in self.earlier.rglob("*") if path.is_file()):
                self.packed.add(path, path.relative_to(self.earlier), filter=_anonymous)
        self.packed.close()
        with replacing(self.target if self.finished else self.part) as aside:
            shutil.move(self.folder / "packed", aside)
        if self.finished:
            self.part.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing behind of what is not in its place."""
        self.stack.close()


def tar_item(source: Path, output: Path, item_of: Callable[[Sample, Path], Item]) -> Item:
    """The item of a tar, which gives a tar of its name in a folder, or the one that is named."""
    target = output if output.suffix == SUFFIX else output / source.name
    return Item(path=source, opens=partial(OpenTar, source, target, item_of), outputs=(target,))


def tar_of(name: str) -> str | None:
    """The tar that holds the photo of such a name.

    >>> tar_of("s3://in/0.tar/a/7.jpg"), tar_of("a/7.jpg")
    ('s3://in/0.tar', None)
    """
    tar, inside, _ = name.partition(f"{SUFFIX}/")
    return f"{tar}{SUFFIX}" if inside else None


def _samples(source: Path, folder: Path) -> Iterator[Sample]:
    """Each sample, unpacked into a folder of its own."""
    from mattekit.imaging.sources import SUFFIXES

    try:
        with streamed(source) as file, tarfile.open(fileobj=file, mode="r|*") as members:
            files = ((member, _parts(member)) for member in members if member.isfile())
            for number, (stem, group) in enumerate(groupby(files, key=lambda entry: entry[1][0])):
                own = make_folder(folder / str(number))
                found: dict[str, Path] = {}
                for member, (_, what) in group:
                    found[what] = own / f"{PurePosixPath(stem).name}.{what}"
                    content = members.extractfile(member)
                    assert content is not None
                    found[what].write_bytes(content.read())
                photos = [what for what in found if f".{what}".lower() in SUFFIXES]
                if photos:
                    others = {what.partition(".")[0]: found[what] for what in found
                              if what not in photos}  # fmt: skip
                    yield Sample(stem=stem, photo=found[photos[0]], others=others)
                else:
                    shutil.rmtree(own)
    except (tarfile.TarError, EOFError) as error:
        raise BadData(f"{source} is damaged or no tar ({error}); make it again") from error


def _parts(member: tarfile.TarInfo) -> tuple[str, str]:
    """Stem, folders included, and the rest of the name behind its first dot."""
    folder, name = PurePosixPath(member.name).parent, PurePosixPath(member.name).name
    stem, _, what = name.partition(".")
    return (folder / stem).as_posix(), what


def _name(path: Path, sample: Sample) -> str:
    """What a result is called in a tar: `7-alpha.png` of the photo `7.jpg` is `7.alpha.png`."""
    rest = path.name.removeprefix(sample.photo.name.partition(".")[0])
    return f"{sample.stem}.{rest[1:]}" if rest.startswith("-") else f"{sample.stem}{rest}"


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same photos give the same bytes, whoever packs them and when."""
    return member.replace(mtime=0, mode=0o644, uid=0, gid=0, uname="", gname="", deep=False)
