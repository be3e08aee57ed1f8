"""Denoised pictures as files, each with what made it in the manifest of its folder.

A picture is made again only where the manifest says that it was made in another way, and then only
on demand; the photograph itself is never touched.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mattekit.core.config import config
from mattekit.core.errors import BadOutput
from mattekit.data.augmentation.rssn import BM3D_LICENCE, Method, denoise
from mattekit.imaging.files import open_picture, write_image
from mattekit.preparation.manifest import add_to_manifest, read_manifest


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
    keys: dict[str, Any] = {
        str(entry.get("file")): entry.get("key") for entry in read_manifest(folder)
    }
    return {name for name, key in keys.items() if key == how.key and (folder / name).is_file()}


def write_denoised(source: Path, target: Path, how: Denoising, *, overwrite: bool) -> list[str]:
    """Write the picture without its noise, and the entry that tells how; gives the remarks."""
    if target.exists() and not overwrite:
        raise BadOutput(
            f"{target} was not made by {how.method} with sigma {how.sigma:g}; choose another "
            "folder, or add --overwrite"
        )
    picture = open_picture(source)
    image = denoise(picture.image(), method=how.method, sigma=how.sigma / 255)
    write_image(target, image, bits=how.bits)
    entry: dict[str, Any] = {"file": target.name, "source": str(source), "key": how.key}
    entry |= asdict(how)
    if how.licence:
        entry["licence"] = how.licence
    add_to_manifest(target.parent, entry)
    return list(picture.warnings)
