"""Photos with their hints, as `cutout` and `predict` find them, and the work on them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mattekit.batch import tars
from mattekit.batch.files import Partners, Row, gather, partners_in, read_manifest, stream
from mattekit.batch.names import Names, check_output
from mattekit.batch.runner import Item, Outcome
from mattekit.batch.tars import Sample, tar_item
from mattekit.cli.photo_options import KINDS, HintOptions
from mattekit.cli.sequences import Before
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.storage import below
from mattekit.keying.sequence import expanded, frames_of
from mattekit.subject.hints import HINTS
from mattekit.subject.several import Subjects, hints_of_subjects

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
class PhotoWork:
    """What is done with every photo, and where its results go. Worker processes are sent a copy."""

    work: Callable[..., Outcome]
    """Called with the photo, part -> file, and `before`: the frame that it continues, or None."""
    suffixes: Callable[[Path], Mapping[str, str]]
    """Part of a photo's results -> the suffix of its file."""
    partners: tuple[Partners, ...] = ()
    """Further files of each photo that are read."""
    files: tuple[Path, ...] = ()
    """Further files that are read for all photos."""

    def items(
        self, photos: Sequence[Photo] | Iterator[Photo], *, sequence: bool = False
    ) -> Iterable[Item]:
        """The items of photos, of tars of photos, and of frames in time, in the order of work."""
        if sequence:
            frames = [*photos]
            return [
                self.item(frames[number], None if other is None else self._before(frames[other]))
                for number, other in in_order(frames)
            ]
        return each(self._item_or_tar, photos)

    def item(self, photo: Photo, before: Before | None = None) -> Item:
        """The work on one photo."""
        places = self._places(photo)
        partners = [partner.of(photo.path) for partner in self.partners]
        return Item(
            path=photo.called or photo.path,
            work=partial(self.work, photo, places, before=before),
            inputs=(photo.path, *photo.hint_files, *partners, *self.files),
            outputs=tuple(places.values()),
        )

    def _places(self, photo: Photo) -> dict[str, Path]:
        return Names(output=photo.output, suffixes=self.suffixes(photo.path)).of(photo.stem)

    def _before(self, photo: Photo) -> Before:
        return Before(photo=photo.path, places=self._places(photo))

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
    manifest: Path | None,
    output: Path,
    hints: HintOptions,
    *,
    sequence: bool = False,
) -> Sequence[Photo] | Iterator[Photo]:
    """The photos of a command line or of a manifest; of a long listing as it comes."""
    if sequence:
        return _find_frames(inputs, manifest, output, hints)
    if bool(inputs) == bool(manifest):
        raise BadArgument("name the photos, or a file that lists them with --manifest")
    photos: Sequence[Photo] | Iterator[Photo]
    if manifest is None:
        found = stream(inputs or [])
        several, named = not isinstance(found, list) or len(found) > 1, False
        known = hints_of_each(hints, several=several)
        photos = each(lambda path: Photo(path=path, output=output, hints=known(path)), found)
    else:
        rows = read_manifest(manifest)
        several, named = len(rows) > 1, any("output" in row for row in rows)
        known = hints_of_each(hints, several=several)
        photos = [_listed(row, manifest.parent, output, known) for row in rows]
    if hints.subjects is not None:
        apart = (one for photo in photos for one in _of_subjects(photo, hints.subjects))
        photos = [*apart] if isinstance(photos, Sequence) else apart
        several = several or not isinstance(photos, Sequence) or len(photos) > 1
    if not named:
        check_output(output, several=several)
    return photos


def hints_of_each(hints: HintOptions, *, several: bool) -> Callable[[Path], Hints]:
    """The hints of a photo: those given for all, or the files of its stem."""
    given = hints.given()
    options = {
        "band": hints.band,
        "segmenter": hints.segmenter,
        "commercial_only": hints.commercial_only,
    }
    files = {
        kind: partners_in(value, several=several)
        for kind, value in given.items()
        if HINTS[kind].is_file
    }
    values = {kind: parsed(kind, value) for kind, value in given.items() if kind not in files}
    return lambda photo: (
        options | values | {kind: partners.of(photo) for kind, partners in files.items()}
    )


def parsed(kind: str, text: str) -> Any:
    """The value of a hint given as text, such as a box."""
    value: Any = HINTS[kind].parse(text).value
    return value


def with_confidence(
    known: Mapping[str, float | None], least: float | None, **given: Any
) -> Outcome:
    """An outcome that tells the confidences by their names; unsure if the lowest is below `least`.

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


def in_order(photos: Sequence[Photo]) -> list[tuple[int, int | None]]:
    """The numbers of frames in the order of work, each with that of the one it continues.

    From the first one with a hint to the last, then from there back to the beginning.
    """
    start = next((number for number, photo in enumerate(photos) if photo.kind is not None), 0)
    onwards = [(n, n - 1 if n > start else None) for n in range(start, len(photos))]
    return [*onwards, *((n, n + 1) for n in range(start - 1, -1, -1))]


def _find_frames(
    inputs: Sequence[str] | None, manifest: Path | None, output: Path, hints: HintOptions
) -> list[Photo]:
    """The frames of a sequence, in the order of their numbers."""
    if manifest is not None or not inputs:
        raise BadArgument("--sequence takes files or a folder, not a manifest")
    frames = frames_of(gather([expanded(text) for text in inputs]))
    check_output(output, several=len(frames) > 1)
    return [
        Photo(path=frame, output=output, hints=known)
        for frame, known in zip(frames, _hints_of_frames(hints, frames), strict=True)
    ]


def _hints_of_frames(hints: HintOptions, frames: Sequence[Path]) -> list[Hints]:
    """The hints of the frames that a folder has some for, or else of the first frame alone."""
    places = [value for value in hints.given().values() if isinstance(value, Path)]
    folders = [place for place in places if place.is_dir()]
    known = hints_of_each(hints, several=bool(folders))
    rows = [known(frame) for frame in (frames if folders else frames[:1])]
    rows += [{"segmenter": hints.segmenter} for _ in frames[len(rows) :]]
    found = [
        {name: value for name, value in row.items() if name not in KINDS or _is_there(value)}
        for row in rows
    ]
    if folders and not any(row.keys() & {*KINDS} for row in found):
        raise BadData(f"{folders[0]} has no hint of any frame; name one as its frame is named")
    return found


def _is_there(value: Any) -> bool:
    return not isinstance(value, Path) or value.exists()


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
