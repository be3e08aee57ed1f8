"""Foreground and background colours of photographs with mattes, as files."""

from pathlib import Path

from mattekit.classical.foreground import ForegroundMethod, estimate_layers
from mattekit.data.matte_files import MatteFiles
from mattekit.imaging.files import write_image
from mattekit.imaging.picture import to_float
from mattekit.preparation.manifest import add_to_manifest

FOLDERS = ("fg", "bg")
"""Where the two layers go, under the names that AM-2k has them."""


def layer_files(folder: Path, stem: str) -> tuple[Path, Path]:
    """The files of the foreground and of the background of one picture."""
    foreground, background = (folder / layer / f"{stem}.png" for layer in FOLDERS)
    return foreground, background


def write_layers(
    image: Path, alpha: Path, folder: Path, *, method: ForegroundMethod, bits: int = 8
) -> list[str]:
    """Estimate both layers of a photograph and write them; gives the remarks."""
    matte = MatteFiles(image, alpha).open()
    opacity = to_float(matte.stored_alpha).clip(0, 1)
    layers = estimate_layers(matte.picture.image(), opacity, method=method)
    entry = {"image": str(image), "alpha": str(alpha), "method": method}
    for name, path, layer in zip(FOLDERS, layer_files(folder, image.stem), layers, strict=True):
        write_image(path, layer, bits=bits)
        entry[name] = path.relative_to(folder).as_posix()
    add_to_manifest(folder, entry)
    return list(matte.picture.warnings)
