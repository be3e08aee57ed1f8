"""OpenEXR, through the package OpenEXR: half or float, linear light, usually premultiplied.

Files are taken as premultiplied, as the format has it, unless their header says `straight` in the
attribute that `encode_exr` writes.
"""

import io
import math
from typing import Any

import numpy as np

from mattekit.core.errors import BadImage, MissingExtra, TooLarge
from mattekit.core.types import Plane, Size
from mattekit.imaging.compose import premultiply, unpremultiply
from mattekit.imaging.formats.guard import Stream, check_size, quiet_stderr, quiet_stdout
from mattekit.imaging.picture import SEVERAL, Stored

ALPHA_ATTRIBUTE = "mattekit:alpha"
HALF_MAXIMUM = 65504.0
CHANNELS_A_PIXEL = 16
"""More than so many for each pixel allowed are refused: the package decodes every channel."""
REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
CONE_RESPONSE = np.array(  # Bradford's, for adaptation to another white
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def exr_size(stream: Stream) -> Size:
    """Height and width of the display window, from the header."""
    return _size_of(_open(stream, header_only=True).header()["displayWindow"])


def read_exr(stream: Stream, max_pixels: int) -> Stored:
    """Linear, unclipped, straight colours of the first part, on its display window."""
    _check_headers(_open(stream, header_only=True).parts, max_pixels)
    file = _open(stream, separate_channels=True)
    header = file.header()
    colours, alpha = _planes(file.channels(), _size_of(header["dataWindow"]))
    if alpha is not None and header.get(ALPHA_ATTRIBUTE) != "straight":
        colours = unpremultiply(np.atleast_3d(colours), alpha).reshape(colours.shape)
    if colours.ndim == 3 and "chromaticities" in header:
        colours = _in_rec_709(colours, header["chromaticities"])
    windows = header["dataWindow"], header["displayWindow"]
    return Stored(
        colours=_on_display(colours, *windows),
        alpha=None if alpha is None else _on_display(alpha, *windows),
        linear=True,
        warnings=(SEVERAL,) if len(file.parts) > 1 else (),
    )


def encode_exr(
    linear: Plane, alpha: Plane | None, *, half: bool = True, premultiplied: bool = False
) -> bytes:
    """Linear colours (h w 3, or h w for one channel) with or without alpha, as an EXR file."""
    library = _library()
    if premultiplied and alpha is not None:
        linear = premultiply(linear, alpha)
    kind = np.float16 if half else np.float32
    if half:
        linear = linear.clip(-HALF_MAXIMUM, HALF_MAXIMUM)
    channels = {"RGB" if linear.ndim == 3 else "Y": np.ascontiguousarray(linear, dtype=kind)}
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
    if alpha is not None:
        channels["A"] = np.ascontiguousarray(alpha, dtype=kind)
        header[ALPHA_ATTRIBUTE] = "premultiplied" if premultiplied else "straight"
    file = io.BytesIO()
    library.File(header, channels).write(file)
    return file.getvalue()


def _library() -> Any:
    try:
        import OpenEXR
    except ImportError as error:
        raise MissingExtra("reading and writing OpenEXR files", "exr") from error
    return OpenEXR


def _open(stream: Stream, **options: bool) -> Any:
    library = _library()
    stream.seek(0)
    with quiet_stderr, quiet_stdout:
        return library.File(stream, **options)


def _check_headers(parts: list[Any], max_pixels: int) -> None:
    """Refuse by the headers alone what is too large or of a kind that is not read."""
    samples = 0
    for part in parts:
        for window in (part.header["dataWindow"], part.header["displayWindow"]):
            check_size(_size_of(window), max_pixels)
        samples += math.prod(_size_of(part.header["dataWindow"])) * len(part.header["channels"])
    if samples > CHANNELS_A_PIXEL * max_pixels:
        raise TooLarge(
            f"the file holds {samples / 1e6:.0f} million samples in its channels and parts; "
            "keep only the picture's own channels, or raise the limit with --max-pixels"
        )
    first = parts[0].header
    if "deep" in str(first["type"]):
        raise BadImage("deep OpenEXR pictures are not read; flatten it first")
    if any((channel.xSampling, channel.ySampling) != (1, 1) for channel in first["channels"]):
        raise BadImage("OpenEXR with reduced colour channels is not read; save it as RGB")


def _planes(channels: dict[str, Any], size: Size) -> tuple[Plane, Plane | None]:
    """Colours (h w 3 or h w) and alpha among the channels, as float32."""
    planes = {
        name: channel.pixels.astype(np.float32)
        for name, channel in channels.items()
        if name in {"R", "G", "B", "Y", "A"} and channel.pixels.dtype.kind == "f"
    }
    if any(plane.shape != size for plane in planes.values()):
        raise BadImage("the file is damaged: it has fewer pixels than its header says")
    alpha = planes.get("A")
    if planes.keys() >= {"R", "G", "B"}:
        return np.stack([planes[name] for name in "RGB"], axis=-1), alpha
    if "Y" in planes:
        return planes["Y"], alpha
    if alpha is not None:
        return alpha, None
    raise BadImage(
        f"the OpenEXR file has the channels {', '.join(sorted(channels)[:12])}; "
        "expected R, G, B (and A), or Y, of half or float"
    )


def _size_of(window: tuple[Plane, Plane]) -> Size:
    (left, top), (right, bottom) = (corner.tolist() for corner in window)
    return bottom - top + 1, right - left + 1


def _on_display(plane: Plane, data: tuple[Plane, Plane], display: tuple[Plane, Plane]) -> Plane:
    """The plane on the display window: zeros where there are no data, cut where there are more."""
    top, left = (display[0] - data[0])[::-1].tolist()
    height, width = _size_of(display)
    canvas: Plane = np.zeros((height, width, *plane.shape[2:]), dtype=plane.dtype)
    part = plane[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    down, right = max(-top, 0), max(-left, 0)
    canvas[down : down + part.shape[0], right : right + part.shape[1]] = part
    return canvas


def _in_rec_709(colours: Plane, chromaticities: tuple[float, ...]) -> Plane:
    """Linear colours of other primaries in those of sRGB, adapted to its white."""
    if np.abs(np.subtract(chromaticities, REC_709)).max() < 1e-3:
        return colours
    white, our_white = (_xyz(points)[:, 3] for points in (chromaticities, REC_709))
    gain = (CONE_RESPONSE @ our_white) / (CONE_RESPONSE @ white)
    adapt = np.linalg.inv(CONE_RESPONSE) @ np.diag(gain) @ CONE_RESPONSE
    matrix = np.linalg.inv(_to_xyz(REC_709)) @ adapt @ _to_xyz(chromaticities)
    converted: Plane = colours @ matrix.T.astype(np.float32)
    return converted


def _to_xyz(chromaticities: tuple[float, ...]) -> Plane:
    """Matrix from linear colours to XYZ in which all ones give the white."""
    points = _xyz(chromaticities)
    primaries, white = points[:, :3], points[:, 3]
    return primaries * np.linalg.solve(primaries, white)


def _xyz(chromaticities: tuple[float, ...]) -> Plane:
    """XYZ with Y = 1 of red, green, blue and white, in columns."""
    x, y = np.reshape(chromaticities, (4, 2)).T
    return np.stack([x / y, np.ones(4), (1 - x - y) / y])
