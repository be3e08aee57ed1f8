"""Composites as files: the pictures of a plan, and a manifest instead of copies of their planes."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mattekit.batch.runner import Outcome
from mattekit.core.atomic import replacing
from mattekit.core.errors import BadData, MattekitError
from mattekit.data.composite_plan import Composite, Subject
from mattekit.data.compositing import RULES, behind, composite, read_colours, read_matte
from mattekit.data.lists import write_rows
from mattekit.imaging.files import write_image
from mattekit.preparation.manifest import write_manifest

PRESETS = {**RULES, "merged": RULES["alphagan-2020"]}
"""What a user chooses; `merged` has AlphaGAN's folders and list too."""
FOLDERS = dict.fromkeys(RULES, "image") | {"merged": "merged_cv"}
"""Preset -> the folder of the composites."""
TRAINING_LIST = "training_set.txt"
SHOWN = 3


def picture_of(composite: Composite, folder: Path, preset: str) -> Path:
    """The file of a composite."""
    return folder / FOLDERS[preset] / f"{composite.name}.png"


def compose(
    subject: Subject, folder: Path, preset: str, *, keep: bool, planes: bool = False
) -> Outcome:
    """Write all composites of a foreground; a background that cannot be read spoils its own alone.

    Args:
        keep: leave out composites that are there.
        planes: put what a composite is made of beside it, under its name.
    """
    rule = PRESETS[preset]
    foreground = read_colours(subject.foreground)
    size = foreground.shape[:2]
    alpha = read_matte(subject.alpha, size)
    written, failures = [], []
    for one in subject.composites:
        target = picture_of(one, folder, preset)
        if keep and target.exists():
            continue
        try:
            background = behind(read_colours(one.background), size, rule)
        except MattekitError as error:
            failures.append(str(error))
            continue
        if planes:
            write_image(folder / "bg" / f"{one.name}.png", background)
            _put_beside(subject, one, folder)
        write_image(target, composite(foreground, alpha, background, rule))
        written.append(target)
    if failures:
        more = f" and {len(failures) - SHOWN} more" if len(failures) > SHOWN else ""
        raise BadData(
            f"{len(failures)} of {len(subject.composites)} composites are missing: "
            f"{'; '.join(failures[:SHOWN])}{more}"
        )
    return Outcome(outputs=written)


def _put_beside(subject: Subject, one: Composite, folder: Path) -> None:
    """The layers that are files already, all under the composite's name, as a reader expects that
    replaces the folder alone: PNG is linked, anything else written as PNG."""
    files = {"fg": subject.foreground, "alpha": subject.alpha, "trimap": one.trimap}
    for name, path in files.items():
        target = folder / name / f"{one.name}.png"
        if path is not None and path.suffix.lower() == ".png":
            _link(path, target)
        elif path is not None and not target.exists():
            write_image(target, read_colours(path))


def finish(subjects: Sequence[Subject], folder: Path, preset: str) -> None:
    """Write what tells the composites that are there, and for `merged` the rest of its folders."""
    pairs = [
        (subject, one)
        for subject in subjects
        for one in subject.composites
        if picture_of(one, folder, preset).is_file()
    ]
    if not pairs:
        return
    rule = asdict(PRESETS[preset])
    header = {"schema": "mattekit/composites-1", "preset": preset, "rule": rule}
    rows = [_entry(subject, one, folder, preset) for subject, one in pairs]
    write_manifest(folder, [header, *rows])
    if preset == "merged":
        for subject, _ in pairs:
            _link(subject.foreground, folder / "fg" / subject.foreground.name)
            _link(subject.alpha, folder / "alpha" / subject.alpha.name)
        write_rows(
            folder / TRAINING_LIST,
            [(s.foreground.name, one.background.name, f"{one.name}.png") for s, one in pairs],
        )


def _entry(subject: Subject, one: Composite, folder: Path, preset: str) -> dict[str, str]:
    """The files of a composite, relative to the manifest, so that a tree can be moved; in full
    where they are on another drive."""
    files = {
        "image": picture_of(one, folder, preset),
        "foreground": subject.foreground,
        "alpha": subject.alpha,
        "background": one.background,
        "trimap": one.trimap,
    }
    return {role: _seen_from(folder, path) for role, path in files.items() if path is not None}


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no links."""
    if target.exists():
        return
    with replacing(target) as aside:
        try:
            os.link(source, aside)
        except OSError:
            shutil.copyfile(source, aside)
