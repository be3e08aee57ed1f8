"""What results are called: one rule for every command.

`NAME.png` is the cut-out, every other part is `NAME-PART.EXT`. Where a single part other than the
cut-out is saved into a folder, it is `NAME.EXT`; but an inspection is always `NAME-inspect.jpg`,
since it may lie beside the photo.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from mattekit.core.errors import BadArgument, BadOutput
from mattekit.core.storage import Url, check_reachable

CUTOUT, INSPECTION, PREVIEW = "rgba", "inspect", "preview"


def is_file(output: Path) -> bool:
    """Whether an output names a file: it has a suffix, or it is one already."""
    return bool(output.suffix or output.is_file()) and not output.is_dir()


def check_output(output: Path, *, several: bool) -> None:
    """Refuse, before any work, an output that cannot hold the results of one or several inputs."""
    if str(output) == "-":
        raise BadArgument(
            "-o takes a file or a folder, not '-'; only `mattekit cutout - < photo.jpg` writes to "
            "stdout, by itself"
        )
    if is_file(output) and several:
        raise BadArgument(f"{output} is one file for several inputs; give a folder")
    place = output.parent if is_file(output) else output
    if isinstance(place, Url):
        check_reachable(place)
        return
    while not place.exists() and place != place.parent and not place.is_symlink():
        place = place.parent
    if not place.is_dir():
        raise BadOutput(f"cannot create the folder {output}: {place} is not a folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise BadOutput(f"cannot write {output}: no permission to write into {place}")


def is_drawing(path: Path) -> bool:
    """Whether it is, by its name, a picture about a cut-out that mattekit drew beside it.

    >>> is_drawing(Path("out/cat-preview.jpg")), is_drawing(Path("out/cat.jpg"))
    (True, False)
    """
    return path.name.endswith((f"-{INSPECTION}.jpg", f"-{PREVIEW}.jpg"))


def result_paths(output: Path, stem: str, suffixes: Mapping[str, str]) -> dict[str, Path]:
    """Where the parts of a result go: part -> its file.

    Args:
        output: a folder, or the file of a single result, which is then its main part.
        suffixes: part -> its suffix, such as `.png`.

    >>> paths = result_paths(Path("out"), "cat", {"rgba": ".png", "preview": ".jpg"})
    >>> [path.name for path in paths.values()]
    ['cat.png', 'cat-preview.jpg']
    >>> result_paths(Path("out"), "cat", {"alpha": ".png"})["alpha"].name
    'cat.png'
    """
    named = is_file(output)
    folder, stem = (output.parent, output.stem) if named else (output, stem)
    paths = {}
    for part, suffix in suffixes.items():
        plain = part == CUTOUT or (len(suffixes) == 1 and part != INSPECTION)
        paths[part] = folder / f"{stem}{'' if plain else f'-{part}'}{suffix}"
    if named:
        paths[CUTOUT if CUTOUT in paths else next(iter(paths))] = output
    return paths
