"""Pictures made from photographs: denoised, or the colours of subject and background apart.

The manifest of their folder tells how each was made. A denoised picture is made again only where it
was made in another way, and then only on demand; the photograph itself is never touched.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from mattekit.batch.runner import Outcome
from mattekit.classical.foreground import ForegroundMethod, estimate_layers
from mattekit.core.config import config
from mattekit.core.errors import BadOutput
from mattekit.data.augmentation.rssn import BM3D_LICENCE, Method, denoise
from mattekit.data.matte_files import MatteFiles
from mattekit.imaging.files import open_picture, write_image
from mattekit.imaging.picture import to_float
from mattekit.preparation.manifest import add_to_manifest, read_manifest

LAYERS = ("fg", "bg")
"""Folders of the colours, as AM-2k has them."""


@config
class Denoising:
    """How pictures are denoised."""

    method: Method = "nlm"
    sigma: float = 10.0
    """Standard deviation of the noise in steps of 8 bits."""
    bits: int = 8
    """Of the written files."""

    @property
    def key(self) -> str:
        """A short name of these parameters."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]

    @property
    def licence(self) -> str | None:
        """What is to be said of pictures made in this way."""
        return BM3D_LICENCE if self.method == "bm3d" else None


def made_in_this_way(folder: Path, how: Denoising) -> set[str]:
    """Names of the folder's files whose last entry in the manifest has these parameters."""
    keys = {str(entry.get("file")): entry.get("key") for entry in read_manifest(folder)}
    return {name for name, key in keys.items() if key == how.key and (folder / name).is_file()}


def write_denoised(source: Path, target: Path, how: Denoising, *, overwrite: bool) -> Outcome:
    """Write the picture without its noise, and the entry that tells how."""
    if target.exists() and not overwrite:
        raise BadOutput(
            f"{target} was not made by {how.method} with sigma {how.sigma:g}; choose another "
            "folder, or add --overwrite"
        )
    picture = open_picture(source)
    image = denoise(picture.image(), method=how.method, sigma=how.sigma / 255)
    write_image(target, image, bits=how.bits)
    entry = {"file": target.name, "source": str(source), "key": how.key, **asdict(how)}
    if how.licence:
        entry["licence"] = how.licence
    add_to_manifest(target.parent, entry)
    return Outcome(outputs=[target], warnings=picture.warnings, model=how.method)


def layer_files(folder: Path, stem: str) -> tuple[Path, Path]:
    """The files of the foreground and of the background of one picture."""
    foreground, background = (folder / layer / f"{stem}.png" for layer in LAYERS)
    return foreground, background


def write_layers(
    image: Path, alpha: Path, folder: Path, *, method: ForegroundMethod, bits: int = 8
) -> Outcome:
    """Estimate both layers of a photograph and write them."""
    matte = MatteFiles(image, alpha).open()
    opacity = to_float(matte.stored_alpha).clip(0, 1)
    layers = estimate_layers(matte.picture.image(), opacity, method=method)
    entry = {"image": str(image), "alpha": str(alpha), "method": method}
    places = layer_files(folder, image.stem)
    for name, path, layer in zip(LAYERS, places, layers, strict=True):
        write_image(path, layer, bits=bits)
        entry[name] = path.relative_to(folder).as_posix()
    add_to_manifest(folder, entry)
    return Outcome(outputs=places, warnings=matte.picture.warnings, model=method)
