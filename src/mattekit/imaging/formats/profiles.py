"""ICC profiles: from the colour space of a file to sRGB.

8-bit pictures are converted by LittleCMS (`PIL.ImageCms`). It has no mode for 16-bit colour; there
the profiles of cameras and monitors, three curves and a matrix, are applied here in floats.
"""

import io
import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageCms

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane
from mattekit.imaging.compose import to_srgb
from mattekit.imaging.formats.guard import DAMAGE
from mattekit.imaging.picture import DecodedImage, Picture, coded, to_depth

Notes = tuple[str, ...]
Codes = npt.NDArray[np.float64]

SRGB_TO_XYZ = np.array(  # linear sRGB to XYZ with white D50, the connection space of profiles
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
PARAMETERS = (1, 3, 4, 5, 7)  # of the five kinds of parametric curves
UNUSABLE = "the colour profile cannot be used, so the colours were read as sRGB"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The map from stored values to linear light: a curve for each channel, then a matrix."""

    curves: tuple[bytes, ...]
    """The curve tags: one for grey, three for colour."""
    matrix: Plane
    """From linear light in the colour space of the profile to linear sRGB."""

    @property
    def is_srgb(self) -> bool:
        """Whether its effect stays below half a step of 8 bits."""
        codes = np.linspace(0, 1, 256)
        light = np.array([evaluate_curve(curve, codes) for curve in self.curves], dtype=np.float32)
        if not (np.isfinite(light).all() and np.isfinite(self.matrix).all()):
            raise ValueError("a colour profile has values that are not numbers")
        return bool(
            np.abs(to_srgb(light) - codes).max() < 0.002
            and np.abs(self.matrix - np.eye(len(self.matrix))).max() < 0.002
        )


def managed(stored: DecodedImage, *, allow_8bit: bool = False) -> Picture:
    """The picture with sRGB colours in three channels, in the depth of the file."""
    if stored.linear:
        return _from_linear(stored)
    colours, notes = _in_srgb(stored, allow_8bit)
    alpha = stored.alpha
    if alpha is not None and alpha.dtype != colours.dtype:
        alpha = to_depth(alpha, 8)
    return Picture(
        colours=_three_channels(colours),
        alpha=alpha,
        exif=stored.exif,
        warnings=stored.warnings + notes,
    )


def cmyk_to_rgb(image: PIL.Image.Image, profile: bytes) -> tuple[PIL.Image.Image, Notes]:
    """CMYK to sRGB: by the profile, or without one by a plain formula and with a warning."""
    converted = _through_cms(image, profile) if profile else None
    if converted is not None:
        return converted, ()
    note = "the picture is CMYK without a usable colour profile; its colours are approximate"
    return image.convert("RGB"), (note,)


def parse_profile(data: bytes) -> Profile | None:
    """The curves and the matrix of an ICC profile; None for other kinds of profiles."""
    space, connection = data[16:20], data[20:24]
    (count,) = struct.unpack_from(">I", data, 128)
    tags = {}
    for number in range(min(count, 100)):
        name, start, length = struct.unpack_from(">4sII", data, 132 + 12 * number)
        tags[name] = data[start : start + length]
    if space == b"GRAY" and b"kTRC" in tags:
        return Profile(curves=(tags[b"kTRC"],), matrix=np.eye(1))
    primaries, curves = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
    if (space, connection) != (b"RGB ", b"XYZ ") or b"A2B0" in tags:
        return None
    if not tags.keys() >= {*primaries, *curves}:
        return None
    to_xyz = np.column_stack([_fixed(tags[name][8:20]) for name in primaries])
    return Profile(
        curves=tuple(tags[name] for name in curves), matrix=np.linalg.solve(SRGB_TO_XYZ, to_xyz)
    )


def evaluate_curve(tag: bytes, codes: Codes) -> Codes:
    """Linear light of coded values in [0, 1] by a tone curve tag (ICC.1:2010, 10.5 and 10.15)."""
    if tag[:4] == b"para":
        return _parametric(struct.unpack_from(">H", tag, 8)[0], _fixed(tag[12:]), codes)
    if tag[:4] != b"curv":
        raise ValueError("a curve of a colour profile is of an unknown type")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return codes
    table = np.frombuffer(tag, dtype=">u2", offset=12, count=count)
    if count == 1:
        return codes ** float(table[0] / 256)
    return np.interp(codes, np.linspace(0, 1, count), table / 65535)


def _parametric(kind: int, values: Codes, x: Codes) -> Codes:
    """The five parametric curves; letters as in the standard, absent ones are 0."""
    present = values[: PARAMETERS[kind]]
    g, a, b, c, d, e, f = np.pad(present, (0, 7 - len(present)))
    if kind == 0:
        a = 1.0
    elif kind in {1, 2}:  # below -b/a a constant, which these kinds call c
        c, d, e, f = 0.0, -b / a, c, c
    power: Codes = np.maximum(a * x + b, 0) ** float(g) + e
    return np.where(x >= d, power, c * x + f)


def _fixed(data: bytes) -> Codes:
    """Numbers of the type s15Fixed16."""
    return np.frombuffer(data[: len(data) // 4 * 4], dtype=">i4") / 65536


def _in_srgb(stored: DecodedImage, allow_8bit: bool) -> tuple[Plane, Notes]:
    if not stored.profile:
        return stored.colours, ()
    channels = 1 if stored.colours.ndim == 2 else 3
    try:
        profile = parse_profile(stored.profile)
        if profile is not None and len(profile.curves) != channels:
            return stored.colours, (UNUSABLE,)
        if profile is not None and profile.is_srgb:
            return stored.colours, ()
    except DAMAGE:
        return stored.colours, (UNUSABLE,)
    if stored.colours.dtype == np.uint8:
        return _convert_8bit(stored.colours, stored.profile)
    if profile is not None:
        return _convert_16bit(stored.colours, profile), ()
    if allow_8bit:
        colours, notes = _convert_8bit(to_depth(stored.colours, 8), stored.profile)
        return colours, (*notes, "16 bits with a table profile: reduced to 8 bits to convert it")
    raise BadImage(
        "it has 16 bits and a colour profile of tables, which is converted at 8 bits only; "
        "convert it to sRGB first, or allow 8 bits"
    )


def _convert_8bit(colours: Plane, profile: bytes) -> tuple[Plane, Notes]:
    converted = _through_cms(PIL.Image.fromarray(colours), profile)
    return (colours, (UNUSABLE,)) if converted is None else (np.asarray(converted), ())


def _through_cms(image: PIL.Image.Image, profile: bytes) -> PIL.Image.Image | None:
    """The picture in sRGB by LittleCMS; None if it cannot use the profile."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            image.mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, *DAMAGE):
        return None


def _convert_16bit(colours: Plane, profile: Profile) -> Plane:
    """Curves by a table of all 65,536 codes, then the matrix, in strips to save memory."""
    codes = np.linspace(0, 1, 65536)
    tables = [evaluate_curve(curve, codes).astype(np.float32) for curve in profile.curves]
    if colours.ndim == 2:
        return to_depth(coded(tables[0]), 16)[colours]
    matrix = profile.matrix.astype(np.float32)
    converted = np.empty_like(colours)
    for top in range(0, len(colours), 256):
        rows = colours[top : top + 256]
        linear = np.stack([table[rows[..., c]] for c, table in enumerate(tables)], axis=-1)
        converted[top : top + 256] = to_depth(coded(linear @ matrix.T), 16)
    return converted


def _from_linear(stored: DecodedImage) -> Picture:
    notes: Notes = ("the colour profile of a float picture is not used",) if stored.profile else ()
    linear = _three_channels(stored.colours)
    if not np.isfinite(linear).all():
        linear = np.nan_to_num(linear, nan=0.0, posinf=65504.0, neginf=0.0)
        notes += ("the picture holds infinite or undefined values; they were read as 65504 and 0",)
    alpha = None if stored.alpha is None else np.nan_to_num(stored.alpha).clip(0, 1)
    return Picture(
        colours=coded(linear),
        alpha=alpha,
        linear=linear,
        exif=stored.exif,
        warnings=stored.warnings + notes,
    )


def _three_channels(colours: Plane) -> Plane:
    return np.repeat(colours[..., None], 3, axis=2) if colours.ndim == 2 else colours


def srgb_profile() -> bytes:
    """The sRGB profile embedded in written TIFF files, without the date that LittleCMS adds."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(data)
