"""Many photos: found with their hints in files, folders, manifests and tars, and worked on.

A batch of them is run by `batch.runner.run_items(plan_items(work.items(photos)))`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mattekit.batch import tars
from mattekit.batch.files import Partners, Row, partners_in, read_manifest, stream
from mattekit.batch.names import check_output, result_paths
from mattekit.batch.runner import Item, Outcome
from mattekit.batch.tars import Sample, tar_item
from mattekit.core.errors import BadArgument
from mattekit.core.storage import below
from mattekit.subject.hints import HINTS, Subjects, hints_of_subjects

KINDS = [kind for kind in HINTS if kind != "auto"]
"""Hints that a user gives."""
S = TypeVar("S")
T = TypeVar("T")
Hints = dict[str, Any]
"""Kind of hint -> its file or value, and options, as `hint_of` takes them."""


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo, its hints, and the output of its results."""

    path: Path
    output: Path
    """A folder, or the file of a single result."""
    hints: Hints = field(default_factory=dict)
    called: Path | None = None
    """What reports call it, where one photo is there several times."""
    subject: int | None = None
    """Number of the subject, if each of several has its own results."""

    @property
    def stem(self) -> str:
        """The stem of the results' names."""
        return self.path.stem if self.subject is None else f"{self.path.stem}-{self.subject}"

    @property
    def kind(self) -> str | None:
        """Of its hint, where it has one."""
        return next((kind for kind in KINDS if kind in self.hints), None)

    @property
    def hint_files(self) -> tuple[Path, ...]:
        """Files of hints."""
        return tuple(value for value in self.hints.values() if isinstance(value, Path))


@dataclass(frozen=True, kw_only=True)
class GivenHints:
    """What is known of the subjects of many photos."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Kind of hint -> a text, or a file for all, or a folder with a file for each, by its stem."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `hint_of`, such as `band`."""
    subjects: Subjects | None = None
    """A photo has several subjects: results for each, or for all of them together."""

    def of(self, *, several: bool) -> Callable[[Path], Hints]:
        """The hints of a photo, one of several."""
        files = {
            kind: partners_in(value, several=several)
            for kind, value in self.values.items()
            if HINTS[kind].is_file
        }
        texts = {kind: text for kind, text in self.values.items() if kind not in files}
        common = {**self.options, **{kind: parsed(kind, text) for kind, text in texts.items()}}
        return lambda photo: common | {kind: files[kind].of(photo) for kind in files}


@dataclass(frozen=True, kw_only=True)
class PhotoWork:
    """What is done with every photo, and where its results go. Worker processes are sent a copy."""

    work: Callable[..., Outcome]
    """Called with the photo, part -> file, and `before`, of frames what was before this one."""
    suffixes: Callable[[Path], Mapping[str, str]]
    """Part of a photo's results -> the suffix of its file."""
    partners: tuple[Partners, ...] = ()
    """Further files of each photo that are read."""
    files: tuple[Path, ...] = ()
    """Further files that are read for all photos."""

    def items(self, photos: Sequence[Photo] | Iterator[Photo]) -> Iterable[Item]:
        """The items of photos, and of tars of photos."""
        return each(self._item_or_tar, photos)

    def item(self, photo: Photo, before: Any = None) -> Item:
        """The work on one photo."""
        places = self.places(photo)
        partners = [partner.of(photo.path) for partner in self.partners]
        return Item(
            path=photo.called or photo.path,
            work=partial(self.work, photo, places, before=before),
            inputs=(photo.path, *photo.hint_files, *partners, *self.files),
            outputs=tuple(places.values()),
        )

    def places(self, photo: Photo) -> dict[str, Path]:
        """Part of the photo's results -> its file."""
        return result_paths(photo.output, photo.stem, self.suffixes(photo.path))

    def _item_or_tar(self, photo: Photo) -> Item:
        if photo.path.suffix.lower() != tars.SUFFIX:
            return self.item(photo)
        if photo.hint_files:
            raise BadArgument(
                f"the hints of {photo.path} are in it, like 7.trimap.png of 7.jpg; leave out "
                f"{photo.hint_files[0]}"
            )
        return tar_item(photo.path, photo.output, partial(self._unpacked, hints=photo.hints))

    def _unpacked(self, sample: Sample, folder: Path, *, hints: Hints) -> Item:
        """The item of a photo that was unpacked from a tar."""
        own = {
            kind: path if HINTS[kind].is_file else parsed(kind, path.read_text("utf-8").strip())
            for kind, path in sample.others.items()
            if kind in KINDS
        }
        return self.item(Photo(path=sample.photo, output=folder, hints=hints | own))


def find_photos(
    inputs: Sequence[str] | None,
    output: Path,
    hints: GivenHints,
    *,
    manifest: Path | None = None,
) -> Sequence[Photo] | Iterator[Photo]:
    """The photos of files, folders, globs and URLs, or of a manifest.

    Those of a long listing come as it is read.

    Args:
        output: a folder, or the file of a single result.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "cat.jpg").touch()
    >>> [photo] = find_photos([str(folder)], Path("out"), GivenHints(values={"box": "1,2,30,40"}))
    >>> photo.stem, photo.kind, photo.hints["box"]
    ('cat', 'box', (1, 2, 30, 40))
    """
    if bool(inputs) == bool(manifest):
        raise BadArgument("name the photos, or a file that lists them with --manifest")
    photos: Sequence[Photo] | Iterator[Photo]
    if manifest is None:
        found = stream(inputs or [])
        several, named = not isinstance(found, list) or len(found) > 1, False
        known = hints.of(several=several)
        photos = each(lambda path: Photo(path=path, output=output, hints=known(path)), found)
    else:
        rows = read_manifest(manifest)
        several, named = len(rows) > 1, any("output" in row for row in rows)
        known = hints.of(several=several)
        photos = [_listed(row, manifest.parent, output, known) for row in rows]
    if hints.subjects is not None:
        apart = (one for photo in photos for one in _of_subjects(photo, hints.subjects))
        photos = [*apart] if isinstance(photos, Sequence) else apart
        several = several or not isinstance(photos, Sequence) or len(photos) > 1
    if not named:
        check_output(output, several=several)
    return photos


def parsed(kind: str, text: str) -> Any:
    """The value of a hint given as text, such as a box."""
    value: Any = HINTS[kind].parse(text).value
    return value


def with_confidence(
    known: Mapping[str, float | None], least: float | None, **given: Any
) -> Outcome:
    """An outcome that shows the confidences by their names; unsure if the lowest is below `least`.

    Args:
        given: fields of the outcome.
    """
    shown = {name: round(value, 4) for name, value in known.items() if value is not None}
    given["extra"] = shown | given.get("extra", {})
    unsure = None
    if least is not None and shown and min(shown.values()) < least:
        name = min(shown, key=lambda name: shown[name])
        unsure = (
            f"{name.replace('_', ' ')} {shown[name]} is below {least:g}; look at the result, "
            "or paint a better hint"
        )
    return Outcome(unsure=unsure, **given)


def each(make: Callable[[S], T], given: Iterable[S]) -> Sequence[T] | Iterator[T]:
    """What is made of each: of a list at once, of a stream as it comes."""
    return [make(one) for one in given] if isinstance(given, Sequence) else map(make, given)


def _of_subjects(photo: Photo, subjects: Subjects) -> list[Photo]:
    several = hints_of_subjects(photo.hints, subjects)
    return [
        replace(photo, hints=hints, subject=number if subjects == "each" else None)
        for number, hints in enumerate(several, 1)
    ]


def _listed(row: Row, folder: Path, output: Path, known: Callable[[Path], Hints]) -> Photo:
    """The photo of a row of a manifest in that folder."""
    path = below(folder, row["photo"])
    own = {
        kind: below(folder, row[kind]) if HINTS[kind].is_file else parsed(kind, row[kind])
        for kind in KINDS
        if kind in row
    }
    place = below(output, row["output"]) if "output" in row else output
    return Photo(path=path, output=place, hints=known(path) | own)
