"""What results are called: one rule for every command.

`NAME.png` is the cut-out, every other part is `NAME-PART.EXT`. Where a single part other than the
cut-out is saved into a folder, it is `NAME.EXT`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mattekit.core.errors import BadArgument, BadOutput
from mattekit.core.storage import Url, check_reachable

CUTOUT = "rgba"


def is_file(output: Path) -> bool:
    """Whether an output names a file: it has a suffix, or it is one already."""
    return bool(output.suffix or output.is_file()) and not output.is_dir()


def check_output(output: Path, *, several: bool) -> None:
    """Refuse, before any work, an output that cannot hold the results of one or several inputs."""
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


@dataclass(frozen=True, kw_only=True)
class Names:
    """Where the parts of each result go."""

    output: Path
    """A folder, or the file of a single result."""
    suffixes: Mapping[str, str]
    """Part -> its suffix, such as `.png`."""

    def of(self, stem: str) -> dict[str, Path]:
        """Part -> its file.

        >>> names = Names(output=Path("out"), suffixes={"rgba": ".png", "preview": ".jpg"})
        >>> [path.name for path in names.of("cat").values()]
        ['cat.png', 'cat-preview.jpg']
        >>> Names(output=Path("out"), suffixes={"alpha": ".png"}).of("cat")["alpha"].name
        'cat.png'
        """
        folder = self.output
        if is_file(self.output):
            folder, stem = self.output.parent, self.output.stem
        single = len(self.suffixes) == 1
        names = {
            part: f"{stem}{suffix}" if single or part == CUTOUT else f"{stem}-{part}{suffix}"
            for part, suffix in self.suffixes.items()
        }
        if is_file(self.output):  # the main part has the name that was given
            main = CUTOUT if CUTOUT in names else next(iter(names))
            names[main] = self.output.name
        return {part: folder / name for part, name in names.items()}
