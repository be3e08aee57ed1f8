"""A cut-out as layers of one file for image editors: PSD and TIFF.

PSD has the photo as a hidden layer, and over it the subject in its own colours with a layer mask.
TIFF has a page per layer: the subject with its transparency first, then the photo.
"""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import tifffile
from PIL.ExifTags import Base as Tag

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument
from mattekit.core.extras import require
from mattekit.core.types import Plane, size_text
from mattekit.cutouts.cutout import Cutout
from mattekit.imaging.formats.profiles import srgb_profile
from mattekit.imaging.picture import Picture, coded, to_depth

LAYERED = (".psd", ".tif", ".tiff")
LONGEST_PSD = 30_000


def write_layers(path: Path, picture: Picture, cut: Cutout, *, bits: int = 8) -> None:
    """Write the layers in the format of the suffix, whole or not at all.

    The photo is left out if the cut-out was cropped or moved to another canvas.
    """
    check_layers(path, bits, cut.alpha.shape)
    subject = to_depth(coded(cut.colours) if cut.linear else cut.colours, bits)
    alpha = to_depth(cut.alpha, bits)
    same_frame = picture.colours.shape[:2] == alpha.shape
    photo = to_depth(picture.colours, bits) if same_frame else None
    write = _psd if path.suffix.lower() == ".psd" else _tiff
    encoded = write(photo, subject, alpha)
    with replacing(path) as aside:
        aside.write_bytes(encoded)


def check_layers(path: Path, bits: int, size: tuple[int, ...] = (1, 1)) -> None:
    """Refuse, before any work, what cannot be written."""
    if path.suffix.lower() not in LAYERED:
        raise BadArgument(f"{path}: layers are written as {', '.join(LAYERED)}")
    if bits not in (8, 16):
        raise BadArgument(f"layers hold 8 or 16 bits, not {bits}")
    if path.suffix.lower() == ".psd":
        require("psd_tools", "writing PSD files")
        if max(size) > LONGEST_PSD:
            raise BadArgument(
                f"PSD holds at most {LONGEST_PSD} pixels per side, the picture is "
                f"{size_text(size)}; write TIFF"
            )


def _psd(photo: Plane | None, subject: Plane, alpha: Plane) -> bytes:
    psd_tools = require("psd_tools", "writing PSD files")
    resources = require("psd_tools.psd.image_resources", "writing PSD files")
    height, width = alpha.shape
    bits = alpha.dtype.itemsize * 8
    document = psd_tools.PSDImage.new("RGBA", (width, height), depth=bits)
    profile = psd_tools.constants.Resource.ICC_PROFILE
    document.image_resources[profile] = resources.ImageResource(key=profile, data=srgb_profile())
    if photo is not None:
        document.create_pixel_layer_from_array(photo, "photo").visible = False
    if bits == 8:
        layer = document.create_pixel_layer_from_array(subject, "subject")
        layer.create_mask(PIL.Image.fromarray(alpha))
    else:  # psd-tools writes masks at 8 bits
        document.create_pixel_layer_from_array(np.dstack([subject, alpha]), "subject")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _tiff(photo: Plane | None, subject: Plane, alpha: Plane) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for name, plane in (("subject", np.dstack([subject, alpha])), ("photo", photo)):
            if plane is not None:
                writer.write(
                    plane,
                    photometric="rgb",
                    extrasamples=["unassalpha"] * (plane.shape[2] - 3),
                    compression="adobe_deflate",
                    iccprofile=srgb_profile(),
                    metadata=None,
                    extratags=[(Tag.PageName.value, "s", 0, name, True)],
                )
    return file.getvalue()
