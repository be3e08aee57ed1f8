"""Folder layouts in which scenes are written as files.

A layout is a list of files per scene, and what is written once all scenes are there. A new one is a
`Layout` and a line in `LAYOUTS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mattekit.core.types import Sample
from mattekit.imaging.files import write_alpha, write_image, write_trimap


def nothing_more(folder: Path, names: list[str]) -> None:
    """For layouts without lists."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the planes of a scene go, and what belongs to all scenes together."""

    planes: dict[str, str]
    """Field of `Sample` -> its file below the folder, with `{name}` for the name of the scene."""
    finish: Callable[[Path, list[str]], None] = nothing_more
    """Writes what lists the scenes, given the folder and their names."""

    def files(self, folder: Path, name: str) -> list[Path]:
        """The files of the scene `name`."""
        return [folder / place.format(name=name) for place in self.planes.values()]

    def write(self, folder: Path, name: str, sample: Sample, *, bits: int = 8) -> None:
        """Write the planes of one scene; trimaps have 8 bits always."""
        for plane, path in zip(self.planes, self.files(folder, name), strict=True):
            if plane == "trimap":
                assert sample.trimap is not None
                write_trimap(path, sample.trimap)
            elif plane == "alpha":
                write_alpha(path, sample.alpha, bits=bits)
            else:
                write_image(path, getattr(sample, plane), bits=bits)


PLANES = ("image", "alpha", "trimap", "foreground", "background")

LAYOUTS: dict[str, Layout] = {
    "plain": Layout(planes={plane: f"{plane}/{{name}}.png" for plane in PLANES}),
}
"""Name -> layout; `plain` has one folder per plane and the same file name in each."""
