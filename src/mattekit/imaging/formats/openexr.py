"""OpenEXR, through the package OpenEXR: half or float, linear light, premultiplied.

Colours are multiplied by alpha in the file, which is the convention of the format, unless the
header says `straight` in an attribute that mattekit defines.
"""

import io
import struct
from typing import Any

import numpy as np

from mattekit.core.errors import BadImage, MissingExtra
from mattekit.core.types import Plane, Size
from mattekit.imaging.compose import premultiply, unpremultiply
from mattekit.imaging.formats.guard import Stream, check_size, decoding
from mattekit.imaging.picture import SEVERAL, DecodedImage

ALPHA_ATTRIBUTE = "mattekit:alpha"
KINDS = ("u4", "f2", "f4")  # of samples, by their codes in a header
LONGEST_LIST = 1 << 16
"""Bytes within which the list of channels must end."""
HALF_MAXIMUM = 65504.0
REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
CONE_RESPONSE = np.array(  # Bradford's, for chromatic adaptation
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def read_exr(stream: Stream, max_pixels: int) -> DecodedImage:
    """Linear, unclipped, straight colours of the first part, on its display window."""
    library = open_exr()
    with decoding():
        stream.seek(0)
        parts = library.File(stream, header_only=True).parts
        header = parts[0].header
        windows = header["dataWindow"], header["displayWindow"]
        kinds = _kinds_of_channels(stream)
    _check_header(header, max_pixels)
    colours, alpha = _planes(library, stream, kinds, _size_of(windows[0]))
    if alpha is not None and header.get(ALPHA_ATTRIBUTE) != "straight":
        colours = unpremultiply(np.atleast_3d(colours), alpha).reshape(colours.shape)
    if colours.ndim == 3 and "chromaticities" in header:
        colours = _in_rec_709(colours, header["chromaticities"])
    return DecodedImage(
        colours=_on_display(colours, *windows),
        alpha=None if alpha is None else _on_display(alpha, *windows),
        linear=True,
        warnings=(SEVERAL,) if len(parts) > 1 else (),
    )


def write_exr(linear: Plane, alpha: Plane | None, *, half: bool, straight: bool) -> bytes:
    """Linear colours (h w 3, or h w for one channel) with or without alpha, as an EXR file."""
    library = open_exr()
    if alpha is not None and not straight:
        linear = premultiply(np.atleast_3d(linear), alpha).reshape(linear.shape)
    kind = np.float16 if half else np.float32
    if half:
        linear = linear.clip(-HALF_MAXIMUM, HALF_MAXIMUM)
    channels = {"RGB" if linear.ndim == 3 else "Y": np.ascontiguousarray(linear, dtype=kind)}
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
    if alpha is not None:
        channels["A"] = np.ascontiguousarray(alpha, dtype=kind)
        header[ALPHA_ATTRIBUTE] = "straight" if straight else "premultiplied"
    file = io.BytesIO()
    library.File(header, channels).write(file)
    return file.getvalue()


def open_exr() -> Any:
    """The package OpenEXR; without it, a sentence that says how to install it."""
    try:
        import OpenEXR
    except ImportError as error:
        raise MissingExtra("reading and writing OpenEXR files", "exr") from error
    return OpenEXR


def _check_header(header: dict[str, Any], max_pixels: int) -> None:
    """Refuse, by the header alone, files that are too large or of a kind that is not read."""
    for window in (header["dataWindow"], header["displayWindow"]):
        check_size(_size_of(window), max_pixels)
    if "deep" in str(header["type"]):
        raise BadImage("deep OpenEXR pictures are not read; flatten it first")
    if any((channel.xSampling, channel.ySampling) != (1, 1) for channel in header["channels"]):
        raise BadImage("OpenEXR with reduced colour channels is not read; save it as RGB")


def _kinds_of_channels(stream: Stream) -> dict[str, str]:
    """Names of channels and their sample types, which the package does not report safely."""
    stream.seek(8)
    head = stream.read(LONGEST_LIST)
    at = head.index(b"channels\0chlist\0") + 16
    (length,) = struct.unpack_from("<i", head, at)
    rest, kinds = head[at + 4 : at + 3 + length], {}
    while rest:
        name, rest = rest.split(b"\0", 1)
        kinds[name.decode()] = KINDS[struct.unpack_from("<i", rest)[0]]
        rest = rest[16:]
    return kinds


def _planes(
    library: Any, stream: Stream, kinds: dict[str, str], size: Size
) -> tuple[Plane, Plane | None]:
    """Colours (h w 3 or h w) and alpha among the channels, as float32."""
    floats = {name: kind for name, kind in kinds.items() if kind != "u4"}
    colours = [*"RGB"] if floats.keys() >= {*"RGB"} else [name for name in "YA" if name in floats]
    if not colours:
        raise BadImage(
            f"the OpenEXR file has the channels {', '.join(sorted(kinds)[:12])}; "
            "expected R, G, B (and A), or Y, of half or float"
        )
    names = [*colours, "A"] if colours == [*"RGB"] and "A" in floats else colours
    with decoding():
        stream.seek(0)
        file = library.InputFile(stream)  # unlike `File` it raises on damage, without printing
        planes = [
            np.frombuffer(data, dtype=floats[name]).reshape(size).astype(np.float32)
            for name, data in zip(names, file.channels(names), strict=True)
        ]
    alpha = planes.pop() if len(planes) in {2, 4} else None
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1), alpha


def _size_of(window: tuple[Plane, Plane]) -> Size:
    (left, top), (right, bottom) = (corner.tolist() for corner in window)
    return bottom - top + 1, right - left + 1


def _on_display(plane: Plane, data: tuple[Plane, Plane], display: tuple[Plane, Plane]) -> Plane:
    """The plane on the display window: padded with zeros, or cropped."""
    top, left = (display[0] - data[0])[::-1].tolist()
    height, width = _size_of(display)
    canvas: Plane = np.zeros((height, width, *plane.shape[2:]), dtype=plane.dtype)
    part = plane[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    down, right = max(-top, 0), max(-left, 0)
    canvas[down : down + part.shape[0], right : right + part.shape[1]] = part
    return canvas


def _in_rec_709(colours: Plane, chromaticities: tuple[float, ...]) -> Plane:
    """Linear colours converted from other primaries to sRGB's, adapted to its white."""
    if np.abs(np.subtract(chromaticities, REC_709)).max() < 1e-3:
        return colours
    white, our_white = (_xyz(points)[:, 3] for points in (chromaticities, REC_709))
    gain = (CONE_RESPONSE @ our_white) / (CONE_RESPONSE @ white)
    adapt = np.linalg.inv(CONE_RESPONSE) @ np.diag(gain) @ CONE_RESPONSE
    matrix = np.linalg.inv(_to_xyz(REC_709)) @ adapt @ _to_xyz(chromaticities)
    converted: Plane = colours @ matrix.T.astype(np.float32)
    return converted


def _to_xyz(chromaticities: tuple[float, ...]) -> Plane:
    """Matrix from linear colours to XYZ that maps (1, 1, 1) to the white point."""
    points = _xyz(chromaticities)
    primaries, white = points[:, :3], points[:, 3]
    return primaries * np.linalg.solve(primaries, white)


def _xyz(chromaticities: tuple[float, ...]) -> Plane:
    """XYZ with Y = 1 of red, green, blue and white, in columns."""
    x, y = np.reshape(chromaticities, (4, 2)).T
    return np.stack([x / y, np.ones(4), (1 - x - y) / y])
