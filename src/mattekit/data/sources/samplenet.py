"""Pictures with trimaps as SampleNet's evaluation lists them: rgb/, trimap/, val_set.txt."""

from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import Folder, has_subfolder, require_files, subfolder
from mattekit.data.lists import read_rows
from mattekit.data.matte_files import MatteFiles
from mattekit.data.planes import PlaneFiles, PlaneSource
from mattekit.data.public_tests import public_test_set_in


@config
class SampleNetConfig:
    """A list of pictures and trimaps, with the true alphas beside them."""

    name: Literal["samplenet"] = "samplenet"
    root: str
    """Folder that the paths of the list start at; true alphas lie in its folder alpha."""
    list_file: str = "val_set.txt"
    """Rows of picture and trimap; or of picture, alpha, trimap, foreground and background."""
    licence: str = "not stated"
    """Terms of the pictures, for the model card."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        rows = read_rows(root / self.list_file, 2, 5)
        pictures = [_five(root, row) for row in rows] if len(rows[0]) == 5 else _two(root, rows)
        require_files(
            [path for each in pictures for path in (each.matte.colours, each.matte.trimap) if path],
            root / self.list_file,
        )
        return PlaneSource(
            pictures=pictures,
            band=(0, 0),
            licence=self.licence,
            test_set=public_test_set_in(root),
        )


def _five(root: Path, row: tuple[str, ...]) -> PlaneFiles:
    image, alpha, trimap, foreground, background = (root / cell for cell in row)
    return PlaneFiles(image.stem, MatteFiles(image, alpha, trimap), foreground, background)


def _two(root: Path, rows: list[tuple[str, ...]]) -> list[PlaneFiles]:
    """Pictures and trimaps, with the alphas of the same names."""
    if not has_subfolder(root, "alpha"):
        raise BadData(
            f"the list in {root} names pictures and trimaps but no true alphas; put them into "
            f"{root / 'alpha'} under the same names, or only predict: mattekit predict --list"
        )
    images = [root / row[0] for row in rows]
    alphas = Folder(subfolder(root, "alpha")).partners(images)
    return [
        PlaneFiles(image.stem, MatteFiles(image, alpha, root / row[1]))
        for image, alpha, row in zip(images, alphas, rows, strict=True)
    ]
