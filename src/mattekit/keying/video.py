"""Frames out of MP4, MOV and WebM files and back, through PyAV (extra `video`). Sound is left out.

ProRes 4444 in MOV and VP9 in WebM carry alpha; H.264 in MP4 takes opaque frames.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.extras import require
from mattekit.core.types import Plane


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How a kind of file is written."""

    container: str
    name: str
    opaque: str
    """Format of its pixels."""
    transparent: str | None = None
    """The same with alpha, where it carries one."""
    options: dict[str, str]
    even: bool = False
    """Whether both sides are even; an odd one repeats its last pixels."""


CODECS = {
    ".mov": Codec(
        container="mov",
        name="prores_ks",
        opaque="yuv444p10le",
        transparent="yuva444p10le",
        options={"profile": "4444", "alpha_bits": "16"},
    ),
    ".webm": Codec(
        container="webm",
        name="libvpx-vp9",
        opaque="yuv420p",
        transparent="yuva420p",
        options={"crf": "15", "b": "0", "auto-alt-ref": "0", "row-mt": "1"},
    ),
    ".mp4": Codec(
        container="mp4", name="libx264", opaque="yuv420p", options={"crf": "16"}, even=True
    ),
}  # fmt: skip
BT_709, UNSPECIFIED, BT_601, LIMITED = 1, 2, 5, 1  # FFmpeg's numbers
HIGH_DEFINITION = 720  # rows
FORMATS = {(3, 1): "rgb24", (4, 1): "rgba", (3, 2): "rgb48le", (4, 2): "rgba64le"}
"""Channels and bytes of a sample -> what FFmpeg calls it."""


def check_carries(path: Path, *, alpha: bool) -> None:
    """Refuse, before any work, a file that cannot hold what is written.

    Raises:
        BadArgument: no suffix of `CODECS`, or one without alpha.
    """
    codec = CODECS.get(path.suffix.lower())
    if codec is None:
        raise BadArgument(f"{path} is no video that is written; name it {', '.join(CODECS)}")
    if alpha and codec.transparent is None:
        raise BadArgument(
            f"{path} cannot carry alpha; name it .mov (ProRes 4444) or .webm (VP9), or put the "
            "subject on a background with --background"
        )


def frame_rate(path: Path) -> Fraction:
    """Frames a second."""
    with _opened(path) as container:
        rate: Fraction = container.streams.video[0].average_rate or Fraction(25)
        return rate


def read_frames(path: Path) -> Iterator[Plane]:
    """The frames, upright, h w 3 of uint8, or of uint16 where the file has more bits."""
    library = require("av", "reading video")
    with _opened(path) as container:
        try:
            for frame in container.decode(video=0):
                deep = any(part.bits > 8 for part in frame.format.components)
                # files of high definition mean BT.709 where they do not say what they mean
                space = int(frame.colorspace)
                if space == UNSPECIFIED:
                    space = BT_709 if frame.height >= HIGH_DEFINITION else BT_601
                pixels = frame.to_ndarray(
                    format="rgb48le" if deep else "rgb24", src_colorspace=space
                )
                yield np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))
        except library.error.FFmpegError as error:
            raise BadImage(f"{path} is damaged: {error}; export it anew") from error


def write_video(path: Path, frames: Iterable[Plane], rate: Fraction) -> None:
    """Write frames, h w 3 or with alpha h w 4, of uint8 or uint16; whole or not at all."""
    library = require("av", "writing video")
    codec = CODECS[path.suffix.lower()]
    with (
        replacing(path) as aside,
        library.open(str(aside), "w", format=codec.container) as container,
    ):
        stream: Any = None
        for pixels in frames:
            if codec.even:
                odd = [(0, side % 2) for side in pixels.shape[:2]]
                pixels = np.pad(pixels, [*odd, (0, 0)], mode="edge")
            height, width, channels = pixels.shape
            if stream is None:
                stream = container.add_stream(codec.name, rate=rate, options=codec.options)
                stream.width, stream.height = width, height
                stream.pix_fmt = codec.transparent if channels == 4 else codec.opaque
                stream.codec_context.color_range = LIMITED
                stream.codec_context.colorspace = BT_709
            whole = np.ascontiguousarray(pixels)
            frame = library.VideoFrame.from_ndarray(whole, format=FORMATS[channels, whole.itemsize])
            frame = frame.reformat(format=stream.pix_fmt, dst_colorspace=BT_709)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())


def _opened(path: Path) -> Any:
    library = require("av", "reading video")
    try:
        container = library.open(str(path))
    except (OSError, library.error.FFmpegError) as error:
        raise BadImage(f"{path} cannot be read as a video: {error}") from error
    if not container.streams.video:
        container.close()
        raise BadImage(f"{path} holds no pictures; expected a video")
    return container
