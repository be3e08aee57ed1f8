"""Frames in time on the command line: folders, numbered files, videos.

The frame before is read from its files, so an interrupted run goes on as if nothing had happened.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from typer import Option

from mattekit.batch.files import Shard, gather
from mattekit.batch.names import check_output, is_file
from mattekit.batch.runner import Item, ItemResult
from mattekit.cli.options import BatchOptions
from mattekit.cli.output import FAILED, remark
from mattekit.cli.photo_options import PhotoOptions, SavedOptions, WriteOptions
from mattekit.cli.report import report_result
from mattekit.core.atomic import write_text
from mattekit.core.errors import BadArgument, BadData, BadOutput, MattekitError
from mattekit.core.storage import Url, as_path
from mattekit.core.types import Alpha, Plane
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.photos import KINDS, GivenHints, Hints, Photo, PhotoWork
from mattekit.imaging.files import open_picture, read_alpha, write_image
from mattekit.imaging.picture import Picture
from mattekit.keying import video
from mattekit.keying.sequence import Carried, carried, expanded, flicker, frames_of, steadied

InSequence = Annotated[
    bool, Option(help="The photos are frames in time: steady alphas, hints carried.")
]


@dataclass(frozen=True, kw_only=True)
class Before:
    """The frame that was worked on before this one."""

    photo: Path
    places: Mapping[str, Path]

    def carried(self, picture: Picture, read: PhotoOptions) -> Carried | None:
        """What it says of this frame; None where it failed or shows another scene."""
        alpha, rgba = self.places.get("alpha"), self.places.get("rgba")
        place = alpha or rgba
        if place is None or not place.exists():
            return None
        known = read_alpha(place) if alpha else open_picture(place).alpha_window()
        earlier = read.photo(self.photo)
        if earlier.size != picture.size or known.shape != picture.size:
            return None
        found = carried(earlier.colours, known, picture.colours)
        return found if found.continues else None


def check_sequence(
    batch: BatchOptions,
    parts: Sequence[str] = ("rgba",),
    finishing: FinishingOptions | None = None,
) -> None:
    """Refuse what frames that continue each other cannot have."""
    if batch.processes != 1 or batch.engine != "local" or batch.shard != Shard():
        raise BadArgument(
            "every frame of a sequence continues the one before; leave --processes, --engine and "
            "--shard out"
        )
    if not {"alpha", "rgba"} & {*parts}:
        raise BadArgument("a sequence is continued from its alphas; --save rgba or alpha too")
    if finishing is not None and finishing.changes:
        raise BadArgument(
            "every frame of a sequence continues the alpha before, so it cannot be cropped, "
            "resized or mended on the way; leave --crop, --grow and the like out"
        )


def steady(alpha: Alpha, before: Carried | None) -> tuple[Alpha, dict[str, float]]:
    """The alpha continuing the frame before, and how much it flickers."""
    if before is None:
        return alpha, {}
    alpha = steadied(alpha, before)
    return alpha, {"flicker": round(flicker(alpha, before), 6)}


def find_frames(
    inputs: Sequence[str] | None, output: Path, hints: GivenHints, *, manifest: Path | None = None
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


def _hints_of_frames(hints: GivenHints, frames: Sequence[Path]) -> list[Hints]:
    """The hints of the frames that a folder has some for, or else of the first frame alone."""
    places = [value for value in hints.values.values() if isinstance(value, Path)]
    for place in places:
        if not place.exists():
            raise BadData(f"there is no hint {place}; name a file, or a folder of files")
    folders = [place for place in places if place.is_dir()]
    known = hints.of(several=bool(folders))
    rows = [known(frame) for frame in (frames if folders else frames[:1])]
    rows += [{"segmenter": hints.options.get("segmenter")} for _ in frames[len(rows) :]]
    found = [
        {
            name: value
            for name, value in row.items()
            if not isinstance(value, Path) or value.exists()
        }
        for row in rows
    ]
    if folders and not any(row.keys() & {*KINDS} for row in found):
        raise BadData(f"{folders[0]} has no hint of any frame; name one as its frame is named")
    return found


def items_of(
    work: PhotoWork, photos: Sequence[Photo] | Iterator[Photo], *, sequence: bool
) -> Iterable[Item]:
    """The work on photos; on each frame of a sequence with the frame that it continues.

    Frames go from the first one with a hint to the last, then from there back to the beginning.
    """
    if not sequence:
        return work.items(photos)
    frames = [*photos]
    start = next((number for number, frame in enumerate(frames) if frame.kind is not None), 0)
    done = [Before(photo=frame.path, places=work.places(frame)) for frame in frames]
    first, later, earlier = frames[start : start + 1], frames[start + 1 :], frames[:start]
    return [
        *(work.item(frame) for frame in first),
        *map(work.item, later, done[start:]),
        *map(work.item, reversed(earlier), reversed(done[1 : start + 1])),
    ]


def over_videos(run: Callable[..., None]) -> Callable[..., None]:
    """The same verb, which works on a video as on the sequence of its frames."""

    @wraps(run)
    def call(
        *,
        photos: Sequence[str] | None,
        output: Path,
        saved: SavedOptions,
        batch: BatchOptions,
        **others: Any,
    ) -> None:
        source = next((as_path(text) for text in photos or () if _is_video(text)), None)
        if source is None:
            if _is_video(output):
                raise BadArgument(f"{output} is a video and the photos are none; give a folder")
            run(photos=photos, output=output, saved=saved, batch=batch, **others)
            return
        if len(photos or ()) > 1:
            raise BadArgument(f"{source} is a video, of which one is worked on at a time")
        target = output if is_file(output) else output / f"{source.stem}.mov"
        _check_video(source, target, saved=saved, write=others["write"])
        check_sequence(batch, finishing=others["finish"].chosen())
        result = ItemResult(input=str(source), status="skipped", outputs=[str(target)])
        if target.exists() and batch.skip_existing:
            report_result(result, batch)
            return
        if target.exists() and not batch.overwrite:
            raise BadOutput(f"{target} exists; add --overwrite or --skip-existing")
        begun = time.monotonic()
        code = _frame_by_frame(partial(run, saved=saved, **others), source, target, saved, batch)
        result = replace(result, status="done", seconds=time.monotonic() - begun)
        if code == FAILED:
            unsure = "some of its frames are unsure"
            result = replace(result, status="unsure", warnings=[unsure])
        report_result(result, batch)
        if code:
            raise typer.Exit(code)

    return call


def _frame_by_frame(
    run: "partial[None]", source: Path, target: Path, saved: SavedOptions, batch: BatchOptions
) -> int:
    """Work on a video's frames beside the target, and write it; the exit code of that work."""
    folder = target.with_name(f"{target.stem}-frames")
    background = [Path(saved.background)] if saved.background else []
    _unpack(source, folder, _told(batch.command, [source, *background, *_paths(run.keywords)]))
    quiet = batch.quiet or batch.json
    each = replace(batch, skip_existing=True, overwrite=False, json=False, quiet=quiet)
    frames, results = folder / "photos", folder / "results"
    try:
        code = _exit_code(
            partial(run, photos=[str(frames)], output=results, batch=each, sequence=True)
        )
    except MattekitError:
        if not results.exists():
            shutil.rmtree(folder)
        raise
    done = sorted(results.glob("*-on-*.png" if saved.background else "*[0-9].png"))
    missing = sum(1 for _ in frames.iterdir()) - len(done)
    if missing:  # why was said of each
        if not quiet:
            remark(
                f"{missing} of {missing + len(done)} frames are not done; those that are stay in "
                f"{folder}, and the same command goes on"
            )
        raise typer.Exit(code)
    video.write_video(target, map(_pixels, done), video.frame_rate(source))
    shutil.rmtree(folder)
    return code


def _check_video(source: Path, target: Path, *, saved: SavedOptions, write: WriteOptions) -> None:
    """Refuse, before any frame is unpacked, what cannot be written as a video there."""
    if saved.save is not None:
        raise BadArgument(
            "a video shows the cut-out, or with --background a composite; leave --save out"
        )
    if write.format is not None:
        raise BadArgument(f"the name of a video says its format; leave --format {write.format} out")
    for place in (source, target):
        if isinstance(place, Url):
            raise BadArgument(
                f"{place} is in object storage, and frames go back and forth in a video; copy "
                "it to a disk, and write to one"
            )
    video.check_carries(target, alpha=saved.background is None)
    if target.exists() and target.samefile(source):
        raise BadArgument(f"{target} is an input and would be overwritten; change -o")


def _exit_code(run: Callable[[], None]) -> int:
    try:
        run()
    except typer.Exit as exit:
        return exit.exit_code
    return 0


def _is_video(path: str | Path) -> bool:
    return Path(path).suffix.lower() in video.CODECS


def _paths(options: Any) -> Iterator[Path]:
    """The files and folders that options name."""
    if isinstance(options, Path):
        yield options
    elif is_dataclass(options):
        yield from _paths([getattr(options, each.name) for each in fields(options)])
    elif isinstance(options, Mapping):
        yield from _paths([*options.values()])
    elif isinstance(options, list | tuple):
        for each in options:
            yield from _paths(each)


def _told(command: str, places: Iterable[Path]) -> str:
    """The command, and which state of its files it works with."""
    lines = [command]
    for place in places:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        for file in filter(Path.is_file, files):
            state = file.stat()
            lines.append(f"{file} {state.st_size} {state.st_mtime_ns}")
    return "\n".join(lines)


def _unpack(source: Path, folder: Path, told: str) -> None:
    """The frames as files; a folder that an interrupted run of the same command left is kept."""
    note = folder / "command.txt"
    if note.exists() and note.read_text(encoding="utf-8") == told:
        return
    if folder.exists():
        if not note.exists():
            raise BadOutput(f"{folder} exists and is not of this command; move it away")
        shutil.rmtree(folder)
    for number, pixels in enumerate(video.read_frames(source), 1):
        write_image(folder / "photos" / f"{number:06d}.png", pixels, bits=8 * pixels.itemsize)
    write_text(note, told)


def _pixels(path: Path) -> Plane:
    """Colours, and alpha where the file has one."""
    picture = open_picture(path)
    if picture.alpha is None:
        return picture.colours
    return np.dstack([picture.colours, picture.alpha])
